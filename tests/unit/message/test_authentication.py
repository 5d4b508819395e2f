"""Authentication-Results: whose counts, how they are read, and how they are told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mailclient.message.authentication import (
    NOTHING,
    Result,
    authentication_words,
    read_authentication,
    trusted_authentication,
)
from tests.unit.message.fields import headers

OWN = ("example.net",)
DATE = "Mon, 23 Nov 2026 10:00:00 +0000"
IN = f"Received: from mail.example.org (mail.example.org [192.0.2.1]) by mx.example.net; {DATE}"
INNER = f"Received: from mx.example.net ([127.0.0.1]) by box.example.net with LMTP; {DATE}"
OUTSIDE = f"Received: from laptop (unknown [192.0.2.9]) by mail.example.org with ESMTPSA; {DATE}"
PASSED = (
    "Authentication-Results: mx.example.net;\n"
    " dkim=pass (2048-bit key) header.d=example.org header.i=@example.org header.s=s1;\n"
    " spf=pass (mx.example.net: domain of bob@example.org) smtp.mailfrom=bob@example.org;\n"
    ' dmarc=pass reason="all is well" (p=none) header.from=example.org'
)
FAILED = "Authentication-Results: mx.example.net; spf=fail smtp.mailfrom=bank.example"


def words(*fields: str, authorities: tuple[str, ...] = ()) -> str:
    found = trusted_authentication(headers("\n".join(fields)), OWN, authorities)
    return authentication_words(found)


def test_what_the_own_provider_found_is_told_with_who_says_it() -> None:
    assert words(INNER, PASSED, IN, OUTSIDE) == (
        "mx.example.net says: sent by example.org's servers (SPF), signed by example.org (DKIM), "
        "by the rules of example.org (DMARC)."
    )


def test_a_field_below_the_providers_last_step_may_come_from_the_sender_and_says_nothing() -> None:
    assert words(IN, PASSED, OUTSIDE) == ""
    assert words(IN, OUTSIDE, PASSED) == ""


def test_a_provider_that_takes_out_forged_fields_is_believed_right_below_its_last_step() -> None:
    sure = ("mx.example.net",)
    assert words(IN, FAILED, PASSED, OUTSIDE, authorities=sure) == (
        "mx.example.net says: not sent by bank.example's servers (SPF)."
    )
    assert words(IN, OUTSIDE, PASSED, authorities=sure) == ""


def test_a_strangers_field_on_top_is_not_passed_over_for_one_that_suits_better() -> None:
    stranger = "Authentication-Results: mail.example.org; dkim=pass header.d=example.org"
    assert words(IN, stranger, PASSED, OUTSIDE, authorities=("mx.example.net",)) == ""


def test_nothing_is_believed_where_no_step_is_the_providers() -> None:
    elsewhere = f"Received: from a (a [192.0.2.4]) by mx.elsewhere.example with SMTP; {DATE}"
    assert words(PASSED, elsewhere) == ""


def test_a_field_with_a_name_of_another_is_passed_over_above_the_line() -> None:
    stranger = (
        "Authentication-Results: mx.example.net.evil.example; dkim=pass header.d=bank.example"
    )
    assert words(stranger, PASSED, IN) == words(PASSED, IN)


@pytest.mark.parametrize(
    ("value", "server", "results"),
    [
        ("mx.example.net; none", "mx.example.net", ()),
        ("mx.example.net 1; none", "mx.example.net", ()),
        (
            "mx.example.net; spf=softfail smtp.helo=x.example",
            "mx.example.net",
            (Result("spf", "softfail", "", (("smtp.helo", "x.example"),)),),
        ),
        (
            'mx.example.net; auth=pass (login; "really") smtp.auth="ann; x" ; iprev=fail',
            "mx.example.net",
            (Result("auth", "pass", "", (("smtp.auth", "ann; x"),)), Result("iprev", "fail")),
        ),
        (
            'mx.example.net; dkim/1 = neutral reason="no\\"t" header.d = example.org',
            "mx.example.net",
            (Result("dkim", "neutral", 'no\\"t', (("header.d", "example.org"),)),),
        ),
        ("spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=a.example; dkim=pass", "spf", None),
        ("", "", ()),
        (";;;===;", "", ()),
    ],
)
def test_the_form_of_the_field_is_read(
    value: str, server: str, results: tuple[Result, ...] | None
) -> None:
    found = read_authentication(value)
    assert found.server == server
    if results is not None:
        assert found.results == results


@pytest.mark.parametrize(
    ("results", "told"),
    [
        ("dkim=fail header.d=a.example", "the signature of a sending server does not fit (DKIM)"),
        ("dmarc=fail header.from=a.example", "against the rules of a.example (DMARC)"),
        (
            "dkim=pass header.d=a.example; dkim=pass header.d=list.example",
            "signed by a.example and list.example (DKIM)",
        ),
    ],
)
def test_other_outcomes_are_told_too(results: str, told: str) -> None:
    found = read_authentication(f"mx.example.net; {results}")
    assert authentication_words(found) == f"mx.example.net says: {told}."


def test_a_server_that_checked_nothing_says_nothing() -> None:
    found = read_authentication("mx.example.net; none")
    assert authentication_words(found) == ("mx.example.net says nothing about where it came from.")
    assert authentication_words(NOTHING) == ""


@given(some.text(alphabet='ab.;=()"\\/ \t<>@é', max_size=200))
def test_no_value_makes_the_reader_fail(value: str) -> None:
    found = read_authentication(value)
    assert "secure" not in authentication_words(found)


@pytest.mark.parametrize("end", ["", "\\", '\\"' * 3000])
def test_a_quoted_text_that_does_not_end_holds_no_further_result(end: str) -> None:
    found = read_authentication(f'mx.example.net; dkim=fail reason="open; spf=pass{end}')
    assert [(one.method, one.result) for one in found.results] == [("dkim", "fail")]
