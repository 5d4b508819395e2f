"""`key backup`, `restore` and `publish`: what is printed and written, and how they end."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mailclient.cli.context import Launchers
from mailclient.cli.main import cli
from tests.servers.keys import key_servers_running
from tests.servers.web import document

ANN = "ann@example.org"
Run = Callable[..., Result]


@pytest.fixture
def computer(tmp_path: Path) -> Iterator[Callable[[str], Run]]:
    """Computers by name, each with a profile and a key ring of its own."""
    homes: list[Path] = []
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("open\n")

    def make(name: str) -> Run:
        home = Path(tempfile.mkdtemp(prefix="mc-"))
        homes.append(home)

        def run(*words: str, typed: str | None = None) -> Result:
            options = ["--profile", str(tmp_path / name), "--passphrase-file", str(passphrase),
                       "--gnupg-home", str(home)]  # fmt: skip
            launchers = Launchers(window=lambda context, uri: 0, demo=lambda headless: 0)
            return CliRunner().invoke(cli, [*options, *words], obj=launchers, input=typed)

        return run

    yield make
    for home in homes:
        kill = ["gpgconf", "--homedir", str(home), "--kill", "all"]
        subprocess.run(kill, check=False, capture_output=True)
        shutil.rmtree(home, ignore_errors=True)


def test_a_key_goes_from_one_computer_to_the_next(
    computer: Callable[[str], Run], tmp_path: Path
) -> None:
    old, new, file = computer("old"), computer("new"), tmp_path / "ann.asc"
    made = json.loads(old("key", "generate", ANN, "--no-passphrase", "--json").stdout)
    saved = json.loads(old("key", "backup", ANN, str(file), "--json").stdout)
    assert (saved["fingerprint"], saved["file"]) == (made["fingerprint"], str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    code = tmp_path / "code"
    code.write_text(f"{saved['code']}\n")
    done = new("key", "restore", str(file), "--code-file", str(code), "--json")
    assert json.loads(done.stdout) == {"restored": [made["fingerprint"]]}
    [key] = json.loads(new("key", "list", "--json").stdout)["keys"]
    assert (key["secret"], key["trust"], key["usable"]) == (True, "own", True)


def test_the_sheet_is_printed_and_written_with_the_code_and_the_way_back(
    computer: Callable[[str], Run], tmp_path: Path
) -> None:
    run, file, sheet = computer("old"), tmp_path / "ann.asc", tmp_path / "sheet.txt"
    run("key", "generate", ANN, "--no-passphrase")
    done = run("key", "backup", ANN, str(file), "--sheet", str(sheet))
    assert done.exit_code == 0
    text = sheet.read_text()
    assert text in done.stdout
    assert "RECOVERY CODE" in text
    assert ANN in text
    assert "mailclient key restore FILE" in text
    code = text.partition("RECOVERY CODE")[2].partition("With this code")[0]
    again = run("key", "restore", str(file), typed=" ".join(code.split()) + "\n")
    assert (again.exit_code, "is here again" in again.stdout) == (0, True)


def test_no_file_is_written_over(computer: Callable[[str], Run], tmp_path: Path) -> None:
    run, file = computer("old"), tmp_path / "ann.asc"
    file.write_text("something else")
    run("key", "generate", ANN, "--no-passphrase")
    done = run("key", "backup", ANN, str(file))
    assert done.exit_code == 1
    assert "There is a file" in done.stderr
    assert file.read_text() == "something else"


def test_a_wrong_code_is_told_in_a_sentence(computer: Callable[[str], Run], tmp_path: Path) -> None:
    run, file = computer("old"), tmp_path / "ann.asc"
    run("key", "generate", ANN, "--no-passphrase")
    run("key", "backup", ANN, str(file))
    done = run("key", "restore", str(file), typed="1" * 36 + "\n")
    assert done.exit_code == 1
    assert "The recovery code does not open this file. Compare it" in done.stderr


@pytest.mark.parametrize(
    ("state", "words"),
    [("published", "others find it as"), ("pending", "follow the link in it")],
)
def test_publishing_says_what_happens_next(
    state: str,
    words: str,
    computer: Callable[[str], Run],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with key_servers_running(tmp_path) as servers:
        for name, value in servers.environment.items():
            monkeypatch.setenv(name, value)
        answer = document(json.dumps({"token": "t", "status": {ANN: state}}).encode())
        servers.answers["/vks/v1/upload"] = answer
        run = computer("old")
        run("key", "generate", ANN, "--no-passphrase")
        assert words in run("key", "publish", ANN).stdout
        form = json.loads(run("key", "publish", ANN, "--json").stdout)
    assert form == {"address": ANN, "place": "localhost", "state": state}


def test_a_key_is_extended_and_ended_only_after_a_question(
    computer: Callable[[str], Run],
) -> None:
    run = computer("old")
    made = json.loads(run("key", "generate", ANN, "--no-passphrase", "--json").stdout)
    longer = json.loads(run("key", "extend", ANN, "--json").stdout)
    assert longer["fingerprint"] == made["fingerprint"]
    assert longer["expires"] >= made["expires"]
    assert run("key", "revoke", ANN, typed="n\n").exit_code == 1
    assert json.loads(run("key", "list", "--json").stdout)["keys"][0]["revoked"] is False
    ended = json.loads(run("key", "revoke", ANN, "--yes", "--json").stdout)
    assert ended == {"revoked": made["fingerprint"]}
    assert json.loads(run("key", "list", "--json").stdout)["keys"][0]["revoked"] is True


def test_a_key_is_renewed_and_guarded_by_a_passphrase(computer: Callable[[str], Run]) -> None:
    run = computer("old")
    made = json.loads(run("key", "generate", ANN, "--no-passphrase", "--json").stdout)
    renewed = json.loads(run("key", "renew", ANN, "--json").stdout)
    assert renewed["fingerprint"] == made["fingerprint"]
    done = run("key", "passphrase", ANN, typed="\nsecret\nsecret\n")
    assert "is guarded by the new passphrase" in done.stdout
    wrong = run("key", "passphrase", ANN, typed="wrong\nother\nother\n")
    assert (wrong.exit_code, "present one is not right" in wrong.stderr) == (1, True)
    taken = json.loads(run("key", "passphrase", ANN, "--json", typed="secret\n\n\n").stdout)
    assert taken == {"fingerprint": made["fingerprint"], "guarded": False}


def test_a_setup_message_hands_the_key_on(computer: Callable[[str], Run], tmp_path: Path) -> None:
    old, new, file = computer("old"), computer("new"), tmp_path / "setup.html"
    made = json.loads(old("key", "generate", ANN, "--no-passphrase", "--json").stdout)
    told = json.loads(old("key", "setup-message", ANN, str(file), "--json").stdout)
    assert (told["address"], told["file"]) == (ANN, str(file))
    code = tmp_path / "code"
    code.write_text(told["code"])
    done = new("key", "restore", str(file), "--code-file", str(code), "--json")
    assert json.loads(done.stdout) == {"restored": [made["fingerprint"]]}


def test_words_policy_and_history_of_a_key_are_printed(computer: Callable[[str], Run]) -> None:
    run = computer("old")
    made = json.loads(run("key", "generate", ANN, "--no-passphrase", "--json").stdout)
    [its] = json.loads(run("key", "words", ANN, "--json").stdout)["keys"]
    assert (its["fingerprint"], len(its["words"])) == (made["fingerprint"], 10)
    assert " ".join(its["words"]) in run("key", "words", made["fingerprint"]).stdout
    told = json.loads(run("key", "history", ANN, "--json").stdout)["history"]
    assert [(one["event"], one["detail"]) for one in told] == [
        ("came", "made here"), ("verified", None),
    ]  # fmt: skip
    assert "came (made here)" in run("key", "history", ANN).stdout
    assert run("key", "policy", "bob@example.org").stdout == "bob@example.org: account\n"
    for word in ("always", "when-i-say", "account"):
        set_to = json.loads(run("key", "policy", "Bob@example.org", word, "--json").stdout)
        assert set_to == {"address": "bob@example.org", "policy": word}
    assert run("key", "policy", "nobody", "always").exit_code == 1
