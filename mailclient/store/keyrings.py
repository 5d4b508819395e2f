"""The keyring of the operating system: back ends chosen by name, asked in a thread with a limit.

Only back ends that keep secrets encrypted are named here; whatever else is installed or configured
(files in clear text, a null back end) is never used. A keyring that hangs holds up nothing: after
its limit, or when its token is cancelled, nobody waits for the answer any more.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Protocol, TypeVar

from mailclient.cancel import CancelToken
from mailclient.errors import Cancelled, KeyringLocked, MailError

log = logging.getLogger(__name__)

SERVICE = "mailclient"
PICK_SECONDS = 5.0
ANSWER_SECONDS = 60.0  # the desktop may be asking for the keyring's own password
BACK_ENDS = {
    "linux": (
        ("keyring.backends.SecretService", "Keyring"),
        ("keyring.backends.kwallet", "DBusKeyring"),
    ),
    "darwin": (("keyring.backends.macOS", "Keyring"),),
    "win32": (("keyring.backends.Windows", "WinVaultKeyring"),),
}

T = TypeVar("T")


class Keyring(Protocol):
    """What keeps secrets for a user; the methods are those of the `keyring` package."""

    def get_password(self, service: str, username: str) -> str | None:
        """The secret kept under that name, or None."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep a secret."""

    def delete_password(self, service: str, username: str) -> None:
        """Drop a secret; it is no fault if there is none."""


def pick_keyring(
    cancel: CancelToken | None = None, seconds: float = PICK_SECONDS
) -> Keyring | None:
    """The OS keyring, or None where there is none, or none that answers in time.

    No call of it waits any more once `cancel` is cancelled. Raises Cancelled.
    """
    token = cancel or CancelToken()
    try:
        return _limited(lambda: _pick(token), seconds, token)
    except Cancelled:
        raise
    except MailError as problem:
        log.info("There is no OS keyring: %s", problem.detail)
        return None


def _pick(cancel: CancelToken) -> Keyring | None:
    """The first back end that says it can work here."""
    for module, name in BACK_ENDS.get(sys.platform, ()):
        back_end = getattr(import_module(module), name)  # 90 ms, so never at the start
        try:
            if back_end.priority > 0:
                return LimitedKeyring(back_end(), cancel=cancel)
        except _faults() as problem:
            log.info("%s cannot be used: %s", module, type(problem).__name__)
    return None


class LimitedKeyring:
    """A back end whose calls end in time, and whose faults are told in the user's words."""

    def __init__(
        self,
        back_end: Keyring,
        seconds: float = ANSWER_SECONDS,
        cancel: CancelToken | None = None,
    ) -> None:
        self._back_end = back_end
        self._seconds = seconds
        self._cancel = cancel or CancelToken()

    def get_password(self, service: str, username: str) -> str | None:
        """The secret kept under that name, or None; raises StoreLocked, Cancelled."""
        return self._answer(lambda: self._back_end.get_password(service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep a secret; raises StoreLocked, Cancelled."""
        self._answer(lambda: self._back_end.set_password(service, username, password))

    def delete_password(self, service: str, username: str) -> None:
        """Drop a secret, if it is there; raises StoreLocked, Cancelled."""

        def delete() -> None:
            if self._back_end.get_password(service, username) is not None:
                self._back_end.delete_password(service, username)

        self._answer(delete)

    def _answer(self, call: Callable[[], T]) -> T:
        return _limited(call, self._seconds, self._cancel)


def _limited(call: Callable[[], T], seconds: float, cancel: CancelToken) -> T:
    """Call in a thread of its own; raises StoreLocked if that fails or takes too long, Cancelled
    where nobody waits for it any more."""
    results: list[T] = []
    problems: list[str] = []
    ended = threading.Event()

    def run() -> None:
        try:
            results.append(call())
        except _faults() as problem:
            problems.append(type(problem).__name__)
        finally:
            ended.set()

    cancel.check()
    threading.Thread(target=run, name="keyring", daemon=True).start()
    with cancel.interrupting(ended.set):
        in_time = ended.wait(seconds)
    if results:
        return results[0]
    cancel.check()
    raise KeyringLocked(
        "The OS keyring did not give access." if in_time else "The OS keyring does not answer.",
        "Unlock the keyring, or use a profile with a passphrase (--passphrase-file FILE).",
        problems[0] if problems else "no answer",
    )


def _faults() -> tuple[type[Exception], ...]:
    """What the back ends raise; the packages below them bring exceptions of their own."""
    found: list[type[Exception]] = [OSError, RuntimeError, ValueError, LookupError, ImportError]
    for module, name in (
        ("keyring.errors", "KeyringError"),
        ("secretstorage.exceptions", "SecretStorageException"),
        ("jeepney.wrappers", "DBusErrorResponse"),
    ):
        try:
            found.append(getattr(import_module(module), name))
        except ImportError:
            log.debug("%s is not installed", module)
    return tuple(found)
