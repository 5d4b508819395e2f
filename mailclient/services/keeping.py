"""Whether opened copies of encrypted mail are kept, for each account, and following a change of it.

Where none are kept nothing that was inside lies in the store: no text, no subject, no names of
files, and nothing of it in the index. Such mail is opened each time it is read.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from mailclient.account import Account
from mailclient.message.security import Encryption, Verdict
from mailclient.message.tree import Part
from mailclient.services.assess import Assessment
from mailclient.settings import KEEP_DECRYPTED, Setting
from mailclient.store import Store
from mailclient.store.copies import decrypted
from mailclient.store.database import Durability
from mailclient.store.messages import Processed, Processing

FOLLOWED = Setting(
    "kept.accounts", "{}", "Accounts that last kept copies, or none, against what is usual."
)


class Keeping:
    """Answers for one store."""

    def __init__(self, store: Store, outer: Callable[[int], Part]) -> None:
        self._store = store
        self._outer = outer

    def _keeps(self, account: Account) -> bool:
        """Whether opened copies are kept for an account."""
        own = account.keep_decrypted
        return self._store.settings.get(KEEP_DECRYPTED) if own is None else own

    def leaves_out(self, id: int, assessment: Assessment) -> bool:
        """Whether what was inside a message must not be kept."""
        if assessment.verdict.encryption is not Encryption.ENCRYPTED:
            return False
        none_kept = {one.id for one in self._store.accounts.all() if not self._keeps(one)}
        return bool(none_kept) and self._store.messages.get(id).account_id in none_kept

    def follow(self) -> None:
        """Where it was changed: drop what was kept, or have it opened and indexed again."""
        now = {str(one.id): self._keeps(one) for one in self._store.accounts.all()}
        before: dict[str, bool] = json.loads(self._store.settings.get(FOLLOWED))
        usual = KEEP_DECRYPTED.default
        for id, keeps in now.items():
            if keeps == before.get(id, usual):
                continue
            if keeps:
                self._store.messages.reprocess(decrypted(self._store.database, int(id), kept=False))
            else:
                self._drop(decrypted(self._store.database, int(id), kept=True))
        unusual = {id: keeps for id, keeps in now.items() if keeps != usual}
        if unusual != before:
            self._store.settings.set(FOLLOWED, json.dumps(unusual))

    def _drop(self, ids: tuple[int, ...]) -> None:
        """The verdict stays, and the bytes as they were received."""
        for id in ids:
            outer = self._outer(id)
            verdict = Verdict.from_json(self._store.messages.verdict(id))
            found = without(outer, verdict, self._store.messages.problems(id))
            with self._store.database.write(Durability.REBUILDABLE):
                self._store.messages.processed({id: found})
                self._store.queue.done(id, ())  # the texts inside its files
        if ids:
            self._store.search.purge()


def without(
    outer: Part | None,
    verdict: Verdict,
    problems: tuple[str, ...],
    processing: Processing = Processing.READY,
) -> Processed:
    """What is kept of a message where nothing of its inside is; None where it has no outside."""
    return Processed(
        envelope=None if outer is None else outer.envelope,
        verdict=verdict.to_json(),
        state=verdict.state.value,
        encryption=verdict.encryption.value,
        signature=verdict.signature.value,
        snippet="",
        text="",
        attachments=(),
        opened=None,
        processing=processing,
        problems=problems,
    )
