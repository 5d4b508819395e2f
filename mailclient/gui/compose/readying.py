"""Who can read the message in private: asked as people come and go, looked up where a key lacks.

What is looked up is looked up for finished addresses alone, a moment after the last change, and
given up when the person is taken out or the window closes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer

from mailclient.account import EncryptionPolicy
from mailclient.app import App
from mailclient.cancel import CancelToken
from mailclient.errors import MailError
from mailclient.gui import people
from mailclient.gui.bridge import Bridge, Changes, Task
from mailclient.gui.compose.doubts import is_whole
from mailclient.gui.compose.form import ComposeForm
from mailclient.gui.strip import Kind, Strip
from mailclient.services.keyfinding import Search
from mailclient.services.readiness import LACKING, Readiness
from mailclient.services.sealing import own_key

PAUSE_MS = 400
LANES = 3  # so many people are looked for at the same time
Look = Callable[[str, CancelToken], Search]


@dataclass(frozen=True, slots=True)
class _Found:
    """How it stands with everybody, with the writer's own key, and who might be looked up how."""

    readiness: Readiness | None
    has_key: bool
    policy: EncryptionPolicy
    looks: Mapping[str, Look]


class Readying(QObject):
    """Keeps the chips and the line below them true."""

    def __init__(self, app: App, bridge: Bridge, form: ComposeForm, strip: Strip) -> None:
        super().__init__(form)
        self._app = app
        self._bridge = bridge
        self._form = form
        self._strip = strip
        self._tasks: dict[str, Task] = {}
        self._asked: set[str] = set()
        self._looks: Mapping[str, Look] = {}
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._look_up)
        form.people_changed.connect(self.ask)
        form.protection.accept_wanted.connect(self._accept)
        form.protection.find_wanted.connect(self.find)
        bridge.changed.connect(self._changed)

    @property
    def looking(self) -> frozenset[str]:
        """The addresses that are being looked up."""
        return frozenset(self._tasks)

    def ask(self) -> None:
        """Find out how it stands with everybody, off this thread."""
        sender = self._form.writer()
        wanted = self._addresses(finished=False)
        for gone in [one for one in self._tasks if one not in wanted]:
            self._tasks.pop(gone).cancel()
            self._asked.discard(gone)

        def look(job: object) -> _Found:
            has_key = own_key(self._app.accounts, self._app.keys, sender.address) is not None
            policy = self._app.accounts.identity(sender.address)[0].encryption
            readiness = self._app.keys.readiness(wanted) if wanted else None
            finding = self._app.keyfinding
            looks: dict[str, Look] = {}
            for one in readiness.recipients if readiness else ():
                if one.state in LACKING:
                    if finding.may_ask(one.address):
                        looks[one.address] = finding.while_writing
                elif finding.may_renew(one.address):
                    looks[one.address] = finding.renew
            return _Found(readiness, has_key, policy, looks)

        self._bridge.run(
            "read",
            look,
            self._arrived,
            self._strip.problem,
            newest=f"readiness {id(self)}",
            owner=self,
        )

    def _addresses(self, *, finished: bool) -> tuple[str, ...]:
        people_of = (line.finished() if finished else line.people() for line in self._form.lines)
        return tuple(dict.fromkeys(one.key for some in people_of for one in some if is_whole(one)))

    def _changed(self, changes: Changes) -> None:
        if changes.keys:
            self.ask()

    def _arrived(self, found: _Found) -> None:
        self._looks = found.looks
        self.show(found.readiness, has_key=found.has_key, policy=found.policy)
        if self._wanting():
            self._pause.start()

    def show(self, readiness: Readiness | None, *, has_key: bool, policy: EncryptionPolicy) -> None:
        """Say it in the chips and in the line."""
        waiting = self.looking.union(self._wanting())
        shown = readiness.looking_for(waiting) if readiness is not None else None
        self._form.protection.show_readiness(shown, has_key=has_key, policy=policy)
        states = {one.address: one for one in (shown.recipients if shown else ())}
        for line in self._form.lines:
            line.mark(states)

    # Looking up

    def _wanting(self) -> list[str]:
        """Who lacks a key, or has one that was not asked after for long, and was not looked for by
        this window yet."""
        finished = set(self._addresses(finished=True)) - self._asked
        return [one for one in self._looks if one in finished]

    def _look_up(self) -> None:
        wanting = self._wanting()
        self._asked.update(wanting)
        for address in wanting:
            self._start(address, self._looks[address], by_hand=False)

    def find(self, address: str) -> None:
        """Look for somebody's key because the user wants it: everywhere, and at once."""
        self._start(address, self._app.keyfinding.everywhere, by_hand=True)
        self.ask()

    def _start(self, address: str, look: Look, *, by_hand: bool) -> None:
        if address in self._tasks:
            return
        self._tasks[address] = self._bridge.run(
            f"find keys {len(self._tasks) % LANES}",
            lambda job: look(address, job.cancel),
            lambda found: self._found(found, by_hand=by_hand),
            lambda problem: self._failed(address, problem),
            owner=self,
        )

    def _found(self, search: Search, *, by_hand: bool) -> None:
        self._tasks.pop(search.address, None)
        if by_hand and not search.found:
            self._strip.say(_nothing(search), Kind.INFO)
        self.ask()

    def _failed(self, address: str, problem: MailError) -> None:
        self._tasks.pop(address, None)
        self._strip.problem(problem)
        self.ask()

    def stop(self) -> None:
        """Look for nobody any more."""
        self._pause.stop()
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()

    # What was found

    def _accept(self, address: str, fingerprint: str) -> None:
        """Use a key that was found: from now on it is accepted."""
        self._bridge.run(
            "work",
            lambda job: self._app.keys.trust(fingerprint, address, "accepted"),
            None,
            self._strip.problem,
            owner=self,
        )


def _nothing(search: Search) -> str:
    """What came of a search in which nobody had a key."""
    who = people.plain(search.address)
    asked: Collection[str] = [one.reason for one in search.lookups if one.asked is None]
    if len(asked) == len(search.lookups):
        return f"Nobody was asked for a key of {who}. {next(iter(asked), '')}".strip()
    return f"No key of {who} was found. Ask for one."
