"""Mail in and out: what the window has collected and sent, and what it shows of the servers."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMenu, QWidget

from mailclient.app import App, now
from mailclient.gui import standing
from mailclient.gui.activity_line import ActivityLine, ended
from mailclient.gui.bridge import Bridge
from mailclient.gui.certificate import CertificateDialog
from mailclient.gui.folder_list import FolderList
from mailclient.gui.signing_in import SignInWindow
from mailclient.services.accounts import INCOMING, OUTGOING
from mailclient.services.events import CollectionEnded
from mailclient.services.jobs import JobView
from mailclient.services.signin import by_token

MOST_NOTICES = 3


class Traffic(QObject):
    """Starts the work of one window between here and the servers."""

    def __init__(
        self,
        app: App,
        bridge: Bridge,
        window: QWidget,
        activity: ActivityLine,
        folders: FolderList,
    ) -> None:
        super().__init__(window)
        self._app = app
        self._bridge = bridge
        self._window = window
        self._activity = activity
        self._folders = folders
        folders.menu_wanted.connect(lambda id, at: self.account_menu(id).popup(at))
        activity.looked.connect(self.show_jobs)
        activity.stop_wanted.connect(app.jobs.cancel)
        activity.read.connect(app.jobs.forget)
        activity.again.connect(self._again)
        activity.certificate_wanted.connect(self.show_certificate)
        activity.sign_in_wanted.connect(lambda lane: self.sign_in(lane.partition(":")[2]))

    def receive(self) -> None:
        """Collect the mail of all accounts, and send what waits."""
        self._bridge.run("work", lambda job: self._app.schedule.collect_all())
        self._bridge.run("work", lambda job: self._app.send.start_due())

    def show_mailbox(self, account_id: int = 0) -> None:
        """Show what lies on the server of an account, or of the first."""
        from mailclient.gui.server_mailbox import ServerMailboxWindow

        ServerMailboxWindow(self._app, self._bridge, self._window, account_id=account_id).show()

    def show_certificate(self, lane: str) -> None:
        """Show the certificate that has stopped the work of a lane."""
        kind, _, address = lane.partition(":")
        what = INCOMING if kind == "fetch" else OUTGOING
        account = self._app.accounts.get(address)
        CertificateDialog(self._app, self._bridge, account, what, self._window).show()

    def sign_in(self, address: str) -> None:
        """Have the owner of an account sign in, then collect and send for it."""
        account = self._app.accounts.get(address)
        window = SignInWindow(self._app, self._bridge, account, self._window)
        for kind in ("fetch", "send"):
            window.signed_in.connect(partial(self.start, kind))
        window.show()

    def send_queued(self) -> None:
        """Send what waits, also what waits for its next try."""

        def work() -> None:
            for account in self._app.accounts.list():
                if account.outgoing is not None:
                    self._app.send.start(account, now=True)

        self._bridge.run("work", lambda job: work())

    def start(self, kind: str, address: str) -> None:
        """Start a collection ("fetch") or a dispatch ("send") of one account again."""

        def work() -> None:
            account = self._app.accounts.get(address)
            if kind == "fetch":
                self._app.schedule.collect(account)
            else:
                self._app.send.start(account, now=True)

        self._bridge.run("work", lambda job: work())

    # One account

    def account_menu(self, account_id: int) -> QMenu:
        """What can be done with one account, from the folder list."""
        account = next(one for one in self._app.accounts.list() if one.id == account_id)
        menu = QMenu(self._window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        address = account.address
        if account.incoming is not None:
            menu.addAction("Collect mail now", lambda: self.start("fetch", address))
            menu.addAction("Mail on the server…", lambda: self.show_mailbox(account_id))
            paused = menu.addAction("Paused: do not collect mail", lambda: self._pause(address))
            paused.setCheckable(True)
            paused.setChecked(account.paused)
            menu.addSeparator()
        if by_token(account.incoming) or by_token(account.outgoing):
            menu.addAction("Sign in again…", lambda: self.sign_in(address))
        menu.addAction(
            "Account settings…", lambda: self._activity.settings_wanted.emit(f"account:{address}")
        )
        return menu

    def _pause(self, address: str) -> None:
        """Let an account pause, or go on."""

        def work(job: object) -> None:
            account = self._app.accounts.get(address)
            self._app.accounts.change(replace(account, paused=not account.paused))

        self._bridge.run("work", work)

    # What is told

    def show_jobs(self) -> None:
        """Show how the jobs stand, and forget those that ended well."""
        if self._bridge.closed:  # and the profile with it: the window is about to go
            return
        views = self._app.jobs.views()
        self._activity.show_jobs(views, self.show_standings())
        for id in ended(views):
            self._app.jobs.forget(id)

    def show_standings(self) -> dict[str, str]:
        """Show how the accounts stand; returns when each that failed is tried again, by lane."""
        accounts = [one for one in self._app.accounts.list() if one.incoming is not None]
        outlooks = {one.id: self._app.schedule.outlook(one) for one in accounts}
        self._folders.show_standings(
            {one.id: standing.words(one.address, outlooks[one.id], now()) for one in accounts}
        )
        return {
            f"fetch:{one.address}": standing.next_try(outlooks[one.id], now())
            for one in accounts
            if outlooks[one.id].problem is not None
        }

    def tell_notices(self, collection: CollectionEnded) -> None:
        """Say what was noticed while mail was collected."""
        kinds = list(dict.fromkeys(collection.notices))
        if len(kinds) > MOST_NOTICES:
            kinds[MOST_NOTICES:] = [f"There were {len(kinds) - MOST_NOTICES:,} more such notes."]
        text = " ".join(kinds)
        of = next(
            (one for one in self._app.accounts.list() if one.id == collection.account_id), None
        )
        self._activity.tell(collection.account_id, f"{of.address}: {text}" if of and text else "")

    def _again(self, view: JobView) -> None:
        """Start the work of a failed job again."""
        kind, _, address = view.lane.partition(":")
        self._app.jobs.forget(view.id)
        self.start(kind, address)
