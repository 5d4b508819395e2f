"""The main job of the program without a screen, told step by step.

Set up an account, receive, read an encrypted message, write one, get the answer, find it. Every
step is the use case that the window calls, and every claim that is printed was looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mailclient.account import Account
from mailclient.app import App
from mailclient.cancel import CancelToken
from mailclient.demo.correspondent import WORD
from mailclient.demo.samples import FORGED_TO, WELCOME
from mailclient.demo.surroundings import FRIEND, World
from mailclient.errors import MailError
from mailclient.message.address import Address
from mailclient.message.security import State
from mailclient.services.read import MessageView
from mailclient.store.messages import MessageRow

SUBJECT = "A question only for you"
SECRET = "Where did we hide the spare key of the boathouse?"

Tell = Callable[[str], None]


class Unexpected(MailError):
    """A step of the demo did not end as it should."""


def walk(world: World, app: App, tell: Tell) -> None:
    """All steps, in a world whose user is not set up yet."""
    account = _set_up(world, app, tell)
    _receive(app, account, tell)
    _look_at_samples(app, tell)
    _write(world, app, account, tell)
    _get_answer(world, app, account, tell)
    _search(world, app, tell)


def _set_up(world: World, app: App, tell: Tell) -> Account:
    tell(f"\n1. Setting up {world.account.address}: logging in to both servers, making a key")
    for step in app.accounts.test(world.account, world.password, None, CancelToken()):
        if not step.ok:
            raise Unexpected(step.text, step.advice, step.detail)
        tell(f"   {step.what}: {step.text}")
    account = world.settle(app)
    own = app.keys.own_key(account.address)
    tell(f"   key: {own.fingerprint if own else 'none'}")
    return account


def _receive(app: App, account: Account, tell: Tell) -> None:
    tell("\n2. Receiving")
    _collect(app, account)
    ids = app.search.find("in:inbox").ids
    for row in app.search.rows(ids):
        tell(f"   {row.date:%d %b %H:%M}  {_who(row):<24.24}  {row.subject:<38.38}  {row.state}")
    tell(f"   {len(ids)} messages")


def _look_at_samples(app: App, tell: Tell) -> None:
    tell("\n3. Reading an encrypted message")
    view = _open(app, f'subject:"{WELCOME.subject}"')
    _expect(view, State.CONFIDENTIAL)
    _show(view, tell)
    tell("\n   and one that was changed after it was signed")
    forged = _open(app, FORGED_TO.decode())
    _expect(forged, State.UNPROTECTED)
    tell(f"   Subject: {forged.envelope.subject}")
    tell(f"   Seal:    {forged.verdict.summary}")


def _write(world: World, app: App, account: Account, tell: Tell) -> None:
    tell(f"\n4. Writing to {FRIEND.address} with Encrypt on")
    ready = app.keys.readiness([FRIEND.address]).recipients[0]
    tell(f"   {FRIEND.address}: {ready.state.value} ({ready.reason})")
    draft = replace(
        app.compose.blank(account.address),
        to=(Address(FRIEND.name, FRIEND.address),),
        subject=SUBJECT,
        text=f"Dear Bob,\n\n{SECRET}\n\nAlice\n",
        encrypt=True,
        sign=True,
    )
    app.send.queue(draft)
    app.jobs.submit("work", lambda job: app.send.flush(account, job)).result()
    raw = world.mailboxes.contents(FRIEND.address)[-1].raw
    for private in (SUBJECT, SECRET):
        if private.encode() in raw:
            raise Unexpected("The copy on the server can be read there.")
    tell("   sent; what the server got of it:")
    head, _, body = raw.decode("ascii").partition("\r\n\r\n")
    shown = [line for line in head.splitlines() if line.startswith(("From:", "To:", "Subject:"))]
    shown += [line for line in body.splitlines() if line][-6:-3]
    for line in shown:
        tell(f"   | {line}")


def _get_answer(world: World, app: App, account: Account, tell: Tell) -> None:
    tell("\n5. Bob's copy of the program answers by itself")
    if not world.correspondent.wait():
        raise Unexpected("Bob did not answer.")
    _collect(app, account)
    view = _open(app, f'in:inbox subject:"Re: {SUBJECT}"')
    _expect(view, State.CONFIDENTIAL)
    _show(view, tell)


def _search(world: World, app: App, tell: Tell) -> None:
    tell(f"\n6. Searching for '{WORD}', which stands only in encrypted mail")
    found = app.search.find(WORD)
    for row in app.search.rows(found.ids):
        tell(f"   found: {row.subject}, from {_who(row)}")
    if not found.count:
        raise Unexpected("The word was not found.")
    for file in sorted(world.profile.folder.rglob("*")):
        if file.is_file() and WORD.encode() in file.read_bytes():
            raise Unexpected(f"The word can be read in the file {file.name}.")
    tell("   and no file of the profile holds it readably.")


def _collect(app: App, account: Account) -> None:
    """Collect and understand, on the lanes that the window uses."""
    app.jobs.submit(
        f"fetch:{account.address}", lambda job: app.receive.collect(account, job)
    ).result()
    app.jobs.submit("intake", app.intake.run).result()


def _open(app: App, query: str) -> MessageView:
    found = app.search.find(query)
    if not found.count:
        raise Unexpected(f"No message was found by: {query}")
    return app.read.view(found.ids[0])


def _expect(view: MessageView, state: State) -> None:
    if view.verdict.state is not state:
        raise Unexpected(
            f"'{view.envelope.subject}' is {view.verdict.state.value}, not {state.value}."
        )


def _show(view: MessageView, tell: Tell) -> None:
    tell(f"   Subject: {view.envelope.subject}")
    tell(f"   Seal:    {view.verdict.summary}")
    for line in view.body.text.strip().splitlines()[:8]:
        tell(f"   | {line}")


def _who(row: MessageRow) -> str:
    return row.from_[0].name or row.from_[0].address if row.from_ else ""
