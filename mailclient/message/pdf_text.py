"""The text of a PDF, read in a process of its own: `python -m mailclient.message.pdf_text`.

The file comes in by standard input, its text goes out as UTF-8. A hostile file may take for ever
or eat memory: whoever starts this limits its time; the memory it limits by itself. Without the
optional library `pypdf` there is no text.
"""

from __future__ import annotations

import contextlib
import logging
import sys

LONGEST_TEXT = 500_000
MOST_PAGES = 500
MEMORY = 1024**3  # bytes of address space


def main() -> None:
    """Read, print, end."""
    with contextlib.suppress(ImportError):  # not on Windows
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    logging.disable()
    text = text_of(sys.stdin.buffer.read())
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))


def text_of(data: bytes) -> str:
    """The text of the pages; of a file that is broken what comes before that."""
    from io import BytesIO

    try:
        import pypdf  # late: optional, and only this process needs it
    except ImportError:
        return ""
    found: list[str] = []
    length = 0
    # Whatever a broken file makes the library raise, what was read until then is the answer.
    with contextlib.suppress(Exception):
        for page in pypdf.PdfReader(BytesIO(data)).pages[:MOST_PAGES]:
            found.append(page.extract_text())
            length += len(found[-1])
            if length > LONGEST_TEXT:
                break
    return "\n".join(found)[:LONGEST_TEXT]


if __name__ == "__main__":
    main()
