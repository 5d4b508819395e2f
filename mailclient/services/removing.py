"""Removing an account: what it holds, what becomes of that, and nothing of it at work meanwhile."""

from __future__ import annotations

from dataclasses import dataclass

from mailclient.account import Account
from mailclient.errors import BadInput
from mailclient.services.accounts import Accounts
from mailclient.services.jobs import Job, Jobs
from mailclient.services.send import Send
from mailclient.store import Store


@dataclass(frozen=True, slots=True)
class Holding:
    """What an account holds on this computer: messages, and of those to be sent how many wait."""

    messages: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Removed:
    """What became of it: how many waiting messages are drafts now, and what is to be known of
    them."""

    drafts: int = 0
    notes: tuple[str, ...] = ()


class Removing:
    """The use case; safe to call from any lane but those of the account itself."""

    def __init__(self, store: Store, accounts: Accounts, send: Send, jobs: Jobs) -> None:
        self._store = store
        self._accounts = accounts
        self._send = send
        self._jobs = jobs

    def holding(self, address: str) -> Holding:
        """What there is to decide about; raises NotFound."""
        account = self._accounts.get(address)
        return Holding(self._store.accounts.messages(account.id), len(self._waiting(account)))

    def remove(
        self, address: str, *, with_mail: bool = True, waiting_to_drafts: bool | None = None
    ) -> Removed:
        """Remove an account and its passwords. Its mail goes too, or stays in local folders; what
        waits to be sent becomes drafts, which stay, or goes (None: only if nothing waits).

        What is being collected or sent for it is stopped first. Raises NotFound, BadInput,
        StoreLocked.
        """
        account = self._accounts.get(address)
        if waiting_to_drafts is None and self._waiting(account):
            raise _undecided(len(self._waiting(account)))
        lanes = (f"send:{account.address}", f"fetch:{account.address}")
        for lane in lanes:
            self._jobs.stop(lane)

        def collecting_rests(job: Job) -> Removed:
            return self._remove(account, with_mail=with_mail, to_drafts=bool(waiting_to_drafts))

        def sending_rests(job: Job) -> Removed:
            return self._jobs.submit(lanes[1], collecting_rests, quiet=True).result()

        return self._jobs.submit(lanes[0], sending_rests, quiet=True).result()

    def _remove(self, account: Account, *, with_mail: bool, to_drafts: bool) -> Removed:
        back = [self._send.take_back(id) for id in self._waiting(account)] if to_drafts else []
        drafts = tuple(one.draft_id for one in back if one.draft_id)
        self._accounts.remove(account.address, with_mail=with_mail, but=drafts)
        return Removed(len(drafts), tuple(one.note for one in back if one.note))

    def _waiting(self, account: Account) -> list[int]:
        return [one.id for one in self._send.unsent() if one.account_id == account.id]


def _undecided(count: int) -> BadInput:
    few = "One message waits" if count == 1 else f"{count} messages wait"
    return BadInput(
        f"{few} to be sent from this account.",
        "Send them first, or say what becomes of them: --waiting drafts or --waiting delete.",
    )
