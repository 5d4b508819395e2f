"""A profile of Thunderbird: its accounts, its folders of mbox files, its tags, its address books.

What a folder is for is told by its name, as there. Of its accounts those that collect by POP3 can
be taken over; what other accounts have on the disk goes into folders of the account for imported
mail. Nothing in the profile is changed, and no password is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from configparser import ConfigParser
from configparser import Error as ConfigError
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mailclient.account import (
    POP3_PORTS,
    SUBMISSION_PORTS,
    Account,
    Authentication,
    Identity,
    Security,
    Server,
)
from mailclient.errors import BadInput
from mailclient.services.sources.entry import Entry, Marks, Source, from_head, of_file, readable
from mailclient.services.sources.maildir import is_maildir, maildirs
from mailclient.services.sources.mbox import is_mbox, mbox_messages

PREFERENCES = "prefs.js"
_LARGEST_PREFERENCES = 16 * 1024 * 1024
_PREFERENCE = re.compile(r'^user_pref\("((?:[^"\\]|\\.)+)",\s*(.+)\);\s*$', re.MULTILINE)
_PLACES = (".thunderbird", ".icedove", "snap/thunderbird/common/.thunderbird",
           ".var/app/org.mozilla.Thunderbird/.thunderbird",
           "AppData/Roaming/Thunderbird", "Library/Thunderbird")  # fmt: skip
_STANDARD = {
    "inbox": "Inbox",
    "drafts": "Drafts",
    "sent": "Sent",
    "archives": "Archive",
    "junk": "Junk",
    "trash": "Trash",
}
_NO_MAIL = (".msf", ".dat", ".html", ".json", ".sqlite", ".xml", ".mozmsgs")
_OAUTH2 = 10
_TLS, _STARTTLS = 3, 2
# The tags that Thunderbird begins with; what a user calls them stands in the preferences.
_TAGS = {
    "$label1": "Important",
    "$label2": "Work",
    "$label3": "Personal",
    "$label4": "To Do",
    "$label5": "Later",
}

Preferences = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Profile:
    """What a profile holds: accounts to take over, where mail lies, address books."""

    accounts: tuple[Account, ...]
    sources: tuple[Source, ...]
    books: tuple[Path, ...]


def is_profile(folder: Path) -> bool:
    """Whether a folder is a profile of Thunderbird."""
    return (folder / PREFERENCES).is_file() and (
        (folder / "Mail").is_dir() or (folder / "ImapMail").is_dir()
    )


def profiles(home: Path) -> tuple[Path, ...]:
    """The profiles of a user, as Thunderbird lists them."""
    found: list[Path] = []
    for place in _PLACES:
        parser = ConfigParser(strict=False, interpolation=None)
        try:
            parser.read(home / place / "profiles.ini", "utf-8")
        except (ConfigError, UnicodeDecodeError, OSError):
            continue
        for section in parser.sections():
            path = parser.get(section, "Path", fallback="")
            if path:
                folder = home / place / path  # an absolute path stays so
                found += [folder] if is_profile(folder) else []
    return tuple(dict.fromkeys(found))


def read(folder: Path) -> Profile:
    """All that can be taken out of a profile; raises BadInput."""
    with readable(folder):
        text = (folder / PREFERENCES).read_text("utf-8", "replace")[:_LARGEST_PREFERENCES]
        books = sorted(one for one in folder.glob("*.sqlite") if _is_book(one.name))
    known = preferences(text)
    tags = _tags(known)
    accounts: list[Account] = []
    sources: list[Source] = []
    for key in _words(known, "mail.accountmanager.accounts"):
        server = str(known.get(f"mail.account.{key}.server", ""))
        place = _place(folder, known, server)
        if place is None or not place.is_dir():
            continue
        account = _account(known, key, server)
        accounts += [account] if account else []
        address = account.address if account else ""
        local = known.get(f"mail.server.{server}.type") == "none"
        name = "" if account or local else str(known.get(f"mail.server.{server}.name", place.name))
        sources += _folders(place, tags, _safe(name), address)
    return Profile(tuple(accounts), tuple(sources), tuple(books))


def preferences(text: str) -> dict[str, object]:
    """The preferences in a file of them; what is no plain value is left out."""
    found: dict[str, object] = {}
    for name, value in _PREFERENCE.findall(text):
        try:
            found[name] = json.loads(re.sub(r"\\x([0-9a-fA-F]{2})", r"\\u00\1", value))
        except ValueError:
            continue
    return found


def _is_book(name: str) -> bool:
    return name == "history.sqlite" or re.fullmatch(r"abook(-\d+)?\.sqlite", name) is not None


def _words(known: Preferences, key: str) -> list[str]:
    return [one.strip() for one in str(known.get(key, "")).split(",") if one.strip()]


def _tags(known: Preferences) -> dict[str, str]:
    """What each tag is called, by its key."""
    found = dict(_TAGS)
    for name, value in known.items():
        parts = name.split(".", 2)
        if parts[:2] == ["mailnews", "tags"] and name.endswith(".tag") and isinstance(value, str):
            found[parts[2].removesuffix(".tag").lower()] = value
    return found


def _place(folder: Path, known: Preferences, server: str) -> Path | None:
    """Where the mail of a server lies; a profile that was copied is found by the relative place."""
    relative = str(known.get(f"mail.server.{server}.directory-rel", ""))
    if relative.startswith("[ProfD]"):
        return folder / relative.removeprefix("[ProfD]")
    place = str(known.get(f"mail.server.{server}.directory", ""))
    return Path(place) if place else None


# Accounts


def _account(known: Preferences, key: str, server: str) -> Account | None:
    """An account that collects by POP3, without its password and paused; None for another."""
    if known.get(f"mail.server.{server}.type") != "pop3":
        return None
    identities = _identities(known, key)
    try:
        incoming = _server(known, f"mail.server.{server}", ("hostname", "userName"), POP3_PORTS)
        return Account(identities, incoming, _outgoing(known, key), paused=True)
    except BadInput:
        return None


def _identities(known: Preferences, key: str) -> tuple[Identity, ...]:
    found = []
    for one in _words(known, f"mail.account.{key}.identities"):
        address = str(known.get(f"mail.identity.{one}.useremail", ""))
        name = str(known.get(f"mail.identity.{one}.fullName", ""))
        try:
            found.append(Identity(address, " ".join(name.split())))
        except BadInput:
            continue
    return tuple(found)


def _outgoing(known: Preferences, key: str) -> Server | None:
    keys = [
        str(known.get(f"mail.identity.{one}.smtpServer", ""))
        for one in _words(known, f"mail.account.{key}.identities")
    ]
    chosen = next((one for one in keys if one), str(known.get("mail.smtp.defaultserver", "")))
    if f"mail.smtpserver.{chosen}.hostname" not in known:
        return None
    return _server(known, f"mail.smtpserver.{chosen}", ("hostname", "username"), SUBMISSION_PORTS)


def _server(
    known: Preferences, key: str, names: tuple[str, str], ports: Mapping[Security, int]
) -> Server:
    """A server of the preferences; raises BadInput."""
    kind = known.get(f"{key}.socketType", known.get(f"{key}.try_ssl", 0))
    security = {_TLS: Security.TLS, _STARTTLS: Security.STARTTLS}.get(
        kind if isinstance(kind, int) else 0, Security.NONE
    )
    port = known.get(f"{key}.port")
    oauth2 = known.get(f"{key}.authMethod") == _OAUTH2
    host, user = (str(known.get(f"{key}.{name}", "")) for name in names)
    return Server(
        host,
        port if isinstance(port, int) else ports[security],
        security,
        Authentication.OAUTH2 if oauth2 else Authentication.PASSWORD,
        user,
    )


# Folders


def _folders(place: Path, tags: Mapping[str, str], above: str, account: str) -> Iterator[Source]:
    """The folders in a place, and those inside them: `Name`, and what is below it in `Name.sbd`."""
    with readable(place):
        inside = sorted(place.iterdir())
    for one in inside:
        name = f"{above}/{_safe(one.name)}" if above else _top(one.name)
        if one.is_dir():
            if one.name.endswith(".sbd"):
                within = one.name.removesuffix(".sbd")
                lower = f"{above}/{_safe(within)}" if above else _top(within)
                yield from _folders(one, tags, lower, account)
            elif is_maildir(one):
                for found in maildirs(one):
                    yield Source(found.path, found.entries, name, account)
            elif (one / "cur").is_dir():
                yield Source(one, partial(_own_maildir, one, tags), name, account)
        elif _holds_mail(one):
            yield Source(one, partial(_entries, one, tags), name, account)


def _holds_mail(path: Path) -> bool:
    return not path.name.lower().endswith(_NO_MAIL) and is_mbox(path)


def _entries(path: Path, tags: Mapping[str, str]) -> Iterator[Entry]:
    marks = partial(_marks, tags)
    return (Entry(pieces, marks) for pieces in mbox_messages(path))


def _own_maildir(folder: Path, tags: Mapping[str, str]) -> Iterator[Entry]:
    """The files of a folder that has `cur` alone; their marks stand in their heads."""
    from_files = sorted(one for one in (folder / "cur").iterdir() if one.is_file())
    marks = partial(_marks, tags)
    return (Entry(of_file(one), marks) for one in from_files)


def _marks(tags: Mapping[str, str], head: bytes) -> Marks:
    return from_head(head, tags)


def _top(name: str) -> str:
    return _STANDARD.get(name.lower(), _safe(name))


def _safe(name: str) -> str:
    return " ".join(name.replace("/", "-").split())[:80]
