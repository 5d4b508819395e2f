"""Asks a provider for tokens, over verified HTTPS and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from mailclient.cancel import CancelToken
from mailclient.errors import Cancelled
from mailclient.transport.https import submit
from mailclient.transport.oauth import rules
from mailclient.transport.oauth.listener import listening
from mailclient.transport.oauth.values import Client, DevicePrompt, Grant, Issuer

LARGEST = 64 * 1024
Clock = Callable[[], datetime]


def by_browser(
    issuer: Issuer,
    client: Client,
    hint: str,
    open_page: Callable[[str], object],
    cancel: CancelToken,
    clock: Clock,
) -> Grant:
    """Have the user sign in in the browser; `open_page` shows a page there.

    Raises Cancelled, LoginRefused, ProtocolFault, Unreachable, CertificateRejected.
    """
    with listening(issuer) as listener:
        attempt = rules.begin(issuer, client, listener.redirect, hint)
        open_page(attempt.page)
        code = attempt.code(listener.answer(cancel))
    return _granted(issuer, attempt.exchange(code), cancel, clock)


def by_device(
    issuer: Issuer,
    client: Client,
    show: Callable[[DevicePrompt], object],
    cancel: CancelToken,
    clock: Clock,
) -> Grant:
    """Have the user sign in on another device; `show` tells where and with which code.

    Raises as `by_browser` does.
    """
    prompt = rules.device_prompt(
        issuer, *_ask(issuer, issuer.device, rules.device_request(client, issuer), cancel)
    )
    show(prompt)
    end, interval = time.monotonic() + prompt.expires_in, prompt.interval
    while time.monotonic() < end:
        if cancel.wait(interval):
            cancel.check()
        question = rules.device_question(client, prompt)
        status, data = _ask(issuer, issuer.token, question, cancel)
        again = rules.waits(status, data, interval)
        if again is None:
            return rules.grant(issuer, status, data, clock())
        interval = again
    raise Cancelled("Nobody has signed in with that code in time.", "Try again.")


def renewed(
    issuer: Issuer, client: Client, refresh: str, cancel: CancelToken, clock: Clock
) -> Grant:
    """The next token; raises SignInNeeded where only signing in anew helps, else as above."""
    return _granted(issuer, rules.renewal(client, refresh, issuer), cancel, clock)


def _granted(issuer: Issuer, form: rules.Form, cancel: CancelToken, clock: Clock) -> Grant:
    status, data = _ask(issuer, issuer.token, form, cancel)
    return rules.grant(issuer, status, data, clock())


def _ask(issuer: Issuer, url: str, form: rules.Form, cancel: CancelToken) -> tuple[int, bytes]:
    return submit(url, form, cancel, limit=LARGEST, ca_file=issuer.ca_file)
