"""Accounts: add, change, remove, and test by logging in to both servers."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import TypeVar

from mailclient.account import Account, Authentication, Identity, Server
from mailclient.cancel import CancelToken
from mailclient.errors import (
    BadInput,
    LoginRefused,
    MailError,
    NotFound,
    SignInNeeded,
    Unreachable,
)
from mailclient.message.address import normalise
from mailclient.services.events import AccountsChanged, Events, FoldersChanged
from mailclient.services.identities import identity_of
from mailclient.services.signin import SignIn, by_token
from mailclient.store import Store
from mailclient.transport import pop3, smtp
from mailclient.transport.certificate import Certificate, examine
from mailclient.transport.discover.providers import known_hosts
from mailclient.transport.oauth.values import Grant

T = TypeVar("T")
INCOMING, OUTGOING = "incoming", "outgoing"
LOCAL_DOMAIN = "localhost"


@dataclass(frozen=True, slots=True)
class StepResult:
    """How the test of one server ended: a sentence; where it failed what to do, and the fault."""

    what: str
    ok: bool
    text: str
    advice: str = ""
    detail: str = ""
    problem: MailError | None = None


class Accounts:
    """The use cases around accounts."""

    def __init__(self, store: Store, events: Events, signin: SignIn, *, offline: bool) -> None:
        self._store = store
        self._events = events
        self._signin = signin
        self._offline = offline
        self._own: frozenset[str] | None = None

    def list(self) -> tuple[Account, ...]:
        """All accounts, oldest first."""
        return self._store.accounts.all()

    def get(self, address: str) -> Account:
        """The account that has that address, tagged or not, as an identity; raises NotFound."""
        return self.identity(address)[0]

    def identity(self, address: str) -> tuple[Account, Identity]:
        """The identity with that address, tagged or not, and its account; raises NotFound."""
        found = identity_of(self.list(), address)
        if found is None:
            raise NotFound(
                f"There is no account {address}.", "'mailclient account list' shows the accounts."
            )
        return found

    def keep_identity(self, account: Account, identity: Identity, instead_of: str = "") -> Account:
        """Keep an identity in an account, new or in place of the one with that address; raises
        BadInput for an address that another one has, NotFound for one that is not there."""
        others = [one for one in account.identities if not _same(one.address, instead_of)]
        taken = {
            normalise(one.address)
            for one in (
                *others,
                *(i for a in self.list() if a.id != account.id for i in a.identities),
            )
        }
        if normalise(identity.address) in taken:
            raise BadInput(f"There is an identity {identity.address} already.", "Change that one.")
        if not instead_of:
            changed = replace(account, identities=(*account.identities, identity))
        elif len(others) == len(account.identities):
            raise NotFound(f"{account.address} has no identity {instead_of}.")
        else:
            kept = tuple(
                identity if _same(one.address, instead_of) else one for one in account.identities
            )
            changed = replace(account, identities=kept)
        self.change(changed)
        return changed

    def drop_identity(self, address: str) -> Account:
        """Remove an identity; raises BadInput for the only one of an account."""
        account, identity = self.identity(address)
        if len(account.identities) == 1:
            raise BadInput(
                f"{account.address} is the only address of its account.", "Remove the account."
            )
        kept = tuple(one for one in account.identities if one is not identity)
        changed = replace(account, identities=kept)
        self.change(changed)
        return changed

    def own_addresses(self) -> frozenset[str]:
        """The addresses of all identities, normalised."""
        if self._own is None:  # asked for with every message
            self._own = frozenset(
                normalise(one.address) for account in self.list() for one in account.identities
            )
        return self._own

    def add(
        self, account: Account, incoming_password: str, outgoing_password: str | None = None
    ) -> Account:
        """Keep a new account with its folders and passwords."""
        added = self._new(account)
        self.set_password(added, incoming_password, outgoing_password)
        self._changed()
        return added

    def add_signed_in(self, account: Account, grant: Grant) -> Account:
        """Keep a new account with its folders and with what its provider has granted."""
        wanted = with_tokens(account)
        self._signin.check(wanted, grant)
        added = self._new(wanted)
        self._signin.keep(added, grant)
        self._changed()
        return added

    def _new(self, account: Account) -> Account:
        """Put an account into the store; one whose mail was kept when it was removed gets its
        servers back. Raises BadInput for an address that is here already."""
        for one in self.list():
            if _same(one.address, account.address) and _is_local(one):
                others = one.identities[1:]
                again = replace(account, id=one.id, identities=(account.identities[0], *others))
                self._store.accounts.update(again)
                return again
        if normalise(account.address) in self.own_addresses():
            raise BadInput(
                f"There is an account for {account.address} already.",
                "Change that one, or remove it first.",
            )
        return self._store.accounts.add(account)

    def local(self) -> Account:
        """The first account; in an empty profile a local one is made, to import mail into."""
        accounts = self.list()
        if accounts:
            return accounts[0]
        added = self._store.accounts.add(
            Account((Identity(f"me@{LOCAL_DOMAIN}", "On this computer"),))
        )
        self._changed()
        return added

    def change(self, account: Account) -> None:
        """Keep new settings of an account; an exception for a server's certificate is for that
        server alone."""
        before = self._store.accounts.by_id(account.id)
        incoming = _pinned_alone(before.incoming, account.incoming)
        outgoing = _pinned_alone(before.outgoing, account.outgoing)
        self._store.accounts.update(replace(account, incoming=incoming, outgoing=outgoing))
        self._changed()

    def set_password(self, account: Account, incoming: str, outgoing: str | None = None) -> None:
        """Keep the passwords; without an outgoing one both servers get the same."""
        for what, server, secret in (
            (INCOMING, account.incoming, incoming),
            (OUTGOING, account.outgoing, incoming if outgoing is None else outgoing),
        ):
            signs_in = by_token(server) and not secret  # its tokens come from the provider
            if server and server.authentication is not Authentication.NONE and not signs_in:
                self._store.vault.set_password(account.id, what, secret)
        self._events.publish(AccountsChanged())

    def password(self, account: Account, what: str) -> str:
        """The password for the `incoming` or `outgoing` server, or a token that is good now.

        Raises LoginRefused, and for tokens what `SignIn.token` raises.
        """
        server = _server(account, what)
        if server is None or server.authentication is Authentication.NONE:
            return ""
        password = self._signin.token(account, server) if by_token(server) else None
        if password is None:
            password = self._store.vault.password(account.id, what)
        if password is None and by_token(server):
            raise SignInNeeded(
                f"{account.address} has to be signed in at its provider.",
                "Sign in in the account's settings, or with 'mailclient account sign-in'.",
            )
        if password is None:
            raise LoginRefused(
                f"The password of {account.address} is not known here.",
                "Open the account's settings and type it again.",
            )
        return password

    def signed_in(self, account: Account, grant: Grant) -> None:
        """Keep what the provider has granted; both servers are logged in to with it from now on."""
        self._signin.keep(account, grant)
        self.change(with_tokens(account))

    def logged_in(self, account: Account, what: str, log_in: Callable[[str], T]) -> T:
        """Do `log_in` with the password or token; a token that is not taken is renewed once.

        Raises what `password` and `log_in` raise.
        """
        secret = self.password(account, what)
        try:
            return log_in(secret)
        except LoginRefused:
            if not self._signin.refused(account, secret):
                raise
        return log_in(self.password(account, what))

    def proved(self, account: Account, what: str, mechanism: str, encryption: str) -> None:
        """Remember by which way, and over what, the log-in to the `incoming` or `outgoing` server
        has worked; nothing where the user has changed to another server meanwhile."""
        asked = _server(account, what)
        server = _server(self._store.accounts.by_id(account.id), what)
        if server is None or (server.proven, server.encrypted) == (mechanism, encryption):
            return
        with self._store.database.write():  # the user may change something else just now
            current = self._store.accounts.by_id(account.id)
            server = _server(current, what)
            if server is None or asked is None or server.host != asked.host:
                return
            known = replace(server, proven=mechanism, encrypted=encryption)
            self._store.accounts.update(_with_server(current, what, known))

    def remove(self, address: str, *, with_mail: bool = True, but: Collection[int] = ()) -> None:
        """Remove an account and its passwords, with its mail unless it is to stay here; messages of
        `but` stay in any case."""
        account = self.get(address)
        self._signin.sign_out(account)
        self._store.vault.forget(account.id)
        self._store.accounts.remove(account.id, with_mail=with_mail, but=but)
        self._changed()

    def test(
        self, account: Account, incoming: str, outgoing: str | None, cancel: CancelToken
    ) -> tuple[StepResult, ...]:
        """Log in to both servers and say how that went; changes nothing on them."""
        if self._offline:
            raise Unreachable(
                "The program was started without network.", "Start it without --offline."
            )
        steps = []
        if account.incoming is not None:
            steps.append(_step(INCOMING, account.incoming, incoming, cancel))
        if account.outgoing is not None:
            password = incoming if outgoing is None else outgoing
            steps.append(_step(OUTGOING, account.outgoing, password, cancel))
        return tuple(steps)

    def test_stored(self, address: str, cancel: CancelToken) -> tuple[StepResult, ...]:
        """Log in to both servers of an account that is kept here, with its stored passwords."""
        account = self.get(address)
        incoming = self.password(account, INCOMING)
        return self.test(account, incoming, self.password(account, OUTGOING), cancel)

    def certificate(self, account: Account, what: str, cancel: CancelToken) -> Certificate:
        """Look at the certificate of the `incoming` or `outgoing` server."""
        server = _server(account, what)
        if server is None:
            raise BadInput(f"{account.address} has no {what} server.", "Set one in its settings.")
        return examine(server, cancel, incoming=what == INCOMING)

    def accepting(self, account: Account, what: str, fingerprint: str) -> Account:
        """The account, with one certificate accepted for one server although it cannot be verified
        ("": none). Raises BadInput for a large provider's server: its certificates verify.
        """
        server = _server(account, what)
        if server is None:
            raise BadInput(f"{account.address} has no {what} server.", "Set one in its settings.")
        if fingerprint and server.host.lower() in known_hosts():
            raise BadInput(
                f"No exception is made for {server.host}: its certificates can be verified.",
                "Somebody may be listening; try another network.",
            )
        return _with_server(account, what, replace(server, pin=fingerprint))

    def _changed(self) -> None:
        self._own = None
        self._events.publish(AccountsChanged())
        self._events.publish(FoldersChanged())


def _server(account: Account, what: str) -> Server | None:
    return account.incoming if what == INCOMING else account.outgoing


def _with_server(account: Account, what: str, server: Server) -> Account:
    if what == INCOMING:
        return replace(account, incoming=server)
    return replace(account, outgoing=server)


def with_tokens(account: Account) -> Account:
    """The account with both servers logged in to by what its provider grants."""

    def by_token(server: Server | None) -> Server | None:
        return server and replace(server, authentication=Authentication.OAUTH2)

    return replace(
        account, incoming=by_token(account.incoming), outgoing=by_token(account.outgoing)
    )


def _is_local(account: Account) -> bool:
    return account.incoming is None and account.outgoing is None


def _same(one: str, other: str) -> bool:
    return bool(other) and normalise(one) == normalise(other)


def _pinned_alone(before: Server | None, after: Server | None) -> Server | None:
    """The server without the exception that was made for another one."""
    if before is None or after is None or before.host == after.host or before.pin != after.pin:
        return after
    return replace(after, pin="")


def _step(what: str, server: Server, password: str, cancel: CancelToken) -> StepResult:
    try:
        if what == INCOMING:
            text = pop3.check(server, password, cancel)
        else:
            text = smtp.check(server, password, cancel)
    except MailError as problem:
        return StepResult(what, False, problem.text, problem.advice, problem.detail, problem)
    return StepResult(what, True, text)
