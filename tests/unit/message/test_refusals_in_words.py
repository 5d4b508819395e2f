"""What a server's refusal comes to in the user's words."""

from __future__ import annotations

import pytest

from mailclient.message.status import Cause, Status, advice, cause, sentence

# What servers really say, by the reply code and the words behind it
SAID = [
    (550, "5.1.1 <bob@example.org>: Recipient address rejected: User unknown", Cause.NO_MAILBOX),
    (550, "No such user here", Cause.NO_MAILBOX),
    (550, "5.2.1 The email account that you tried to reach is disabled", Cause.DISABLED),
    (552, "5.2.2 The email account that you tried to reach is over quota", Cause.FULL),
    (452, "4.2.2 Mailbox full", Cause.FULL),
    (552, "5.3.4 Message size exceeds fixed limit", Cause.TOO_LARGE),
    (552, "message too big", Cause.TOO_LARGE),
    (450, "4.2.0 <bob@example.org>: Recipient address rejected: Greylisted", Cause.GREYLISTED),
    (451, "4.7.1 Greylisting in action, please come back later", Cause.GREYLISTED),
    (550, "5.7.1 This message was identified as spam", Cause.SPAM),
    (554, "5.7.1 Service unavailable; Client host [192.0.2.1] blocked by rbl", Cause.SPAM),
    (550, "5.7.1 Relaying denied", Cause.POLICY),
    (550, "5.7.26 This mail is unauthenticated", Cause.UNPROVEN),
    (553, "5.7.1 <a@example.net>: Sender address rejected: not owned by user b", Cause.SENDER),
    (550, "5.1.2 Host unknown (Name server: host not found)", Cause.NO_DOMAIN),
    (556, "5.1.10 Recipient address has null MX", Cause.NO_MAIL_THERE),
    (550, "5.4.6 Routing loop detected", Cause.LOOP),
    (550, "5.4.7 Delivery expired (message too old)", Cause.EXPIRED),
    (452, "4.5.3 Too many recipients", Cause.TOO_MANY),
    (553, "5.6.7 SMTPUTF8 is required", Cause.NEEDS_UTF8),
    (530, "5.7.0 Authentication required", Cause.LOGIN),
    (530, "Authentication required", Cause.LOGIN),
    (421, "4.3.2 Service shutting down", Cause.SERVER_BUSY),
    (421, "4.7.28 Gmail has detected an unusual rate of mail", Cause.TOO_FAST),
    (0, "5.1.1", Cause.NO_MAILBOX),
    (0, "", Cause.UNKNOWN),
    (550, "5.999.999 what", Cause.UNKNOWN),
]


@pytest.mark.parametrize(("code", "text", "wanted"), SAID)
def test_what_servers_say_is_understood(code: int, text: str, wanted: Cause) -> None:
    assert cause(code, text) is wanted


def test_a_person_reads_who_and_where() -> None:
    told = sentence(Cause.NO_MAILBOX, recipient="bob@example.org", server="smtp.example.net")
    assert told == "bob@example.org does not exist at example.org."
    assert sentence(Cause.SPAM, server="mx.example.org").startswith("mx.example.org takes")


@pytest.mark.parametrize("one", list(Cause), ids=lambda one: str(one.value))
def test_each_cause_is_a_sentence_and_a_next_step_even_if_nothing_is_known(one: Cause) -> None:
    for told in (
        sentence(one),
        sentence(one, recipient="bob@example.org"),
        sentence(one, server="mx.example.org"),
        advice(one),
    ):
        assert told.endswith(".")
        assert "{" not in told
        assert told[0].isupper() or told.startswith(("bob@", "mx.", "example.org "))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("5.1.1 unknown", "5.1.1"),
        (" 4.7.500", "4.7.500"),
        ("2.0.0 Ok", "2.0.0"),
        ("5.1.1.1 no", ""),
        ("3.1.1", ""),
        ("5.1", ""),
        ("see 5.1.1", ""),
        ("192.0.2.1 blocked", ""),
    ],
)
def test_a_code_is_read_where_a_text_begins_with_one(text: str, wanted: str) -> None:
    assert str(Status.parse(text) or "") == wanted


def test_a_code_of_class_five_is_for_good() -> None:
    found = Status.parse("5.2.2 full")
    assert found is not None
    assert found.permanent
    assert found == Status(5, 2, 2)
