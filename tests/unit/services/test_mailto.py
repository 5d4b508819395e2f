"""A mail link fills in people, a subject and text, and nothing else (RFC 6068)."""

from __future__ import annotations

import pytest

from mailclient.errors import BadInput
from mailclient.message.address import Address
from mailclient.message.draft import Draft
from mailclient.services.mailto import LONGEST, fill_from_mailto

ME = Draft(Address("", "ann@example.org"), text="\n-- \nAnn")
BOB = Address("", "bob@example.org")


@pytest.mark.parametrize(
    ("uri", "field", "value"),
    [
        ("mailto:bob@example.org", "to", (BOB,)),
        ("MAILTO:?to=bob%40example.org", "to", (BOB,)),
        ("mailto:bob@example.org?cc=eve@x.example", "cc", (Address("", "eve@x.example"),)),
        ("mailto:bob@example.org?bcc=eve@x.example", "bcc", (Address("", "eve@x.example"),)),
        ("mailto:a+b@x.example?subject=1+1", "subject", "1+1"),
        ("mailto:?subject=a%0D%0ABcc:%20eve@x.example", "subject", "a  Bcc: eve@x.example"),
        ("mailto:?body=one%0D%0Atwo", "text", "one\ntwo\n-- \nAnn"),
        ("mailto:?body=a%00b%1Bc", "text", "a b c\n-- \nAnn"),
        ("mailto:?in-reply-to=%3Ca@b%3E", "in_reply_to", "<a@b>"),
        ("mailto:?attach=/etc/passwd&attachment=x&attachments=y", "attachments", ()),
        ("mailto:?from=eve@x.example&reply-to=eve@x.example", "reply_to", ()),
        ("mailto:?from=eve@x.example", "sender", ME.sender),
    ],
)
def test_a_mail_link_fills_in(uri: str, field: str, value: object) -> None:
    assert getattr(fill_from_mailto(ME, uri), field) == value


def test_a_line_break_in_an_address_makes_no_second_field() -> None:
    draft = fill_from_mailto(ME, "mailto:bob@example.org%0D%0ABcc:%20eve@x.example")
    assert draft.bcc == ()
    assert all("\r" not in one.address and "\n" not in one.address for one in draft.to)


@pytest.mark.parametrize(
    "uri",
    [
        "https://example.org",
        "mailto:?body=" + "x" * LONGEST,
        "mailto:?" + "&".join("subject=x" for _ in range(200)),
    ],
)
def test_what_is_no_mail_link_is_refused_in_words(uri: str) -> None:
    with pytest.raises(BadInput):
        fill_from_mailto(ME, uri)
