"""`account discover` and `account add`: what is printed, and what is not taken by itself."""

from __future__ import annotations

import json
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme
from click.testing import CliRunner, Result

from mailclient.cli.context import Launchers
from mailclient.cli.main import cli
from tests.servers.names import names_running
from tests.servers.web import document, web_running

TABLE = """
[[provider]]
name = "Test"
domains = ["known.example"]
pop3 = "pop.known.example:995"
smtp = "smtp.known.example:465"
checked = 2026-11-25
"""
SERVER = {"protocol", "host", "port", "security", "auth", "username"}


@pytest.fixture
def password(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text("a secret\n")
    return path


def run(tmp_path: Path, *words: str) -> Result:
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("open\n")
    options = ["--profile", str(tmp_path / "profile"), "--passphrase-file", str(passphrase)]
    launchers = Launchers(window=lambda context, uri: 0, demo=lambda headless: 0)
    return CliRunner().invoke(cli, [*options, *words], obj=launchers)


def discovered(tmp_path: Path, address: str) -> tuple[int, dict[str, Any]]:
    done = run(tmp_path, "account", "discover", address, "--json")
    return done.exit_code, json.loads(done.stdout)


def test_a_known_provider_is_printed_as_the_contract_has_it(tmp_path: Path) -> None:
    status, form = discovered(tmp_path, "ann@gmx.net")
    assert status == 0
    assert (form["address"], form["source"]) == ("ann@gmx.net", "provider-table")
    assert set(form["incoming"]) == set(form["outgoing"]) == SERVER
    assert form["incoming"] == {
        "protocol": "pop3",
        "host": "pop.gmx.net",
        "port": 995,
        "security": "tls",
        "auth": "password",
        "username": "ann@gmx.net",
    }
    assert form["outgoing"]["protocol"] == "smtp"
    assert (form["authenticated"], form["to_confirm"]) == (True, [])
    assert form["provider"]["step"] == "enable-pop"
    assert form["tried"][0]["source"] == "provider-table"
    assert form["tried"][0]["outcome"] == "found"
    assert [one["outcome"] for one in form["tried"][1:]] == ["not asked"] * 6


def test_what_is_not_found_ends_with_1_and_says_who_was_asked(tmp_path: Path) -> None:
    status, form = discovered(tmp_path, "ann@example.org")
    assert status == 1
    assert (form["incoming"], form["outgoing"], form["source"]) == (None, None, None)
    assert [one["source"] for one in form["tried"]] == [
        "provider-table", "autoconfig", "well-known", "database", "srv", "mx", "probe",
    ]  # fmt: skip


def test_the_words_name_servers_source_and_step(tmp_path: Path) -> None:
    said = run(tmp_path, "account", "discover", "ann@web.de").stdout
    assert "Incoming: pop3.web.de:995 tls, user ann, auth password" in said
    assert "Source: provider-table, authenticated" in said
    assert "switch on POP3" in said


def test_an_account_is_added_with_servers_that_were_found(
    tmp_path: Path, password: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "table.toml"
    table.write_text(TABLE)
    monkeypatch.setenv("MAILCLIENT_DISCOVERY_TABLE", str(table))
    words = ("account", "add", "--address", "ann@known.example", "--no-test")
    done = run(
        tmp_path, *words, "--username", "ann", "--smtp", "out.known.example:2465",
        "--password-file", str(password),
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    form = json.loads(run(tmp_path, "account", "show", "ann@known.example", "--json").stdout)
    assert (form["incoming"]["host"], form["incoming"]["username"]) == ("pop.known.example", "ann")
    assert (form["outgoing"]["host"], form["outgoing"]["port"]) == ("out.known.example", 2465)


def test_a_provider_that_takes_no_password_is_told_and_not_added(
    tmp_path: Path, password: Path
) -> None:
    done = run(
        tmp_path, "account", "add", "--address", "ann@outlook.com", "--no-test",
        "--password-file", str(password),
    )  # fmt: skip
    assert done.exit_code == 1
    assert "OAuth 2" in done.stderr
    assert "has to be registered there first" in done.stderr
    assert "ann@outlook.com" not in run(tmp_path, "account", "list").stdout


def test_with_a_token_of_ones_own_it_is_added(tmp_path: Path, password: Path) -> None:
    done = run(
        tmp_path, "account", "add", "--address", "ann@outlook.com", "--no-test", "--auth",
        "oauth2", "--password-file", str(password),
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    form = json.loads(run(tmp_path, "account", "show", "ann@outlook.com", "--json").stdout)
    assert form["incoming"]["auth"] == "oauth2"


def test_a_source_that_is_set_up_wrongly_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILCLIENT_DISCOVERY_DATABASE", "http://example.org/{domain}")
    done = run(tmp_path, "account", "discover", "ann@example.org")
    assert done.exit_code == 1
    assert "MAILCLIENT_DISCOVERY_DATABASE does not begin with https://" in done.stderr


def test_servers_that_only_dns_names_are_told_and_not_taken(
    tmp_path: Path, password: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with names_running({("example.org.", "MX"): ["1 mx00.kundenserver.de."]}) as names:
        monkeypatch.setenv("MAILCLIENT_DISCOVERY_DNS", names.place)
        monkeypatch.setenv("MAILCLIENT_DISCOVERY_SECONDS", "120")
        status, form = discovered(tmp_path, "ann@example.org")
        words = ("account", "add", "--address", "ann@example.org", "--no-test")
        done = run(tmp_path, *words, "--password-file", str(password))
    assert (status, form["source"], form["authenticated"]) == (0, "mx", False)
    assert form["to_confirm"] == ["pop.1und1.de", "smtp.1und1.de"]
    assert done.exit_code == 1
    assert "Only DNS" in done.stderr
    assert "pop.1und1.de and smtp.1und1.de" in done.stderr


def test_servers_without_encryption_are_told_and_not_taken(
    tmp_path: Path, password: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    both = "".join(
        f'<{tag} type="{kind}"><hostname>mail.example.org</hostname><port>{port}</port>'
        f"<socketType>plain</socketType></{tag}>"
        for tag, kind, port in (("incomingServer", "pop3", 110), ("outgoingServer", "smtp", 25))
    )
    answer = document(
        f"<clientConfig><emailProvider>{both}</emailProvider></clientConfig>".encode()
    )
    with web_running(context, {"/x": answer}) as web:
        for name, value in (
            ("AUTOCONFIG", web.url("/x")), ("CA_FILE", str(tmp_path / "ca.pem")),
            ("PRIVATE", "yes"), ("SECONDS", "120"),
        ):  # fmt: skip
            monkeypatch.setenv(f"MAILCLIENT_DISCOVERY_{name}", value)
        words = ("account", "add", "--address", "ann@example.org", "--no-test")
        done = run(tmp_path, *words, "--password-file", str(password))
    assert done.exit_code == 1
    assert "only in clear" in done.stderr
