"""The window that GnuPG asks for a PIN with, and somebody who answers it (Assuan, libassuan)."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

_SCRIPT = """#!{python}
import sys
from pathlib import Path

folder = Path({folder!r})
say = lambda line: print(line, flush=True)
say("OK")
for line in sys.stdin:
    word, _, rest = line.strip().partition(" ")
    if word == "SETDESC":
        with (folder / "asked").open("a") as asked:
            asked.write(rest + "\\n")
    if word in ("GETPIN", "CONFIRM"):
        answer = (folder / "answer").read_text()
        if not answer:
            say("ERR 83886179 Operation cancelled <Pinentry>")
            continue
        if word == "GETPIN":
            say("D " + answer)
    say("OK")
    if word == "BYE":
        break
"""


@dataclass(frozen=True, slots=True)
class Pinentry:
    """`answer` is what is typed, "" for Cancel."""

    folder: Path

    @property
    def asked(self) -> list[str]:
        """What it has shown so far, one text each."""
        try:
            lines = (self.folder / "asked").read_text(encoding="ascii").splitlines()
        except FileNotFoundError:
            return []
        return [unquote(line) for line in lines]

    def answer(self, text: str) -> None:
        """Type this from now on; "" is Cancel."""
        (self.folder / "answer").write_text(text, encoding="ascii")

    def forget(self) -> None:
        """Begin anew with what it has shown."""
        (self.folder / "asked").unlink(missing_ok=True)


def pinentry(home: Path) -> Pinentry:
    """Have the agent of a GnuPG home ask with this window; nothing is typed yet."""
    one = Pinentry(home)
    one.answer("")
    program = home / "pinentry"
    program.write_text(_SCRIPT.format(python=sys.executable, folder=str(home)), encoding="ascii")
    program.chmod(0o700)
    with (home / "gpg-agent.conf").open("a", encoding="ascii") as settings:
        settings.write(f"pinentry-program {program}\n")
    return one
