"""Every setting of the program, declared once.

`settings.get(RECEIVE_MINUTES)` is an `int` to the type checker, a stored value that no longer fits
falls back to the default, and the settings window, its search and the documentation are made from
these declarations. Values are kept by the store; this module holds none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T", bool, int, str)
MOST_UNDO = 30  # seconds


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    """One setting: its key, its default, what it does, and which values it takes; `most` is the
    largest number."""

    key: str
    default: T
    text: str
    accepts: Callable[[T], bool] = lambda value: True
    choices: tuple[str, ...] = ()
    most: int = 100_000

    def read(self, stored: object) -> T:
        """Return `stored` if it is a value of this setting, else the default."""
        if type(stored) is not type(self.default):
            return self.default
        value: T = stored
        if self.choices and value not in self.choices:
            return self.default
        return value if self.accepts(value) else self.default


def at_least(least: int) -> Callable[[int], bool]:
    """Accept whole numbers from `least` upwards."""
    return lambda value: value >= least


RECEIVE_MINUTES = Setting(
    "receive.minutes",
    10,
    "How often mail is collected, in minutes; 0 is only when you ask.",
    at_least(0),
)
RECEIVE_AT_START = Setting("receive.at_start", True, "Collect mail when the program starts.")
READ_AFTER_SECONDS = Setting(
    "reading.read_after_seconds",
    1,
    "A shown message counts as read after so many seconds.",
    at_least(0),
)
SHOW_HTML = Setting("reading.html", True, "Show formatted mail as such; off shows its text.")
THREADS = Setting(
    "reading.conversations",
    True,
    "Group the lists by conversation; the View menu chooses otherwise for a folder.",
)
THREADS_WITH_SENT = Setting(
    "reading.conversations_with_sent",
    True,
    "Show what you sent inside the conversations of other folders.",
)
THREADS_BY_SUBJECT = Setting(
    "reading.conversations_by_subject",
    True,
    "Put an answer that does not say what it answers into a conversation with the same subject "
    "of the same month.",
)
THEME = Setting(
    "appearance.theme",
    "system",
    "Light, dark, or as the system has it.",
    choices=("system", "light", "dark"),
)
READER_POSITION = Setting(
    "appearance.reader",
    "right",
    "Where a message is shown: right of the list, or below it.",
    choices=("right", "below"),
)
SIGN_BY_DEFAULT = Setting(
    "composing.sign", False, "Sign messages also when they are not encrypted."
)
COMPOSE_FORMAT = Setting(
    "composing.format",
    "plain",
    "How a new message begins: as plain text, or as rich text with a plain copy beside it.",
    choices=("plain", "rich"),
)
REMIND_OF_FILES = Setting(
    "composing.remind_of_files", True, "Ask before sending when the text speaks of a missing file."
)
SPELLING = Setting(
    "composing.spelling", True, "Mark words that no dictionary knows while you write."
)
SPELLING_LANGUAGE = Setting(
    "composing.spelling_language", "", "The language that spelling is checked in; empty: yours."
)  # chosen while writing from those that there are, and so no part of ALL
SPELLING_WORDS = Setting(
    "composing.spelling_words", "[]", "Words that you take for right."
)  # as above
UNDO_SECONDS = Setting(
    "composing.undo_seconds",
    10,
    "For so many seconds a message that was sent can be taken back, up to 30; 0 sends at once.",
    lambda value: 0 <= value <= MOST_UNDO,
    most=MOST_UNDO,
)
SEND_AUTOCRYPT = Setting(
    "privacy.autocrypt", True, "Tell your public key to everyone you write to (Autocrypt)."
)
FIND_AT_DOMAIN = Setting(
    "privacy.find_keys_at_domain",
    True,
    "Look for a missing key at the domain of the person you write to (WKD). The domain, which gets "
    "your mail anyway, learns that you are about to write to that address.",
)
FIND_ON_SERVER = Setting(
    "privacy.find_keys_on_server",
    True,
    "Look for a missing key at keys.openpgp.org when the domain has none. That server learns "
    "whom you are about to write to, and your internet address.",
)
RENEW_KEYS = Setting(
    "privacy.renew_keys",
    True,
    "Once a week, when you write to somebody, ask in the same places whether the key that is here "
    "was withdrawn or extended, and the authority of a certificate for its list of those that it "
    "has withdrawn. They learn that you are about to write to that address; an authority learns "
    "only that you write to one of its people.",
)
KEEP_DECRYPTED = Setting(
    "privacy.keep_decrypted",
    True,
    "Keep the opened text of encrypted mail inside the encrypted store, so that it can be "
    "searched and stays readable when a key is lost.",
)
LOCK_AFTER_MINUTES = Setting(
    "privacy.lock_after_minutes",
    0,
    "Lock the window after so many minutes without a key or a movement of the mouse; 0 is never. "
    "Only for a profile that opens with a passphrase; while it is locked no mail is collected.",
    at_least(0),
)
PROTECT_SUBJECT = Setting(
    "privacy.protect_subject", True, "Hide the subject of encrypted mail from the servers."
)
ASK_RECEIPTS = Setting(
    "privacy.ask_receipts",
    True,
    "Ask you when a sender wants to be told that you have read a message; off never tells.",
)

DAILY_BACKUP = Setting(
    "upkeep.daily_backup",
    True,
    "Make a backup once a day while nobody is at the computer; the three newest are kept beside "
    "the store.",
)
EXPIRY = Setting(
    "retention.folders", "{}", "After how many days the mail of a folder is offered for deletion."
)  # chosen folder by folder, and so no part of ALL

ALL: tuple[Setting[bool] | Setting[int] | Setting[str], ...] = (
    RECEIVE_MINUTES,
    RECEIVE_AT_START,
    READ_AFTER_SECONDS,
    SHOW_HTML,
    THREADS,
    THREADS_WITH_SENT,
    THREADS_BY_SUBJECT,
    THEME,
    READER_POSITION,
    SIGN_BY_DEFAULT,
    COMPOSE_FORMAT,
    REMIND_OF_FILES,
    SPELLING,
    UNDO_SECONDS,
    SEND_AUTOCRYPT,
    FIND_AT_DOMAIN,
    FIND_ON_SERVER,
    RENEW_KEYS,
    KEEP_DECRYPTED,
    LOCK_AFTER_MINUTES,
    PROTECT_SUBJECT,
    ASK_RECEIPTS,
    DAILY_BACKUP,
)
