"""The submission server of the demo: aiosmtpd on the loopback, delivering into the mailboxes.

It takes mail only after log-in and only for the two people of the demo, so nothing can leave this
machine through it. It speaks without TLS, as both ends are on this machine.
"""

from __future__ import annotations

import asyncio
import threading
from email.utils import format_datetime
from typing import TYPE_CHECKING

from mailclient.demo.mailboxes import Mailboxes
from mailclient.errors import EngineMissing

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

HOST = "127.0.0.1"


class SmtpServer:
    """Serves submission on a free port until it is closed."""

    def __init__(self, mailboxes: Mailboxes, hostname: str, clock: Callable[[], datetime]) -> None:
        try:
            from aiosmtpd.smtp import SMTP  # an optional extra, and only the demo needs it
        except ImportError as missing:
            raise EngineMissing(
                "The demo needs the Python package aiosmtpd, which is not installed.",
                "Install it with 'pip install mailclient[demo]'.",
            ) from missing
        handler = _Handler(mailboxes, hostname, clock)
        self._loop = asyncio.new_event_loop()

        def protocol() -> SMTP:
            return SMTP(
                handler, hostname=hostname, ident="mailclient demo", loop=self._loop,
                authenticator=handler.authenticate, auth_require_tls=False,
            )  # fmt: skip

        self._server = self._loop.run_until_complete(self._loop.create_server(protocol, HOST, 0))
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="demo-smtp", daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        return int(self._server.sockets[0].getsockname()[1])

    def close(self) -> None:
        """Stop listening and drop what is connected."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


class _Handler:
    """What the server does with mail; the method names are aiosmtpd's."""

    def __init__(self, mailboxes: Mailboxes, hostname: str, clock: Callable[[], datetime]) -> None:
        self._mailboxes = mailboxes
        self._hostname = hostname
        self._clock = clock

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str,
        login: LoginPassword,
    ) -> AuthResult:  # fmt: skip
        """Log in with address and password (PLAIN or LOGIN)."""
        from aiosmtpd.smtp import AuthResult  # an optional extra

        address, password = login.login.decode("utf-8"), login.password.decode("utf-8")
        return AuthResult(success=self._mailboxes.opens(address, password), handled=False)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a sender, once the session is logged in."""
        if not session.authenticated:
            return "530 5.7.0 Log in first"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Sender taken"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient who lives here."""
        if not self._mailboxes.knows(address):
            return "550 5.1.1 Nobody of that name in the demo"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Recipient taken"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Deliver to every recipient, with the trace fields of RFC 5321 section 4.4."""
        now = format_datetime(self._clock())
        for address in envelope.rcpt_tos:
            trace = (
                f"Return-Path: <{envelope.mail_from}>\r\n"
                f"Received: from [127.0.0.1] by {self._hostname} with ESMTPA\r\n"
                f"\tfor <{address}>; {now}\r\n"
            )
            self._mailboxes.deliver(
                address, trace.encode("utf-8") + (envelope.original_content or b"")
            )
        return "250 2.0.0 Delivered"
