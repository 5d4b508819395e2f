"""Letters of the newer OpenPGP (RFC 9580), made by the second engine's library."""

from __future__ import annotations

import pysequoia

from tests.attacks.conftest import TEXT, pgp_mime
from tests.attacks.table import signed_by

NORA = "nora@example.org"


def new_key() -> pysequoia.Tsk:
    """A key of version 6 for Nora."""
    return pysequoia.Tsk.generate(f"Nora <{NORA}>", profile=pysequoia.Profile.RFC9580)


def public(key: pysequoia.Tsk) -> bytes:
    """What others get of a key."""
    return bytes(key.extract_certificate())


def sealed_to(key: pysequoia.Tsk, text: bytes = TEXT, **how: object) -> bytes:
    """An entity encrypted to a key."""
    sealed = pysequoia.encrypt(text, [key.extract_certificate()], **how)  # type: ignore[arg-type]
    return pgp_mime(bytes(sealed))


def signed(key: pysequoia.Tsk, entity: bytes = TEXT) -> bytes:
    """An entity with a signature beside it."""
    made = pysequoia.sign(key.signer(), entity, mode=pysequoia.SignatureMode.DETACHED)
    return signed_by(bytes(made), entity)
