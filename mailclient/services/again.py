"""A sent message begun anew for somebody whom it did not reach."""

from __future__ import annotations

from dataclasses import replace

from mailclient.message.address import Address
from mailclient.services.compose import Compose, Reply
from mailclient.services.read import MessageView

OTHERS = "The others have this message already; only the address below gets it now."


def again(compose: Compose, view: MessageView, recipient: str) -> Reply:
    """The draft to go out to one recipient, from whom it was sent by, in its old conversation.

    It is a message of its own: what comes back about the old one stays apart from it.
    """
    head = view.envelope
    draft = compose.edit_as_new(view)
    others = len((*head.to, *head.cc, *head.bcc)) > 1
    draft = replace(
        draft,
        sender=head.from_[0] if head.from_ else draft.sender,
        to=(Address("", recipient),),
        cc=(),
        bcc=(),
        in_reply_to=head.in_reply_to,
        references=head.references,
    )
    return Reply(draft, (OTHERS,) if others else ())
