"""Discovery and log-in in a network of their own, where every packet is read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
UNSHARE = ["unshare", "--net", "--mount"]


def seen_by(module: str, folder: Path) -> dict[str, Any]:
    """What a module saw in a network of its own."""
    may = subprocess.run([*UNSHARE, "true"], capture_output=True, text=True, check=False)
    if may.returncode != 0:
        pytest.skip(f"This system gives no network of one's own: {may.stderr.strip()}")
    done = subprocess.run(
        [*UNSHARE, sys.executable, "-m", module, str(folder)],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def test_neither_the_password_nor_the_local_part_leaves_in_clear(tmp_path: Path) -> None:
    seen = seen_by("tests.scenarios.closed_network", tmp_path)
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


LOGGED_IN = (
    "guessed", "named_by_the_provider", "named_at_the_second_place", "named_by_the_public_list",
    "named_by_dns", "named_by_who_takes_the_mail_in", "by_hand", "signed_in_in_the_browser",
    "signed_in_by_a_code",
)  # fmt: skip
STOPPED = {
    "refused": "does not accept this user name and password",
    "tls_on_the_ports_of_starttls": "answers without encryption on port 110",
    "ports_of_a_server_without_encryption": "offers no encryption on port",
    "each_port_for_the_other_protocol": "answered in a way that cannot be understood",
    "ports_where_nobody_listens": "takes no connections on port 1",
    "a_server_that_is_somebody_else": "could not prove that it is 127.0.0.1",
    "without_encryption_and_without_consent": "the button rests",
    "declined_in_the_browser": "have not been signed in",
    "signed_in_for_a_form_with_a_wrong_port": "answers without encryption on port 110",
}


def test_no_way_through_the_wizard_shows_a_secret_on_the_wire(tmp_path: Path) -> None:
    seen = seen_by("tests.scenarios.closed_window", tmp_path)
    assert set(seen["ended"]) == {*LOGGED_IN, *STOPPED}
    for way in LOGGED_IN:
        assert seen["ended"][way] == "logged in", (way, seen["ended"][way])
    for way, told in STOPPED.items():
        assert told in seen["ended"][way], (way, seen["ended"][way])
        assert way == "refused" or "logged in" not in seen["ended"][way]
    assert seen["ended"]["refused"].endswith("/ logged in")
    assert seen["tokens"] >= 6  # they were looked for as well
    assert seen["bytes"] > 100_000
    assert {one.rpartition(" from ")[2] for one in seen["leaks"]} == {seen["bait"]}
