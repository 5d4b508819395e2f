"""Signing in at providers that take no password (OAuth 2.0), and the tokens that follow from it.

The token that lasts lies where passwords lie and nowhere else; the short one is in memory alone. It
is renewed by one at a time, a minute before it ends. When only signing in anew helps, that is said
once and nothing is asked of the provider until it is done. Each token is kept with the mark of who
gave it: no other provider is ever shown it, whatever servers the account has later.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from mailclient.account import Account, Authentication, Server
from mailclient.cancel import CancelToken
from mailclient.errors import BadInput, SignInNeeded, Unreachable
from mailclient.settings import Setting
from mailclient.store import Store
from mailclient.store.passwords import REFRESH
from mailclient.transport.oauth import requests
from mailclient.transport.oauth.known import Known, issuer_of, issuers
from mailclient.transport.oauth.values import Client, DevicePrompt, Grant, Issuer

FILE_VARIABLE = "MAILCLIENT_OAUTH"
EARLY = timedelta(minutes=1)  # a token is renewed so long before it ends


@dataclass(frozen=True, slots=True)
class _Kept:
    """A token that lasts, with the mark of who gave it."""

    mark: str
    refresh: str = field(repr=False)


class SignIn:
    """The use cases around signing in; safe to use from any lane."""

    def __init__(
        self, store: Store, folder: Path, clock: Callable[[], datetime], *, offline: bool
    ) -> None:
        self._store = store
        named = os.environ.get(FILE_VARIABLE)
        self._file = Path(named) if named else folder / "oauth.toml"
        self._clock = clock
        self._offline = offline
        self._locks: dict[int, threading.Lock] = {}
        self._guard = threading.Lock()
        self._grants: dict[int, Grant] = {}

    # Providers and what this program is called there

    def providers(self) -> Mapping[str, Known]:
        """All providers that are known, by name; raises BadInput for a file that cannot be read."""
        return issuers(self._file)

    def issuer(self, *servers: Server | None) -> Issuer | None:
        """The provider whose tokens all of these servers take; None where none is known. A token
        must not come to a server of somebody else."""
        known = self.providers()
        found = [issuer_of(one.host, known) for one in servers if one is not None]
        first = found[0] if found else None
        return first.issuer if first and all(one == first for one in found) else None

    def client(self, issuer: Issuer) -> Client | None:
        """What this program is called at a provider; None where it was never registered."""
        id = self._store.settings.get(_id_setting(issuer.name))
        if id:
            return Client(id, self._store.settings.get(_secret_setting(issuer.name)))
        known = self.providers().get(issuer.name)
        return known.client if known else None

    def set_client(self, name: str, client: Client) -> None:
        """Keep what this program was registered as at a provider; raises BadInput."""
        if name not in self.providers():
            raise BadInput(
                f"There is no provider called {name}.",
                f"Known are {', '.join(self.providers())}.",
            )
        if any(ord(sign) <= 32 or ord(sign) > 126 for sign in client.id + client.secret):
            raise BadInput("The client ID holds a space or a strange sign.", "Copy it again.")
        self._store.settings.set(_id_setting(name), client.id)
        self._store.settings.set(_secret_setting(name), client.secret)

    # Signing in

    def by_browser(
        self,
        issuer: Issuer,
        address: str,
        open_page: Callable[[str], object],
        cancel: CancelToken,
    ) -> Grant:
        """Have the user sign in in the browser; `open_page` shows a page there.

        Raises BadInput, Cancelled, LoginRefused, ProtocolFault, Unreachable.
        """
        return requests.by_browser(
            issuer, self._known(issuer), address, open_page, cancel, self._clock
        )

    def by_device(
        self, issuer: Issuer, show: Callable[[DevicePrompt], object], cancel: CancelToken
    ) -> Grant:
        """Have the user sign in on another device; raises as `by_browser` does."""
        if not issuer.device:
            raise BadInput(f"{issuer.title} has no sign-in with a code.", "Sign in in the browser.")
        return requests.by_device(issuer, self._known(issuer), show, cancel, self._clock)

    def check(self, account: Account, grant: Grant) -> None:
        """Raise BadInput for a grant without a token that lasts, or for other servers."""
        _lasting(grant)
        issuer = self.issuer(account.incoming, account.outgoing)
        if issuer is None or grant.mark != issuer.mark:
            raise BadInput(
                f"What was granted is not for the servers of {account.address}.",
                "Sign in again for the servers that it has now.",
            )

    def keep(self, account: Account, grant: Grant) -> None:
        """Keep what was granted for an account; raises StoreLocked, BadInput where it is not
        for this account, or does not last."""
        self.check(account, grant)
        with self._lock(account.id):
            self._write(account.id, grant)
            self._grants[account.id] = grant

    def signed_in(self, account: Account) -> bool:
        """Whether a token is kept that the next one can be asked for with, at the provider of the
        servers that the account has now; raises StoreLocked."""
        kept = self._kept(account.id)
        issuer = self.issuer(account.incoming, account.outgoing)
        return kept is not None and issuer is not None and kept.mark == issuer.mark

    def sign_out(self, account: Account) -> None:
        """Forget what was granted for an account; at the provider nothing changes.

        Raises StoreLocked.
        """
        with self._lock(account.id):
            self._forget(account.id)

    def _known(self, issuer: Issuer) -> Client:
        if self._offline:
            raise Unreachable(
                "The program was started without network.", "Start it without --offline."
            )
        client = self.client(issuer)
        if client is None:
            raise BadInput(
                f"This program is not registered at {issuer.title} yet, so it cannot ask to be "
                "let in.",
                "Register it there and give its client ID; 'Signing in' in the documentation "
                "says how.",
            )
        return client

    # Tokens

    def token(self, account: Account, server: Server) -> str | None:
        """A token that is good now; None for an account whose owner has never signed in.

        Raises SignInNeeded, Unreachable, LoginRefused.
        """
        with self._lock(account.id):  # one renewal at a time: the second finds what it brought
            grant = self._grants.get(account.id)
            kept = None if grant else self._kept(account.id)
            if grant is None and kept is None:
                return None
            issuer = self._issuer_for(account, server)
            good = grant is not None and grant.mark == issuer.mark
            if grant is not None and good and self._clock() < grant.expires - EARLY:
                return grant.access
            kept = kept or self._kept(account.id)
            if kept is not None and kept.mark != issuer.mark:
                raise _for_another(account, issuer)
            return self._renew(account, issuer, kept.refresh).access if kept else None

    def refused(self, account: Account, token: str) -> bool:
        """A server did not take this token: whether another one can be asked for."""
        with self._lock(account.id):
            grant = self._grants.get(account.id)
            if grant is None or grant.access != token:
                return grant is not None
            del self._grants[account.id]
            return self._kept(account.id) is not None

    def _issuer_for(self, account: Account, server: Server) -> Issuer:
        """Who has granted access to a server; raises BadInput where that is not known."""
        others = (one for one in (account.incoming, account.outgoing) if by_token(one))
        issuer = self.issuer(server, *others)
        if issuer is None:
            raise BadInput(
                f"It is not known who grants access to {server.host}.",
                "Name its provider in oauth.toml; 'Signing in' in the documentation says how.",
            )
        return issuer

    def _renew(self, account: Account, issuer: Issuer, refresh: str) -> Grant:
        try:
            grant = requests.renewed(
                issuer, self._known(issuer), refresh, CancelToken(), self._clock
            )
        except SignInNeeded:
            self._forget(account.id)
            raise
        if grant.refresh and grant.refresh != refresh:  # the one before may be void already
            self._write(account.id, grant)
        grant = replace(grant, refresh="")
        self._grants[account.id] = grant
        return grant

    def _write(self, account_id: int, grant: Grant) -> None:
        written = json.dumps({"issuer": grant.mark, "token": grant.refresh})
        self._store.vault.set_password(account_id, REFRESH, written)

    def _kept(self, account_id: int) -> _Kept | None:
        """The token that lasts, and whose it is; one that does not say whose it is counts for
        nobody's."""
        written = self._store.vault.password(account_id, REFRESH)
        if written is None:
            return None
        try:
            found = json.loads(written)
            return _Kept(str(found["issuer"]), str(found["token"]))
        except (ValueError, TypeError, LookupError, RecursionError):
            return _Kept("", "")

    def _forget(self, account_id: int) -> None:
        self._grants.pop(account_id, None)
        self._store.vault.drop(account_id, REFRESH)

    def _lock(self, account_id: int) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(account_id, threading.Lock())


def _lasting(grant: Grant) -> None:
    """Raise BadInput for a grant without a token that lasts."""
    if not grant.refresh:
        raise BadInput(
            "The provider gave no token that lasts, so you would have to sign in every hour.",
            "Ask it how mail programs are to be let in.",
        )


def _for_another(account: Account, issuer: Issuer) -> SignInNeeded:
    """What was granted came from somebody else than grants access to the servers of now."""
    return SignInNeeded(
        f"{account.address} has other servers than when you signed in.",
        f"Sign in at {issuer.title} in the account's settings; until then its mail waits.",
    )


def by_token(server: Server | None) -> bool:
    """Whether a server is logged in to with a token."""
    return server is not None and server.authentication is Authentication.OAUTH2


def _id_setting(name: str) -> Setting[str]:
    return Setting(f"oauth.{name}.client_id", "", "What this program is called there.")


def _secret_setting(name: str) -> Setting[str]:
    return Setting(f"oauth.{name}.client_secret", "", "What was given with its name.")
