"""What a reader sees is the whole text, and nothing that runs or loads."""

import random

import html2text
import pytest

from mailclient.message.body import CLOSED, MALFORMED, body, safe_name, snippet
from mailclient.message.html import Clean, _slim, html_to_text, sanitise, text_of
from mailclient.message.tree import LONGEST_TEXT, parse


def multipart(kind: str, *parts: bytes) -> bytes:
    head = f"Content-Type: multipart/{kind}; boundary=b{len(parts)}{kind}\r\n\r\n".encode()
    line = f"--b{len(parts)}{kind}".encode()
    return head + b"".join(line + b"\r\n" + one + b"\r\n" for one in parts) + line + b"--\r\n"


PLAIN = b"Content-Type: text/plain; charset=utf-8\r\n\r\nplain \xc3\xa4"
HTML = b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>html</p>"
FILE = b"Content-Type: application/pdf; name=a.pdf\r\nContent-Disposition: attachment\r\n\r\n%PDF"


def test_alternatives_give_both_their_text_and_their_html() -> None:
    found = body(parse(multipart("alternative", PLAIN, HTML)))
    assert found.text == "plain ä"
    assert found.html == "<p>html</p>"
    assert found.attachments == ()


def test_html_alone_gives_text_as_well() -> None:
    found = body(parse(HTML))
    assert found.text.strip() == "html"


def test_files_are_attachments_with_number_and_name() -> None:
    found = body(parse(multipart("mixed", PLAIN, FILE)))
    assert [(one.number, one.name, one.data()) for one in found.attachments] == [
        ("2", "a.pdf", b"%PDF")
    ]


def test_a_message_inside_is_an_attachment_and_not_text() -> None:
    inner = b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nsecret"
    found = body(parse(multipart("mixed", PLAIN, inner)))
    assert "secret" not in found.text
    assert found.attachments[0].name == "inner.eml"


def test_the_signature_part_is_no_attachment() -> None:
    signature = b"Content-Type: application/pgp-signature\r\n\r\nxx"
    found = body(parse(multipart("signed", PLAIN, signature)))
    assert found.text == "plain ä"
    assert found.attachments == ()


def test_a_protected_part_stays_closed() -> None:
    closed = multipart("encrypted", b"\r\nVersion: 1", b"\r\nsecret")
    assert body(parse(multipart("mixed", PLAIN, closed))).text == f"plain ä\n{CLOSED}"


def test_a_message_that_only_calls_itself_encrypted_says_so_and_gives_its_parts() -> None:
    found = body(parse(multipart("encrypted", b"\r\nVersion: 2", b"\r\nsecret")))
    assert found.text == MALFORMED
    assert [one.data().strip() for one in found.attachments] == [b"Version: 2", b"secret"]


def test_the_legacy_display_of_hidden_fields_is_left_out() -> None:
    raw = (
        b'Content-Type: text/plain; charset=utf-8; hp-legacy-display="1"; hp="cipher"\r\n\r\n'
        b"Subject: hidden\r\n\r\nthe text"
    )
    assert body(parse(raw), sealed=True).text == "the text"
    assert body(parse(raw)).text == "Subject: hidden\n\nthe text"


HOSTILE = (
    "<html><head><style>p{background:url(https://t.example/a.png)}</style></head>"
    '<body onload="x()"><p style="display:none">Hello <a href="javascript:alert(1)">j</a>'
    '<a href="https://x.example/">link</a><img src="http://evil.example/p.gif">'
    '<img src="cid:abc"><img src="data:image/png;base64,AAAA"><img src="file:///etc/passwd">'
    '<form action="http://e.example"><input name="a"></form><script>alert(1)</script>'
    '<meta http-equiv="refresh" content="0;url=http://e.example"><iframe src="//f.example">'
    "</iframe>"
    '<table background="//cdn.example/x"><tr><td>cell</table><svg><script>1</script></svg>'
)


def test_nothing_of_html_runs_or_loads() -> None:
    clean = sanitise(HOSTILE)
    for bad in ("script", "javascript", "evil", "data:", "file:", "form", "meta", "iframe",
                "style", "onload", "svg", "cdn", "t.example"):  # fmt: skip
        assert bad not in clean.html
    assert 'src="cid:abc"' in clean.html
    assert 'href="https://x.example/"' in clean.html


def test_what_would_have_been_loaded_is_told() -> None:
    assert set(sanitise(HOSTILE).remote) == {
        "https://t.example/a.png",
        "http://evil.example/p.gif",
        "//cdn.example/x",
        "//f.example",
    }


def test_html_nested_too_deep_becomes_text() -> None:
    assert sanitise("<div>" * 20_000 + "deep").html == "<pre>" + " " * 20_000 + "deep</pre>"


@pytest.mark.parametrize("html", ["<![foo[", "<p>" * 5000, "<!", "&#xffffffff;", "<a href='" * 99])
def test_no_html_stops_its_text(html: str) -> None:
    assert isinstance(html_to_text(html), str)


def test_no_line_break_that_means_nothing_is_left_for_what_looks_at_each_of_them_closely() -> None:
    html = "a" + "\n" * 40 + "b \n \n\t c<pre>x\n\n\ny</pre>\n\n<p>\n\n d"
    assert _slim(html) == "a\nb \nc<pre>x\n\n\ny</pre>\n<p>\nd"


def test_the_text_of_html_is_the_same_with_less_white_space_in_it() -> None:
    chance = random.Random(20261125)
    pieces = (
        "\n",
        "\n\n",
        " ",
        "\t",
        "1. ",
        "- ",
        "+ ",
        "a",
        "b*",
        "<p>",
        "</p>",
        "<br>",
        "<em>x</em>",
    )
    for _ in range(300):
        html = "".join(chance.choices(pieces, k=40)) + "<pre>1\n\n\n  2</pre>"
        clean = sanitise(html).html
        writer = html2text.HTML2Text(bodywidth=0)
        writer.ignore_images = writer.ignore_emphasis = True
        text = writer.handle(clean)
        slim = text_of(Clean(clean, ()))
        assert [one.rstrip() for one in slim.split("\n") if one.strip()] == [
            one.rstrip() for one in text.split("\n") if one.strip()
        ], html


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../.bashrc", "bashrc"),
        ("C:\\a\\b.txt", "b.txt"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("a\0.txt", "a.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("", "attachment"),
        ("..", "attachment"),
        ("x" * 300 + ".pdf", "x" * 146 + ".pdf"),
        ("ä" * 200, "ä" * 75),
    ],
)
def test_names_of_files_are_safe(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_the_snippet_is_what_the_sender_wrote() -> None:
    assert snippet("On Monday Bob wrote:\n> old\n\nNew  words\n-- \nAnn") == "New words"
    assert len(snippet("word " * 100)) <= 160


def test_letters_keep_what_their_looks_mean() -> None:
    html = "<p><B>bold</B> <i>slanted</i> <code>x</code></p>"
    assert sanitise(html).html == html.replace("B>", "b>")


def test_letters_that_nobody_closes_are_not_opened_again_in_every_paragraph() -> None:
    fonts = "".join(f'<font color="c{at}">' for at in range(100))
    html = f"<p>{fonts}</p>" + "<p>x</p>" * 5000
    assert len(sanitise(html).html) < 2 * len(html)


def test_of_a_very_long_text_the_beginning_is_shown_and_the_whole_is_attached() -> None:
    text = "Grüße an alle\n" * 100_000
    shown = body(parse(b"Content-Type: text/plain; charset=utf-8\n\n" + text.encode()))
    assert text.startswith(shown.text)
    assert len(shown.text.encode()) <= LONGEST_TEXT
    [whole] = shown.attachments
    assert (whole.name, whole.data().decode()) == ("text-0.txt", text)
    assert "among the attachments" in shown.problems[0]


def test_long_html_leaves_room_for_the_text_beside_it() -> None:
    raw = (
        b"Content-Type: multipart/alternative; boundary=a\n\n--a\nContent-Type: text/html\n\n"
        + b"<p>long</p>\n" * 200_000
        + b"--a\n\nplain\n--a--\n"
    )
    shown = body(parse(raw))
    assert shown.text == "plain"
    assert [one.content_type for one in shown.attachments] == ["text/html"]


@pytest.mark.parametrize(
    "html",
    [
        '<font color="white">seen</font>',
        '<font color="#111" size="1" face="Webdings">seen</font>',
        '<p style="display:none">seen</p>',
        '<span style="font-size:0;opacity:0;position:absolute;left:-9999px">seen</span>',
        '<table><tr><td bgcolor="black" style="color:black" height="0">seen</td></tr></table>',
        "<div hidden>seen</div>",
        '<style>b{visibility:hidden}</style><b class="x">seen</b>',
    ],
)
def test_no_letter_is_hidden_by_how_it_looks(html: str) -> None:
    clean = sanitise(html)
    for trick in ("color", "size", "face", "style", "hidden", "class", "height"):
        assert trick not in clean.html
    assert text_of(clean).strip().strip("|- \n") == "seen"
