"""Alice reads; Bob's key is confirmed, Mallory's accepted, Tom's met by mail only.

Whoever writes to her does so with a GnuPG home of their own, which holds all the secret keys but
Alice's; Alice has the public ones.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
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
from tests.attacks import packets

ALICE, BOB, MALLORY, TOM = (f"{name}@example.org" for name in ("alice", "bob", "mallory", "tom"))
TEXT = b"Content-Type: text/plain; charset=utf-8\r\n\r\nMeet me at the lilac gate.\r\n"
SECRET = "lilac"
PAST = datetime(2021, 3, 1, 12, 0, tzinfo=UTC)

Fields = Sequence[tuple[str, str]]


@dataclass(slots=True)
class Desk:
    """Alice's program, and everybody's pen. `session` is a key packet of Alice's and the key that
    is in it: with it anything can be encrypted to her."""

    app: App
    pen: OpenPgp
    alice: Path
    home: Path
    keys: dict[str, str]
    session: tuple[bytes, bytes] = (b"", b"")
    made: dict[str, packets.HandMade] = field(default_factory=dict)

    def gpg(self, *options: str, data: bytes = b"") -> bytes:
        """Run GnuPG by itself, as an attacker may."""
        return _gpg(self.home, *options, data=data).stdout

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

    def signature(self, *options: str, entity: bytes = TEXT) -> bytes:
        """An armored detached signature, made by GnuPG in whatever way."""
        return self.gpg("--armor", *options, "--detach-sign", data=entity)

    def packets_of(self, *options: str, data: bytes = TEXT) -> bytes:
        """A message in binary packets, not compressed."""
        return self.gpg("--compress-algo", "none", *options, data=data)

    def to_alice(self, container: bytes) -> bytes:
        """A letter's entity that holds an encrypted container under the known session key."""
        return pgp_mime(packets.armored(self.session[0] + container))

    def hand_made(
        self, name: str, *, address: str = "", word: str = "verified", adopts: bool = False
    ) -> packets.HandMade:
        """A key whose every byte is ours, and what Alice thinks of it; the one that it `adopts` is
        "NAME's child"."""
        if name not in self.made:
            key = packets.HandMade(datetime(2026, 1, 1, tzinfo=UTC))
            child = packets.HandMade(key.made) if adopts else None
            address = address or f"{name}@example.org"
            certificate = key.certificate(f"{name} <{address}>", adopts=child)
            self.app.keys.import_keys(certificate)
            self.app.keys.trust(key.fingerprint, address, word)
            self.made |= {name: key, f"{name}'s child": child or key}
        return self.made[name]

    def made_by_gpg(self, name: str, *options: str, algorithm: str = "ed25519") -> str:
        """A key that GnuPG makes, which Alice takes for confirmed; returns its address."""
        address = f"{name}@example.org"
        if address not in self.keys:
            # Letters in a name: GnuPG wants no bare address for some algorithms.
            self.gpg(*options, "--quick-gen-key", f"<{address}>", algorithm, "sign", "0")
            self.take(address)
        return address

    def take(self, address: str, word: str = "verified") -> str:
        """Give Alice a key of the pen's; returns its fingerprint."""
        self.app.keys.import_keys(self.gpg("--armor", "--export", f"<{address}>"))
        listed = self.gpg("--with-colons", "--list-keys", f"<{address}>").decode()
        found = re.search(r"^fpr:+([0-9A-F]{40}):", listed, re.MULTILINE)
        assert found is not None
        if word:
            self.app.keys.trust(found[1], address, word)
        self.keys[address] = found[1]
        return found[1]

    def read(self, raw: bytes) -> MessageView:
        """What Alice's program makes of it."""
        return self.app.read.view_raw(raw)


def _gpg(home: Path, *options: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = ["gpg", "--homedir", str(home), "--batch", "--no-tty", "--yes", "--quiet",
               "--trust-model", "always", "--pinentry-mode", "loopback", "--passphrase", "",
               *options]  # fmt: skip
    return subprocess.run(command, input=data, capture_output=True, check=True)


def pgp_mime(armor: bytes) -> bytes:
    """An entity of RFC 3156 around some armor."""
    kind = b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=e'
    return (
        kind + b"\r\n\r\n--e\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
        b"--e\r\nContent-Type: application/octet-stream\r\n\r\n" + armor + b"\r\n--e--\r\n"
    )


def _session(desk: Desk) -> tuple[bytes, bytes]:
    """The key packet of an honest letter to Alice, and the session key in it."""
    armor = desk.sealed(by=None)
    sealed = packets.binary(armor[armor.index(b"-----BEGIN PGP") :])
    said = _gpg(desk.alice, "--status-fd", "2", "--show-session-key", "--decrypt", data=sealed)
    found = re.search(rb"SESSION_KEY 9:([0-9A-F]{64})", said.stderr)
    assert found is not None
    [body] = [body for tag, body in packets.split(sealed) if tag == packets.PKESK]
    return packets.packet(packets.PKESK, body), bytes.fromhex(found[1].decode())


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
    desk = Desk(app, pen, homes[0], homes[1], keys)
    desk.session = _session(desk)
    yield desk
    app.close()
    pen.close()
    for home in homes:
        kill = ["gpgconf", "--homedir", str(home), "--kill", "all"]
        subprocess.run(kill, check=False, capture_output=True)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk_open(tmp_path_factory.mktemp("alice")) as open_desk:
        yield open_desk
