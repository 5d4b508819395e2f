"""The addresses that mail is written from, in the settings."""

from __future__ import annotations

from collections.abc import Callable

from pytestqt.qtbot import QtBot

from mailclient.account import Account, Identity
from mailclient.gui.bridge import Bridge
from mailclient.gui.settings.window import SettingsWindow
from mailclient.message.rich import Line, Run, from_html
from tests.gui.conftest import MakeApp, Snap

PATIENCE = 60_000


def test_an_address_is_added_changed_and_removed(
    qtbot: QtBot, make_app: MakeApp, bridge_of: Callable[..., Bridge], snap: Snap
) -> None:
    ann = make_app("ann")
    ann.accounts.add(Account((Identity("ann@example.org", "Ann"),)), "")
    key = ann.keys.generate("ann@example.org", "Ann", None).fingerprint
    settings = SettingsWindow(ann, bridge_of(ann))
    settings.show()
    page = settings.identities
    settings.tabs.setCurrentWidget(page)

    page.add_address(ann.accounts.list()[0], "shop@example.org")
    qtbot.waitUntil(lambda: page.list.count() == 2, timeout=PATIENCE)
    assert page.form.address.text() == "shop@example.org"
    qtbot.waitUntil(lambda: page.form.key.findData(key) > 0, timeout=PATIENCE)
    page.form.name.setText("Ann's shop")
    page.form.signature.setPlainText("The shop")
    page.form.rich.toggle_bold()
    qtbot.keyClicks(page.form.rich, "The shop")
    page.form.reply_to.setText("desk@example.org")
    page.form.sent.setText("Shop")
    page.form.key.setCurrentIndex(page.form.key.findData(key))
    page.form.bcc_self.click()
    settings.resize(1024, 700)
    snap(settings, "settings-addresses")
    page.list.setCurrentRow(0)  # turning away keeps what was typed
    qtbot.waitUntil(
        lambda: ann.accounts.list()[0].identities[1].reply_to == "desk@example.org",
        timeout=PATIENCE,
    )
    shop = ann.accounts.list()[0].identities[1]
    assert (shop.name, shop.signature, shop.sent) == ("Ann's shop", "The shop", "Shop")
    assert (shop.key, shop.bcc_self) == (key, True)
    assert from_html(shop.signature_html) == (Line((Run("The shop", bold=True),)),)

    qtbot.waitUntil(lambda: page.list.count() == 2, timeout=PATIENCE)
    page.list.setCurrentRow(1)
    page.form.reply_to.setText("nobody")
    page.form.reply_to.textEdited.emit("nobody")
    page.keep.click()
    assert "is not an e-mail address" in settings.strip.words
    page.form.reply_to.setText("")
    page.keep.click()
    qtbot.waitUntil(lambda: ann.accounts.list()[0].identities[1].reply_to == "", timeout=PATIENCE)
    page.remove.click()
    qtbot.waitUntil(lambda: page.list.count() == 1, timeout=PATIENCE)
    page.remove.click()
    qtbot.waitUntil(lambda: "only address" in settings.strip.words, timeout=PATIENCE)
    settings.close()
