"""Decrypts one message with pysequoia, in a process of its own: `python -I second_child.py`.

A message may grow a thousandfold when it is opened; this process has a limit of memory and can be
killed. It reads one line of JSON and the bytes that the line gives the sizes of, and writes the
same.
"""

from __future__ import annotations

import json
import resource
import sys

import pysequoia

MEMORY = 3 * 1024 * 1024 * 1024


def main() -> None:
    """Do one task."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    source = sys.stdin.buffer
    task = json.loads(source.readline())
    data = source.read(task["size"])
    secrets = [source.read(size) for size in task["secrets"]]
    certificates = [source.read(size) for size in task["certificates"]]
    said, content = opened(data, secrets, certificates, task["passphrase"], task["largest"])
    sys.stdout.buffer.write(json.dumps(said).encode("ascii") + b"\n" + content)


def opened(
    data: bytes,
    secrets: list[bytes],
    certificates: list[bytes],
    passphrase: str | None,
    largest: int,
) -> tuple[dict[str, object], bytes]:
    """What comes out of a message, and whose signatures are in it."""
    known = [pysequoia.Cert.from_bytes(one) for one in certificates]
    locked = False
    for secret in secrets:
        for checked in (True, False):  # without a good signature it opens only unchecked
            try:
                key = pysequoia.Tsk.from_bytes(secret).decryptor(passphrase)
            except (RuntimeError, ValueError):
                locked = True
                break
            try:
                found = (
                    pysequoia.decrypt(data, key, lambda ids: known)
                    if checked
                    else pysequoia.decrypt(data, key)
                )
            except (RuntimeError, ValueError):
                continue
            content = bytes(found.bytes or b"")
            if len(content) > largest:
                return {"outcome": "size"}, b""
            signers = [[one.certificate, one.signing_key] for one in found.valid_sigs]
            return {"outcome": "opened", "signers": signers, "checked": checked}, content
    return {"outcome": "passphrase" if locked else "closed"}, b""


if __name__ == "__main__":
    main()
