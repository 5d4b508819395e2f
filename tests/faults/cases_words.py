"""I5: every class of fault is told in plain words, with a next step; all of them are walked."""

from __future__ import annotations

import ast
import errno
import os
import poplib
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import mailclient
from mailclient import errors
from mailclient.account import Security, Server
from mailclient.errors import Cancelled, MailError
from mailclient.transport.explain import (
    CONNECTING,
    ENCRYPTING,
    FAULTS,
    LOGGING_IN,
    explain,
)
from tests.faults.oracle import plain
from tests.faults.registry import Bench, case

ROOT = Path(mailclient.__file__).parent
SECRET = "the password itself"
SERVER = Server("pop.example.org", 995, Security.TLS, username="bob")
SAID = "x"  # stands for whatever is put into a sentence
WANT_A_STEP = {"Unreachable", "CertificateRejected", "LoginRefused", "MailboxBusy"}
WANT_A_STEP |= {"ProtocolFault", "StoreFull"}
REPLIES = (
    b"-ERR",
    b"-ERR [AUTH] no",
    b"-ERR [IN-USE] locked",
    b"-ERR [LOGIN-DELAY] wait",
    b"-ERR [SYS/TEMP] later",
    b"-ERR [SYS/PERM] never",
    b"-ERR Traceback (most recent call last): OSError: [Errno 5]",
    b"-ERR \x1b[31m\xff\x00",
    b"+OK",
    b"",
    b"HTTP/1.1 302 Found",
    b"<html>",
    b"\xff" * 5000,
)


def network_faults() -> Iterator[BaseException]:
    """Every fault that the system, TLS and a server can have."""
    for number in errno.errorcode:
        yield OSError(number, os.strerror(number))
    for name in dir(socket):
        if name.startswith("EAI_"):
            number = getattr(socket, name)
            yield socket.gaierror(number, f"[Errno {number}] name or service not known")
    yield from (TimeoutError(), TimeoutError("timed out"), EOFError(), ConnectionResetError())
    for code in range(100):
        fault = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] (_ssl.c:1006)")
        fault.verify_code, fault.verify_message = code, "unable to get it"
        yield fault
    for reason in ("WRONG_VERSION_NUMBER", "UNSUPPORTED_PROTOCOL", "TLSV1_ALERT", "", "EOF"):
        fault_ = ssl.SSLError(1, f"[SSL: {reason}] something (_ssl.c:1006)")
        fault_.reason = reason
        yield fault_
    yield ssl.SSLEOFError(8, "EOF occurred in violation of protocol (_ssl.c:1006)")
    for reply in REPLIES:
        yield poplib.error_proto(reply)
    for words in ("-ERR EOF", "line too long", "too much was said"):
        yield poplib.error_proto(words)
    yield ValueError(f"'{SECRET}' cannot be sent")
    yield UnicodeEncodeError("ascii", SECRET, 0, 1, "ordinal not in range")


@case("I5", "every fault of the network, of TLS and of a server is told plainly, with a next step")
def faults_of_the_network(bench: Bench) -> None:
    for fault in network_faults():
        assert isinstance(fault, FAULTS)
        for doing in (CONNECTING, ENCRYPTING, LOGGING_IN, "receiving", "a message was fetched"):
            told = explain(fault, SERVER, doing)
            assert isinstance(told, MailError)
            assert told.advice, (fault, told)
            plain(told.text)
            plain(told.advice)
            assert SECRET not in str(told), fault
            bench.tries["faults told"] += 1


def sentences() -> Iterator[tuple[str, str, str, str | None]]:
    """Where a fault is made in the program, of which class, with which words and which advice."""
    kinds = {name for name, one in vars(errors).items() if isinstance(one, type)}
    kinds |= {"Uncertain"}
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(kind), args=[first, *others]) if kind in kinds:
                    text = literal(first)
                    advice = literal(others[0]) if others else ""
                    if text:
                        yield f"{path.relative_to(ROOT)}:{node.lineno}", kind, text, advice


def literal(node: ast.expr) -> str | None:
    """The text of a literal, with something in each gap; None where it comes from elsewhere."""
    match node:
        case ast.Constant(str(text)):
            return text
        case ast.JoinedStr(pieces):
            return "".join(
                str(one.value) if isinstance(one, ast.Constant) else SAID for one in pieces
            )
    return None


@case("I5", "every sentence that the program can say of a fault is one, and says what to do next")
def sentences_of_the_program(bench: Bench) -> None:
    for where, kind, text, advice in sentences():
        bench.tries["sentences"] += 1
        ended = text if text.endswith(SAID) else text.rstrip("\"')")
        assert ended.endswith((".", "!", "?", SAID)), f"{where}: {text}"
        assert text[0].isupper() or text[0] in f"{SAID}'\"0123456789", f"{where}: {text}"
        plain(text.rstrip(SAID).rstrip(": ").rstrip(".") + ".")
        if advice:
            plain(advice if not advice.endswith(SAID) else advice + ".")
        # What a look for servers finds is a reason in its report, which has a next step of its own.
        if kind in WANT_A_STEP and advice is not None and "discover" not in where:
            assert advice, f"{where}: {text} - and then?"
    assert bench.tries["sentences"] > 100
    assert not Cancelled("Stopped.").advice
