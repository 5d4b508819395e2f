"""Text whose lines may be joined again: format=flowed (RFC 3676), both ways. Pure."""

from __future__ import annotations

import re

WIDTH = 72
_QUOTE = re.compile(r"(?:>[ ]?)*")


def flow(text: str) -> str:
    """Break long lines softly, stuff what could be misread, and keep quotes quoted."""
    return "\n".join(_flow_line(line) for line in text.split("\n"))


def _flow_line(line: str) -> str:
    if line == "-- ":
        return line
    quote = _QUOTE.match(line)
    marks = quote[0].count(">") if quote is not None else 0
    content = line[quote.end() if quote is not None and marks else 0 :].rstrip(" ")
    prefix = f"{'>' * marks} " if marks else ""
    pieces: list[str] = []
    while len(content) > WIDTH:
        cut = content.rfind(" ", 1, WIDTH)
        if cut < 0:
            cut = content.find(" ", WIDTH)
        if cut < 0:
            break
        pieces.append(content[: cut + 1])
        content = content[cut + 1 :]
    pieces.append(content)
    stuffed = (prefix or (" " if _misread(piece) else "") for piece in pieces)
    return "\n".join(
        (mark + piece) if piece else mark.rstrip() + piece
        for mark, piece in zip(stuffed, pieces, strict=True)
    )


def _misread(piece: str) -> bool:
    return piece.startswith((" ", ">", "From "))


def unflow(text: str, *, delete_space: bool = False) -> str:
    """Join the soft line ends; `delete_space` is the parameter delsp=yes (section 4)."""
    out: list[str] = []
    held, held_depth = "", -1
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        if held_depth >= 0 and (depth != held_depth or content == "-- "):
            out.append(_quoted(held, held_depth))
            held, held_depth = "", -1
        if content.endswith(" ") and content != "-- ":
            held += content[:-1] if delete_space else content
            held_depth = depth
            continue
        out.append(_quoted(held + content, depth))
        held, held_depth = "", -1
    if held_depth >= 0:
        out.append(_quoted(held, held_depth))
    return "\n".join(out)


def _quoted(content: str, depth: int) -> str:
    return f"{'>' * depth} {content}".rstrip() if depth else content
