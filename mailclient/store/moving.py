"""A store that goes to another computer: what lay beside it comes along inside it, encrypted.

Passwords go from the keyring of the old computer into the table of the encrypted copy, and from
there into the keyring of the new one. A copy without mail is a new store into which rows are
carried over, so that nothing of the mail was ever in it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from mailclient.account import Account, Server
from mailclient.errors import MailError
from mailclient.settings import Setting
from mailclient.store.accounts import AccountTable
from mailclient.store.database import Database
from mailclient.store.passwords import KINDS, Vault
from mailclient.store.settings import Settings

CARRIED = {  # without mail: these tables, with these columns (none: all of them)
    "accounts": ("id", "address", "details"),
    "folders": ("id", "account_id", "name", "role"),
    "keys": (),
    "own_keys": (),
    "key_events": (),
    "peers": (),
    "policies": (),
    "settings": (),
    "searches": (),
    "receipt_refusals": (),
    "plugin_items": (),
}
LEFT = (  # mail, and what was learned from it
    "bodies", "body_chunks", "ledger", "lookups", "messages", "outbox", "outbox_bytes",
    "outbox_copies", "outbox_pieces", "outbox_recipients", "people", "receipts", "returned", "tags",
    "terms", "thread_ids", "timekeeping", "understood", "words", "writing", "file_texts",
    "to_index",
)  # fmt: skip
OTHERWISE = ("secrets",)  # read from where they are, written by `put_in`
KEYS = Setting("moved.keys", "", "Keys that came along and wait to be taken in.")
_CERTIFICATES = Setting("moved.certificates", "", "The files of certificates of accounts.")

Secrets = dict[tuple[int, str], str]  # by account and kind


@dataclass(frozen=True, slots=True)
class Luggage:
    """What goes along inside the store although it lay beside it."""

    secrets: Secrets = field(default_factory=dict, repr=False)
    keys: str = field(default="", repr=False)
    certificates: dict[str, str] = field(default_factory=dict)


def secrets_of(vault: Vault, accounts: tuple[Account, ...]) -> Secrets:
    """All secrets of these accounts, wherever they are kept; raises StoreLocked."""
    found = {(one.id, kind): vault.password(one.id, kind) for one in accounts for kind in KINDS}
    return {which: secret for which, secret in found.items() if secret is not None}


def without_mail(source: Database, target: Path, key: bytes) -> None:
    """Make a new store with all but the mail of another; raises StoreFull."""
    made = Database.open(target, key, clock=source.clock)
    try:
        with made.write():
            for table, columns in CARRIED.items():
                wanted = ", ".join(columns) or "*"
                rows = source.rows(f"SELECT {wanted} FROM {table}")
                if rows:
                    marks = ", ".join("?" * len(rows[0]))
                    into = f"{table} ({wanted})" if columns else table
                    made.run_many(f"INSERT INTO {into} VALUES ({marks})", rows)
    finally:
        made.close()


def put_in(path: Path, key: bytes, clock: Callable[[], datetime], luggage: Luggage) -> None:
    """Put into a store that is not open what is to go along; raises StoreFull."""
    database = Database.open(path, key, clock=clock)
    try:
        vault = Vault(database, None, "")
        settings = Settings(database)
        with database.write():
            for (account_id, kind), secret in luggage.secrets.items():
                vault.set_password(account_id, kind, secret)
            settings.set(KEYS, luggage.keys)
            settings.set(_CERTIFICATES, json.dumps(luggage.certificates))
    finally:
        database.close()


@dataclass(frozen=True, slots=True)
class Arrived:
    """What came: how many accounts, secrets and messages, and whether keys wait to be taken in."""

    accounts: int
    passwords: int
    messages: int
    keys: bool


def take_out(
    database: Database, vault: Vault, keep_file: Callable[[str], str], messages: int
) -> Arrived:
    """Put secrets where this profile keeps them, and the files of certificates where `keep_file`
    puts their text; raises StoreLocked, StoreFull."""
    accounts, settings = AccountTable(database), Settings(database)
    inside = Vault(database, None, "")
    secrets = secrets_of(inside, accounts.all())
    certificates: dict[str, str] = json.loads(settings.get(_CERTIFICATES) or "{}")
    files = {old: keep_file(text) for old, text in certificates.items()}
    for one in accounts.all():
        inside.forget(one.id)
        accounts.update(
            replace(one, incoming=_with(one.incoming, files), outgoing=_with(one.outgoing, files))
        )
    try:
        for (account_id, kind), secret in secrets.items():
            vault.set_password(account_id, kind, secret)
    except MailError:
        with suppress(MailError):  # nothing of a profile that did not come about stays behind
            for one in accounts.all():
                vault.forget(one.id)
        raise
    settings.set(_CERTIFICATES, "")
    return Arrived(len(accounts.all()), len(secrets), messages, bool(settings.get(KEYS)))


def _with(server: Server | None, files: dict[str, str]) -> Server | None:
    return server and replace(
        server,
        ca_file=files.get(server.ca_file, server.ca_file),
        client_file=files.get(server.client_file, server.client_file),
    )


def is_empty(database: Database) -> bool:
    """Whether a store holds neither an account nor mail."""
    return database.row("SELECT 1 FROM accounts UNION ALL SELECT 1 FROM messages LIMIT 1") is None
