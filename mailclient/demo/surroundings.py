"""What a demo consists of: servers, mailboxes, two people with keys, and the mail between them.

The user's profile is opened as the window and the command line open any other. Nothing outside the
given folder is written, and nothing listens on anything but the loopback.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mailclient.account import Account, Identity, Security, Server
from mailclient.app import App, now, open_profile
from mailclient.demo.correspondent import Correspondent
from mailclient.demo.mailboxes import Mailboxes
from mailclient.demo.pop3_server import HOST, Pop3Server
from mailclient.demo.samples import FORGED_FROM, RENT, WELCOME, forge, outside_mail, written_before
from mailclient.demo.smtp_server import SmtpServer
from mailclient.errors import Cancelled
from mailclient.message.address import Address
from mailclient.paths import Profile
from mailclient.services.jobs import Job
from mailclient.settings import FIND_AT_DOMAIN, FIND_ON_SERVER, RECEIVE_MINUTES

HOSTNAME = "mx.demo.example"
YOU = Identity("alice@demo.example", "Alice", "Alice")
FRIEND = Identity("bob@demo.example", "Bob")
PASSWORDS = {YOU.address: "wonderland", FRIEND.address: "builder"}
PASSPHRASE = "demo"

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a person sits: the profile, its key ring, and the account that belongs into it."""

    profile: Profile
    gnupg_home: Path
    account: Account
    password: str


class World:
    """A running demo. `seat` is the user's; close it to stop the servers."""

    def __init__(self, folder: Path, clock: Clock = now) -> None:
        self._clock = clock
        self.mailboxes = Mailboxes(PASSWORDS)
        with ExitStack() as undo:
            self._smtp = undo.enter_context(closing(SmtpServer(self.mailboxes, HOSTNAME, clock)))
            self._pop3 = undo.enter_context(closing(Pop3Server(self.mailboxes)))
            self.seat = self._seat(folder / "alice", YOU)
            friend = self._seat(folder / "bob", FRIEND)
            app = undo.enter_context(closing(_open(friend, clock)))
            account = app.accounts.add(friend.account, friend.password)
            app.keys.generate(FRIEND.address, FRIEND.name, None)
            self.correspondent = Correspondent(app, account)
            self.mailboxes.listen(self.correspondent.hear)
            self._undo = undo.pop_all()

    @property
    def profile(self) -> Profile:
        """The user's profile."""
        return self.seat.profile

    @property
    def gnupg_home(self) -> Path:
        """The user's key ring."""
        return self.seat.gnupg_home

    @property
    def passphrase(self) -> str:
        """What opens the user's profile; no OS keyring is asked in the demo."""
        return PASSPHRASE

    @property
    def account(self) -> Account:
        """The user's account, as it is to be set up."""
        return self.seat.account

    @property
    def password(self) -> str:
        """The password of the user's account on both servers."""
        return self.seat.password

    def open(self, passphrase: str = PASSPHRASE) -> App:
        """Open the user's profile; from now on new mail is collected when it arrives."""
        app = _open(self.seat, self._clock, passphrase)
        self.attach(app)
        return app

    def attach(self, app: App) -> None:
        """Have `app` collect as soon as mail arrives, so that nobody waits for the next round."""

        def collect(job: Job) -> None:
            for account in app.accounts.list():
                app.receive.start(account)

        def arrived(address: str) -> None:
            if address == self.account.address:
                with suppress(Cancelled):  # the window is closing
                    app.jobs.submit("arrivals", collect, quiet=True)

        self.mailboxes.listen(arrived)

    def settle(self, app: App) -> Account:
        """Set up account, key and correspondent's key in the user's profile, and have mail sent.

        Raises MailError.
        """
        account = app.accounts.add(self.account, self.password)
        app.settings.set(RECEIVE_MINUTES, 1)
        for source in (FIND_AT_DOMAIN, FIND_ON_SERVER):  # nobody outside knows these two
            app.settings.set(source, False)
        app.keys.generate(YOU.address, YOU.name, None)
        theirs = self.correspondent.meet(app.keys.export(YOU.address), YOU.address)
        for key in app.keys.import_keys(theirs, "met in person"):
            app.keys.trust(key.fingerprint, FRIEND.address, "verified")
        self._put_into_sent(app)
        self.send_samples()
        return account

    def _put_into_sent(self, app: App) -> None:
        """What was sent before today, so that a report about it has something to be about."""
        path = self.seat.profile.folder.parent / "written-before.eml"
        path.write_bytes(written_before(YOU.address, self._clock()))
        app.transfer.import_paths([path], "sent", Job(0))
        path.unlink()

    def send_samples(self) -> None:
        """Fill the user's mailbox; the correspondent must have the user's key."""
        for raw in outside_mail(YOU.address, self._clock()):
            self.mailboxes.deliver(YOU.address, raw)
        self.correspondent.write(Address(YOU.name, YOU.address), (RENT, WELCOME))
        rent = next(
            one.raw for one in self.mailboxes.contents(YOU.address) if FORGED_FROM in one.raw
        )
        self.mailboxes.deliver(YOU.address, forge(rent))

    def close(self) -> None:
        """Stop the correspondent and the servers."""
        self._undo.close()

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _seat(self, folder: Path, who: Identity) -> Seat:
        gnupg_home = folder / "gnupg"
        gnupg_home.mkdir(mode=0o700, parents=True)

        def server(port: int) -> Server:
            return Server(HOST, port, Security.NONE, username=who.address)

        account = Account((who,), server(self._pop3.port), server(self._smtp.port))
        return Seat(Profile(folder / "profile"), gnupg_home, account, PASSWORDS[who.address])


def _open(seat: Seat, clock: Clock, passphrase: str = PASSPHRASE) -> App:
    return open_profile(
        seat.profile, passphrase=passphrase, gnupg_home=seat.gnupg_home, clock=clock
    )
