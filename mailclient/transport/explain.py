"""Foreign faults of the network in the user's words. No password is ever in one of them."""

from __future__ import annotations

import errno
import poplib
import socket
import ssl

from mailclient.account import Authentication, Server
from mailclient.errors import (
    CertificateRejected,
    LoginRefused,
    MailboxBusy,
    MailError,
    ProtocolFault,
    Unreachable,
)
from mailclient.message.words import clean

FAULTS = (OSError, EOFError, ValueError, poplib.error_proto)
LONGEST = 200
CONNECTING, ENCRYPTING, LOGGING_IN = "connecting", "setting up encryption", "logging in"
_WEB = ("http/", "<html", "<!doctype")
_IN_USE_WORDS = ("in use", "lock maildrop", "lock mailbox", "already locked")
_LATER_WORDS = ("try again", "too many", "temporar")
_SECRET_WORDS = ("password", "authenti", "credential", "invalid", "incorrect", "unknown user")


def reply_text(reply: object) -> str:
    """What a server, or the system, said; fit to be shown."""
    if isinstance(reply, OSError) and isinstance(reply.strerror, str):
        reply = reply.strerror
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else str(reply)
    return clean(text.strip())[:LONGEST].strip()


def explain(error: BaseException, server: Server, doing: str) -> MailError:
    """The fault as one of ours; `doing` completes 'The connection was lost while ...'."""
    if isinstance(error, MailError):
        return error
    if isinstance(error, ssl.SSLError):
        return _tls_fault(error, server, doing)
    if isinstance(error, poplib.error_proto):
        return _poplib_fault(error, server, doing)
    if isinstance(error, OSError | EOFError):
        return _unreachable(error, server, doing)
    return protocol_fault(server, doing, reply_text(error))


_NO_WAY = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL}
_VERIFY_CODES = {  # X509_verify_cert_error_string(3)
    9: "its certificate is not valid yet (is this computer's clock right?)",
    10: "its certificate has run out",
    18: "it has made its certificate itself",
    19: "its certificate comes from an authority that this computer does not know",
    20: "its certificate comes from an authority that this computer does not know",
    21: "its certificate comes from an authority that this computer does not know",
    23: "its certificate was withdrawn",
    62: "its certificate is for another server",
    64: "its certificate is for another server",
    66: "the key in its certificate is too weak",
    67: "the key in its certificate is too weak",
    68: "its certificate is signed in a way that is too weak",
}


def certificate_fault(error: ssl.SSLCertVerificationError) -> str:
    """What is wrong with a certificate, as the end of a sentence."""
    return _VERIFY_CODES.get(error.verify_code) or clean(error.verify_message).rstrip(".")


def _tls_fault(error: ssl.SSLError, server: Server, doing: str) -> MailError:
    where = server.host
    if isinstance(error, ssl.SSLCertVerificationError):
        return CertificateRejected(
            f"{where} could not prove that it is {where}: {certificate_fault(error)}.",
            "Nothing was sent to it. Look at the server's name, or ask its provider.",
            reply_text(error),
        )
    if _wants_own(error):
        return CertificateRejected(
            f"{where} lets nobody in without a certificate of their own.",
            "Ask whoever runs it for one, and name the file in the account's settings, under "
            "Certificates.",
            reply_text(error),
        )
    if doing in (CONNECTING, ENCRYPTING):
        return no_encryption(server, _why_open(error, server), error)
    return Unreachable(
        f"The connection to {where} was lost while {doing}.", "Try again.", reply_text(error)
    )


def _wants_own(error: ssl.SSLError) -> bool:
    """Whether the server has asked for a certificate, and got none that it knows (RFC 8446 section
    6.2)."""
    reason = (getattr(error, "reason", "") or "").upper()
    return any(one in reason for one in _ALERTS_ON_OURS)


_ALERTS_ON_OURS = ("CERTIFICATE_REQUIRED", "ALERT_UNKNOWN_CA", "ALERT_BAD_CERTIFICATE")


def _why_open(error: ssl.SSLError, server: Server) -> str:
    """Why TLS has not come about, as far as OpenSSL tells."""
    where, reason = server.host, (getattr(error, "reason", "") or "").upper()
    if "WRONG_VERSION_NUMBER" in reason or "RECORD_LAYER" in reason or "HTTP_REQUEST" in reason:
        return f"{where} answers without encryption on port {server.port}."
    if "PROTOCOL_VERSION" in reason or "UNSUPPORTED_PROTOCOL" in reason:
        return f"{where} knows only outdated encryption; TLS 1.2 is the least that is taken."
    return f"No encrypted connection to {where} could be set up."


def to_be_open(server: Server) -> CertificateRejected:
    """The settings say that a connection is open which was encrypted before."""
    return CertificateRejected(
        f"The settings say that the connection to {server.host} is not encrypted, but it was "
        f"before ({server.encrypted}). Nothing was sent to it.",
        "Choose TLS or STARTTLS in the account's settings. If it really is to go in clear, say so: "
        "'mailclient account set ADDRESS pop3-in-clear=yes' (or smtp-in-clear, for sending).",
    )


def no_encryption(server: Server, text: str, error: object = "") -> CertificateRejected:
    """A server that does not encrypt; graver where it did so before."""
    detail = reply_text(error)
    if server.encrypted:
        return CertificateRejected(
            f"{text} It did encrypt before ({server.encrypted}), so somebody on the way may be "
            "listening. Nothing was sent to it.",
            "Try another network. If the server really has changed, ask its provider.",
            detail,
        )
    return CertificateRejected(
        f"{text} Nothing was sent to it.",
        "Look at port and security in the account's settings, or ask the provider.",
        detail,
    )


def _unreachable(error: BaseException, server: Server, doing: str) -> Unreachable:
    where = server.host
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
    if isinstance(error, OSError) and error.errno in _NO_WAY:
        return Unreachable(
            f"There is no way from this computer to {where}.",
            "Look whether the network works, then try again.",
            reply_text(error),
        )
    return Unreachable(
        f"The connection to {where} was lost while {doing}.", "Try again.", reply_text(error)
    )


def _poplib_fault(error: poplib.error_proto, server: Server, doing: str) -> MailError:
    """What the server said comes as bytes; what the library says of it comes as text."""
    said = error.args[0] if error.args else ""
    if isinstance(said, bytes):
        return pop3_reply(said, server, doing)
    if "EOF" in str(said):
        return _unreachable(EOFError(), server, doing)
    return protocol_fault(server, doing, reply_text(said))


def pop3_reply(said: bytes, server: Server, doing: str) -> MailError:
    """A refusal of a POP3 server (RFC 2449 section 8, RFC 3206)."""
    reply = reply_text(said)
    words = reply.lower()
    if words.startswith(_WEB):
        return web_page(server, reply)
    if not words.startswith("-err"):
        return protocol_fault(server, doing, reply)
    busy = _busy(words, server, reply)
    if busy is not None:
        return busy
    if "[sys/perm]" in words:
        return Unreachable(
            f"{server.host} has a lasting trouble with this mailbox.",
            "Only its provider can mend that; tell them what it says.",
            reply,
        )
    if doing == LOGGING_IN:
        return login_refused(server, reply)
    if doing == CONNECTING:
        return Unreachable(f"{server.host} takes no connections now.", "Try again later.", reply)
    return protocol_fault(server, doing, reply)


def _busy(words: str, server: Server, reply: str) -> MailboxBusy | None:
    """A refusal that passes; by its code, or where there is none by its words."""
    where, uncoded = server.host, "[auth]" not in words and "[sys/perm]" not in words
    if "[in-use]" in words or (uncoded and any(one in words for one in _IN_USE_WORDS)):
        return MailboxBusy(
            f"The mailbox at {where} is in use: another program or device is collecting from it.",
            "Close it there, or wait some minutes.",
            reply,
        )
    if "[login-delay" in words:
        return MailboxBusy(
            f"{where} asks to come back later: it wants a pause between two collections.",
            "Let mail be collected less often, in the account's settings.",
            reply,
        )
    if "[sys/temp" in words or (uncoded and any(one in words for one in _LATER_WORDS)):
        return MailboxBusy(
            f"{where} has a passing trouble and asks to come back later.",
            "Your password is not the reason; try again in some minutes.",
            reply,
        )
    return None


def not_the_password(said: bytes, server: Server) -> MailError | None:
    """A refused log-in without a code, by a server that gives a code (RFC 3206 section 3) where
    name or password is the reason; None where its words speak of them all the same."""
    reply = reply_text(said)
    words = reply.lower()
    if not words.startswith("-err") or "[" in words or any(one in words for one in _SECRET_WORDS):
        return None
    return _busy(words, server, reply) or MailboxBusy(
        f"{server.host} did not let us in, but not because of the password.",
        "Try again later; if it stays so, tell the provider what it says.",
        reply,
    )


def web_page(server: Server, reply: str) -> Unreachable:
    """What answers is no mail server: a network that wants a sign-in first, as in hotels."""
    return Unreachable(
        f"A web page answers in place of {server.host}; nothing was sent to it.",
        "This network may want you to sign in: open a web browser, then try again.",
        reply,
    )


def login_refused(server: Server, reply: str) -> LoginRefused:
    """Name and password, or the token in place of one, are not accepted."""
    if server.authentication is Authentication.OAUTH2:
        return LoginRefused(
            f"{server.host} does not accept this sign-in any more.",
            "Please sign in again.",
            reply,
        )
    return LoginRefused(
        f"{server.host} does not accept this user name and password.",
        "Type them again; some providers want a password made for mail programs.",
        reply,
    )


def protocol_fault(server: Server, doing: str, detail: str = "") -> ProtocolFault:
    """An answer that the protocol does not know."""
    return ProtocolFault(
        f"{server.host} answered in a way that cannot be understood, while {doing}.",
        "The connection was dropped. Try again; if it stays so, tell the provider.",
        detail,
    )
