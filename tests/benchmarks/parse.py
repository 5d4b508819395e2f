"""Our parser beside others: to subject, people, date and plain text, over the same messages.

The standard library's default policy is 1; then its older form, ours, and GMime and
fast-mail-parser where they are installed. The texts are compared with the standard library's.
"""

from __future__ import annotations

import argparse
import email
import time
from collections.abc import Callable, Sequence
from email import policy
from email.headerregistry import Address as TheirAddress
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime
from pathlib import Path
from statistics import median
from typing import Any

from mailclient.message.body import body
from mailclient.message.tree import parse
from tests.benchmarks import report
from tests.benchmarks.letters import Letters
from tests.benchmarks.mailbox import messages

ATTACHED = 8 * 1024 * 1024
REPEAT = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the benchmark can be told."""
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--json", type=Path)


Read = tuple[str, list[str], object, str]  # subject, addresses, date, text


def ours(raw: bytes) -> Read:
    """By our tree."""
    root = parse(raw)
    seen = root.envelope
    people = [one.address for one in (*seen.from_, *seen.to, *seen.cc)]
    return seen.subject, people, seen.date, body(root, formatted=False).text


def default(raw: bytes) -> Read:
    """By the standard library as it recommends."""
    message = email.message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    people: list[str] = []
    for name in ("from", "to", "cc"):
        if message[name] is not None:
            addresses: Sequence[TheirAddress] = message[name].addresses
            people += [one.addr_spec for one in addresses]
    part = message.get_body(("plain", "html"))
    text = part.get_content() if part is not None else ""
    return str(message["subject"] or ""), people, message["date"].datetime, text


def compat32(raw: bytes) -> Read:
    """By the standard library as it was."""
    message = email.message_from_bytes(raw)
    people = [
        address for name in ("from", "to", "cc")
        for _, address in getaddresses(message.get_all(name, []))
    ]  # fmt: skip
    text = ""
    for part in message.walk():
        if part.get_content_type() == "text/plain" and not part.get_filename():
            data = part.get_payload(decode=True)
            assert isinstance(data, bytes)
            text = data.decode(part.get_content_charset("utf-8"), "replace")
            break
    return str(message["subject"]), people, parsedate_to_datetime(message["date"]), text


def _fast_mail_parser() -> Callable[[bytes], Read] | None:
    try:
        from fast_mail_parser import parse_email
    except ImportError:
        return None

    def read(raw: bytes) -> Read:
        found = parse_email(raw)
        return found.subject, [], found.date, "".join(found.text_plain)

    return read


def _gmime() -> Callable[[bytes], Read] | None:
    try:
        import gi

        gi.require_version("GMime", "3.0")
        from gi.repository import GMime
    except (ImportError, ValueError):
        return None
    GMime.init()

    def read(raw: bytes) -> Read:
        stream = GMime.StreamMem.new_with_buffer(raw)
        message = GMime.Parser.new_with_stream(stream).construct_message()
        people = message.get_all_recipients().to_string(None, False)
        text = message.get_body()
        return message.get_subject(), [people], message.get_date(), text.to_string(None)

    return read


def contestants() -> dict[str, Callable[[bytes], Read] | None]:
    """All of them; None is not installed."""
    return {
        "policy.default": default,
        "compat32": compat32,
        "mailclient": ours,
        "GMime": _gmime(),
        "fast-mail-parser": _fast_mail_parser(),
    }


def same_text(one: str, other: str) -> bool:
    """Whether two texts are the same but for line ends and what ends them."""
    return one.replace("\r\n", "\n").rstrip() == other.replace("\r\n", "\n").rstrip()


def measure(count: int) -> dict[str, Any]:
    """The rate of each over letters, and over the mailbox with its large files."""
    letters = Letters()
    corpora = {
        "letters of 2 kB": [letters.letter(number) for number in range(count)],
        "a mailbox, 38 kB on average": list(messages(count)),
    }
    found: dict[str, Any] = {"surroundings": report.surroundings(), "corpora": {}}
    for name, raws in corpora.items():
        lines: dict[str, Any] = {}
        for who, read in contestants().items():
            lines[who] = None if read is None else {"per_second": rate(read, raws)}
        texts = sum(same_text(ours(raw)[3], default(raw)[3]) for raw in raws)
        found["corpora"][name] = {"messages": count, "same_text": texts, "lines": lines}
    found["attachment"] = attachment()
    return found


def rate(read: Callable[[bytes], Read], raws: Sequence[bytes]) -> float:
    """Messages a second, the median of some runs."""
    times = []
    for _ in range(REPEAT):
        began = time.perf_counter()
        for raw in raws:
            read(raw)
        times.append(time.perf_counter() - began)
    return len(raws) / median(times)


def attachment() -> dict[str, float]:
    """A message with a large file: to its text, and then the file in pieces; in milliseconds."""
    line = b"QUJD" * 19 + b"\n"
    raw = (
        b"From: a@example.org\nTo: b@example.org\nDate: Mon, 23 Nov 2026 10:00:00 +0000\n"
        b'Subject: Large\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="=_x"\n\n'
        b"--=_x\nContent-Type: text/plain\n\nSee the file.\n"
        b'--=_x\nContent-Type: application/pdf; name="plan.pdf"\n'
        b"Content-Transfer-Encoding: base64\n\n" + line * (ATTACHED // len(line)) + b"--=_x--\n"
    )
    times = {}
    for name, read in (("ours", ours), ("default", default)):
        began = time.perf_counter()
        read(raw)
        times[f"{name}_ms"] = 1000 * (time.perf_counter() - began)
    began = time.perf_counter()
    [file] = body(parse(raw), formatted=False).attachments
    longest, last = 0.0, time.perf_counter()
    for _ in file.chunks():
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    return {
        **times,
        "bytes": len(raw),
        "file_ms": 1000 * (time.perf_counter() - began),
        "longest_piece_ms": 1000 * longest,
    }


def table(found: dict[str, Any]) -> str:
    """The figures as Markdown."""
    lines = []
    for name, corpus in found["corpora"].items():
        base = corpus["lines"]["policy.default"]["per_second"]
        lines += [f"{name}: {corpus['messages']:,} messages", ""]
        lines += ["| | messages/s | × policy.default |", "|---|--:|--:|"]
        for who, line in corpus["lines"].items():
            if line is None:
                lines.append(f"| {who} | – | not installed |")
                continue
            lines.append(f"| {who} | {line['per_second']:,.0f} | {line['per_second'] / base:.1f} |")
        same = f"The same text as policy.default: {corpus['same_text']:,}"
        lines += ["", f"{same} of {corpus['messages']:,}.", ""]
    one = found["attachment"]
    lines.append(
        f"A message with a file of {one['bytes'] / 1e6:.0f} MB: text after {one['ours_ms']:.2f} ms "
        f"(policy.default {one['default_ms']:.0f} ms); the file in pieces {one['file_ms']:.0f} ms, "
        f"the longest {one['longest_piece_ms']:.2f} ms."
    )
    return "\n".join(lines) + "\n"


def main(options: argparse.Namespace) -> None:
    """Measure and print."""
    found = measure(options.messages)
    print(table(found))
    if options.json:
        report.write(options.json, found)
