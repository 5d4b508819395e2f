"""The way of a message: what each kind of server writes, who vouches for it, and how it is told."""

from __future__ import annotations

import random
import re
from datetime import UTC, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mailclient.message import route_words
from mailclient.message.route import Carriage, Hop, Route, route
from mailclient.message.route_words import duration, hop_words, route_lines
from tests.unit.message.fields import headers

OWN = ("example.org",)
DATE = "Mon, 23 Nov 2026 10:00:00 +0000"


def hop(value: str) -> Hop:
    (found,) = route(headers(f"Received: {value}; {DATE}"), OWN).hops
    return found


# What servers write: the field, then by, hello, looked-up name, address, protocol, TLS, cipher
WRITTEN = {
    "Postfix": (
        "from relay.example.net (relay.example.net [192.0.2.7])\n"
        " (using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)\n"
        " key-exchange X25519 server-signature RSA-PSS (2048 bits) server-digest SHA256)\n"
        " (No client certificate requested)\n"
        " by mail.example.org (Postfix) with ESMTPS id 4XYZ for <bob@example.org>",
        ("mail.example.org", "relay.example.net", "relay.example.net", "192.0.2.7"),
        ("ESMTPS", "TLS 1.3", "TLS_AES_256_GCM_SHA384"),
    ),
    "Postfix that could not look up a name": (
        "from laptop (unknown [IPv6:2001:db8::17]) by mail.example.org (Postfix) with ESMTPSA id 1",
        ("mail.example.org", "laptop", "", "2001:db8::17"),
        ("ESMTPSA", "", ""),
    ),
    "Postfix, from a program of the same machine": (
        "by mail.example.org (Postfix, from userid 1000) id 4XYZ",
        ("mail.example.org", "", "", ""),
        ("", "", ""),
    ),
    "Exim": (
        "from relay.example.net ([192.0.2.7] helo=relay)\n"
        " by mail.example.org with esmtps (TLS1.3) tls TLS_AES_256_GCM_SHA384\n"
        " (Exim 4.96) (envelope-from <ann@example.net>) id 1abc-000001-2d for bob@example.org",
        ("mail.example.org", "relay", "relay.example.net", "192.0.2.7"),
        ("esmtps", "TLS 1.3", "TLS_AES_256_GCM_SHA384"),
    ),
    "Exim, older": (
        "from [192.0.2.7] (port=40112 helo=[10.0.0.5]) by mail.example.org with esmtpsa\n"
        " (TLSv1.2:ECDHE-RSA-AES256-GCM-SHA384:256) (Exim 4.80) id 1abc",
        ("mail.example.org", "10.0.0.5", "", "192.0.2.7"),
        ("esmtpsa", "TLS 1.2", "ECDHE-RSA-AES256-GCM-SHA384"),
    ),
    "sendmail": (
        "from relay.example.net (relay.example.net [192.0.2.7]) by mail.example.org\n"
        " (8.17.1/8.17.1) with ESMTPS id 4AN9 (version=TLSv1.2 cipher=ECDHE-RSA-AES128-SHA\n"
        " bits=128 verify=NO) for <bob@example.org>",
        ("mail.example.org", "relay.example.net", "relay.example.net", "192.0.2.7"),
        ("ESMTPS", "TLS 1.2", "ECDHE-RSA-AES128-SHA"),
    ),
    "sendmail that doubts a name": (
        "from relay (fake.example.net [192.0.2.7] (may be forged)) by mail.example.org with SMTP",
        ("mail.example.org", "relay", "", "192.0.2.7"),
        ("SMTP", "", ""),
    ),
    "qmail": (
        "from unknown (HELO relay.example.net) (192.0.2.7) by mail.example.org with SMTP",
        ("mail.example.org", "relay.example.net", "", "192.0.2.7"),
        ("SMTP", "", ""),
    ),
    "qmail inside": ("(qmail 4711 invoked by uid 89)", ("", "", "", ""), ("", "", "")),
    "Exchange": (
        "from A1.b.example.com (2603:10a6:20b::1) by C2.d.example.org (2603:10a6:208::2)\n"
        " with Microsoft SMTP Server (version=TLS1_2,\n"
        " cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20.8158.14",
        ("C2.d.example.org", "A1.b.example.com", "", "2603:10a6:20b::1"),
        ("Microsoft SMTP Server", "TLS 1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
    ),
    "Gmail": (
        "from relay.example.net (relay.example.net. [192.0.2.7]) by mx.google.com\n"
        " with ESMTPS id a1\n"
        " for <bob@gmail.com> (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256)",
        ("mx.google.com", "relay.example.net", "relay.example.net", "192.0.2.7"),
        ("ESMTPS", "TLS 1.3", "TLS_AES_256_GCM_SHA384"),
    ),
    "Dovecot": (
        "from mail.example.org ([127.0.0.1]) by mail.example.org with LMTP id yA\n"
        " (envelope-from <ann@example.net>) for <bob@example.org>",
        ("mail.example.org", "mail.example.org", "", "127.0.0.1"),
        ("LMTP", "", ""),
    ),
    "a spam filter": (
        "from mail.example.org ([127.0.0.1]) by localhost (mail.example.org [127.0.0.1])\n"
        " (amavisd-new, port 10024) with ESMTP id q1 for <bob@example.org>",
        ("localhost", "mail.example.org", "", "127.0.0.1"),
        ("ESMTP", "", ""),
    ),
}


@pytest.mark.parametrize("server", WRITTEN)
def test_a_field_is_read_as_its_server_meant_it(server: str) -> None:
    value, people, carried = WRITTEN[server]
    found = hop(value)
    assert (found.by, found.from_name, found.from_host, found.from_address) == people
    assert (found.protocol, found.tls, found.cipher) == carried
    assert found.at is not None


@pytest.mark.parametrize(
    ("value", "stated"),
    [
        ("from a (a [192.0.2.1]) by b with ESMTPS id 1", Carriage.TLS),
        ("from a (a [192.0.2.1]) by b with UTF8SMTPSA id 1", Carriage.TLS),
        ("from a (a [192.0.2.1]) (using TLSv1.2 with cipher X) by b with ESMTP", Carriage.TLS),
        ("from a (a [192.0.2.1]) by b with ESMTP id 1", Carriage.NOT_STATED),
        ("from a (a [192.0.2.1]) by b with ESMTPA id 1", Carriage.NOT_STATED),
        ("from a ([127.0.0.1]) by b with ESMTP id 1", Carriage.LOCAL),
        ("by b (Postfix, from userid 0) id 1", Carriage.LOCAL),
    ],
)
def test_encryption_is_told_only_where_it_is_stated(value: str, stated: Carriage) -> None:
    assert hop(value).carriage is stated


def way(*values: str) -> Route:
    """A route from fields, the newest first."""
    lines = [f"Received: {one}" for one in values]
    return route(headers("\n".join((*lines, f"Date: {DATE}"))), OWN)


IN = f"from relay.example.net (relay.example.net [192.0.2.7]) by mx.example.org with ESMTPS; {DATE}"
LOCAL = f"from mx.example.org ([127.0.0.1]) by mail.example.org with LMTP; {DATE}"
FORGED = f"from bank.example (bank.example [192.0.2.99]) by mx.example.org with ESMTPS; {DATE}"


def vouched(found: Route) -> list[bool]:
    """Newest first."""
    return [one.vouched for one in found.hops[::-1]]


def test_the_provider_vouches_down_to_where_the_message_came_in_and_no_further() -> None:
    assert vouched(way(LOCAL, IN, FORGED)) == [True, True, False]


def test_a_step_that_claims_the_providers_name_below_a_foreign_one_counts_for_nothing() -> None:
    foreign = f"from x (x [192.0.2.3]) by relay.example.net with SMTP; {DATE}"
    assert vouched(way(IN, foreign, FORGED)) == [True, False, False]


def test_where_the_newest_step_is_not_the_providers_nobody_vouches() -> None:
    found = way(f"from x (x [192.0.2.3]) by mx.elsewhere.example with SMTP; {DATE}", IN)
    assert vouched(found) == [False, False]
    assert route_lines(found, None)[0] == route_words.NO_LINE_KNOWN


def test_a_name_that_was_merely_claimed_does_not_carry_the_line_down() -> None:
    claimed = f"from mx.example.org (unknown [192.0.2.66]) by mail.example.org with SMTP; {DATE}"
    assert vouched(way(claimed, FORGED)) == [True, False]


@pytest.mark.parametrize(
    ("host", "protocol", "expected"),
    [
        ("mx.example.org", "ESMTP", [True, True]),
        ("mx.example.org", "ESMTPSA", [True, False]),  # who logs in is a person, not a server
        ("c-192-0-2-66.cable.example.org", "ESMTP", [True, False]),
        ("mail.office.customer.static.example.org", "ESMTP", [True, False]),
    ],
)
def test_another_server_of_the_provider_carries_the_line_down_and_a_customer_does_not(
    host: str, protocol: str, expected: list[bool]
) -> None:
    above = f"from {host} ({host} [192.0.2.66]) by mail.example.org with {protocol}; {DATE}"
    below = f"from bank.example (bank.example [192.0.2.99]) by {host} with ESMTPS; {DATE}"
    assert vouched(way(above, below)) == expected


def test_delays_and_clocks_that_are_wrong_are_told() -> None:
    found = way(
        "from b ([127.0.0.1]) by c.example.org with LMTP; Mon, 23 Nov 2026 10:03:10 +0000",
        "from a (a [192.0.2.1]) by b.example.org with SMTP; Mon, 23 Nov 2026 12:03:05 +0200",
        "from x (x [192.0.2.2]) by a with SMTP; Mon, 23 Nov 2026 10:10:00 +0000",
    )
    assert [one.delay for one in found.hops] == [
        timedelta(minutes=10),
        timedelta(minutes=-6, seconds=-55),
        timedelta(seconds=5),
    ]
    assert [one.clock_is_wrong for one in found.hops] == [False, True, False]
    assert found.total == timedelta(minutes=3, seconds=10)
    assert "a clock is wrong by at least 6 minutes 55 seconds" in hop_words(found.hops[1])


def test_a_route_is_told_newest_first_with_the_line_between() -> None:
    assert route_lines(way(LOCAL, IN), UTC) == (
        "2026-11-23 10:00:00  mail.example.org got it from mx.example.org (127.0.0.1): inside one "
        "machine, at once.",
        "2026-11-23 10:00:00  mx.example.org got it from relay.example.net (192.0.2.7): encrypted "
        "(ESMTPS), at once.",
        "2026-11-23 10:00:00  Written, as the message itself says.",
        "In all: less than a second.",
    )
    lines = route_lines(way(IN, FORGED), UTC)
    assert lines[1].startswith("---- Nobody vouches for what stands below this line.")


def test_a_message_without_a_received_field_is_told_as_that() -> None:
    (line,) = route_lines(way(), None)
    assert "did not come through a mail server" in line


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a second"),
        (1, "1 second"),
        (65, "1 minute 5 seconds"),
        (3600, "1 hour"),
        (90061, "1 day 1 hour"),
        (86400 + 61, "1 day"),
    ],
)
def test_a_time_is_told_in_its_largest_units(seconds: int, words: str) -> None:
    assert duration(timedelta(seconds=seconds)) == words


WORDS = re.compile(r"\b(?:in)?secure|\bsafe|\btrust|\bgenuine|\bverified", re.IGNORECASE)


def test_no_way_is_ever_called_secure() -> None:
    for value, _, _ in WRITTEN.values():
        for line in route_lines(way(f"{value}; {DATE}", IN), None):
            assert WORDS.search(line) is None
    for text in (route_words.LINE, route_words.LINE_ABOVE, route_words.NO_LINE_KNOWN):
        assert WORDS.search(text) is None


PIECES = [
    *(
        "from",
        "by",
        "with",
        "id",
        "for",
        "via",
        "tls",
        "(",
        ")",
        ";",
        "[",
        "]",
        "<",
        ">",
        "\\",
        '"',
    ),
    *("192.0.2.1", "IPv6:2001:db8::1", "fe80::1%eth0", "999.1.1.1", "helo=x", "HELO", "TLSv1.3"),
    *("version=TLS1_9", "cipher=", "ESMTPS", "example.org", "unknown", DATE, "Mon, 99", "\x00é"),
]


@given(some.lists(some.lists(some.sampled_from(PIECES), max_size=30), max_size=5))
def test_whatever_stands_in_the_fields_a_route_comes_back_and_can_be_told(
    fields: list[list[str]],
) -> None:
    found = way(*(" ".join(one) for one in fields))
    assert len(found.hops) == len(fields)
    assert all(WORDS.search(line) is None for line in route_lines(found, None))


def test_mutated_fields_of_real_servers_are_read_without_a_fault() -> None:
    chance = random.Random(20261123)
    values = [value for value, _, _ in WRITTEN.values()]
    for _ in range(500):
        text = list(chance.choice(values) + f"; {DATE}")
        for _ in range(chance.randrange(1, 8)):
            text[chance.randrange(len(text))] = chance.choice("();<>[]=:. \tAé0")
        found = way("".join(text), IN)
        assert len(found.hops) == 2
        assert route_lines(found, None)


def test_fields_without_end_are_cut() -> None:
    many = way(*(f"from a by b{at}.example.org with SMTP; {DATE}" for at in range(3000)))
    assert len(many.hops) == 100
    (long,) = way("from " + "a" * 200_000).hops
    assert len(long.from_name) <= 255
