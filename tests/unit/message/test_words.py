"""Words, parameters and addresses are read with tolerance and written strictly."""

import re
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailclient.errors import BadInput
from mailclient.message import address
from mailclient.message.address import (
    Address,
    encode_address,
    normalise,
    parse_addresses,
    typed_people,
    wire_address,
)
from mailclient.message.fields import fold
from mailclient.message.parameters import structured
from mailclient.message.words import clean, decode_text, decode_words, encode_words


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?utf-8?b?R3I=?= =?utf-8?b?w7zDn2U=?=", "Grüße"),
        ("=?utf-8?b?ww==?= =?utf-8?b?vA==?=", "ü"),  # a character cut in two by a sender
        ("=?UTF-8*de?Q?a_b?= plain", "a b plain"),
        (b"caf\xe9", "café"),
        ("=?no-such?q?a?=", "a"),
        ("=?utf-8?b?YVxyXG5CY2M6IHg=?=", "a\\r\\nBcc: x"),
        ("=?utf-8?q?a=0D=0ABcc:_x?=", "a  Bcc: x"),
        ("a\u2028b\x00c\ud800", "a b c\ufffd"),
    ],
)
def test_words_are_decoded_and_clean(raw: bytes | str, text: str) -> None:
    assert decode_words(raw) == text


@given(st.text())
def test_what_is_encoded_is_decoded_again(text: str) -> None:
    text = clean(text)
    assert decode_words(encode_words(text)) == text
    assert all(len(word) <= 75 for word in encode_words(text).split(" ") if word.startswith("=?"))


@given(st.binary(max_size=200), st.text(max_size=20))
def test_any_charset_gives_some_text(data: bytes, charset: str) -> None:
    assert isinstance(decode_text(data, charset), str)


@pytest.mark.parametrize(
    ("value", "token", "params"),
    [
        ('Text/HTML; Charset="utf-8"', "text/html", {"charset": "utf-8"}),
        ("a/b; name*0*=utf-8''%c3%bc; name*1=ber", "a/b", {"name": "über"}),
        ("a/b; name=x; name*=utf-8''y", "a/b", {"name": "y"}),
        (r'a/b; name="q\"x;y"', "a/b", {"name": 'q"x;y'}),
        ("a/b; name==?utf-8?q?=C3=BC?=", "a/b", {"name": "ü"}),
        ("a/b (comment); x=y", "a/b", {"x": "y"}),
        ("", "", {}),
    ],
)
def test_parameters_are_decoded(value: str, token: str, params: dict[str, str]) -> None:
    assert structured(value) == (token, params)


@pytest.mark.parametrize(
    ("value", "people"),
    [
        ("ann@example.org", [("", "ann@example.org")]),
        ("Ann <a@b.c>, d@e.f", [("Ann", "a@b.c"), ("", "d@e.f")]),
        ('"Last, First" <a@b.c>', [("Last, First", "a@b.c")]),
        ("ann@example.org (Ann A)", [("Ann A", "ann@example.org")]),
        ("team: a@b.c, d@e.f;", [("", "a@b.c"), ("", "d@e.f")]),
        ("=?utf-8?q?J=C3=BCrgen=2C_x?= <j@b.c>", [("Jürgen, x", "j@b.c")]),
        ("<@relay:a@b.c>", [("", "a@b.c")]),
        ('"ceo@bank.com" <evil@e.f>', [("ceo@bank.com", "evil@e.f")]),
        ("undisclosed-recipients:;", []),
        ("nobody", []),
    ],
)  # fmt: skip
def test_people_are_read(value: str, people: list[tuple[str, str]]) -> None:
    assert [(one.name, one.address) for one in parse_addresses(value)] == people


def test_many_brackets_are_no_trouble() -> None:
    assert parse_addresses("(" * 200_000) == ()
    assert parse_addresses('"' * 200_001 + "<" * 1000) is not None


@given(st.text('aÄ \t<>@.,;:()"\\\0=?_[]', max_size=30).map(lambda text: f"{text}<a@b> "))
@example("Ann B <ann@example.org>")
@example("=?utf-8?q?=C3=84?= <@relay:ann@example.org>")
def test_one_plain_person_is_read_as_letter_by_letter(value: str) -> None:
    seen = parse_addresses(value)
    with patch.object(address, "_PLAIN", re.compile(r"(?!)")):
        assert parse_addresses(value) == seen


@given(st.text())
def test_no_text_makes_the_reader_of_addresses_raise(value: str) -> None:
    for one in parse_addresses(value):
        assert "\n" not in one.name + one.address


def test_addresses_are_compared_without_case_and_with_their_ascii_domain() -> None:
    assert normalise("Ann@EXÄMPLE.org") == "ann@xn--exmple-cua.org"


@pytest.mark.parametrize(
    "address",
    [
        "a@b\r\nRCPT TO:<x@y>",
        "a b@c",
        "a",
        "@b",
        "a@",
        "a@b>",
        "ä\u2028@b.c",
        "ä\ud800@b.c",
        "ä@b\u0085c",
    ],
)
def test_what_is_no_address_goes_on_no_wire(address: str) -> None:
    with pytest.raises(BadInput):
        wire_address(address)


def test_a_name_is_quoted_or_encoded_for_the_wire() -> None:
    assert encode_address(Address("Ann B", "a@b.c")) == "Ann B <a@b.c>"
    assert encode_address(Address("B., Ann", "a@b.c")) == '"B., Ann" <a@b.c>'
    assert encode_address(Address("Änn", "a@ä.de")) == "=?utf-8?b?w4Rubg==?= <a@xn--4ca.de>"
    assert encode_address(Address("Änn", "ä@b.c")) == "=?utf-8?b?w4Rubg==?= <ä@b.c>"
    assert wire_address("a\u0308@b.c") == "\xe4@b.c"


@pytest.mark.parametrize("value", ["a\r\nBcc: x", "a\nb", "ä", "a\u2028b"])
def test_no_value_becomes_a_second_field(value: str) -> None:
    with pytest.raises(BadInput):
        fold("Subject", value)


def test_identifiers_are_folded_between_them_and_never_inside() -> None:
    long = [f"<{'x' * 90}{at}@example.org>" for at in range(3)]
    lines = fold("References", " ".join(long)).split("\r\n")
    assert lines == [f"References: {long[0]}", f" {long[1]}", f" {long[2]}", ""]


def test_of_what_is_typed_nothing_is_left_out_or_becomes_somebody_else() -> None:
    typed = '"Lee, Ann" <lee@x.example>, carol; a@x.example>\nRCPT TO:<b@x.example>,\t,Bob <bob@'
    people = typed_people(typed)
    assert people[0] == Address("Lee, Ann", "lee@x.example")
    assert [one.address for one in people[1:3]] == ["carol", "a@x.example> RCPT TO:<b@x.example>"]
    assert len(people) == 4
    for one in people[1:]:
        with pytest.raises(BadInput):
            wire_address(one.address)
