"""Discovery and log-in in a network of their own, where every packet is read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNSHARE = ["unshare", "--net", "--mount"]


def test_neither_the_password_nor_the_local_part_leaves_in_clear(tmp_path: Path) -> None:
    may = subprocess.run([*UNSHARE, "true"], capture_output=True, text=True, check=False)
    if may.returncode != 0:
        pytest.skip(f"This system gives no network of one's own: {may.stderr.strip()}")
    done = subprocess.run(
        [*UNSHARE, sys.executable, "-m", "tests.scenarios.closed_network", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)

    found = json.loads(seen["discovered"]["out"])
    assert found["source"] == "probe", found
    assert (found["incoming"]["host"], found["incoming"]["port"]) == ("pop.example.org", 995)
    assert (found["outgoing"]["host"], found["outgoing"]["port"]) == ("smtp.example.org", 465)
    assert seen["added"]["status"] == 0, seen["added"]
    assert "Added alice@example.org." in seen["added"]["out"]
    assert seen["received"]["status"] == 0, seen["received"]

    assert set(seen["web"]) == {
        "/mail/config-v1.1.xml",
        "/.well-known/autoconfig/mail/config-v1.1.xml",
        "/autoconfig/v1.1/example.org",
    }
    assert set(seen["names"]) == {
        "_pop3s._tcp.example.org. SRV",
        "_pop3._tcp.example.org. SRV",
        "_submissions._tcp.example.org. SRV",
        "_submission._tcp.example.org. SRV",
        "example.org. MX",
    }
    assert {53, 110, 443, 465, 587, 995} <= set(seen["ports"])
    # What the recorder was given to find, and nothing else.
    assert {one.rpartition(" from ")[2] for one in seen["leaks"]} == {seen["bait"]}
    words = {one.partition(" from ")[0] for one in seen["leaks"]}
    assert {"'alice' as plain", "'secret of alice' as base64 1"} <= words
