"""What we seal opens in openssl, and what it seals opens here: every kind of key and of method."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mailclient.cancel import CancelToken
from mailclient.crypto.api import Host, no_network
from mailclient.crypto.smime.plugin import SMime
from mailclient.crypto.smime.ring import SETTING
from mailclient.message.build import assemble
from mailclient.message.facts import Opened, Outcome, SignatureFact, SignatureStatus
from mailclient.message.layers import find_layer
from mailclient.message.tree import parse
from tests.attacks.certificates import Holder, Key, Wish, made, p7m, p7s, rsa_key
from tests.integration.crypto.conftest import ENTITY

Run = Callable[..., bytes]
KEYS: dict[str, Callable[[], Key]] = {
    "RSA": rsa_key,
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "P-521": lambda: ec.generate_private_key(ec.SECP521R1()),
}


@pytest.fixture
def root() -> Holder:
    return made(Wish("Root", authority=True))


@pytest.fixture
def anna(root: Holder) -> Holder:
    """Anna, who uses our program."""
    return person("Anna", root, rsa_key())


def person(name: str, root: Holder, key: Key) -> Holder:
    wish = Wish(name, (f"{name.lower()}@example.org",), agreement=True)
    return made(wish, root, key)


@pytest.fixture
def ours(tmp_path: Path, root: Holder, anna: Holder) -> SMime:
    return program(tmp_path, root, anna)


def program(folder: Path, root: Holder, who: Holder) -> SMime:
    """Our program, with somebody's own certificate and the authority."""
    plugin = SMime(Host(folder, no_network, lambda what: None, environment={SETTING: ""}))
    plugin.keys.import_keys(who.p12(None))
    plugin.keys.import_keys(root.pem)
    return plugin


@pytest.fixture
def openssl(tmp_path: Path, root: Holder) -> Run:
    def run(*arguments: str, data: bytes = b"") -> bytes:
        command = ["openssl", "cms", *arguments]
        done = subprocess.run(command, input=data, capture_output=True, check=False, cwd=tmp_path)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    (tmp_path / "root.pem").write_bytes(root.pem)
    return run


def in_files(folder: Path, who: Holder, name: str) -> None:
    """Somebody's certificate and key, as openssl takes them."""
    (folder / f"{name}.cert").write_bytes(who.pem)
    key = who.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / f"{name}.key").write_bytes(key)


def opened(plugin: SMime, entity: bytes) -> Opened:
    layer = find_layer(parse(entity))
    assert layer is not None
    return plugin.open(layer, CancelToken())


def sealed(plugin: SMime, by: Holder, *to: Holder) -> bytes:
    """A letter of ours as it goes out."""
    fingerprints = [one.fingerprint for one in to]
    entity = plugin.seal(
        ENTITY, sign_with=by.fingerprint, encrypt_to=fingerprints, cancel=CancelToken()
    )
    return assemble((("From", "anna@example.org"),), entity)


def test_openssl_opens_and_verifies_what_we_seal_to_each_kind_of_key(
    ours: SMime, anna: Holder, root: Holder, openssl: Run, tmp_path: Path
) -> None:
    people = [person(f"Bert{at}", root, make()) for at, make in enumerate(KEYS.values())]
    for one in people:
        ours.keys.import_keys(one.pem)
    letter = sealed(ours, anna, *people)
    assert b"smime-type=enveloped-data" in letter
    for at, one in enumerate(people):
        in_files(tmp_path, one, str(at))
        inside = openssl("-decrypt", "-recip", f"{at}.cert", "-inkey", f"{at}.key", data=letter)
        assert openssl("-verify", "-CAfile", "root.pem", "-purpose", "any", data=inside) == ENTITY


def test_openssl_opens_what_we_guard(
    ours: SMime, anna: Holder, openssl: Run, tmp_path: Path
) -> None:
    in_files(tmp_path, anna, "anna")
    letter = sealed(ours, anna, anna)
    assert b"smime-type=authEnveloped-data" in letter
    inside = openssl("-decrypt", "-recip", "anna.cert", "-inkey", "anna.key", data=letter)
    assert b"multipart/signed" in inside


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize(
    ("cipher", "container"),
    [("-aes256", "AES-CBC"), ("-aes-128-cbc", "AES-CBC"), ("-aes-256-gcm", "AES-GCM")],
)
def test_we_open_what_openssl_seals(
    root: Holder, openssl: Run, tmp_path: Path, kind: str, cipher: str, container: str
) -> None:
    dora = person("Dora", root, KEYS[kind]())
    ours = program(tmp_path, root, dora)
    in_files(tmp_path, dora, "dora")
    found = opened(ours, openssl("-encrypt", "-binary", cipher, "dora.cert", data=ENTITY))
    assert (found.outcome, found.content, found.container) == (
        Outcome.DECRYPTED, ENTITY, container,
    )  # fmt: skip
    assert found.guarded is ("gcm" in cipher)
    assert not found.outdated
    streamed = openssl("-encrypt", "-stream", "-binary", "-outform", "DER", cipher, "dora.cert",
                       data=ENTITY)  # fmt: skip
    assert opened(ours, p7m(streamed)).content == ENTITY


@pytest.mark.parametrize(
    ("mixed_in", "scheme"),
    [("sha1", "std"), ("sha384", "std"), ("sha512", "cofactor")],
)
def test_we_agree_on_a_key_in_each_way_that_openssl_knows(
    root: Holder, openssl: Run, tmp_path: Path, mixed_in: str, scheme: str
) -> None:
    dora = person("Dora", root, KEYS["P-384"]())
    in_files(tmp_path, dora, "dora")
    options = ("-keyopt", f"ecdh_kdf_md:{mixed_in}",
               "-keyopt", f"ecdh_cofactor_mode:{int(scheme == 'cofactor')}")  # fmt: skip
    letter = openssl("-encrypt", "-binary", "-aes-192-cbc", "-recip", "dora.cert", *options,
                     data=ENTITY)  # fmt: skip
    assert opened(program(tmp_path, root, dora), letter).content == ENTITY


@pytest.mark.parametrize("named_by", [(), ("-keyid",)])
@pytest.mark.parametrize(("cipher", "container"), [("-des3", "3DES-CBC"), ("-rc2-128", "RC2-CBC")])
def test_letters_of_old_are_read_and_said_to_be_of_old(
    ours: SMime, anna: Holder, openssl: Run, tmp_path: Path, cipher: str, container: str,
    named_by: tuple[str, ...],
) -> None:  # fmt: skip
    in_files(tmp_path, anna, "anna")
    old = ("-provider", "legacy", "-provider", "default")
    letter = openssl("-encrypt", "-binary", cipher, *old, *named_by, "anna.cert", data=ENTITY)
    found = opened(ours, letter)
    assert (found.outcome, found.content, found.container) == (
        Outcome.DECRYPTED, ENTITY, container,
    )  # fmt: skip
    assert (found.guarded, found.outdated) == (False, True)


@pytest.mark.parametrize("cipher", ["-rc2-40", "-des"])
def test_what_anybody_could_open_is_not_opened_and_says_why(
    ours: SMime, anna: Holder, openssl: Run, tmp_path: Path, cipher: str
) -> None:
    in_files(tmp_path, anna, "anna")
    old = ("-provider", "legacy", "-provider", "default")
    found = opened(ours, openssl("-encrypt", "-binary", cipher, *old, "anna.cert", data=ENTITY))
    assert (found.outcome, found.content) == (Outcome.LOCKED, None)
    assert "anybody" in found.reason


@pytest.mark.parametrize(
    "options",
    [
        ("rsa_padding_mode:oaep",),
        ("rsa_padding_mode:oaep", "rsa_oaep_md:sha256"),
        ("rsa_padding_mode:oaep", "rsa_oaep_md:sha256", "rsa_mgf1_md:sha1"),
        ("rsa_padding_mode:oaep", "rsa_oaep_md:sha512", "rsa_mgf1_md:sha384"),
    ],
)
def test_we_open_what_openssl_passes_by_oaep(
    ours: SMime, anna: Holder, openssl: Run, tmp_path: Path, options: tuple[str, ...]
) -> None:
    in_files(tmp_path, anna, "anna")
    said = [word for one in options for word in ("-keyopt", one)]
    letter = openssl("-encrypt", "-binary", "-aes256", "-recip", "anna.cert", *said, data=ENTITY)
    assert opened(ours, letter).content == ENTITY


# Signatures


def signed_by(openssl: Run, plugin: SMime, *options: str) -> SignatureFact:
    """What we think of a signature that openssl made."""
    made_by = openssl("-sign", "-binary", "-outform", "DER", "-signer", "s.cert", "-inkey", "s.key",
                      *options, data=ENTITY)  # fmt: skip
    layer = find_layer(parse(p7s(ENTITY, made_by)))
    assert layer is not None
    [fact] = plugin.open(layer, CancelToken()).signatures
    return fact


@pytest.mark.parametrize("hashed", ["sha256", "sha384", "sha512"])
def test_we_verify_rsa_signatures_of_both_kinds(
    ours: SMime, root: Holder, openssl: Run, tmp_path: Path, hashed: str
) -> None:
    in_files(tmp_path, person("Dora", root, rsa_key()), "s")
    for options in ((), ("-keyopt", "rsa_padding_mode:pss")):
        fact = signed_by(openssl, ours, "-md", hashed, *options)
        assert (fact.status, fact.vouched_by) == (SignatureStatus.GOOD, "Root")


@pytest.mark.parametrize("kind", ["P-256", "P-384", "P-521"])
def test_we_verify_what_openssl_signs_on_each_curve(
    ours: SMime, root: Holder, openssl: Run, tmp_path: Path, kind: str
) -> None:
    in_files(tmp_path, person("Dora", root, KEYS[kind]()), "s")
    for hashed in ("sha256", "sha512"):
        fact = signed_by(openssl, ours, "-md", hashed)
        assert (fact.status, fact.vouched_by) == (SignatureStatus.GOOD, "Root")


def test_signatures_by_ed25519_are_made_and_verified(
    ours: SMime, root: Holder, tmp_path: Path
) -> None:
    dora = person("Dora", root, ed25519.Ed25519PrivateKey.generate())
    letter = sealed(program(tmp_path, root, dora), dora)  # openssl 3.0 can neither, in CMS
    assert b"micalg=sha-512" in letter
    [fact] = opened(ours, letter).signatures
    assert (fact.status, fact.vouched_by) == (SignatureStatus.GOOD, "Root")
    [fact] = opened(ours, letter.replace(b"lilac", b"green")).signatures
    assert fact.status is SignatureStatus.BAD


def test_openssl_verifies_what_we_sign_with_each_kind_of_key(
    root: Holder, openssl: Run, tmp_path: Path
) -> None:
    for make in KEYS.values():
        dora = person("Dora", root, make())
        letter = sealed(program(tmp_path, root, dora), dora)
        assert openssl("-verify", "-CAfile", "root.pem", "-purpose", "any", data=letter) == ENTITY


# What others can read


def test_who_has_written_that_gcm_is_read_is_answered_by_it(
    ours: SMime, anna: Holder, root: Holder, tmp_path: Path
) -> None:
    dora = person("Dora", root, KEYS["P-256"]())
    ours.keys.import_keys(dora.pem)
    assert opened(program(tmp_path, root, dora), sealed(ours, anna, dora)).container == "AES-CBC"
    hers = program(tmp_path, root, dora)
    [fact] = opened(ours, sealed(hers, dora)).signatures
    assert fact.status is SignatureStatus.GOOD
    found = opened(hers, sealed(ours, anna, dora, anna))
    assert (found.outcome, found.container, found.guarded) == (
        Outcome.DECRYPTED, "AES-GCM", True,
    )  # fmt: skip
    silent = person("Emil", root, rsa_key())
    ours.keys.import_keys(silent.pem)
    assert opened(hers, sealed(ours, anna, dora, silent)).container == "AES-CBC"


def test_openssl_which_says_nothing_of_gcm_is_written_to_by_cbc(
    ours: SMime, anna: Holder, root: Holder, openssl: Run, tmp_path: Path
) -> None:
    dora = person("Dora", root, rsa_key())
    ours.keys.import_keys(dora.pem)
    in_files(tmp_path, dora, "s")
    assert signed_by(openssl, ours).status is SignatureStatus.GOOD
    assert b"smime-type=enveloped-data" in sealed(ours, anna, dora)
