"""What we seal opens in other programs, and what they seal opens here: Sequoia's sq, GnuPG's gpgsm.

These programs are not needed by ours, so where one is not installed its tests say so; what they
stand for is tested against GnuPG itself and against openssl all the same.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs12

from mailclient.cancel import CancelToken
from mailclient.crypto.api import Host, no_network
from mailclient.crypto.smime.plugin import SMime
from mailclient.message.facts import Outcome, SignatureStatus
from mailclient.message.layers import find_layer
from mailclient.message.tree import parse
from tests.attacks.certificates import Holder, Key, Wish, ec_key, made, p7m, p7s, rsa_key
from tests.integration.crypto.conftest import ENTITY, Pen

Run = Callable[..., bytes]


def program(name: str, folder: Path) -> Run:
    """A program, run in a folder; the test is left out where it is not installed."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed; 'apt-get install {name}' has this tested, too")

    def run(*arguments: str, data: bytes = b"") -> bytes:
        done = subprocess.run(
            [found, *arguments], input=data, capture_output=True, check=False, cwd=folder
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    return run


@pytest.fixture
def sq(tmp_path: Path) -> Run:
    return program("sq", tmp_path)


@pytest.fixture
def anna(pens: Callable[[], Pen], tmp_path: Path) -> tuple[Pen, str]:
    """Anna, whose keys lie in files for others."""
    pen = pens()
    key = pen.key("anna@example.org")
    (tmp_path / "anna.key").write_bytes(pen.gpg("--armor", "--export-secret-keys", key))
    (tmp_path / "anna.cert").write_bytes(pen.gpg("--armor", "--export", key))
    return pen, key


# Sequoia


def test_sq_opens_and_verifies_what_we_seal(sq: Run, anna: tuple[Pen, str]) -> None:
    pen, key = anna
    layer = find_layer(parse(pen.seal(key, key)))
    assert layer is not None
    options = ["decrypt", "--recipient-key", "anna.key", "--signer-cert", "anna.cert"]
    assert sq(*options, "-n", "1", data=layer.data) == ENTITY


def test_sq_verifies_what_we_sign(sq: Run, anna: tuple[Pen, str], tmp_path: Path) -> None:
    pen, key = anna
    layer = find_layer(parse(pen.seal(key)))
    assert layer is not None
    (tmp_path / "text.sig").write_bytes(layer.data)
    (tmp_path / "text").write_bytes(layer.signed)
    sq("verify", "--signer-cert", "anna.cert", "--detached", "text.sig", "text")


def test_we_open_what_sq_seals(sq: Run, anna: tuple[Pen, str], tmp_path: Path) -> None:
    pen, _ = anna
    sq("key", "generate", "--userid", "Sepp <sepp@example.org>", "--export", "sepp.key")
    (tmp_path / "sepp.cert").write_bytes(sq("key", "extract-cert", "sepp.key"))
    [taken] = pen.plugin.keys.import_keys((tmp_path / "sepp.cert").read_bytes())
    sealed = sq("encrypt", "--recipient-cert", "anna.cert", "--signer-key", "sepp.key", data=ENTITY)
    found = pen.open(_pgp_mime(sealed))
    assert (found.outcome, found.content) == (Outcome.DECRYPTED, ENTITY)
    [fact] = found.signatures
    assert (fact.status, fact.fingerprint) == (SignatureStatus.GOOD, taken.fingerprint)
    assert fact.addresses == ("sepp@example.org",)


def test_we_verify_what_sq_signs(sq: Run, anna: tuple[Pen, str], tmp_path: Path) -> None:
    pen, _ = anna
    sq("key", "generate", "--userid", "Sepp <sepp@example.org>", "--export", "sepp.key")
    pen.plugin.keys.import_keys(sq("key", "extract-cert", "sepp.key"))
    (tmp_path / "text").write_bytes(ENTITY)
    signature = sq("sign", "--detached", "--signer-key", "sepp.key", "text")
    head = b'Content-Type: multipart/signed; protocol="application/pgp-signature"; boundary=s'
    raw = (
        head + b"\r\n\r\n--s\r\n" + ENTITY + b"\r\n--s\r\n"
        b"Content-Type: application/pgp-signature\r\n\r\n" + signature + b"\r\n--s--\r\n"
    )
    [fact] = pen.open(raw).signatures
    assert fact.status is SignatureStatus.GOOD


def _pgp_mime(armor: bytes) -> bytes:
    kind = b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=e'
    return (
        kind + b"\r\n\r\n--e\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
        b"--e\r\nContent-Type: application/octet-stream\r\n\r\n" + armor + b"\r\n--e--\r\n"
    )


# gpgsm


@pytest.fixture
def root() -> Holder:
    return made(Wish("Root", authority=True))


@pytest.fixture
def carla(root: Holder) -> Holder:
    return made(Wish("Carla", ("carla@example.org",)), root, rsa_key())


@pytest.fixture
def gpgsm(homes: Callable[[], Path], tmp_path: Path, root: Holder, carla: Holder) -> Run:
    """gpgsm with Carla's certificate, and an authority that it trusts."""
    home = homes()
    run = program("gpgsm", tmp_path)
    digest = root.certificate.fingerprint(hashes.SHA1()).hex(":").upper()
    (home / "trustlist.txt").write_text(f"{digest} S relax\n")
    options = ["--homedir", str(home), "--batch", "--disable-crl-checks", "--pinentry-mode",
               "loopback", "--passphrase-fd", "0"]  # fmt: skip

    def gpgsm(*arguments: str, data: bytes = b"") -> bytes:
        files: tuple[str, ...] = ()
        if data:
            (tmp_path / "input").write_bytes(data)
            files = ("input",)
        return run(*options, *arguments, *files, data=b"x\n")

    _import_p12(gpgsm, carla, tmp_path / "carla.p12")
    (tmp_path / "root.pem").write_bytes(root.pem)
    gpgsm("--import", "root.pem")
    return gpgsm


def _import_p12(gpgsm: Run, holder: Holder, file: Path) -> None:
    """gpgsm 2.2 derives a wrong key from about 1 salt in 60: a file of the next salt is read."""
    for _ in range(4):
        file.write_bytes(_as_of_old(holder))
        with suppress(AssertionError):
            gpgsm("--import", file.name)
            return
    gpgsm("--import", file.name)


def _as_of_old(holder: Holder) -> bytes:
    """A PKCS#12 file by the only method that gpgsm 2.2 reads."""
    build = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(2048)
    build = build.key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
    closed = build.hmac_hash(hashes.SHA1()).build(b"x")
    return pkcs12.serialize_key_and_certificates(
        b"mail", holder.key, holder.certificate, None, closed
    )


@pytest.fixture
def ours(tmp_path: Path, root: Holder, carla: Holder) -> SMime:
    plugin = SMime(Host(tmp_path, no_network, lambda what: None))
    plugin.keys.import_keys(root.pem)
    plugin.keys.import_keys(carla.p12(None))
    return plugin


@pytest.mark.parametrize("key", [rsa_key, ec_key])
def test_gpgsm_opens_and_verifies_what_we_seal(
    gpgsm: Run, root: Holder, carla: Holder, tmp_path: Path, key: Callable[[], Key]
) -> None:
    writer = made(Wish("Carl", ("carl@example.org",)), root, key())
    sender = SMime(Host(tmp_path, no_network, lambda what: None))
    sender.keys.import_keys(writer.p12(None))
    sender.keys.import_keys(carla.pem)
    sealed = sender.seal(
        ENTITY, sign_with=writer.fingerprint, encrypt_to=(carla.fingerprint,), cancel=CancelToken()
    )
    layer = find_layer(parse(sealed))
    assert layer is not None
    inside = gpgsm("--decrypt", data=layer.data)
    signed = find_layer(parse(inside))
    assert signed is not None
    (tmp_path / "smime.p7s").write_bytes(signed.data)
    (tmp_path / "text").write_bytes(signed.signed)
    gpgsm("--verify", "smime.p7s", "text")


def test_we_open_and_verify_what_gpgsm_seals(
    gpgsm: Run, ours: SMime, carla: Holder, tmp_path: Path
) -> None:
    sealed = gpgsm("--encrypt", "--recipient", "carla@example.org", data=ENTITY)
    layer = find_layer(parse(p7m(sealed)))
    assert layer is not None
    found = ours.open(layer, CancelToken())
    assert (found.outcome, found.content) == (Outcome.DECRYPTED, ENTITY)
    signature = gpgsm("--detach-sign", "--local-user", "carla@example.org", data=ENTITY)
    layer = find_layer(parse(p7s(ENTITY, signature)))
    assert layer is not None
    [fact] = ours.open(layer, CancelToken()).signatures
    assert (fact.status, fact.vouched_by) == (SignatureStatus.GOOD, "Root")
