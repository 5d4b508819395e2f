"""The mailboxes that the demo's two servers share: raw messages in memory, by address.

No protocol here. Safe to use from any thread; whoever listens is told after a delivery, in the
thread that delivered.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mail:
    """One message in a mailbox, under a UID that is never given twice."""

    uid: str
    raw: bytes


class Mailboxes:
    """Who has a mailbox, with which password, and what lies in it."""

    def __init__(self, passwords: dict[str, str]) -> None:
        self._passwords = dict(passwords)
        self._lock = threading.Lock()
        self._uids = itertools.count(1)
        self._mail: dict[str, list[Mail]] = {address: [] for address in passwords}
        self._listeners: list[Callable[[str], None]] = []

    def listen(self, listener: Callable[[str], None]) -> None:
        """Call `listener` with the address after each delivery."""
        with self._lock:
            self._listeners.append(listener)

    def knows(self, address: str) -> bool:
        """Whether there is a mailbox for `address`."""
        return address.lower() in self._mail

    def opens(self, address: str, password: str) -> bool:
        """Whether the password is right."""
        return self.knows(address) and self._passwords[address.lower()] == password

    def deliver(self, address: str, raw: bytes) -> None:
        """Put a message into the mailbox of `address`, which must be known."""
        with self._lock:
            self._mail[address.lower()].append(Mail(f"demo-{next(self._uids)}", raw))
            listeners = list(self._listeners)
        for listener in listeners:
            listener(address.lower())

    def contents(self, address: str) -> tuple[Mail, ...]:
        """What lies in the mailbox of `address` now, oldest first."""
        with self._lock:
            return tuple(self._mail[address.lower()])

    def remove(self, address: str, uids: Iterable[str]) -> None:
        """Take messages out of the mailbox of `address`."""
        gone = frozenset(uids)
        with self._lock:
            kept = [mail for mail in self._mail[address.lower()] if mail.uid not in gone]
            self._mail[address.lower()] = kept
