"""How keys, people and what happened to them are written. Pure."""

from __future__ import annotations

from datetime import datetime

from mailclient.account import EncryptionPolicy
from mailclient.crypto.api import OPENPGP
from mailclient.gui import dates, people
from mailclient.message.security import Trust
from mailclient.services.asked import LookupOutcome
from mailclient.services.authorities import Renewal
from mailclient.services.keys import KeyEntry
from mailclient.services.people import Person
from mailclient.store.keys import KeyEvent

# icon, colour role, words
TRUST = {
    Trust.OWN: ("account", "accent", "Your own key"),
    Trust.VERIFIED: ("confirmed", "good", "Confirmed by you"),
    Trust.ACCEPTED: ("signed", "secondary", "Accepted, not confirmed"),
    Trust.TENTATIVE: ("info", "secondary", "Found, not decided"),
    Trust.REJECTED: ("stop", "danger", "Refused by you"),
    Trust.UNKNOWN: ("info", "secondary", "Not known"),
}
POLICIES: dict[EncryptionPolicy | None, str] = {
    None: "as the account has it",
    EncryptionPolicy.ALWAYS: "always",
    EncryptionPolicy.WHEN_POSSIBLE: "whenever everybody can read it",
    EncryptionPolicy.WHEN_I_SAY: "only when I say so",
}
_SOURCES = {
    "Autocrypt": "with a letter of theirs",
    "Autocrypt gossip": "with a letter of somebody else",
    "GnuPG": "from the keys on this computer",
    "a signature": "with a signature of theirs",
    "letter": "attached to a letter of theirs",
    "file": "from a file",
    "clipboard": "from the clipboard",
    "code": "from a code that was scanned",
    "backup": "from a copy",
    "made here": "made here",
    "": "from somewhere",
}
_EVENTS = {
    "came": "A key came {source}",
    "accepted": "You accepted it",
    "verified": "You confirmed it{how}",
    "rejected": "You refused it",
    "removed": "You deleted it",
}
_HOW = {
    "words": " by comparing words",
    "code": " by scanning a code",
    "text": " by comparing what they gave you",
}


def seen_as(entry: KeyEntry) -> str:
    """What is thought of a key, and what keeps it from use."""
    words = TRUST[entry.trust][2]
    if entry.key.vouches:
        names = [people.plain(one) for one in entry.key.user_ids]
        return f"{', '.join(names) or 'An authority'}: an authority that you trust"
    if entry.key.revoked:
        by = "its owner" if entry.key.kind == OPENPGP else "its authority"
        return f"{words}; withdrawn by {by}"
    if entry.key.expired:
        return f"{words}; has ended"
    if entry.changed:
        return "New, not used: it differs from the key before"
    return words


def came(source: str) -> str:
    """Where a key came from, within a sentence."""
    return _SOURCES.get(source, f"from {source}")


def about(entry: KeyEntry) -> str:
    """Where a key came from, since when it is here, and until when it is valid."""
    key, own = entry.key, entry.key.has_secret
    since = "" if entry.since is None else f" on {dates.day(entry.since)}"
    if key.vouches:
        parts = ["You took it in. It vouches for the certificates of others."]
    elif own and entry.source == "made here":
        parts = [f"Made here on {dates.day(key.created)}."]
    else:
        parts = [f"Came {came(entry.source)}{since}."]
    if key.on_card:
        parts.append("Its secret part lies on a card.")
    if entry.last_seen and entry.since and (entry.last_seen - entry.since).days > 0:
        parts.append(f"Seen again until {dates.day(entry.last_seen)}.")
    if key.revoked:
        parts.append("It still opens old mail here." if own else "")
    elif key.expires is None:
        parts.append("It has no end.")
    else:
        ends = "It has ended on" if key.expired else "Valid until"
        parts.append(f"{ends} {dates.day(key.expires)}.")
    if key.weak:
        parts.append("It is of a kind that can be broken.")
    return " ".join(one for one in parts if one)


def history(person: Person) -> tuple[str, ...]:
    """What happened to the keys of a person, the newest first; which key it was where there were
    several. That one has confirmed one's own key needs no word."""
    told = [one for one in person.history if not (person.is_me and one.event == "verified")]
    several = len({one.fingerprint for one in told}) > 1
    return tuple(happened(one, named=several) for one in reversed(told))


def happened(event: KeyEvent, *, named: bool) -> str:
    """What happened to a key, as a line of its history."""
    text = _EVENTS.get(event.event, event.event).format(
        source=came(event.detail), how=_HOW.get(event.detail, "")
    )
    if event.event == "came" and event.detail == "made here":
        text = "You made a key"
    which = f" (number ending in {grouped(event.fingerprint[-8:])})" if named else ""
    return f"{dates.day(event.at)} — {text}{which}"


def ending(expires: datetime, who: str, now: datetime) -> str:
    """That a key of one's own ends, and what that means."""
    day = dates.day(expires)
    if expires <= now:
        return f"Your key for {who} has ended on {day}: nobody can write to you encrypted any more."
    return f"Your key for {who} ends on {day}. After that nobody can write to you encrypted."


def person_name(person: Person) -> str:
    """A person in the list: the name in the key if it has one, else the address. Authorities have
    none; they stand together."""
    if not person.address and person.entries and all(one.key.vouches for one in person.entries):
        return "Authorities that you trust"
    return people.plain(person.name) or people.plain(person.address) or "Without an address"


def grouped(fingerprint: str) -> str:
    """A fingerprint in groups of four, as it is read aloud."""
    return " ".join(fingerprint[at : at + 4] for at in range(0, len(fingerprint), 4))


def asked_above(renewal: Renewal | None) -> str:
    """What those said who vouch for a certificate that is here; "" where nobody does."""
    if renewal is None:
        return ""
    if renewal.outcome is LookupOutcome.FOUND:
        return "What its authority says of the certificate has changed and is shown here."
    if renewal.outcome is LookupOutcome.NOTHING:
        return "The authority of the certificate was asked and says nothing new."
    return f"The authority of the certificate could not be asked: {renewal.reason}"
