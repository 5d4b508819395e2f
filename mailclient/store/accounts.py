"""Accounts in the store, each with its standard folders. Passwords are the vault's."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from mailclient.account import (
    Account,
    Authentication,
    EncryptionPolicy,
    Identity,
    Retention,
    Security,
    Server,
)
from mailclient.errors import BadInput, NotFound
from mailclient.message.address import normalise
from mailclient.store.database import Database
from mailclient.store.folders import STANDARD
from mailclient.store.times import from_seconds, to_seconds


class AccountTable:
    """The table of accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, account: Account) -> Account:
        """Keep a new account with its folders; raises BadInput if its address has one."""
        with self._database.write():
            if any(normalise(account.address) == normalise(one.address) for one in self.all()):
                raise BadInput(
                    f"There is an account for {account.address} already.",
                    "Change that one, or remove it first.",
                )
            id = self._database.run(
                "INSERT INTO accounts (address, details) VALUES (?, ?)",
                (account.address, _written(account)),
            )
            self._database.run_many(
                "INSERT INTO folders (account_id, name, role) VALUES (?, ?, ?)",
                [(id, name, role.value) for role, name in STANDARD.items()],
            )
        return replace(account, id=id)

    def all(self) -> tuple[Account, ...]:
        """Every account, in the order of their making."""
        return tuple(
            _read(id, details)
            for id, details in self._database.rows("SELECT id, details FROM accounts ORDER BY id")
        )

    def get(self, address: str) -> Account:
        """The account that has this address among its identities; raises NotFound."""
        wanted = normalise(address)
        for account in self.all():
            if any(normalise(one.address) == wanted for one in account.identities):
                return account
        raise NotFound(
            f"There is no account for {address}.", "'mailclient account list' shows the accounts."
        )

    def by_id(self, id: int) -> Account:
        """The account with this id; raises NotFound."""
        row = self._database.row("SELECT id, details FROM accounts WHERE id = ?", (id,))
        if row is None:
            raise NotFound("This account is not there any more.")
        return _read(*row)

    def update(self, account: Account) -> None:
        """Change an account; raises NotFound."""
        self.by_id(account.id)
        self._database.run(
            "UPDATE accounts SET address = ?, details = ? WHERE id = ?",
            (account.address, _written(account), account.id),
        )

    def collected(self, id: int) -> tuple[datetime | None, datetime | None]:
        """When mail was last collected for an account, and since when the clock is doubted."""
        row = self._database.row("SELECT collected, doubted FROM accounts WHERE id = ?", (id,))
        last, doubted = row or (None, None)
        return (
            None if last is None else from_seconds(last),
            None if doubted is None else from_seconds(doubted),
        )

    def note_collected(self, id: int, when: datetime, doubted: datetime | None) -> None:
        """Mail was collected to the end, by a clock that is believed, or doubted since a time."""
        if doubted is None:
            self._database.run(
                "UPDATE accounts SET collected = ?, doubted = NULL WHERE id = ?",
                (to_seconds(when), id),
            )
        else:
            self._database.run(
                "UPDATE accounts SET doubted = ? WHERE id = ?", (to_seconds(doubted), id)
            )

    def messages(self, id: int) -> int:
        """How many messages an account holds."""
        row = self._database.row("SELECT count(*) FROM messages WHERE account_id = ?", (id,))
        return int(row[0]) if row else 0

    def remove(self, id: int, *, with_mail: bool, but: Collection[int] = ()) -> None:
        """Remove an account; while it holds mail it stays as a local one. With `with_mail` all of
        that goes except `but`. What waits in its outbox goes."""
        account = self.by_id(id)
        with self._database.write():
            if with_mail:
                self._database.run(
                    "DELETE FROM messages WHERE account_id = ?"
                    " AND id NOT IN (SELECT value FROM json_each(?))",
                    (id, json.dumps(list(but))),
                )
            if not self.messages(id):
                self._database.run("DELETE FROM accounts WHERE id = ?", (id,))
                return
            if with_mail:  # added again, it fetches anew what is on the server
                self._database.run("DELETE FROM ledger WHERE account_id = ?", (id,))
            self._database.run("DELETE FROM outbox WHERE account_id = ? AND state <> 'sent'", (id,))
            self.update(replace(account, incoming=None, outgoing=None))


def _written(account: Account) -> str:
    return json.dumps(
        {
            "identities": [asdict(one) for one in account.identities],
            "incoming": _server_written(account.incoming),
            "outgoing": _server_written(account.outgoing),
            "retention": account.retention.word(),
            "encryption": account.encryption.value,
            "paused": account.paused,
            "minutes": account.minutes,
            "largest": account.largest,
            "provider": list(account.provider),
            "keep_decrypted": account.keep_decrypted,
        }
    )


def _server_written(server: Server | None) -> dict[str, Any] | None:
    if server is None:
        return None
    return {
        "host": server.host,
        "port": server.port,
        "security": server.security.value,
        "authentication": server.authentication.value,
        "username": server.username,
        "ca_file": server.ca_file,
        "pin": server.pin,
        "mechanism": server.mechanism,
        "proven": server.proven,
        "encrypted": server.encrypted,
        "client_file": server.client_file,
    }


@lru_cache(maxsize=64)  # asked with each letter
def _read(id: int, details: str) -> Account:
    found = json.loads(details)
    return Account(
        identities=tuple(Identity(**one) for one in found["identities"]),  # some with fewer fields
        incoming=_server_read(found["incoming"]),
        outgoing=_server_read(found["outgoing"]),
        retention=Retention.parse(found["retention"]),
        encryption=EncryptionPolicy(found["encryption"]),
        paused=found["paused"],
        minutes=found.get("minutes"),  # these were not there in the first version
        largest=found.get("largest"),
        provider=tuple(found.get("provider", ())),
        keep_decrypted=found.get("keep_decrypted"),
        id=id,
    )


def _server_read(found: dict[str, Any] | None) -> Server | None:
    if found is None:
        return None
    return Server(
        host=found["host"],
        port=found["port"],
        security=Security(found["security"]),
        authentication=Authentication(found["authentication"]),
        username=found["username"],
        ca_file=found["ca_file"],
        pin=found.get("pin", ""),  # these were not there in the first version
        mechanism=found.get("mechanism", ""),
        proven=found.get("proven", ""),
        encrypted=found.get("encrypted", ""),
        client_file=found.get("client_file", ""),
    )
