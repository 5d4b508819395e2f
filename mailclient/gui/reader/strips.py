"""What is to be said above a message's text, and what can be done about it.

`strips_for` is a pure table from a MessageView to strips; the stack only shows them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from mailclient.gui import people
from mailclient.gui.reader.notices import Notice, Offer
from mailclient.gui.reader.returned import receipt_notices, returned_notices
from mailclient.gui.reader.seal_line import LEFT
from mailclient.gui.strip import Choice, Kind, Strip
from mailclient.message.build import SETUP

if TYPE_CHECKING:
    from mailclient.message.security import PartVerdict
    from mailclient.services.read import MessageView


_LOCKED = (
    "This message is locked. It opens once the key that it was encrypted to is here and its "
    "passphrase was given."
)
_CLOSED = "This message is signed in a form that hides its text from the program as it is here."
_BROKEN = (
    "This message cannot be shown: it was altered or damaged on its way. Ask the sender to send "
    "it again."
)
_NOT_TO_YOU = (
    "It was not signed for you by name: a hidden copy, a mailing list, or a letter to somebody "
    "else that was passed on."
)
KEYS = "application/pgp-keys"  # RFC 3156 section 7


def strips_for(view: MessageView) -> tuple[Notice, ...]:
    """The strips for a message, the most urgent first."""
    verdict = view.verdict
    notices: list[Notice] = []
    if "from-mismatch" in verdict.warnings:
        notices.append(Notice(_mismatch(view), Kind.DANGER, Offer.DETAILS))
    if "key-changed" in verdict.warnings:
        notices.append(
            Notice(
                "This message is signed with another key than before. Ask the sender, by another "
                "way than mail, whether that is right.",
                Kind.CAUTION,
                Offer.KEYS,
            )
        )
    if "usually-signs" in verdict.warnings:
        notices.append(
            Notice(
                "This sender usually signs, and this message has no valid signature.",
                Kind.CAUTION,
                Offer.DETAILS,
            )
        )
    if "not-addressed-to-you" in verdict.warnings and verdict.protected_headers:
        notices.append(Notice(_NOT_TO_YOU, offer=Offer.DETAILS))
    notices += _attached_key(view)
    notices += returned_notices(view)
    notices += _protection(view)
    if view.is_draft:
        notices.append(Notice("This is a draft.", Kind.DRAFT, Offer.EDIT))
    notices += _pictures(view)
    notices += receipt_notices(view)
    problems = dict.fromkeys((*view.problems, *view.body.problems))
    if problems:
        notices.append(Notice(" ".join(problems)))
    return tuple(notices)


def _pictures(view: MessageView) -> list[Notice]:
    """What is not loaded; in an encrypted message, and in a part of one, it never is."""
    if not (count := len(view.body.remote_content)):
        return []
    what = "A picture" if count == 1 else f"{count} pictures"
    text = (
        f"{what} from the network {'is' if count == 1 else 'are'} not loaded: the sender would "
        "learn that you have read this."
    )
    return [Notice(text, offer=Offer.PICTURES if view.id and not view.encrypted else None)]


def _attached_key(view: MessageView) -> list[Notice]:
    """The first key that is attached, one's own from another program or the sender's."""
    for at, one in enumerate(view.body.attachments):
        if one.content_type == SETUP:
            text = "This letter carries your key from another mail program of yours."
        elif one.content_type == KEYS:
            text = "A key is attached to this letter."
        else:
            continue
        return [Notice(text, offer=Offer.TAKE_KEY, part=str(at))]
    return []


def _protection(view: MessageView) -> list[Notice]:
    """What is to be said about a layer that could not be opened, or is only a part."""
    state, encrypted = view.verdict.state.value, view.verdict.encryption.value != "none"
    if state == "locked" and encrypted:
        return [Notice(_LOCKED, Kind.LOCKED, Offer.UNLOCK)]
    if state == "locked":
        return [Notice(_CLOSED, Kind.LOCKED, Offer.UNLOCK)]
    if state == "broken":
        return [Notice(_BROKEN, Kind.DANGER, Offer.DETAILS)]
    return [_held(part, state) for part in view.verdict.parts[:3]]


def _held(part: PartVerdict, state: str) -> Notice:
    """A protected part of the message; inside a protected one it does not open by itself."""
    kind = "A signed" if part.encryption.value == "none" else "An encrypted"
    if state in ("mixed", "unprotected"):
        text = f"{kind} part of this message opens by itself. What is around it is not protected."
        return Notice(text, Kind.LOCKED, Offer.OPEN_PART, part.number)
    return Notice(f"{kind} part inside this message is not shown with it.", Kind.LOCKED)


def _mismatch(view: MessageView) -> str:
    outside = ", ".join(people.full(person) for person in view.outer_from) or "nobody"
    inside = ", ".join(people.full(person) for person in view.envelope.from_) or "nobody"
    both = f" Outside it names {outside}, inside {inside}." if outside != inside else ""
    return f"Nothing proves who sent this message.{both} Do not trust what it asks for."


class StripStack(QWidget):
    """The strips of one message, one below the other."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(1)
        self._strips: list[tuple[Notice, Strip]] = []
        self.hide()

    def show_notices(
        self, notices: Sequence[Notice], offers: Mapping[Offer, Callable[[str], object]]
    ) -> None:
        """Show these; `offers` says what happens with what is offered."""
        for _, strip in self._strips:
            self._remove(strip)
        self._strips = []
        for notice in notices:
            self.add(notice, offers)
        self.setVisible(bool(notices))

    def drop(self, offer: Offer) -> None:
        """Take away the strips that offer this."""
        for notice, strip in self._strips:
            if offer in notice.offered:
                self._remove(strip)
        self._strips = [one for one in self._strips if offer not in one[0].offered]
        self.setVisible(bool(self._strips))

    def _remove(self, strip: Strip) -> None:
        self._layout.removeWidget(strip)
        strip.hide()
        strip.deleteLater()

    def add(self, notice: Notice, offers: Mapping[Offer, Callable[[str], object]]) -> Strip:
        """Show one more."""
        strip = Strip(left=LEFT)
        choices = [_choice(offers[one], one.value, notice.part) for one in notice.offered]
        strip.say(notice.text, notice.kind, choices, lasting=True)
        self._strips.append((notice, strip))
        self._layout.addWidget(strip)
        self.setVisible(True)
        return strip

    @property
    def words(self) -> tuple[str, ...]:
        """What the strips say."""
        return tuple(strip.words for _, strip in self._strips)


def _choice(act: Callable[[str], object], words: str, part: str) -> Choice:
    return words, lambda: act(part)
