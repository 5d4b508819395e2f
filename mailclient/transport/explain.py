"""Foreign faults of the network in the user's words. No password is ever in one of them."""

from __future__ import annotations

import poplib
import smtplib
import socket
import ssl

from mailclient.account import Server
from mailclient.errors import (
    CertificateRejected,
    LoginRefused,
    MailboxBusy,
    MailError,
    MessageRefused,
    ProtocolFault,
    Unreachable,
)
from mailclient.message.words import clean

FAULTS = (OSError, EOFError, ValueError, poplib.error_proto, smtplib.SMTPException)
LONGEST = 200
_BUSY = ("in-use", "in use", "lock", "login-delay", "sys/temp", "try again", "too many")


def reply_text(reply: object) -> str:
    """What a server said, fit to be shown."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else str(reply)
    return clean(text.strip().removeprefix("b'").removesuffix("'"))[:LONGEST].strip()


def explain(error: BaseException, server: Server, doing: str) -> MailError:
    """The fault as one of ours; `doing` completes 'While ...'."""
    where = server.host
    if isinstance(error, MailError):
        return error
    if isinstance(error, ssl.SSLCertVerificationError):
        return CertificateRejected(
            f"{where} could not prove that it is {where}: {clean(error.verify_message)}.",
            "Nothing was sent to it. Look at the server's name, or ask its provider.",
            reply_text(error),
        )
    if isinstance(error, ssl.SSLError):
        return CertificateRejected(
            f"No encrypted connection to {where} could be set up.",
            "Look at port and security in the account's settings.",
            reply_text(error),
        )
    if isinstance(error, socket.gaierror):
        return Unreachable(
            f"There is no server by the name of {where}, or the network is down.",
            "Look at the name in the account's settings.",
            reply_text(error),
        )
    if isinstance(error, ConnectionRefusedError):
        return Unreachable(
            f"{where} takes no connections on port {server.port}.",
            "Look at the port in the account's settings, or try again later.",
        )
    if isinstance(error, TimeoutError):
        return Unreachable(f"{where} does not answer.", "Try again later.", doing)
    if isinstance(error, smtplib.SMTPResponseException):
        return _smtp_reply(error.smtp_code, error.smtp_error, server, doing)
    if isinstance(error, poplib.error_proto):
        return pop3_reply(error, server, doing)
    if isinstance(error, OSError | EOFError):
        return Unreachable(
            f"The connection to {where} was lost while {doing}.", "Try again.", reply_text(error)
        )
    return ProtocolFault(
        f"{where} answered in a way that cannot be understood, while {doing}.",
        "Try again; if it stays so, tell the provider.",
        reply_text(error),
    )


def pop3_reply(error: poplib.error_proto, server: Server, doing: str) -> MailError:
    """A refusal of a POP3 server (RFC 2449 section 8, RFC 3206)."""
    reply = reply_text(error.args[0] if error.args else "")
    words = reply.lower()
    if "-err" in words and any(word in words for word in _BUSY):
        return MailboxBusy(
            f"The mailbox at {server.host} is in use, or asks to come back later.",
            "Try again in some minutes.",
            reply,
        )
    if "-err" in words and doing == "logging in":
        return LoginRefused(
            f"{server.host} does not accept this user name and password.",
            "Type them again; some providers want a password made for mail programs.",
            reply,
        )
    return ProtocolFault(
        f"{server.host} answered in a way that cannot be understood, while {doing}.",
        "Try again; if it stays so, tell the provider.",
        reply,
    )


def _smtp_reply(code: int, text: bytes | str, server: Server, doing: str) -> MailError:
    """A refusal of a submission server (RFC 5321 section 4.2, RFC 4954)."""
    reply = f"{code} {reply_text(text)}"
    if doing == "logging in" and code in (530, 534, 535, 538):
        return LoginRefused(
            f"{server.host} does not accept this user name and password.",
            "Type them again; some providers want a password made for mail programs.",
            reply,
        )
    if 500 <= code < 600:
        return MessageRefused(
            f"{server.host} does not take the message: {reply_text(text)}", detail=reply
        )
    return MailboxBusy(
        f"{server.host} asks to come back later: {reply_text(text)}", "It is tried again.", reply
    )
