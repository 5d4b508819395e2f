"""Pictures that lie on the network would tell that an encrypted letter was read, and by whom."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailclient.cancel import CancelToken
from mailclient.errors import BadInput
from mailclient.gui.reader.notices import Offer
from mailclient.gui.reader.strips import strips_for
from mailclient.store.folders import Role
from tests.attacks.conftest import Desk, desk_open

TRACKED = (
    b"Content-Type: text/html\r\n\r\n<p>The plan</p>"
    b'<img src="https://192.0.2.7/seen.png">'
    b'<img src="cid:%20https%3A%2F%2F192.0.2.7%2Falso.png">\r\n'
)


@pytest.fixture
def mine(tmp_path: Path) -> Iterator[Desk]:
    """A desk whose store others do not look into."""
    with desk_open(tmp_path) as desk:
        yield desk


@pytest.mark.parametrize("signed", [True, False])
def test_for_an_encrypted_message_nothing_is_ever_fetched(
    mine: Desk, monkeypatch: pytest.MonkeyPatch, signed: bool
) -> None:
    sealed = mine.sealed(TRACKED) if signed else mine.sealed(TRACKED, by=None)
    account = mine.app.accounts.local()
    inbox = mine.app._store.folders.by_role(account.id, Role.INBOX)
    id = mine.app._store.messages.store_raw(
        account.id, inbox.id, mine.letter(sealed), unread=True, received=datetime.now(UTC)
    )
    view = mine.app.read.view(id)
    assert view.encrypted
    asked: list[object] = []
    monkeypatch.setattr(
        "mailclient.services.pictures.Pictures.fetch", lambda *given: asked.append(given)
    )
    with pytest.raises(BadInput, match="encrypted message nothing is fetched"):
        mine.app.read.pictured(id, CancelToken())
    assert asked == []
    assert all(Offer.PICTURES not in one.offered for one in strips_for(view))
