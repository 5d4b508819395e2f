"""What the second page sets going: signing in where a token is wanted, the test of both log-ins,
and the account that is kept when both have let the user in."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from mailclient.account import Account, Identity
from mailclient.app import App
from mailclient.errors import BadInput, LoginRefused
from mailclient.gui.signing_in import Place, place_of
from mailclient.gui.strip import Strip
from mailclient.gui.wizard.key_work import Run
from mailclient.gui.wizard.servers_page import ServersPage
from mailclient.services.accounts import StepResult, with_tokens
from mailclient.services.jobs import Job
from mailclient.services.signin import by_token
from mailclient.transport.oauth.values import Grant


class LogInWork:
    """Logs in as the page says; `made` is the account once it is kept."""

    def __init__(self, app: App, page: ServersPage, strip: Strip, run: Run) -> None:
        self._app = app
        self._page = page
        self._strip = strip
        self._run = run
        self._identity = Identity("nobody@localhost")
        self._grant: Grant | None = None
        self.made: Account | None = None
        page.signing.granted.connect(self._granted)
        page.by_hand.edited.connect(self.forget)

    def forget(self) -> None:
        """The account is another one now: what was granted is not for it."""
        self._grant = None

    @property
    def words(self) -> str:
        """What the main button does."""
        wanted = "" if self._grant else self._page.signing.words
        return wanted or "Log in and continue"

    @property
    def can_go_on(self) -> bool:
        """Whether that can be done now."""
        signing = self._page.signing
        blocked = bool(signing.words) and self._grant is None and not signing.can_begin
        return self._page.can_go_on and not blocked

    def begin(self, identity: Identity, password: str) -> None:
        """Do it; raises BadInput."""
        self._identity = identity
        account = self._page.account(identity)
        if by_token(account.incoming) or by_token(account.outgoing):
            self._with_token(account)
        elif password:
            self._test(account, password)
        else:
            self._page.ask_password(True, self._page.password.accessibleName() or "Password")
            self._page.password.setFocus()
            raise BadInput("The password is missing.", "Type the one of your mailbox.")

    def _with_token(self, account: Account) -> None:
        if self._grant is not None:
            self._test(with_tokens(account), self._grant.access)
        elif self._page.signing.words:
            self._page.signing.begin()
        else:  # filled in by hand: whose page it is follows from the servers
            self._run(lambda job: place_of(self._app, account), self._offer)

    def _offer(self, place: Place | None) -> None:
        if place is None:
            self._strip.problem(
                BadInput(
                    "Where one signs in for these servers is not known.",
                    "Choose another way to log in; 'Signing in' in the documentation says how to "
                    "name a provider.",
                ),
                [("Show it", self._page.signing.show_how)],
            )
            return
        self._page.signing.offer(place, self._identity.address)
        if place.registered:
            self._page.signing.begin()

    def _granted(self, grant: Grant) -> None:
        self._grant = grant
        self._test(with_tokens(self._page.account(self._identity)), grant.access)

    # Both log-ins

    def _test(self, account: Account, secret: str) -> None:
        """Log in to both servers at the same time."""
        self._page.log_ins.begin()
        results: list[StepResult] = []

        def tested(steps: tuple[StepResult, ...]) -> None:
            for step in steps:
                self._page.log_ins.show_result(step)
            results.extend(steps)
            if len(results) == 2:
                self._tested(account, secret, results)

        def test(job: Job, half: Account) -> tuple[StepResult, ...]:
            return self._app.accounts.test(half, secret, None, job.cancel)

        self._run(partial(test, half=replace(account, outgoing=None)), tested)
        self._run(partial(test, half=replace(account, incoming=None)), tested)

    def _tested(self, account: Account, secret: str, results: list[StepResult]) -> None:
        wrong = [one.problem for one in results if not one.ok]
        grant = self._grant if by_token(account.incoming) else None
        if not wrong and grant is not None:
            self._run(lambda job: self._app.accounts.add_signed_in(account, grant), self._added)
        elif not wrong:
            self._run(lambda job: self._app.accounts.add(account, secret), self._added)
        elif any(isinstance(one, LoginRefused) for one in wrong):
            self._refused(secret)

    def _refused(self, secret: str) -> None:
        """A log-in was refused: the password is typed again, or the user signs in again."""
        if self._grant is not None:
            self._grant = None
            self._page.changed.emit()
            return
        page = self._page
        page.password.setText(secret)
        page.ask_password(True, page.password.accessibleName() or "Password")
        page.password.setFocus()
        page.password.selectAll()

    def _added(self, account: Account) -> None:
        self.made = account
        self._page.account_made.emit()
