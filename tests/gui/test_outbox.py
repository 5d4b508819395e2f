"""The outbox, Undo and Send later through the windows, and the words they use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtWidgets import QMessageBox, QPushButton, QSpinBox
from pytestqt.qtbot import QtBot

from mailclient.app import App
from mailclient.gui.bridge import Bridge
from mailclient.gui.compose.window import ComposeWindow
from mailclient.gui.folder_list import OUTBOX, Place
from mailclient.gui.main_window import MainWindow
from mailclient.gui.outbox_words import Act, acts, overdue, reasons, stand, warning
from mailclient.gui.send_later import SendLaterDialog, presets
from mailclient.gui.settings.window import SettingsWindow
from mailclient.message.address import Address
from mailclient.message.draft import Draft
from mailclient.settings import UNDO_SECONDS
from mailclient.store.outbox import Answer, OutItem, OutRecipient, OutState
from tests.gui.conftest import MakeApp, Snap
from tests.servers.surroundings import MailServers

PATIENCE = 60_000  # milliseconds until a wait gives up; nothing is measured by it
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
BOB, CAROL = "bob@example.org", "carol@example.org"


# The words


def item(*states: OutState, **changes: object) -> OutItem:
    people = tuple(
        OutRecipient(f"{name}@example.org", state)
        for name, state in zip(("bob", "carol", "dan"), states, strict=False)
    )
    made = OutItem(
        id=1,
        account_id=1,
        message_id="<1@example.org>",
        subject="Lunch",
        sender="ann@example.org",
        recipients=people,
        attempts=1,
        misses=0,
        needs_user=False,
        not_before=NOW,
        later=None,
        since=NOW,
        created=NOW,
        encryption="none",
        signature="none",
        state=states[0],
        problem="",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


QUEUED, DEFERRED = OutState.QUEUED, OutState.DEFERRED
FAILED, UNCERTAIN = OutState.FAILED, OutState.UNCERTAIN
SOON = NOW + timedelta(minutes=8)


@pytest.mark.parametrize(
    ("one", "said", "offered"),
    [
        (
            item(QUEUED, attempts=0, not_before=NOW + timedelta(seconds=9)),
            "Is about to be sent",
            (Act.UNDO, Act.SEND_NOW),
        ),
        (
            item(QUEUED, attempts=0),
            "Waits to be sent",
            (Act.SEND_NOW, Act.LATER, Act.EDIT, Act.TO_DRAFTS),
        ),
        (
            item(DEFERRED, problem="Busy.", not_before=SOON),
            f"Is tried again at {SOON.astimezone():%H:%M}",
            (Act.SEND_NOW, Act.LATER, Act.EDIT, Act.TO_DRAFTS),
        ),
        (
            item(DEFERRED, problem="No password.", needs_user=True),
            "Waits for you",
            (Act.SEND_NOW, Act.LATER, Act.EDIT, Act.TO_DRAFTS),
        ),
        (
            item(DEFERRED, problem="Busy.", since=NOW - timedelta(days=5)),
            "Waits for days: keep trying?",
            (Act.KEEP_TRYING, Act.SEND_NOW, Act.LATER, Act.GIVE_UP),
        ),
        (
            item(FAILED, OutState.SENT),
            "1 was refused, 1 has it",
            (Act.CORRECT, Act.TRY_AGAIN, Act.TO_DRAFTS),
        ),
        (item(UNCERTAIN), "Perhaps sent", (Act.ARRIVED, Act.SEND_AGAIN, Act.TO_DRAFTS)),
        (
            item(UNCERTAIN, FAILED),
            "1 perhaps has it, 1 was refused",
            (Act.ARRIVED, Act.SEND_AGAIN, Act.CORRECT, Act.TRY_AGAIN, Act.TO_DRAFTS),
        ),
        (item(OutState.SENDING), "Is being sent", ()),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_how_a_message_stands_and_what_can_be_done(
    one: OutItem, said: str, offered: tuple[Act, ...]
) -> None:
    assert stand(one, NOW) == said
    assert acts(one, NOW) == offered


def test_what_is_kept_for_later_says_what_happens_to_a_sleeping_computer() -> None:
    one = item(QUEUED, attempts=0, later=NOW + timedelta(days=1))
    assert stand(one, NOW).startswith("Goes out Wednesday, 25 November 2026")
    assert "sleeps" in " ".join(reasons(one, NOW))


def test_what_was_to_go_out_while_the_program_was_closed_is_said_at_the_start() -> None:
    waiting = item(QUEUED, attempts=0, later=NOW + timedelta(hours=1))
    passed = replace(waiting, later=NOW - timedelta(hours=2))
    assert overdue([waiting, item(QUEUED, attempts=0), replace(passed, attempts=1)], NOW) == ""
    told = overdue([waiting, passed], NOW)
    assert told.startswith("“Lunch” was to go out on Tuesday, 24 November 2026")
    assert told.endswith("while the program was closed. It goes out now.")
    assert overdue([passed, passed], NOW).startswith("2 messages were to go out while the program")


def test_a_message_whose_time_is_in_doubt_asks_and_is_not_said_to_go_out_now() -> None:
    forward = item(QUEUED, attempts=0, later=NOW, ahead=timedelta(days=3))
    back = item(QUEUED, attempts=0, later=NOW + timedelta(days=2), ahead=-timedelta(days=2))
    past = item(QUEUED, attempts=0, later=NOW - timedelta(days=4))
    for one, said, why in (
        (forward, "Is it time? The clock was set", "set forward by 3 days"),
        (back, "Is it time? The clock was set", "set back by 2 days"),
        (past, "Its time has passed: send it now?", "That is 4 days ago"),
    ):
        assert stand(one, NOW) == said
        assert why in " ".join(reasons(one, NOW))
        assert acts(one, NOW)[:2] == (Act.SEND_NOW, Act.LATER)
        assert overdue([one], NOW) == ""
        assert warning([one], NOW) == "Is it time for “Lunch”? The outbox asks."
    assert warning([forward, past], NOW) == "Is it time for 2 messages? The outbox asks."


def test_what_waits_for_long_is_said_aloud() -> None:
    late = item(DEFERRED, problem="Busy.", since=NOW - timedelta(hours=5))
    days = replace(late, since=NOW - timedelta(days=6))
    assert warning([item(DEFERRED, problem="Busy.")], NOW) == ""
    assert warning([late], NOW) == (
        "“Lunch” waits to be sent for more than 4 hours. The outbox says why."
    )
    assert "Keep trying, or give it up?" in warning([late, days, days], NOW)
    assert "6 days" in " ".join(reasons(days, NOW))


@pytest.mark.parametrize(
    ("here", "wanted"),
    [
        (
            datetime(2026, 11, 24, 9, 30),
            ["24 10:30", "24 18:00", "25 08:00", "30 08:00"],
        ),
        (datetime(2026, 11, 24, 22, 30), ["24 23:30", "25 08:00", "30 08:00"]),
        (datetime(2026, 11, 29, 12, 0), ["29 13:00", "29 18:00", "30 08:00"]),
    ],
    ids=["a Tuesday morning", "a Tuesday night", "a Sunday"],
)
def test_the_usual_times_to_send_at(here: datetime, wanted: list[str]) -> None:
    found = presets(here.astimezone())
    assert [f"{when:%d %H:%M}" for _, when in found] == wanted


def test_tomorrow_morning_is_at_eight_also_when_the_clocks_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    import time

    time.tzset()
    try:
        night = datetime(2026, 10, 24, 22, 0, tzinfo=ZoneInfo("Europe/Berlin"))
        assert [f"{when:%H:%M %z}" for _, when in presets(night)][1] == "08:00 +0100"
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()


# The windows


@pytest.fixture
def alice(make_app: MakeApp, mail_servers: MailServers) -> App:
    mail_servers.clear()
    app = make_app("alice")
    app.accounts.add(mail_servers.account("alice"), mail_servers.password("alice"))
    return app


@pytest.fixture
def window(qtbot: QtBot, alice: App, bridge_of: Callable[[App], Bridge]) -> MainWindow:
    made = MainWindow(alice, bridge_of(alice))
    qtbot.addWidget(made)
    made.resize(1024, 700)
    made.show()
    return made


def queue(app: App, subject: str, *to: str, **how: object) -> int:
    people = tuple(Address("", one) for one in to or (BOB,))
    draft = Draft(Address("Alice", "alice@example.org"), people, subject=subject, text="Dear all")
    return app.send.queue(draft, **how).id  # type: ignore[arg-type]


def press(window: MainWindow, act: Act) -> None:
    window.outbox.buttons[act].click()


def show_outbox(window: MainWindow) -> None:
    window._show_place(Place(OUTBOX, "Outbox", (), OUTBOX))


def test_undo_opens_the_message_again_as_it_was(
    qtbot: QtBot, window: MainWindow, alice: App, mail_servers: MailServers, snap: Snap
) -> None:
    id = queue(alice, "The attic", undo_seconds=30)
    qtbot.waitUntil(lambda: window.undo_bar.held == (id,), timeout=PATIENCE)
    assert "“The attic” is sent in" in window.undo_bar.text.text()
    snap(window, "undo")
    window.undo_bar.undo.click()
    qtbot.waitUntil(lambda: len(window.verbs._composers) == 1, timeout=PATIENCE)
    composer = window.verbs._composers[0]
    assert composer.form.subject.text() == "The attic"
    assert composer.form.draft().text.rstrip() == "Dear all"
    assert [one.address for one in composer.form.draft().to] == [BOB]
    assert alice.send.items() == ()
    qtbot.waitUntil(lambda: not window.undo_bar.isVisible(), timeout=PATIENCE)
    assert mail_servers.mailbox("bob") == []
    composer.keeper.end()
    composer.close()


def test_what_is_not_undone_is_sent_when_its_seconds_are_over(
    qtbot: QtBot, window: MainWindow, alice: App, mail_servers: MailServers
) -> None:
    alice.dispatch.start()
    queue(alice, "The attic", undo_seconds=2)
    qtbot.waitUntil(window.undo_bar.isVisible, timeout=PATIENCE)
    qtbot.waitUntil(lambda: len(mail_servers.mailbox("bob")) == 1, timeout=PATIENCE)
    qtbot.waitUntil(lambda: not window.undo_bar.isVisible(), timeout=PATIENCE)


def write(window: MainWindow, qtbot: QtBot) -> ComposeWindow:
    window.verbs.compose("mailto:bob@example.org?subject=Lunch&body=At%20noon")
    qtbot.waitUntil(lambda: len(window.verbs._composers) == 1, timeout=PATIENCE)
    return window.verbs._composers[0]


def test_a_message_is_held_after_send_and_sent_once_however_often_send_is_pressed(
    qtbot: QtBot, window: MainWindow, alice: App
) -> None:
    composer = write(window, qtbot)
    composer.sending.send()
    composer.sending.send()
    qtbot.waitUntil(lambda: len(window.undo_bar.held) == 1, timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.verbs._composers == [], timeout=PATIENCE)
    assert len(alice.send.items()) == 1


def test_a_draft_in_two_windows_is_sent_once_unless_its_author_wants_both(
    qtbot: QtBot, window: MainWindow, alice: App
) -> None:
    alice.settings.set(UNDO_SECONDS, 0)
    id = alice.compose.save_draft(
        Draft(
            Address("Alice", "alice@example.org"), (Address("", BOB),), subject="Lunch", text="Noon"
        )
    )
    for count in (1, 2, 3):
        window.verbs.open_composer(alice.compose.open_draft(id), id)
        assert len(window.verbs._composers) == count
    first, same, other = window.verbs._composers
    later = datetime.now(UTC) + timedelta(days=1)
    other.form.subject.setText("Dinner")
    first.sending.send_later(later)
    qtbot.waitUntil(lambda: len(alice.send.items()) == 1, timeout=PATIENCE)
    same.sending.send_later(later)
    qtbot.waitUntil(lambda: same.keeper.ended, timeout=PATIENCE)
    other.sending.send_later(later)
    qtbot.waitUntil(lambda: "sent already" in other.strip.words, timeout=PATIENCE)
    assert [one.subject for one in alice.send.items()] == ["Lunch"]
    next(
        one
        for one in other.strip.findChildren(QPushButton)
        if one.text() == "Send as a new message"
    ).click()
    qtbot.waitUntil(lambda: len(alice.send.items()) == 2, timeout=PATIENCE)


def test_a_time_is_chosen_beside_send(
    qtbot: QtBot, window: MainWindow, alice: App, snap: Snap
) -> None:
    composer = write(window, qtbot)
    menu = composer.sending.later_button.menu()
    menu.aboutToShow.emit()
    snap(composer, "compose-later")
    words = [one.text() for one in menu.actions()]
    assert words[0].startswith("In one hour")
    assert words[-1] == "Another time…"
    next(one for one in menu.actions() if one.text().startswith("Tomorrow morning")).trigger()
    qtbot.waitUntil(lambda: len(alice.send.items()) == 1, timeout=PATIENCE)
    [item] = alice.send.items()
    assert item.later is not None
    assert item.later.astimezone().hour == 8
    assert window.undo_bar.held == ()


def test_closing_the_window_with_a_message_about_to_go_asks(
    qtbot: QtBot, window: MainWindow, alice: App, mail_servers: MailServers
) -> None:
    queue(alice, "The attic", undo_seconds=30)
    qtbot.waitUntil(window.undo_bar.isVisible, timeout=PATIENCE)
    window.close()
    assert window.isVisible()
    [box] = window.findChildren(QMessageBox)
    assert "has not been sent yet" in box.text()
    next(one for one in box.buttons() if one.text() == "Send now").click()
    qtbot.waitUntil(lambda: len(mail_servers.mailbox("bob")) == 1, timeout=PATIENCE)


def test_the_outbox_shows_each_recipient_and_what_can_be_done(
    qtbot: QtBot, window: MainWindow, alice: App, snap: Snap
) -> None:
    steps = alice._store.outbox.steps
    mixed = queue(alice, "The minutes of Tuesday", BOB, CAROL, "dan@example.org")
    steps.begin(mixed)
    steps.answered(
        mixed,
        [
            Answer(BOB, True, 250, "ok"),
            Answer(
                CAROL, False, 550, f"{CAROL} does not exist at example.org.", "550 5.1.1 unknown"
            ),
            Answer(
                "dan@example.org",
                False,
                452,
                "The mailbox of dan@example.org is full.",
                "452 4.2.2 mailbox full",
            ),
        ],
    )
    doubtful = queue(alice, "Perhaps")
    steps.begin(doubtful)
    steps.doubt(doubtful, 0, "The connection was lost just before the server could confirm it.")
    queue(alice, "On Monday", later=datetime.now(UTC) + timedelta(days=4))
    show_outbox(window)
    qtbot.waitUntil(lambda: window.outbox.list.count() == 3, timeout=PATIENCE)
    for words in (
        "bob@example.org has it.",
        "carol@example.org was refused.\n    The server said: 550 5.1.1 unknown",
        "dan@example.org is tried again.",
    ):
        assert words in window.outbox.words
    snap(window, "outbox")
    window.outbox.list.setCurrentRow(1)
    assert tuple(window.outbox.buttons) == (Act.ARRIVED, Act.SEND_AGAIN, Act.TO_DRAFTS)
    snap(window, "outbox-doubt")
    press(window, Act.SEND_AGAIN)
    [box] = window.findChildren(QMessageBox)
    assert "may arrive twice" in box.informativeText()
    box.reject()
    press(window, Act.ARRIVED)
    qtbot.waitUntil(lambda: window.outbox.list.count() == 2, timeout=PATIENCE)
    window.outbox.list.setCurrentRow(1)
    assert "sleeps" in window.outbox.words
    snap(window, "outbox-later")


def test_a_refused_message_is_corrected_for_those_who_have_not_got_it(
    qtbot: QtBot, window: MainWindow, alice: App
) -> None:
    id = queue(alice, "Lunch", BOB, "caroll@example.org")
    steps = alice._store.outbox.steps
    steps.begin(id)
    steps.answered(
        id, [Answer(BOB, True, 250, "ok"), Answer("caroll@example.org", False, 550, "Unknown.")]
    )
    show_outbox(window)
    qtbot.waitUntil(lambda: Act.CORRECT in window.outbox.buttons, timeout=PATIENCE)
    press(window, Act.CORRECT)
    qtbot.waitUntil(lambda: len(window.verbs._composers) == 1, timeout=PATIENCE)
    composer = window.verbs._composers[0]
    assert [one.address for one in composer.form.draft().to] == ["caroll@example.org"]
    assert composer.strip.words == "bob@example.org got this message and will not get it again."
    composer.keeper.end()
    composer.close()


def test_the_time_of_a_message_is_changed_and_it_is_sent_now(
    qtbot: QtBot, window: MainWindow, alice: App, mail_servers: MailServers, snap: Snap
) -> None:
    first = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
    id = queue(alice, "On Monday", later=first)
    show_outbox(window)
    qtbot.waitUntil(lambda: Act.LATER in window.outbox.buttons, timeout=PATIENCE)
    press(window, Act.LATER)
    [dialog] = window.findChildren(SendLaterDialog)
    dialog.when.setDateTime(dialog.when.dateTime().addDays(7))
    wanted = dialog.when.dateTime().toSecsSinceEpoch()
    snap(dialog, "send-later")
    dialog._accepted()
    qtbot.waitUntil(
        lambda: alice._store.outbox.get(id).later == datetime.fromtimestamp(wanted, UTC),
        timeout=PATIENCE,
    )
    press(window, Act.SEND_NOW)
    qtbot.waitUntil(lambda: len(mail_servers.mailbox("bob")) == 1, timeout=PATIENCE)


def test_the_seconds_for_undo_are_set_within_their_limits(
    qtbot: QtBot, window: MainWindow, alice: App
) -> None:
    settings = SettingsWindow(alice, window.bridge)
    qtbot.addWidget(settings)
    field = settings.fields[UNDO_SECONDS.key]
    assert isinstance(field, QSpinBox)
    assert (field.value(), field.minimum(), field.maximum()) == (10, 0, 30)
    field.setValue(99)
    qtbot.waitUntil(lambda: alice.settings.get(UNDO_SECONDS) == 30, timeout=PATIENCE)


def test_what_waits_for_hours_is_told_below_the_window(
    qtbot: QtBot, window: MainWindow, alice: App
) -> None:
    id = queue(alice, "Lunch")
    alice._store.outbox.steps.missed(id, datetime.now(UTC), "No network.")
    alice._store.outbox.set(id, since=0)
    window.read_folders()
    assert any("Keep trying, or give it up?" in one for one in window.activity.told)
    show_outbox(window)
    press(window, Act.GIVE_UP)
    qtbot.waitUntil(lambda: bool(alice.search.find("in:drafts").ids), timeout=PATIENCE)
    qtbot.waitUntil(
        lambda: not any("give it up" in one for one in window.activity.told), timeout=PATIENCE
    )


def test_mail_that_became_due_while_the_program_was_closed_is_told_below_the_window(
    window: MainWindow, alice: App
) -> None:
    id = queue(alice, "Happy new year")
    passed = datetime.now(UTC) - timedelta(hours=2)
    alice._store.outbox.set(id, later=int(passed.timestamp()))
    window.outgoing.tell_overdue()
    [told] = window.activity.told
    assert told.startswith("“Happy new year” was to go out on ")
