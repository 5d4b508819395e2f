"""A plug-in of somebody else's package, met by the running program: the example of the guide."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

GUIDE = Path(__file__).parents[3] / "docs" / "plugins.md"
SIGNED = b"Content-Type: text/plain\r\n\r\nA text with a checksum.\r\n"


def install(folder: Path, name: str, code: str, version: str = "1.0") -> None:
    """Lay a package down as an installer does: a module, and its metadata with the entry point."""
    module = name.replace("-", "_")
    (folder / f"{module}.py").write_text(code, encoding="utf-8")
    information = folder / f"{module}-{version}.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8"
    )
    (information / "entry_points.txt").write_text(
        f"[mailclient.crypto]\n{name} = {module}:Example\n", encoding="utf-8"
    )


@pytest.fixture
def example() -> str:
    block = re.search(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    return block[1]


def run(folder: Path, *arguments: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "mailclient", "--gnupg-home", str(folder), *arguments, "--json"],
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_it_is_found_beside_the_one_that_ships(tmp_path: Path, example: str) -> None:
    install(tmp_path, "example-protection", example)
    found = {one["name"]: one for one in run(tmp_path, "plugins")["plugins"]}
    assert set(found) == {"openpgp", "smime", "example"}
    assert found["example"]["source"] == "example-protection 1.0"
    assert found["example"]["protocols"] == ["application/x-example-checksum"]


def test_it_is_given_the_layers_of_its_protocol(tmp_path: Path, example: str) -> None:
    install(tmp_path, "example-protection", example)
    letter = tmp_path / "letter.eml"
    for digest, word in ((sha256(SIGNED).hexdigest(), "weak"), ("0" * 64, "bad")):
        letter.write_bytes(
            b"From: ann@example.org\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\n"
            b"Content-Type: multipart/signed; boundary=x;"
            b' protocol="application/x-example-checksum"\r\n\r\n--x\r\n' + SIGNED + b"\r\n--x\r\n"
            b"Content-Type: application/x-example-checksum\r\n\r\n"
            + digest.encode() + b"\r\n--x--\r\n"
        )  # fmt: skip
        security = run(tmp_path, "show", str(letter))["security"]
        assert (security["state"], security["signature"]) == ("unprotected", word)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("def check(self):", "def checked(self):"), "lacks check"),
        (
            ("def open(self, layer, cancel, *, may_ask=False):", "def open(self, layer):"),
            "open() does not take",
        ),
        (('"application/x-example-checksum"', '"application/pgp-encrypted"'), "responsible"),
        (('name = "example"', 'name = "openpgp"'), "has its name"),
        (("self.host = host", "raise RuntimeError('no')"), "could not be started"),
        (("import hashlib", "import no_such_module"), "could not be started"),
    ],
)
def test_one_that_does_not_fit_is_refused_with_the_reason(
    tmp_path: Path, example: str, change: tuple[str, str], reason: str
) -> None:
    install(tmp_path, "example-protection", example.replace(*change))
    found = run(tmp_path, "plugins")
    assert [one["name"] for one in found["plugins"]] == ["openpgp", "smime"]
    [refused] = found["refused"]
    assert reason in refused["reason"]
