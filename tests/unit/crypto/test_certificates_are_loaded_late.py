"""Who has no certificate pays nothing for them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from mailclient.crypto.api import Host, no_network
from mailclient.crypto.smime.plugin import SMime
from tests.attacks.certificates import Wish, made

LOOKS = """
import sys
from pathlib import Path
from mailclient.crypto.api import Host, no_network
from mailclient.crypto.smime.plugin import SMime

assert SMime(Host(Path(), no_network, lambda what: None)).keys.list() == ()
print(list(sys.modules))
"""


def test_without_one_nothing_is_loaded_that_reads_them() -> None:
    done = subprocess.run([sys.executable, "-c", LOOKS], capture_output=True, text=True, check=True)
    assert "mailclient.crypto.smime.plugin" in done.stdout
    assert "mailclient.crypto.smime.ring" not in done.stdout
    assert "'cryptography'" not in done.stdout


def test_what_was_taken_in_is_listed_at_once_and_after_the_next_start(tmp_path: Path) -> None:
    host = Host(tmp_path, no_network, lambda what: None)
    keys = SMime(host).keys
    assert keys.list() == ()
    keys.import_keys(made(Wish("Anna", ("anna@example.org",))).pem)
    assert [one.addresses for one in keys.list()] == [("anna@example.org",)]
    assert keys.list() is keys.list()
    assert SMime(host).keys.list() == keys.list()
