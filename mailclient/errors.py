"""What can go wrong, in the user's words.

A MailError is a fault of the surroundings or of the input, never a bug of ours: `text` says what
happened (and what became of the mail), `advice` what to do next, `detail` what an expert would ask
for (a server's reply, a path). None of them may hold a password, a token or the body of a message.
"""

from __future__ import annotations


class MailError(Exception):
    """A fault that can be told to the user."""

    def __init__(self, text: str, advice: str = "", detail: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.advice = advice
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.text} {self.advice}".strip()


class Cancelled(MailError):
    """The user stopped the job."""


class Unreachable(MailError):
    """A server cannot be reached, or the connection was lost."""


class NoSuchHost(Unreachable):
    """No computer has that name."""


class Busy(Unreachable):
    """A server asks to be left alone for a while."""


class CertificateRejected(MailError):
    """A server could not prove who it is, or encryption could not be set up."""


class LoginRefused(MailError):
    """The server does not accept the user name and password."""


class SignInNeeded(LoginRefused):
    """The provider wants the user to sign in on its own page again."""


class MailboxBusy(MailError):
    """The server says that the mailbox is in use, or asks to come back later."""


class ProtocolFault(MailError):
    """A server answered in a way that the protocol does not allow; the connection was dropped."""


class RecipientRefused(MailError):
    """The server does not take mail for any of the recipients."""


class MessageRefused(MailError):
    """The server does not take the message itself."""


class KeyMissing(MailError):
    """There is no usable key for somebody."""


class KeyLocked(MailError):
    """A secret key is needed that is not here, or whose passphrase was not given."""


class SealFailed(MailError):
    """A message could not be encrypted or signed; nothing was sent."""


class EngineMissing(MailError):
    """The program that does the cryptography is missing, too old or does not answer."""


class StoreLocked(MailError):
    """The profile is locked: its passphrase or its key in the OS keyring is needed."""


class PassphraseNeeded(StoreLocked):
    """The passphrase of a profile is missing, or another one was given."""


class KeyringLocked(StoreLocked):
    """The OS keyring is not there, does not answer, or does not give what it keeps."""


class StoreFull(MailError):
    """There is no room left on the disk."""


class StoreDamaged(MailError):
    """The store cannot be read, or was written by a newer version."""


class NotFound(MailError):
    """What was asked for is not there."""


class BadInput(MailError):
    """A value that the user gave cannot be used."""


class AlreadyQueued(BadInput):
    """This draft was sent before, and says something else now."""
