"""The passwords of the accounts: in the OS keyring, or without one inside the encrypted store.

There is no third place. Which of the two it is follows from how the profile is unlocked.
"""

from __future__ import annotations

from mailclient.errors import BadInput
from mailclient.store.database import Database
from mailclient.store.keyrings import SERVICE, Keyring

REFRESH = "refresh"  # what the next access token is asked for with (RFC 6749 section 1.5)
KINDS = ("incoming", "outgoing", REFRESH)


class Vault:
    """Keeps a password for each server of each account."""

    def __init__(self, database: Database, keyring: Keyring | None, name: str) -> None:
        self._database = database
        self._keyring = keyring
        self._name = name  # tells profiles that share a keyring apart

    @property
    def where(self) -> str:
        """Where passwords are kept, in words."""
        return "the encrypted store" if self._keyring is None else "the OS keyring"

    def set_password(self, account_id: int, kind: str, secret: str) -> None:
        """Keep a secret; `kind` is one of KINDS. Raises StoreLocked."""
        if kind not in KINDS:
            raise ValueError(f"no server is called {kind}")
        if any(ord(sign) < 32 or ord(sign) == 127 for sign in secret):
            raise BadInput(
                "The password holds a line break or a control character.", "Type it again."
            )
        if self._keyring is not None:
            self._keyring.set_password(SERVICE, self._entry(account_id, kind), secret)
            return
        self._database.run(
            "INSERT OR REPLACE INTO secrets (account_id, kind, secret) VALUES (?, ?, ?)",
            (account_id, kind, secret),
        )

    def password(self, account_id: int, kind: str) -> str | None:
        """The password, or None where none is kept. Raises StoreLocked."""
        if self._keyring is not None:
            return self._keyring.get_password(SERVICE, self._entry(account_id, kind))
        row = self._database.row(
            "SELECT secret FROM secrets WHERE account_id = ? AND kind = ?", (account_id, kind)
        )
        return None if row is None else str(row[0])

    def forget(self, account_id: int) -> None:
        """Drop the passwords of an account. Raises StoreLocked."""
        if self._keyring is None:
            self._database.run("DELETE FROM secrets WHERE account_id = ?", (account_id,))
            return
        for kind in KINDS:
            self.drop(account_id, kind)

    def drop(self, account_id: int, kind: str) -> None:
        """Drop one secret of an account, if it is there. Raises StoreLocked."""
        if self._keyring is None:
            self._database.run(
                "DELETE FROM secrets WHERE account_id = ? AND kind = ?", (account_id, kind)
            )
            return
        entry = self._entry(account_id, kind)
        if self._keyring.get_password(SERVICE, entry) is not None:
            self._keyring.delete_password(SERVICE, entry)

    def _entry(self, account_id: int, kind: str) -> str:
        return f"{self._name} {account_id} {kind}"
