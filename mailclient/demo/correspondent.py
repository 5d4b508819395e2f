"""The other person of the demo: a second copy of the program that answers by itself.

It has a profile, a key ring and an account of its own and calls the same use cases as the window
does; nothing about its mail is made up.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace

from mailclient.account import Account
from mailclient.app import App
from mailclient.demo.samples import Letter, answer_text
from mailclient.errors import Cancelled
from mailclient.message.address import Address
from mailclient.message.security import Encryption
from mailclient.services.jobs import Job
from mailclient.store.folders import Role

LANE = "answers"
WORD = "marigold"


class Correspondent:
    """Writes letters when asked to, and answers whatever arrives."""

    def __init__(self, app: App, account: Account) -> None:
        self._app = app
        self._account = account
        self._lock = threading.Lock()
        self._answers: list[Future[int]] = []

    @property
    def account(self) -> Account:
        """The mailbox, and who it belongs to."""
        return self._account

    def meet(self, public_key: bytes, address: str) -> bytes:
        """Exchange keys as two people do who meet: take and confirm one, give one's own."""
        for key in self._app.keys.import_keys(public_key, "met in person"):
            self._app.keys.trust(key.fingerprint, address, "verified")
        return self._app.keys.export(self._account.address)

    def write(self, recipient: Address, letters: Sequence[Letter]) -> None:
        """Send letters, each sealed as it asks for."""
        for letter in letters:
            draft = self._app.compose.blank(self._account.address)
            self._app.send.queue(
                replace(
                    draft,
                    to=(recipient,),
                    subject=letter.subject,
                    text=letter.text,
                    encrypt=letter.encrypt,
                    sign=True,
                )
            )
        self._app.jobs.submit(LANE, self._flush).result()

    def hear(self, address: str) -> None:
        """Mail came for `address`: if that is this person, answer it soon."""
        if address == self._account.address:
            with self._lock, suppress(Cancelled):  # the demo is closing
                self._answers.append(self._app.jobs.submit(LANE, self._answer_all))

    def wait(self) -> int:
        """Wait until all mail heard of so far is answered; returns how many answers went out.

        Raises the MailError that kept an answer away.
        """
        with self._lock:
            answers, self._answers = self._answers, []
        return sum(answer.result() for answer in answers)

    def _answer_all(self, job: Job) -> int:
        self._app.receive.collect(self._account, job)
        self._app.intake.run(job)
        inbox = [
            folder.id
            for folder in self._app.search.folders()
            if folder.account_id == self._account.id and folder.role is Role.INBOX
        ]
        unread = [
            row.id for row in self._app.search.rows(self._app.search.ids_in(inbox)) if row.unread
        ]
        for id in reversed(unread):
            self._answer(id)
        self._flush(job)
        return len(unread)

    def _answer(self, id: int) -> None:
        view = self._app.read.view(id)
        reply = self._app.compose.reply(view)
        text = answer_text(encrypted=view.verdict.encryption is Encryption.ENCRYPTED, word=WORD)
        draft = replace(reply.draft, text=f"{text}\n{reply.draft.text}", encrypt=True, sign=True)
        self._app.send.queue(draft)
        self._app.organise.mark([id], unread=False)

    def _flush(self, job: Job) -> None:
        self._app.send.flush(self._account, job)
