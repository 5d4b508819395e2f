"""The tree keeps every byte, stops at its limits, and never raises."""

from hypothesis import given
from hypothesis import strategies as st

from mailclient.message.body import body
from mailclient.message.envelope import envelope
from mailclient.message.multipart import MOST_PARTS
from mailclient.message.tree import DEEPEST, parse

NESTED = (
    b"From: ann@example.org\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n again\r\n"
    b"Content-Type: multipart/mixed; boundary=X\r\n\r\npreamble\r\n"
    b"--X\r\n\r\nhello\r\n--Xy\r\nstill the first\r\n"
    b"--X  \r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninner body\r\n"
    b"--X--\r\nepilogue"
)


def test_parts_are_numbered_by_their_path_and_keep_their_bytes() -> None:
    root = parse(NESTED)
    found = {part.number: part.body for part in root.walk(embedded=True)}
    assert list(found) == ["", "1", "2", "2.0"]
    assert found["1"] == b"hello\r\n--Xy\r\nstill the first"
    assert found["2"] == b"Subject: inner\r\n\r\ninner body"
    assert found["2.0"] == b"inner body"
    assert root.raw == NESTED
    assert root.problems == ()


def test_a_message_inside_is_entered_only_when_asked() -> None:
    assert [part.number for part in parse(NESTED).walk()] == ["", "1", "2"]


def test_a_part_is_found_by_its_number() -> None:
    root = parse(NESTED)
    inner = root.find("2.0")
    assert inner is not None
    assert inner.headers.get("Subject") == "inner"
    assert root.find("") is root
    assert root.find("3") is None
    assert root.find("1.1") is None


def test_a_folded_field_is_unfolded_and_decoded() -> None:
    assert parse(NESTED).headers.get("subject") == "Grüße again"


def test_a_missing_end_loses_no_part_and_is_told() -> None:
    root = parse(
        b"Content-Type: multipart/mixed; boundary=X\r\n\r\n--X\r\n\r\none\r\n--X\r\n\r\ntwo"
    )
    assert [part.body for part in root.children] == [b"one", b"two"]
    assert root.problems == ("The end of a multipart is missing; the message may be cut off.",)


def test_a_multipart_without_parts_is_shown_as_text() -> None:
    root = parse(b"Content-Type: multipart/mixed\r\n\r\nall there is")
    assert root.children == ()
    assert body(root).text == "all there is"


def test_nesting_stops_at_its_limit() -> None:
    raw = b"".join(
        b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (at, at)
        for at in range(3 * DEEPEST)
    )
    root = parse(raw)
    assert max(part.depth for part in root.walk()) == DEEPEST
    assert any("too deep" in problem for problem in root.problems)


def test_messages_inside_messages_stop_at_the_limit_too() -> None:
    root = parse(b"Content-Type: message/rfc822\r\n\r\n" * 5000)
    assert max(part.depth for part in root.walk(embedded=True)) == DEEPEST


def test_the_number_of_parts_stops_at_its_limit() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a\r\n\r\nx\r\n" * 20_000
    root = parse(raw)
    assert len(list(root.walk())) == MOST_PARTS
    assert any("parts" in problem for problem in root.problems)


def test_a_header_beyond_its_limit_is_cut_and_its_body_still_found() -> None:
    root = parse(b"A: b\r\n" * 100_000 + b"\r\nthe body")
    assert root.body == b"the body"
    assert any("256 KiB" in problem for problem in root.problems)


def test_bare_line_feeds_are_read_as_well() -> None:
    root = parse(b"Content-Type: multipart/mixed; boundary=X\n\n--X\n\none\n--X--\n")
    assert [part.body for part in root.children] == [b"one"]


def test_base64_comes_in_pieces_that_join_to_the_whole() -> None:
    from base64 import encodebytes

    data = bytes(range(256)) * 500
    root = parse(b"Content-Transfer-Encoding: base64\r\n\r\n" + encodebytes(data))
    assert b"".join(root.chunks(1000)) == data == root.decoded()


@given(st.binary(max_size=2000))
def test_no_bytes_make_it_raise(raw: bytes) -> None:
    root = parse(raw)
    for part in root.walk(embedded=True):
        part.decoded()
        assert "\r" not in part.text()
        assert isinstance(part.filename + part.content_id + part.charset, str)
    envelope(root.headers)
    body(root)


PIECES = st.sampled_from(
    [
        b"Content-Type: ", b"multipart/mixed", b"multipart/alternative", b"message/rfc822", b"; ",
        b"boundary=", b"X", b'"', b"\r\n", b"\n", b"\r\n\r\n", b"--X", b"--X--", b"text/html",
        b"Content-Transfer-Encoding: base64", b"Content-Disposition: attachment; filename*0*=",
        b"utf-8''%ff", b"<p>a<![b[", b"=?utf-8?b?/w==?=", b"\x00", b"\xff", b"Date: 99 Foo -1",
        b"From: ((((", b"To: a:b;c:<d@e>,", b"charset=undefined", b"charset=idna", b"(", b"=\r\n",
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=60))
def test_no_mixture_of_what_mail_is_made_of_makes_it_raise(pieces: list[bytes]) -> None:
    root = parse(b"".join(pieces))
    for part in root.walk(embedded=True):
        part.text()
    envelope(root.headers)
    body(root)


def test_a_line_behind_the_last_field_belongs_to_the_body() -> None:
    root = parse(b"Content-Type: text/plain\nbar\n\nmore")
    assert (root.content_type, root.body) == ("text/plain", b"bar\n\nmore")
    assert parse(b"no field: at all\n\nmore").body == b"no field: at all\n\nmore"
    assert parse(b"a: 1\nbetween\nb: 2\n\nmore").headers.names() == ("a", "b")


def test_two_delimiters_in_a_row_are_one() -> None:
    root = parse(b"Content-Type: multipart/mixed; boundary=a\n\n--a\n--a\n\nx\n--a--\n")
    assert [part.body for part in root.children] == [b"x"]
