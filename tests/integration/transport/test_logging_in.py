"""Every way to log in, against a real Dovecot; what a server may not ask for is not given."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailclient.account import Authentication, Security, Server
from mailclient.cancel import CancelToken
from mailclient.errors import (
    BadInput,
    CertificateRejected,
    LoginRefused,
    MailboxBusy,
    MailError,
    ProtocolFault,
    Unreachable,
)
from mailclient.transport import pop3, sasl
from tests.integration.transport.conftest import fetched
from tests.servers.dovecot import token
from tests.servers.scripted import Conversation, Script, scripted
from tests.servers.surroundings import MailServers

SECRET = "the secret"
BY_PASSWORD = ["SCRAM-SHA-256", "PLAIN", "LOGIN", "CRAM-MD5", "USER", "APOP"]
BY_TOKEN = ["XOAUTH2", "OAUTHBEARER"]
KINDS = [Security.TLS, Security.STARTTLS, Security.NONE]


def incoming(
    servers: MailServers, security: Security = Security.TLS, name: str = "alice"
) -> Server:
    server = servers.account(name, security).incoming
    assert server is not None
    return server


def logged_in_by(server: Server, secret: str) -> str:
    with pop3.connect(server, secret, CancelToken()) as session:
        session.listing()
        return session.logged_in_by


@pytest.mark.parametrize("security", KINDS)
@pytest.mark.parametrize("name", BY_PASSWORD)
def test_dovecot_takes_the_password_by(
    name: str, security: Security, mail_servers: MailServers
) -> None:
    server = replace(incoming(mail_servers, security), mechanism=name)
    assert logged_in_by(server, mail_servers.password("alice")) == name
    with pytest.raises(LoginRefused) as refused:
        logged_in_by(server, "not this one")
    assert "not this one" not in f"{refused.value} {refused.value.detail}"


@pytest.mark.parametrize("name", BY_TOKEN)
def test_dovecot_takes_a_token_by(name: str, mail_servers: MailServers) -> None:
    server = replace(incoming(mail_servers), authentication=Authentication.OAUTH2, mechanism=name)
    assert logged_in_by(server, token("alice")) == name
    with pytest.raises(LoginRefused, match="sign in again"):
        logged_in_by(server, token("alice", lasts=-60))


def test_the_best_way_is_taken_unasked(mail_servers: MailServers) -> None:
    assert logged_in_by(incoming(mail_servers), mail_servers.password("alice")) == "SCRAM-SHA-256"
    by_token = replace(incoming(mail_servers), authentication=Authentication.OAUTH2)
    assert logged_in_by(by_token, token("alice")) == "XOAUTH2"


def test_a_way_that_nobody_knows_is_told(mail_servers: MailServers) -> None:
    with pytest.raises(BadInput, match="TELEPATHY"):
        logged_in_by(replace(incoming(mail_servers), mechanism="telepathy"), SECRET)


# What is chosen


def server(**changes: object) -> Server:
    return replace(Server("pop.example.org", 995, username="ann"), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("offered", "encrypted", "chosen"),
    [
        ({"PLAIN", "CRAM-MD5", "USER"}, True, "PLAIN"),
        ({"PLAIN", "CRAM-MD5", "USER"}, False, "CRAM-MD5"),
        ({"PLAIN", "SCRAM-SHA-256"}, True, "SCRAM-SHA-256"),
        ({"USER", "APOP"}, True, "USER"),
        ({"USER", "APOP"}, False, "APOP"),
        ({"USER"}, False, "USER"),
    ],
)
def test_an_open_connection_shows_the_password_last(
    offered: set[str], encrypted: bool, chosen: str
) -> None:
    assert sasl.choose(server(), offered, encrypted=encrypted) == chosen


def test_a_server_that_could_do_without_the_password_in_clear_does_not_get_it() -> None:
    proven = server(proven="CRAM-MD5")
    with pytest.raises(LoginRefused, match="in clear"):
        sasl.choose(proven, {"PLAIN", "USER"}, encrypted=False)
    assert sasl.choose(proven, {"PLAIN"}, encrypted=True) == "PLAIN"


def test_where_nothing_fits_nothing_is_tried() -> None:
    with pytest.raises(LoginRefused, match="no way to log in"):
        sasl.choose(server(), {"GSSAPI"}, encrypted=True)


# Servers that cheat


def asked_by(*lines: bytes) -> Script:
    """A server that offers SCRAM and answers so."""

    def script(conversation: Conversation) -> None:
        conversation.say(b"+OK ready\r\n")
        conversation.answer(b"CAPA", b"+OK\r\nSASL SCRAM-SHA-256\r\nUSER\r\n.\r\n")
        conversation.hear(b"AUTH SCRAM-SHA-256")
        for line in lines:
            conversation.say(line + b"\r\n")
            if line.startswith(b"+ "):
                conversation.hear()
        conversation.wait_until_gone()

    return script


CHEATS = {
    "takes any password unproved": [b"+OK welcome"],
    "a nonce that is not ours": [b"+ cj1uZXcscz1jMkZzZEE9PSxpPTQwOTY="],
    "no base64": [b"+ ???"],
    "a proof out of nowhere": [b"+ dj1jM1Z5WlE9PQ=="],
}


@pytest.mark.parametrize("lines", CHEATS.values(), ids=CHEATS.keys())
def test_a_server_that_does_not_know_the_password_is_found_out(lines: list[bytes]) -> None:
    with (
        scripted(asked_by(*lines)) as running,
        pytest.raises(ProtocolFault),
    ):
        logged_in_by(running.server(), SECRET)


def test_the_example_of_rfc_7677_gives_its_proof() -> None:
    scram = sasl.Scram("user", "pencil", nonce="rOprNGfwEbeRWgbNEkqO")
    assert scram.first() == b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
    proof = scram.answer(
        b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    )
    assert proof == (
        b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
        b"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    )
    assert scram.answer(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=") == b""
    scram.finish()


@pytest.mark.parametrize(
    ("text", "prepared"),
    [
        ("I\u00adX", "IX"),
        ("\u00aa", "a"),
        ("\u2168", "IX"),
        ("a\u00a0b", "a b"),
        ("a\u0007", "a\u0007"),
    ],
)
def test_passwords_are_prepared_as_rfc_4013_has_it(text: str, prepared: str) -> None:
    assert sasl.saslprep(text) == prepared


def test_a_token_is_sent_at_once_to_a_server_that_wants_it_so() -> None:
    def script(conversation: Conversation) -> None:
        conversation.say(b"+OK ready\r\n")
        conversation.answer(b"CAPA", b"+OK\r\nSASL XOAUTH2\r\n.\r\n")
        conversation.answer(b"AUTH XOAUTH2", b"-ERR the token comes with the command\r\n")
        conversation.answer(b"AUTH XOAUTH2 ", b"+OK\r\n")
        conversation.answer(b"LIST", b"+OK\r\n.\r\n")
        conversation.answer(b"UIDL", b"+OK\r\n.\r\n")
        conversation.answer(b"QUIT", b"+OK\r\n")

    with scripted(script) as running:
        wanted = running.server(authentication=Authentication.OAUTH2)
        assert logged_in_by(wanted, "token") == "XOAUTH2"


def test_an_endless_answer_to_capa_is_cut_off() -> None:
    def script(conversation: Conversation) -> None:
        conversation.say(b"+OK ready\r\n")
        conversation.answer(b"CAPA", b"+OK\r\n" + b"NEVER-ENDING\r\n" * 100_000)
        conversation.wait_until_gone()

    with scripted(script) as running, pytest.raises(ProtocolFault):
        logged_in_by(running.server(), SECRET)


# What a refusal means


def refusing(reply: bytes, *, codes: bool = True) -> Script:
    """A server that refuses the password with these words."""

    def script(conversation: Conversation) -> None:
        conversation.say(b"+OK ready\r\n")
        offers = b"USER\r\nRESP-CODES\r\n" + (b"AUTH-RESP-CODE\r\n" if codes else b"")
        conversation.answer(b"CAPA", b"+OK\r\n" + offers + b".\r\n")
        conversation.answer(b"USER", b"+OK\r\n")
        conversation.answer(b"PASS", reply + b"\r\n")
        conversation.wait_until_gone()

    return script


@pytest.mark.parametrize(
    ("reply", "codes", "kind", "words"),
    [
        (b"-ERR [AUTH] no", True, LoginRefused, "user name and password"),
        (b"-ERR [AUTH] too many tries", True, LoginRefused, "user name and password"),
        (b"-ERR no", False, LoginRefused, "user name and password"),
        (b"-ERR [IN-USE] wait", True, MailboxBusy, "in use: another program"),
        (b"-ERR maildrop already locked", False, MailboxBusy, "in use: another program"),
        (b"-ERR [LOGIN-DELAY] wait", True, MailboxBusy, "a pause between two collections"),
        (b"-ERR [SYS/TEMP] disk", True, MailboxBusy, "passing trouble"),
        (b"-ERR Temporary failure", False, MailboxBusy, "passing trouble"),
        (b"-ERR [SYS/PERM] gone", True, Unreachable, "lasting trouble"),
        (b"-ERR backend down", True, MailboxBusy, "not because of the password"),
        (b"-ERR invalid password", True, LoginRefused, "user name and password"),
    ],
)
def test_a_refused_log_in_is_told_by_its_reason(
    reply: bytes, codes: bool, kind: type[MailError], words: str
) -> None:
    with scripted(refusing(reply, codes=codes)) as running, pytest.raises(kind, match=words):
        logged_in_by(running.server(), SECRET)


def test_utf8_is_asked_for_where_it_is_offered_and_names_go_in_it() -> None:
    def script(conversation: Conversation) -> None:
        conversation.say(b"+OK ready\r\n")
        conversation.answer(b"CAPA", b"+OK\r\nUTF8 USER\r\nUSER\r\n.\r\n")
        conversation.answer(b"UTF8", b"+OK\r\n")
        assert conversation.hear(b"USER") == "USER björn".encode()
        conversation.say(b"+OK\r\n")
        conversation.answer(b"PASS", b"+OK\r\n")
        conversation.answer(b"LIST", b"+OK\r\n1 40\r\n.\r\n")
        conversation.answer(b"UIDL", b"+OK\r\n1 a\r\n.\r\n")
        conversation.answer(b"RETR 1", "+OK\r\nSubject: Grüße\r\n\r\nJa\r\n.\r\n".encode())
        conversation.answer(b"QUIT", b"+OK\r\n")

    with scripted(script) as running:
        wanted = replace(running.server(), username="björn")
        with pop3.connect(wanted, "pw", CancelToken()) as session:
            session.listing()
            assert fetched(session) == "Subject: Grüße\r\n\r\nJa\r\n".encode()


# Less protection than before


def open_server(conversation: Conversation) -> None:
    """A server that knows no encryption, whatever port it is asked on."""
    conversation.say(b"+OK ready\r\n")
    conversation.answer(b"STLS", b"-ERR unknown command\r\n")
    conversation.wait_until_gone()


@pytest.mark.parametrize(
    ("security", "words"),
    [
        (Security.STARTTLS, "offers no encryption .* did encrypt before"),
        (Security.NONE, "is not encrypted, but it was before"),
    ],
)
def test_less_encryption_than_before_is_refused_with_the_facts(
    security: Security, words: str
) -> None:
    with scripted(open_server) as running:
        wanted = replace(running.server(security), encrypted="TLS 1.3")
        with pytest.raises(CertificateRejected, match=words) as refused:
            logged_in_by(wanted, SECRET)
    assert "(TLS 1.3)" in str(refused.value)
    assert SECRET.encode() not in running.heard


def test_a_port_that_answers_in_clear_is_told_as_that() -> None:
    def script(conversation: Conversation) -> None:
        conversation.say(b"+OK this is not TLS\r\n")
        conversation.wait_until_gone()

    with scripted(script) as running:
        wanted = replace(running.server(Security.TLS), encrypted="TLS 1.3")
        with pytest.raises(CertificateRejected, match="answers without encryption") as refused:
            logged_in_by(wanted, SECRET)
    assert "did encrypt before" in str(refused.value)


def test_a_server_with_nothing_but_the_least_is_told_with_what_it_costs() -> None:
    def script(conversation: Conversation) -> None:
        conversation.pop3_log_in()
        conversation.answer(b"LIST", b"+OK\r\n1 40\r\n.\r\n")
        conversation.answer(b"UIDL", b"-ERR unknown\r\n")
        conversation.answer(b"TOP", b"-ERR unknown\r\n")
        conversation.answer(b"QUIT", b"+OK\r\n")

    with scripted(script) as running:
        told = pop3.check(running.server(), SECRET, CancelToken())
    assert told.startswith("Logged in: 1 message, 40 bytes (not encrypted, USER).")
    assert [one in told for one in ("(CAPA)", "(TOP)", "(UIDL)")] == [True] * 3
