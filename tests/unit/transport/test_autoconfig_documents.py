"""What is taken from an autoconfig document, and what is refused: it is a stranger's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailclient.account import Authentication, Security
from mailclient.errors import BadInput, MailError, NotFound
from mailclient.transport.discover.autoconfig import LARGEST, read
from mailclient.transport.reach import host_name

ANN = "ann.smith@example.org"


def server(kind: str, **values: str) -> str:
    """One server element, with what the test does not say filled in."""
    tag = "incomingServer" if kind in ("pop3", "imap", "exchange") else "outgoingServer"
    said = {
        "hostname": f"{kind}.example.org",
        "port": "995" if tag == "incomingServer" else "465",
        "socketType": "SSL",
        "username": "%EMAILADDRESS%",
        "authentication": "password-cleartext",
    } | values
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in said.items() if value)
    return f'<{tag} type="{kind}">{inner}</{tag}>'


def config(*servers: str) -> bytes:
    inner = f'<emailProvider id="x">{"".join(servers)}</emailProvider>'
    return f'<clientConfig version="1.1">{inner}</clientConfig>'.encode()


def test_pop3_and_smtp_are_taken_and_everything_else_is_passed_over() -> None:
    incoming, outgoing = read(
        config(server("imap"), server("exchange"), server("pop3"), server("smtp"), "<ews/>"), ANN
    )
    assert (incoming.host, incoming.port, incoming.security) == (
        "pop3.example.org",
        995,
        Security.TLS,
    )
    assert (outgoing.host, outgoing.port, outgoing.username) == ("smtp.example.org", 465, ANN)


def test_placeholders_are_filled_in_here() -> None:
    incoming, outgoing = read(
        config(
            server("pop3", hostname="mail.%EMAILDOMAIN%", username="%EMAILLOCALPART%"),
            server("smtp", username="%EMAILLOCALPART%/%EMAILDOMAIN%"),
        ),
        ANN,
    )
    assert (incoming.host, incoming.username) == ("mail.example.org", "ann.smith")
    assert outgoing.username == "ann.smith/example.org"


def test_the_safest_server_is_taken_whatever_comes_first() -> None:
    incoming, outgoing = read(
        config(
            server("pop3", socketType="plain", port="110"),
            server("pop3", socketType="STARTTLS", port="110"),
            server("pop3"),
            server("smtp", socketType="plain", port="25"),
            server("smtp", socketType="STARTTLS", port="587"),
        ),
        ANN,
    )
    assert (incoming.security, incoming.port) == (Security.TLS, 995)
    assert (outgoing.security, outgoing.port) == (Security.STARTTLS, 587)


@pytest.mark.parametrize(
    ("ways", "expected"),
    [
        ("<authentication>OAuth2</authentication>", Authentication.OAUTH2),
        (
            "<authentication>OAuth2</authentication><authentication>password-cleartext</authentication>",
            Authentication.PASSWORD,
        ),
        ("<authentication>password-encrypted</authentication>", Authentication.PASSWORD),
        ("", Authentication.PASSWORD),
    ],
)
def test_a_password_is_preferred_where_it_is_taken(ways: str, expected: Authentication) -> None:
    plain = server("pop3", authentication="").replace("</incomingServer>", "")
    incoming, _ = read(config(f"{plain}{ways}</incomingServer>", server("smtp")), ANN)
    assert incoming.authentication is expected


def test_a_server_that_is_logged_in_to_by_unknown_means_is_passed_over() -> None:
    with pytest.raises(BadInput, match="does not know"):
        read(config(server("pop3", authentication="GSSAPI"), server("smtp")), ANN)


def test_without_pop3_nothing_is_found() -> None:
    with pytest.raises(NotFound, match="no POP3"):
        read(config(server("imap"), server("smtp")), ANN)


def test_one_malformed_server_does_not_spoil_the_next() -> None:
    incoming, _ = read(
        config(server("pop3", port="many"), server("pop3", port="9995"), server("smtp")), ANN
    )
    assert incoming.port == 9995


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.0.0.7",
        "[::1]",
        "2130706433",
        "0x7f.1",
        "localhost",
        "router.local",
        "mail.lan",
        "printer",
        "pop.example.org/../",
        "pop.example.org:25",
        "user@pop.example.org",
        "pop example org",
        "pop.example.org&#10;QUIT",
        "%EMAILLOCALPART%.evil.example",
        "%EMAILADDRESS%",
        "-pop.example.org",
        "pop..example.org",
        "a" * 64 + ".example.org",
        ".".join(["abcdefgh"] * 40),
    ],
)
def test_what_is_not_the_public_name_of_a_host_is_refused(host: str) -> None:
    with pytest.raises(BadInput):
        read(config(server("pop3", hostname=host), server("smtp")), ANN)


@pytest.mark.parametrize("port", ["0", "65536", "-1", "9 95", "٩٩٥", "1e3", "99999999999999999"])
def test_what_is_no_port_is_refused(port: str) -> None:
    with pytest.raises(BadInput):
        read(config(server("pop3", port=port), server("smtp")), ANN)


def test_a_user_name_with_a_line_break_is_refused() -> None:
    with pytest.raises(BadInput):
        read(config(server("pop3", username="ann&#13;&#10;DELE 1"), server("smtp")), ANN)


LAUGHS = b"""<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]>
<clientConfig><emailProvider>&d;</emailProvider></clientConfig>"""
OUTSIDE = b"""<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<clientConfig><emailProvider>&x;</emailProvider></clientConfig>"""
FAR_DTD = b'<!DOCTYPE clientConfig SYSTEM "https://evil.example/x.dtd"><clientConfig/>'


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 100,
        b"<html><body>Please log in to this hotspot</body></html>",
        b"<clientConfig><emailProvider>",
        b"<clientConfig/>",
        b'<?xml version="1.0" encoding="no-such"?><clientConfig/>',
        b"<a>" * 20_000,
        b"<clientConfig>" + b"<x>" * 9000 + b"</x>" * 9000 + b"</clientConfig>",
        b"<clientConfig>" + b" " * LARGEST + b"</clientConfig>",
        LAUGHS,
        OUTSIDE,
        FAR_DTD,
    ],
    ids=[
        "empty", "zeros", "a-page", "cut", "no-provider", "encoding", "open", "deep", "large",
        "laughs", "file", "dtd",
    ],
)  # fmt: skip
def test_hostile_documents_are_refused(data: bytes) -> None:
    with pytest.raises(BadInput):
        read(data, ANN)


def test_only_the_first_twenty_servers_are_looked_at() -> None:
    many = [server("pop3", socketType="plain") for _ in range(200)]
    incoming, _ = read(config(*many, server("pop3"), server("smtp")), ANN)
    assert incoming.security is Security.NONE


SOUND = config(server("pop3"), server("smtp"))


@given(st.binary(max_size=300), st.integers(0, len(SOUND)), st.integers(0, 40))
def test_whatever_comes_is_read_or_refused_and_nothing_else(junk: bytes, at: int, cut: int) -> None:
    for data in (junk, SOUND[:at] + junk + SOUND[at + cut :]):
        try:
            incoming, outgoing = read(data, ANN)
        except MailError:
            continue
        assert host_name(incoming.host) == incoming.host
        assert host_name(outgoing.host) == outgoing.host
