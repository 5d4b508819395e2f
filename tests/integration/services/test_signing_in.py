"""Signing in at a real authorisation server, and with what it grants at a real Dovecot."""

from __future__ import annotations

import os
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from mailclient.account import Account, Authentication, Identity, Server
from mailclient.app import App, open_profile
from mailclient.cancel import CancelToken
from mailclient.errors import (
    BadInput,
    Cancelled,
    CertificateRejected,
    ProtocolFault,
    SignInNeeded,
)
from mailclient.paths import Profile
from mailclient.services.accounts import INCOMING, OUTGOING
from mailclient.services.jobs import Job
from mailclient.store.passwords import REFRESH
from mailclient.transport.oauth.values import Client, DevicePrompt, Issuer
from tests.servers.authorization import CLIENT, SCOPE, Provider, browser, provider_running
from tests.servers.surroundings import MailServers


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    with provider_running(tmp_path, "alice") as running:
        yield running


class Clock:
    """A clock that a test sets forward."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(
    tmp_path: Path, provider: Provider, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[App]:
    file = tmp_path / "providers.toml"
    file.write_text(
        f'[firm]\ntitle = "Firm"\nhosts = ["localhost"]\npage = "{provider.address}/page"\n'
        f'token = "{provider.address}/token"\ndevice = "{provider.address}/device"\n'
        f'scopes = ["{SCOPE}"]\nissuer = "{provider.address}"\nnames-itself = true\n'
        f'client-id = "{CLIENT}"\nca-file = "{provider.ca_file}"\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("MAILCLIENT_OAUTH", str(file))
    opened = open_profile(Profile(tmp_path / "profile"), passphrase="a phrase", clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def account(app: App, mail_servers: MailServers) -> Account:
    mail_servers.clear()
    wanted = mail_servers.account("alice")
    return app.accounts.add(
        replace(wanted, incoming=by_token(wanted.incoming), outgoing=by_token(wanted.outgoing)), ""
    )


def by_token(server: Server | None) -> Server:
    assert server is not None
    return replace(server, authentication=Authentication.OAUTH2)


def issuer(app: App) -> Issuer:
    return app.signin.providers()["firm"].issuer


def in_the_browser(app: App, account: Account, provider: Provider) -> list[str]:
    """Sign in; what the browser has shown at the end."""
    shown: list[str] = []
    threads: list[threading.Thread] = []

    def open_page(page: str) -> None:
        opening = threading.Thread(target=lambda: shown.append(browser(page, provider)))
        opening.start()
        threads.append(opening)

    try:
        grant = app.signin.by_browser(issuer(app), account.address, open_page, CancelToken())
    finally:
        for one in threads:
            one.join()
    app.accounts.signed_in(account, grant)
    return shown


def test_one_signs_in_in_the_browser_and_mail_comes(
    app: App, account: Account, provider: Provider, mail_servers: MailServers
) -> None:
    mail_servers.deliver("alice", b"Subject: Here\r\n\r\nI am.\r\n")
    with pytest.raises(SignInNeeded, match="signed in at its provider"):
        app.receive.collect(account, Job(0))
    [page] = in_the_browser(app, account, provider)
    assert "go back to your mail program" in page
    assert app.receive.collect(account, Job(0)).received == 1


def test_nobody_but_the_browser_of_this_question_is_answered(
    app: App, account: Account, provider: Provider
) -> None:
    refused: list[int] = []

    def open_page(page: str) -> None:
        redirect = parse_qs(urlsplit(page).query)["redirect_uri"][0]
        parts = urlsplit(redirect)
        assert parts.hostname == "127.0.0.1"
        assert len(parts.path) > 16  # nobody guesses it
        for url, host in (
            (f"http://{parts.netloc}/?code=x&state=y", parts.netloc),
            (redirect, parts.netloc),
            (f"{redirect}?code=x&state=y", "evil.example:80"),
        ):
            request = urllib.request.Request(url, headers={"Host": host})
            with pytest.raises(urllib.error.HTTPError) as told:
                urllib.request.urlopen(request)
            refused.append(told.value.code)
            told.value.close()
        with urllib.request.urlopen(f"{redirect}?code=stolen&state=guessed") as answer:
            answer.read()

    with pytest.raises(ProtocolFault, match="does not belong"):
        app.signin.by_browser(issuer(app), account.address, open_page, CancelToken())
    assert refused == [404, 404, 404]
    assert provider.asked == []  # the stolen code went nowhere


def test_who_declines_is_not_signed_in(app: App, account: Account, provider: Provider) -> None:
    provider.agrees = False
    with pytest.raises(Cancelled, match="not been signed in"):
        in_the_browser(app, account, provider)


def test_who_gives_up_is_not_waited_for(app: App, account: Account) -> None:
    token = CancelToken()
    with pytest.raises(Cancelled):
        app.signin.by_browser(issuer(app), account.address, lambda page: token.cancel(), token)


def test_one_signs_in_on_another_device_with_a_code(
    app: App, account: Account, provider: Provider
) -> None:
    provider.device_answers.extend(("pending", "slow", "yes"))
    prompts: list[DevicePrompt] = []
    grant = app.signin.by_device(issuer(app), prompts.append, CancelToken())
    app.accounts.signed_in(account, grant)
    [prompt] = prompts
    assert prompt.user_code
    assert prompt.page == f"{provider.address}/device-page"
    app.receive.collect(app.accounts.get(account.address), Job(0))


def test_who_declines_on_the_other_device_is_not_signed_in(app: App, provider: Provider) -> None:
    provider.device_answers.append("no")
    with pytest.raises(Cancelled):
        app.signin.by_device(issuer(app), lambda prompt: None, CancelToken())


def renewals(provider: Provider) -> int:
    return sum(one.get("grant_type") == "refresh_token" for one in provider.asked)


def test_a_token_is_renewed_before_it_ends_and_by_one_at_a_time(
    app: App, account: Account, provider: Provider, clock: Clock
) -> None:
    in_the_browser(app, account, provider)
    account = app.accounts.get(account.address)
    first = app.accounts.password(account, "incoming")
    assert app.accounts.password(account, "outgoing") == first
    assert renewals(provider) == 0

    clock.ahead = timedelta(minutes=59, seconds=30)
    with ThreadPoolExecutor(8) as lanes:
        tokens = set(lanes.map(lambda _: app.accounts.password(account, "incoming"), range(16)))
    assert len(tokens) == 1
    assert first not in tokens
    assert renewals(provider) == 1


def test_the_token_that_lasts_is_changed_with_each_renewal_and_kept(
    app: App, account: Account, provider: Provider, clock: Clock
) -> None:
    in_the_browser(app, account, provider)
    account = app.accounts.get(account.address)
    for hours in range(1, 4):
        clock.ahead = timedelta(hours=hours * 1.1)
        app.accounts.password(account, "incoming")
    assert renewals(provider) == 3
    assert len(provider.refreshes) == 1  # each old one is void


def test_a_token_that_the_server_does_not_take_is_renewed_once(
    app: App, account: Account, provider: Provider
) -> None:
    provider.lasts = -60  # void, though it says that it lasts
    in_the_browser(app, account, provider)
    provider.lasts = 3600
    app.receive.collect(app.accounts.get(account.address), Job(0))
    assert renewals(provider) == 1


def test_when_only_signing_in_anew_helps_that_is_said_and_nothing_is_asked_in_a_loop(
    app: App, account: Account, provider: Provider, clock: Clock
) -> None:
    in_the_browser(app, account, provider)
    account = app.accounts.get(account.address)
    provider.refreshes.clear()  # withdrawn at the provider
    clock.ahead = timedelta(hours=2)
    with pytest.raises(SignInNeeded, match="sign in again"):
        app.receive.collect(account, Job(0))
    for _ in range(5):
        with pytest.raises(SignInNeeded):
            app.receive.collect(account, Job(0))
    assert renewals(provider) == 1

    in_the_browser(app, account, provider)
    app.receive.collect(account, Job(0))


def test_tokens_outlive_the_program_and_only_the_one_that_lasts_is_kept(
    app: App, account: Account, provider: Provider, tmp_path: Path
) -> None:
    in_the_browser(app, account, provider)
    access = app.accounts.password(app.accounts.get(account.address), "incoming")
    [lasting] = provider.refreshes
    app.close()
    held = b"".join(one.read_bytes() for one in tmp_path.rglob("*") if one.is_file())
    assert lasting.encode() not in held
    assert access.encode() not in held

    again = open_profile(Profile(tmp_path / "profile"), passphrase="a phrase")
    again.receive.collect(again.accounts.get(account.address), Job(0))
    assert renewals(provider) == 1
    again.close()


def test_what_a_provider_has_granted_is_for_its_own_servers_alone(
    app: App, account: Account, provider: Provider
) -> None:
    in_the_browser(app, account, provider)
    elsewhere = Server("smtp.elsewhere.example", 465, authentication=Authentication.OAUTH2)
    app.accounts.change(replace(account, outgoing=elsewhere))
    changed = app.accounts.get(account.address)
    with pytest.raises(BadInput, match=r"who grants access to smtp\.elsewhere\.example"):
        app.accounts.password(changed, OUTGOING)
    assert app.signin.issuer(changed.incoming, changed.outgoing) is None  # nor can one sign in
    password = replace(elsewhere, authentication=Authentication.PASSWORD)
    app.accounts.change(replace(account, outgoing=password))
    assert app.accounts.password(app.accounts.get(account.address), INCOMING)


def also_known(app: App, provider: Provider, name: str, host: str) -> None:
    """Add another provider, at the same place or not, with mail servers of its own."""
    file = Path(os.environ["MAILCLIENT_OAUTH"])
    firm = file.read_text(encoding="utf-8")
    other = firm.replace("[firm]", f"[{name}]").replace('"Firm"', f'"{name.capitalize()}"')
    other = other.replace('hosts = ["localhost"]', f'hosts = ["{host}"]')
    file.write_text(firm + other.replace("/token", "/token?other"), encoding="utf-8")


@pytest.mark.parametrize("running", [True, False], ids=["in one run", "after a new start"])
def test_a_token_is_never_shown_to_the_provider_of_servers_that_were_put_in_by_hand(
    app: App, account: Account, provider: Provider, clock: Clock, running: bool
) -> None:
    in_the_browser(app, account, provider)
    also_known(app, provider, "other", "127.0.0.1")
    account = app.accounts.get(account.address)
    assert account.incoming is not None
    assert account.outgoing is not None
    moved = replace(
        account,
        incoming=replace(account.incoming, host="127.0.0.1"),
        outgoing=replace(account.outgoing, host="127.0.0.1"),
    )
    app.accounts.change(moved)
    if not running:
        app.signin._grants.clear()  # as they are after a new start
    clock.ahead = timedelta(hours=2)
    before = len(provider.asked)
    for what in (INCOMING, OUTGOING):
        with pytest.raises(SignInNeeded, match="other servers than when you signed in"):
            app.accounts.password(moved, what)
    assert len(provider.asked) == before
    assert not app.signin.signed_in(moved)

    app.accounts.change(account)  # back again: what was granted still is
    assert app.signin.signed_in(account)
    assert app.accounts.password(account, INCOMING)


def test_what_was_granted_for_other_servers_is_not_kept_for_an_account(
    app: App, account: Account, provider: Provider
) -> None:
    in_the_browser(app, account, provider)
    also_known(app, provider, "other", "127.0.0.1")
    grant = app.signin._grants[account.id]
    wanted = replace(account, identities=(Identity("ann@example.org"),), id=0)
    assert wanted.incoming is not None
    elsewhere = replace(wanted.incoming, host="127.0.0.1")
    with pytest.raises(BadInput, match="not for the servers of ann"):
        app.accounts.add_signed_in(replace(wanted, incoming=elsewhere, outgoing=elsewhere), grant)
    assert [one.address for one in app.accounts.list()] == [account.address]


def test_a_token_that_does_not_say_whose_it_is_is_shown_to_nobody(
    app: App, account: Account, provider: Provider
) -> None:
    in_the_browser(app, account, provider)
    [lasting] = provider.refreshes
    app.signin._grants.clear()
    app._store.vault.set_password(account.id, REFRESH, lasting)
    before = len(provider.asked)
    with pytest.raises(SignInNeeded):
        app.accounts.password(app.accounts.get(account.address), INCOMING)
    assert len(provider.asked) == before


def test_a_provider_that_cannot_prove_who_it_is_gets_nothing(app: App, provider: Provider) -> None:
    stranger = replace(issuer(app), ca_file="")
    provider.device_answers.append("yes")
    with pytest.raises(CertificateRejected, match="could not prove"):
        app.signin.by_device(stranger, lambda prompt: None, CancelToken())
    assert provider.asked == []


def test_a_program_that_was_never_registered_says_so(app: App) -> None:
    google = app.signin.providers()["google"].issuer
    with pytest.raises(BadInput, match="not registered at Google"):
        app.signin.by_browser(google, "ann@gmail.com", lambda page: None, CancelToken())
    app.signin.set_client("google", Client("1234.apps.example"))
    assert app.signin.client(google) == Client("1234.apps.example")
    with pytest.raises(BadInput, match="no provider called"):
        app.signin.set_client("gogle", Client("x"))
