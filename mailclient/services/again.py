"""A sent message begun anew for somebody whom it did not reach."""

from __future__ import annotations

from mailclient.message.address import Address
from mailclient.message.draft import AttachmentSource, Draft
from mailclient.message.security import SignatureWord
from mailclient.services.compose import Reply
from mailclient.services.read import MessageView

OTHERS = "The others have this message already; only the address below gets it now."


def again(view: MessageView, recipient: str) -> Reply:
    """The draft to go out to one recipient, protected as the message was.

    It is a message of its own: what comes back about the old one stays apart from it.
    """
    head = view.envelope
    others = len((*head.to, *head.cc, *head.bcc)) > 1
    draft = Draft(
        sender=head.from_[0] if head.from_ else Address("", ""),
        to=(Address("", recipient),),
        subject=head.subject,
        text=view.body.text,
        attachments=tuple(
            AttachmentSource(one.name, one.content_type, one.data())
            for one in view.body.attachments
        ),
        reply_to=head.reply_to,
        in_reply_to=head.in_reply_to,
        references=head.references,
        encrypt=view.encrypted,
        sign=view.verdict.signature is SignatureWord.GOOD,
        quotes_protected=view.encrypted,
        all_protected=view.encrypted,
    )
    return Reply(draft, (OTHERS,) if others else ())
