"""Pictures that lie on the network would tell that an encrypted letter was read, and by whom."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mailclient.cancel import CancelToken
from mailclient.errors import BadInput
from mailclient.gui.reader.notices import Offer
from mailclient.gui.reader.strips import strips_for
from mailclient.store.folders import Role
from tests.attacks.conftest import Desk

TRACKED = (
    b"Content-Type: text/html\r\n\r\n<p>The plan</p>"
    b'<img src="https://192.0.2.7/seen.png">'
    b'<img src="cid:%20https%3A%2F%2F192.0.2.7%2Falso.png">\r\n'
)


@pytest.mark.parametrize("signed", [True, False])
def test_for_an_encrypted_message_nothing_is_ever_fetched(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, signed: bool
) -> None:
    sealed = desk.sealed(TRACKED) if signed else desk.sealed(TRACKED, by=None)
    account = desk.app.accounts.local()
    inbox = desk.app._store.folders.by_role(account.id, Role.INBOX)
    id = desk.app._store.messages.store_raw(
        account.id, inbox.id, desk.letter(sealed), unread=True, received=datetime.now(UTC)
    )
    view = desk.app.read.view(id)
    assert view.encrypted
    asked: list[object] = []
    monkeypatch.setattr(
        "mailclient.services.pictures.Pictures.fetch", lambda *given: asked.append(given)
    )
    with pytest.raises(BadInput, match="encrypted message nothing is fetched"):
        desk.app.read.pictured(id, CancelToken())
    assert asked == []
    assert all(Offer.PICTURES not in one.offered for one in strips_for(view))
