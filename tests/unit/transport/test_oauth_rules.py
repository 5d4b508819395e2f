"""Signing in: which answers count, and which are another's, a stranger's or none."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from mailclient.errors import (
    BadInput,
    Cancelled,
    LoginRefused,
    MailError,
    ProtocolFault,
    SignInNeeded,
    Unreachable,
)
from mailclient.transport.oauth import rules
from mailclient.transport.oauth.known import issuer_of, issuers, shipped
from mailclient.transport.oauth.values import Client, Grant, Issuer

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ISSUER = Issuer(
    name="example",
    title="Example",
    hosts=("pop.example.org",),
    page="https://login.example.org/page",
    token="https://login.example.org/token",
    scopes=("mail", "offline"),
    identifier="https://login.example.org",
    extra=(("prompt", "consent"),),
)
CLIENT = Client("id-1", "not so secret")


def attempt(issuer: Issuer = ISSUER) -> rules.Attempt:
    return rules.begin(issuer, CLIENT, "http://127.0.0.1:4711/x", "ann@example.org")


def test_the_page_is_asked_for_a_code_with_a_proof_that_only_we_can_give() -> None:
    one = attempt()
    asked = {name: values[0] for name, values in parse_qs(urlsplit(one.page).query).items()}
    digest = urlsafe_b64encode(sha256(one.verifier.encode()).digest()).rstrip(b"=").decode()
    assert asked == {
        "response_type": "code",
        "client_id": "id-1",
        "redirect_uri": "http://127.0.0.1:4711/x",
        "scope": "mail offline",
        "state": one.state,
        "code_challenge": digest,
        "code_challenge_method": "S256",
        "login_hint": "ann@example.org",
        "prompt": "consent",
    }
    assert 43 <= len(one.verifier) <= 128  # RFC 7636 section 4.1
    assert dict(one.exchange("c"))["code_verifier"] == one.verifier
    assert one.verifier not in one.page


def test_each_try_has_a_state_and_a_proof_of_its_own() -> None:
    tries = [attempt() for _ in range(50)]
    assert len({one.state for one in tries} | {one.verifier for one in tries}) == 100


def test_what_is_secret_stands_in_no_text_of_a_value() -> None:
    one = attempt()
    grant = Grant("the access", NOW, "the refresh")
    told = repr((one, CLIENT, grant))
    for secret in (one.verifier, "not so secret", "the access", "the refresh"):
        assert secret not in told


def answer(one: rules.Attempt, **changes: str | None) -> str:
    said: dict[str, str | None] = {"code": "c0de", "state": one.state, **changes}
    return urlencode({name: value for name, value in said.items() if value is not None})


def test_the_answer_to_our_question_brings_the_code() -> None:
    one = attempt()
    assert one.code(answer(one)) == "c0de"
    assert one.code(answer(one, iss=ISSUER.identifier)) == "c0de"


@pytest.mark.parametrize(
    ("changes", "fault", "words"),
    [
        ({"state": "another"}, ProtocolFault, "does not belong"),
        ({"state": None}, ProtocolFault, "does not belong"),
        ({"iss": "https://evil.example"}, ProtocolFault, "somebody else"),
        ({"code": None}, ProtocolFault, "no code"),
        ({"code": "a\r\nb"}, ProtocolFault, "no code"),
        ({"code": None, "error": "access_denied"}, Cancelled, "not been signed in"),
        ({"code": None, "error": "temporarily_unavailable"}, Unreachable, "just now"),
        ({"code": None, "error": "unauthorized_client"}, LoginRefused, "client ID"),
        ({"code": None, "error": "invalid_scope"}, LoginRefused, "did not let"),
        ({"error": "access_denied", "state": "another"}, ProtocolFault, "does not belong"),
    ],
)
def test_no_other_answer_does(
    changes: dict[str, str | None], fault: type[MailError], words: str
) -> None:
    one = attempt()
    with pytest.raises(fault, match=words):
        one.code(answer(one, **changes))


def test_an_answer_that_says_something_twice_is_not_taken() -> None:
    one = attempt()
    with pytest.raises(ProtocolFault, match="twice"):
        one.code(answer(one) + "&code=another")


def test_where_the_issuer_always_names_itself_its_silence_is_a_strangers() -> None:
    one = attempt(replace(ISSUER, names_itself=True))
    with pytest.raises(ProtocolFault, match="somebody else"):
        one.code(answer(one))


# Tokens


def body(**changes: object) -> bytes:
    said: dict[str, object] = {
        "token_type": "bearer", "access_token": "abc", "expires_in": 600, "refresh_token": "r",
    }  # fmt: skip
    return json.dumps({**said, **changes}).encode()


def test_a_token_lasts_as_long_as_it_says_within_reason() -> None:
    wanted = Grant("abc", NOW + timedelta(minutes=10), "r", ISSUER.mark)
    assert rules.grant(ISSUER, 200, body(), NOW) == wanted
    for odd in (None, "soon", -5, 0, True, [], 1.5):
        assert rules.grant(ISSUER, 200, body(expires_in=odd), NOW).expires == NOW + timedelta(
            hours=1
        )
    far = rules.grant(ISSUER, 200, body(expires_in=10**30), NOW).expires
    assert far == NOW + timedelta(days=366)
    assert rules.grant(ISSUER, 200, body(expires_in="60"), NOW).expires == NOW + timedelta(
        minutes=1
    )


@pytest.mark.parametrize(
    "data",
    [
        b"", b"null", b"[]", b"<html>", b"\xff", b"[" * 100_000, body(token_type="mac"),
        body(access_token=""), body(access_token="a\r\nDELE 1"), body(access_token=7),
        body(access_token="x" * 20_000), body(refresh_token="a\nb"), body(refresh_token=["r"]),
    ],
)  # fmt: skip
def test_what_is_no_token_is_a_fault_in_words(data: bytes) -> None:
    with pytest.raises(ProtocolFault, match="cannot be understood"):
        rules.grant(ISSUER, 200, data, NOW)


@pytest.mark.parametrize(
    ("status", "error", "fault"),
    [
        (400, "invalid_grant", SignInNeeded),
        (401, "invalid_client", LoginRefused),
        (400, "invalid_request", LoginRefused),
        (503, "anything", Unreachable),
        (429, "anything", Unreachable),
    ],
)
def test_why_there_is_no_token_is_told_apart(
    status: int, error: str, fault: type[MailError]
) -> None:
    with pytest.raises(fault) as told:
        rules.grant(ISSUER, status, json.dumps({"error": error}).encode(), NOW)
    assert type(told.value) is fault


def test_on_another_device_one_asks_again_as_slowly_as_one_is_told() -> None:
    said = lambda error: json.dumps({"error": error}).encode()  # noqa: E731
    assert rules.waits(400, said("authorization_pending"), 5) == 5
    assert rules.waits(400, said("slow_down"), 5) == 10
    assert rules.waits(400, said("access_denied"), 5) is None
    assert rules.waits(200, body(), 5) is None


# The table


def test_every_provider_of_the_table_is_whole_and_asked_over_https_alone() -> None:
    known = shipped()
    assert {"google", "microsoft"} <= set(known)
    for one in known.values():
        assert one.client is None, "client IDs are the user's own"
        assert one.issuer.scopes
        assert one.issuer.hosts
    found = issuer_of("Outlook.Office365.com.", known)
    assert found is not None
    assert (found.issuer.name, found.issuer.redirect_host) == ("microsoft", "localhost")
    assert issuer_of("pop.example.org", known) is None


def test_a_file_adds_providers_and_names_the_program(tmp_path: Path) -> None:
    file = tmp_path / "oauth.toml"
    assert issuers(file) == shipped()
    file.write_text(
        '[google]\nclient-id = "g"\n[firm]\ntitle = "Firm"\nhosts = ["mail.firm.example"]\n'
        'page = "https://sso.firm.example/a"\ntoken = "https://sso.firm.example/t"\n'
        'scopes = ["mail"]\nissuer = "https://sso.firm.example"\nnames-itself = true\n',
        encoding="utf-8",
    )
    known = issuers(file)
    assert known["google"].client == Client("g")
    assert known["google"].issuer == shipped()["google"].issuer
    assert known["firm"].issuer.names_itself


@pytest.mark.parametrize(
    "text",
    [
        "[firm", '[firm]\nhosts = ["a"]', "\x00",
        '[google]\ntoken = "http://oauth2.googleapis.com/token"',
        '[google]\nredirect = "http://evil.example/"',
        '[google]\nredirect = "https://127.0.0.1/"',
    ],
)  # fmt: skip
def test_a_file_that_would_be_unsafe_or_makes_no_sense_is_refused(
    text: str, tmp_path: Path
) -> None:
    file = tmp_path / "oauth.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=r"oauth\.toml"):
        issuers(file)
