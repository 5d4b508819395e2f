"""Alice reads; Bob's key is confirmed, Mallory's accepted, Tom's met by mail only.

Whoever writes to her does so with a GnuPG home of their own, which holds all the secret keys but
Alice's; Alice has the public ones.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from mailclient.account import Account, Identity
from mailclient.app import App, open_profile
from mailclient.cancel import CancelToken
from mailclient.crypto.api import Host, no_network
from mailclient.crypto.openpgp.plugin import OpenPgp
from mailclient.message.build import assemble
from mailclient.message.headers import protect
from mailclient.paths import Profile
from mailclient.services.read import MessageView

ALICE, BOB, MALLORY, TOM = (f"{name}@example.org" for name in ("alice", "bob", "mallory", "tom"))
TEXT = b"Content-Type: text/plain; charset=utf-8\r\n\r\nMeet me at the lilac gate.\r\n"
SECRET = "lilac"
PAST = datetime(2021, 3, 1, 12, 0, tzinfo=UTC)

Fields = Sequence[tuple[str, str]]


@dataclass(slots=True)
class Desk:
    """Alice's program, and everybody's pen."""

    app: App
    pen: OpenPgp
    home: Path
    keys: dict[str, str]

    def gpg(self, *options: str, data: bytes = b"") -> bytes:
        """Run GnuPG by itself, as an attacker may."""
        command = ["gpg", "--homedir", str(self.home), "--batch", "--no-tty", "--yes", "--quiet",
                   "--pinentry-mode", "loopback", "--passphrase", "", *options]  # fmt: skip
        return subprocess.run(command, input=data, capture_output=True, check=True).stdout

    def fields(self, sender: str = BOB, date: datetime | None = None, **more: str) -> Fields:
        """The header of a letter to Alice."""
        found = {
            "From": sender, "To": ALICE, "Subject": "The gate",
            "Date": format_datetime(date or datetime.now(UTC)), "Message-ID": "<1@example.org>",
        }  # fmt: skip
        return tuple(
            {**found, **{name.replace("_", "-"): value for name, value in more.items()}}.items()
        )

    def signed(self, entity: bytes = TEXT, by: str = BOB) -> bytes:
        """An entity under somebody's signature."""
        return self.pen.seal(entity, sign_with=self.keys[by], encrypt_to=(), cancel=CancelToken())

    def sealed(self, entity: bytes = TEXT, by: str | None = BOB, to: str = ALICE) -> bytes:
        """An entity encrypted, and signed where `by` says by whom."""
        signer = self.keys[by] if by else None
        return self.pen.seal(
            entity, sign_with=signer, encrypt_to=(self.keys[to],), cancel=CancelToken()
        )

    def letter(self, entity: bytes, **fields: str) -> bytes:
        """A whole message."""
        return assemble(self.fields(**fields), entity)

    def protected_letter(self, inside: Fields, outside: Fields, by: str | None = BOB) -> bytes:
        """An encrypted message whose protected fields are not what stands outside."""
        payload, _ = protect(TEXT, inside, encrypted=True)
        return assemble(outside, self.sealed(payload, by))

    def read(self, raw: bytes) -> MessageView:
        """What Alice's program makes of it."""
        return self.app.read.view_raw(raw)


@contextmanager
def desk_open(folder: Path) -> Iterator[Desk]:
    """Alice's program with the keys that she has, and the pens of all the others."""
    homes = [Path(tempfile.mkdtemp(prefix="mc-")) for _ in range(2)]
    app = open_profile(Profile(folder / "profile"), passphrase="x", gnupg_home=homes[0])
    app.accounts.add(Account((Identity(ALICE, "Alice"),)), "")
    pen = OpenPgp(Host(folder, no_network, lambda what: None, homes[1]))
    keys = {ALICE: app.keys.generate(ALICE, "Alice", None).fingerprint}
    pen.keys.import_keys(app.keys.export(ALICE))
    for address in (BOB, MALLORY, TOM):
        keys[address] = pen.keys.generate(address, address.partition("@")[0], None).fingerprint
    for address, word in ((BOB, "verified"), (MALLORY, "accepted"), (TOM, "tentative")):
        app.keys.import_keys(pen.keys.export(keys[address]))
        app.keys.trust(keys[address], address, word)
    yield Desk(app, pen, homes[1], keys)
    app.close()
    for home in homes:
        kill = ["gpgconf", "--homedir", str(home), "--kill", "all"]
        subprocess.run(kill, check=False, capture_output=True)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk_open(tmp_path_factory.mktemp("alice")) as open_desk:
        yield open_desk
