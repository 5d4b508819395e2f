"""An answer goes out from the address that was written to, with what belongs to it."""

from __future__ import annotations

import pytest

from mailclient.account import Account, Identity
from mailclient.errors import BadInput
from mailclient.message.address import Address
from mailclient.message.draft import Draft
from mailclient.message.envelope import Envelope
from mailclient.services.identities import addressed, answering, changed, identity_of, is_mine

BOB = Identity("bob@example.org", "Bob", signature="Bob Example")
SHOP = Identity(
    "shop@example.org",
    "Bob's shop",
    signature="The shop",
    reply_to="desk@example.org",
    bcc_self=True,
)
HOME = Account((BOB, SHOP), id=1)
WORK = Account((Identity("bob@work.example", "Bob"),), id=2)


@pytest.mark.parametrize(
    ("to", "account", "from_"),
    [
        ("bob@example.org", 1, Address("Bob", "bob@example.org")),
        ("BOB@Example.org", 1, Address("Bob", "BOB@Example.org")),
        ("shop@example.org", 1, Address("Bob's shop", "shop@example.org")),
        ("bob+shop@example.org", 1, Address("Bob", "bob+shop@example.org")),
        ("bob@work.example", 1, Address("Bob", "bob@work.example")),
        ("list@elsewhere.example", 2, Address("Bob", "bob@work.example")),
        ("bobby@example.org", 1, Address("Bob", "bob@example.org")),
    ],
)
def test_the_address_to_answer_from(to: str, account: int, from_: Address) -> None:
    seen = Envelope(to=(Address("", to),))
    assert answering((HOME, WORK), seen, account)[1] == from_


def test_an_address_of_its_own_goes_before_a_tagged_one() -> None:
    seen = Envelope(to=(Address("", "bob+x@example.org"), Address("", "shop@example.org")))
    assert answering((HOME,), seen, 1)[1].address == "shop@example.org"


def test_a_tag_is_known_and_a_stranger_is_not() -> None:
    assert identity_of((WORK, HOME), "Bob+Shop@example.org") == (HOME, BOB)
    assert identity_of((HOME,), "+shop@example.org") is None
    own = frozenset({"bob@example.org"})
    assert is_mine(own, "bob+a+b@EXAMPLE.org")
    assert not is_mine(own, "bobby@example.org")


def test_an_identity_brings_its_reply_address_and_its_copy() -> None:
    draft = addressed(Draft(Address("", "shop@example.org")), SHOP)
    assert draft.reply_to == (Address("Bob's shop", "desk@example.org"),)
    assert draft.bcc == (Address("", "shop@example.org"),)
    assert addressed(draft, SHOP) == draft


def test_another_identity_changes_what_belongs_to_it_and_nothing_else() -> None:
    eve = Address("", "eve@example.org")
    text = "Dear Eve,\n\n-- \nThe shop\n\n> quoted"
    draft = addressed(Draft(Address("", SHOP.address), text=text, bcc=(eve,)), SHOP)
    after = changed(draft, SHOP, BOB)
    assert after.text == "Dear Eve,\n\n-- \nBob Example\n\n> quoted"
    assert after.bcc == (eve,)
    assert after.reply_to == ()
    assert changed(after, BOB, Identity("x@example.org")).text == "Dear Eve,\n\n> quoted"


def test_a_signature_that_was_rewritten_by_hand_is_left_alone() -> None:
    draft = Draft(Address("", BOB.address), text="Hi\n\n-- \nBobby")
    assert changed(draft, BOB, Identity("x@example.org")).text == "Hi\n\n-- \nBobby"


@pytest.mark.parametrize(
    "wrong", [{"key": "ABCD"}, {"key": "G" * 40}, {"reply_to": "nobody"}, {"sent": "a\r\nb"}]
)
def test_an_identity_refuses_nonsense(wrong: dict[str, str]) -> None:
    with pytest.raises(BadInput):
        Identity("ann@example.org", **wrong)  # type: ignore[arg-type]
