"""A message of 100 MB costs no more memory than one of some kilobytes, whatever it is made of.

Memory is what the system counts as the peak of the process, beyond what it has when it has opened
its profile.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.scenarios.people import Person

MB = 1_000_000
SIZE = 100 * MB
MORE = 50  # MB that a large message may cost beyond a small one

HEAD = (
    b"From: Ann <ann@example.org>\r\nTo: bob@example.org\r\nSubject: large\r\n"
    b"Date: Mon, 2 Nov 2026 10:00:00 +0000\r\nMessage-ID: <large@example.org>\r\n"
)
LINE = b"This is one of very many lines, and all of them say the same thing.\r\n"
WIDE = "Eine von vielen Zeilen, mit Größe, Übermut und Straße darin, und alle gleich.\r\n".encode()
BASE64 = b"VGhpcyBpcyBvbmUgb2YgdmVyeSBtYW55IGxpbmVzLCBhbmQgYWxsIG9mIHRoZW0gc2F5IHRoZSBz\r\n"


def attachment(size: int) -> bytes:
    return (
        HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nhello\r\n--x\r\n"
        b"Content-Type: application/zip; name=big.zip\r\nContent-Disposition: attachment\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + BASE64 * (size // len(BASE64)) + b"--x--\r\n"
    )


def text(size: int) -> bytes:
    return HEAD + b"\r\n" + LINE * (size // len(LINE))


def eight_bit(size: int) -> bytes:
    head = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    return HEAD + head + WIDE * (size // len(WIDE))


def header_line(size: int) -> bytes:
    return HEAD + b"X-Long: " + b"x" * size + b"\r\n\r\nhello\r\n"


def parts(size: int) -> bytes:
    part = b"--x\r\nContent-Type: text/plain\r\n\r\n" + LINE * 6 + b"\r\n"
    head = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
    return HEAD + head + part * (size // len(part)) + b"--x--\r\n"


SHAPES: dict[str, Callable[[int], bytes]] = {
    one.__name__: one for one in (attachment, text, eight_bit, header_line, parts)
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_large_message_costs_little_more_memory_than_a_small_one(
    shape: str, person: Callable[[str], Person], tmp_path: Path
) -> None:
    bob = person("bob")
    bob.set_up()
    small = costs(bob, SHAPES[shape](10_000), tmp_path / "small")
    large = costs(bob, SHAPES[shape](SIZE), tmp_path / "large")
    more = {step: large[step] - small[step] for step in small}
    print(f"\n{shape}, MB beyond those of a small message: {more}")
    assert max(more.values()) < MORE, more


def costs(bob: Person, raw: bytes, folder: Path) -> dict[str, int]:
    """The MB that each step with a message takes, after a look at what the steps gave."""
    folder.mkdir()
    bob.servers.clear()
    bob.servers.deliver("bob", raw)
    taken: dict[str, int] = {}

    def step(name: str, *arguments: str) -> str:
        printed, taken[name] = measured(bob, folder / "peak", *arguments)
        return printed

    step("receive", "receive", "--json")
    id = max(row["id"] for row in bob.json("list")["messages"])
    shown = json.loads(step("show", "show", str(id), "--json"))
    step("save", "show", str(id), "--save-attachments", str(folder / "saved"))
    step("mbox", "export", "--all", "--mbox", str(folder / "out.mbox"))
    step("eml", "export", "--all", "--eml", str(folder / "out"))
    assert (folder / "out" / f"{id}.eml").read_bytes() == raw
    assert shown["subject"] == "large"
    for one in shown["attachments"]:
        if one["name"] in ("big.zip", "text-0.txt"):
            content = (folder / "saved" / one["name"]).read_bytes()
            assert len(content) == one["size"]
            assert hashlib.sha256(content).hexdigest() == one["sha256"]
    return taken


@pytest.mark.parametrize(
    ("how", "times"),
    [
        (("--encrypt", "no"), 3),
        (("--encrypt", "no", "--sign", "yes"), 4),
        (("--encrypt", "yes"), 6),
    ],
    ids=["in clear", "signed", "encrypted"],
)
def test_a_large_file_is_queued_without_many_copies_of_it_in_memory(
    person: Callable[[str], Person], tmp_path: Path, how: tuple[str, ...], times: int
) -> None:
    bob = person("bob")
    bob.set_up()
    bob.json("key", "generate", bob.address, "--no-passphrase")
    file = tmp_path / "large.bin"
    file.write_bytes(os.urandom(20 * MB))
    _, taken = measured(
        bob, tmp_path / "peak", "send", "--to", bob.address, "--subject", "large",
        "--attach", str(file), "--queue-only", *how,
    )  # fmt: skip
    assert taken < times * 27.4 + 15  # base64 makes 27.4 MB of 20


def test_sending_a_large_file_costs_little_more_memory_than_a_small_one(
    person: Callable[[str], Person], tmp_path: Path
) -> None:
    bob = person("bob")
    bob.set_up()
    taken = {}
    for name, size in (("small", 10_000), ("large", 36 * MB)):  # base64 makes 50 MB of it
        file = tmp_path / name
        file.write_bytes(os.urandom(size))
        bob.ok(
            "send", "--to", bob.address, "--subject", name, "--attach", str(file),
            "--encrypt", "no", "--queue-only",
        )  # fmt: skip
        _, taken[name] = measured(bob, tmp_path / "peak", "outbox", "send")
    assert bob.json("outbox")["count"] == 0
    print(f"\nMB to send a message: {taken}")
    assert taken["large"] < taken["small"] + MORE


def measured(bob: Person, result: Path, *arguments: str) -> tuple[str, int]:
    """What a command prints, and the MB that it took."""
    command = bob.command(*arguments)
    command[2:3] = ["tests.scenarios.peak", str(result)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **bob.environment}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, round(int(result.read_text(encoding="ascii")) / 1000)
