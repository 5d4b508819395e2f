"""What of the surroundings works, in one list."""

from __future__ import annotations

import logging

from mailclient.crypto.api import Finding
from mailclient.crypto.registry import Registry
from mailclient.services.accounts import Accounts
from mailclient.store import Store
from mailclient.store.check import damaged_messages
from mailclient.transport import tls

log = logging.getLogger(__name__)


class Doctor:
    """Asks each part how it is."""

    def __init__(self, store: Store, plugins: Registry, accounts: Accounts) -> None:
        self._store = store
        self._plugins = plugins
        self._accounts = accounts

    def findings(self) -> tuple[Finding, ...]:
        """One line for each thing that was looked at; never raises."""
        found = [self._plugin_line()]
        for plugin in self._plugins.all():
            found += plugin.check()
        found += [
            Finding("plug-in", "problem", f"{name} was not loaded: {reason}")
            for name, reason in self._plugins.refused()
        ]
        found.append(self._secrets_line())
        found.append(self._certificates_line())
        found.append(self._store_line())
        found += [Finding("store", "warning", one) for one in self._store.notices]
        return tuple(found)

    def _plugin_line(self) -> Finding:
        names = [one.name for one in self._plugins.loaded()]
        if not names:
            return Finding("plug-ins", "problem", "No plug-in for encryption is installed.")
        return Finding("plug-ins", "ok", f"Loaded: {', '.join(names)}.")

    def _certificates_line(self) -> Finding:
        problem = tls.check()
        if problem:
            return Finding("certificates", "problem", problem)
        return Finding("certificates", "ok", "Servers are checked by the system's certificates.")

    def _secrets_line(self) -> Finding:
        where = self._store.vault.where
        return Finding("secrets", "ok", f"Passwords are kept in {where}.")

    def _store_line(self) -> Finding:
        problem = self.check_store()
        if problem:
            log.error("The store was found damaged: %s", problem)
            return Finding(
                "store",
                "problem",
                "Parts of the store are damaged; 'mailclient store salvage' makes a new store of "
                "all that can be read.",
            )
        accounts = len(self._accounts.list())
        return Finding("store", "ok", f"The store is whole; accounts: {accounts}.")

    def check_store(self) -> str:
        """What is wrong with the store; "" if nothing is."""
        return self._store.database.check()

    def damaged_messages(self) -> tuple[int, ...]:
        """The messages whose stored bytes have changed; reads all of them."""
        return tuple(damaged_messages(self._store.database))
