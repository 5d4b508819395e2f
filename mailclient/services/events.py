"""What changed, told as ids. Published only after the commit, from any thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailclient.errors import MailError
    from mailclient.transport.discover.values import Tried


@dataclass(frozen=True, slots=True)
class MessagesChanged:
    """Messages appeared, changed or went; `folders` are the folder ids concerned."""

    folders: tuple[int, ...]
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FoldersChanged:
    """A folder was made, renamed or removed."""


@dataclass(frozen=True, slots=True)
class AccountsChanged:
    """An account was added, changed or removed."""


@dataclass(frozen=True, slots=True)
class OutboxChanged:
    """Something in the queue changed."""


@dataclass(frozen=True, slots=True)
class KeysChanged:
    """A key or what we think of it changed."""


@dataclass(frozen=True, slots=True)
class SettingChanged:
    """A setting has a new value."""

    key: str


@dataclass(frozen=True, slots=True)
class CollectionEnded:
    """A collection has ended: well, with what it noticed on the way, or by a problem."""

    account_id: int
    notices: tuple[str, ...] = ()
    problem: MailError | None = None


@dataclass(frozen=True, slots=True)
class JobChanged:
    """A job began, moved on or ended; `services.jobs.Jobs.get(id)` tells how it stands."""

    id: int


@dataclass(frozen=True, slots=True)
class SourceTried:
    """A source was asked for the servers of an address, or has answered."""

    address: str
    tried: Tried


@dataclass(frozen=True, slots=True)
class SignInShown:
    """What the user is to do for an attempt to sign in: a page to open, and where there is a `code`
    what to type there."""

    attempt: int
    page: str
    code: str = ""


Event = (
    MessagesChanged
    | FoldersChanged
    | AccountsChanged
    | OutboxChanged
    | KeysChanged
    | SettingChanged
    | CollectionEnded
    | JobChanged
    | SourceTried
    | SignInShown
)


class Events:
    """Hands each event to every subscriber, in the thread that published it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscribers: list[Callable[[Event], None]] = []

    def subscribe(self, subscriber: Callable[[Event], None]) -> Callable[[], None]:
        """Call `subscriber` for every event from now on; returns how to stop that."""
        with self._lock:
            self._subscribers.append(subscriber)
        return lambda: self._unsubscribe(subscriber)

    def _unsubscribe(self, subscriber: Callable[[Event], None]) -> None:
        with self._lock:
            if subscriber in self._subscribers:
                self._subscribers.remove(subscriber)

    def publish(self, event: Event) -> None:
        """Tell all subscribers."""
        with self._lock:
            subscribers = list(self._subscribers)
        for subscriber in subscribers:
            subscriber(event)
