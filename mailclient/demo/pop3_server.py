"""A POP3 server for the demo (RFC 1939 with CAPA, RFC 2449), on the loopback only.

Enough for any POP3 client: USER, PASS, STAT, LIST, UIDL, RETR, TOP, DELE, RSET, NOOP, CAPA, QUIT.
It speaks without TLS, as both ends are on this machine; it is no server for anything else.
"""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Sequence

from mailclient.demo.mailboxes import Mail, Mailboxes

HOST = "127.0.0.1"
IDLE_SECONDS = 600
LONGEST_COMMAND = 512
CAPABILITIES = ("USER", "UIDL", "TOP", "RESP-CODES")


class Refused(Exception):
    """A command that cannot be done; the text goes behind -ERR."""


class Pop3Server:
    """Serves the mailboxes on a free port until it is closed."""

    def __init__(self, mailboxes: Mailboxes) -> None:
        self._server = _Listener((HOST, 0), _Session)
        self._server.mailboxes = mailboxes
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="demo-pop3", daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stop listening; sessions that are open end by themselves."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    mailboxes: Mailboxes


class _Session(socketserver.StreamRequestHandler):
    """One connection, from greeting to QUIT; the mailbox is as it was at log-in."""

    server: _Listener
    timeout = IDLE_SECONDS

    def setup(self) -> None:
        super().setup()
        self._user = ""
        self._address = ""
        self._mail: Sequence[Mail] = ()
        self._deleted: set[int] = set()

    def handle(self) -> None:
        commands: dict[str, Callable[[Sequence[str]], None]] = {
            "CAPA": lambda _: self._many("Capabilities", CAPABILITIES),
            "USER": self._on_user, "PASS": self._on_pass, "STAT": self._on_stat,
            "LIST": self._on_list, "UIDL": self._on_uidl, "RETR": self._on_retr,
            "TOP": self._on_top, "DELE": self._on_dele, "RSET": self._on_rset,
            "NOOP": lambda _: self._ok("still here"),
        }  # fmt: skip
        self._ok("mailclient demo")
        try:
            while words := self._command():
                name, arguments = words[0].upper(), words[1:]
                if name == "QUIT":
                    return self._quit()
                if name in commands:
                    self._try(commands[name], arguments)
                else:
                    self._line("-ERR unknown command")
        except (OSError, ValueError):
            return None  # the client went away, or sends what no command looks like

    def _command(self) -> list[str]:
        line = self.rfile.readline(LONGEST_COMMAND + 1)
        if len(line) > LONGEST_COMMAND:
            raise ValueError("a command line without end")
        return line.decode("utf-8").rstrip("\r\n").split(" ") if line else []

    def _try(self, command: Callable[[Sequence[str]], None], arguments: Sequence[str]) -> None:
        try:
            command(arguments)
        except Refused as refused:
            self._line(f"-ERR {refused}")

    # Log-in

    def _on_user(self, arguments: Sequence[str]) -> None:
        self._user = arguments[0] if arguments else ""
        self._ok("password, please")

    def _on_pass(self, arguments: Sequence[str]) -> None:
        boxes = self.server.mailboxes
        if not boxes.opens(self._user, " ".join(arguments)):
            raise Refused("[AUTH] user name or password is wrong")
        self._address = self._user
        self._mail = boxes.contents(self._address)
        self._ok(f"{len(self._mail)} messages")

    # The mailbox

    def _on_stat(self, _: Sequence[str]) -> None:
        present = self._present()
        self._ok(f"{len(present)} {sum(len(mail.raw) for _, mail in present)}")

    def _on_list(self, arguments: Sequence[str]) -> None:
        self._listing(arguments, lambda mail: str(len(mail.raw)))

    def _on_uidl(self, arguments: Sequence[str]) -> None:
        self._listing(arguments, lambda mail: mail.uid)

    def _on_retr(self, arguments: Sequence[str]) -> None:
        _, mail = self._one(arguments)
        self._ok(f"{len(mail.raw)} octets")
        self._body(mail.raw)

    def _on_top(self, arguments: Sequence[str]) -> None:
        _, mail = self._one(arguments)
        lines = int(arguments[1]) if len(arguments) > 1 and arguments[1].isdigit() else 0
        head, _, body = mail.raw.partition(b"\r\n\r\n")
        self._ok("top of the message")
        self._body(head + b"\r\n\r\n" + b"".join(body.splitlines(keepends=True)[:lines]))

    def _on_dele(self, arguments: Sequence[str]) -> None:
        number, _ = self._one(arguments)
        self._deleted.add(number)
        self._ok("will be deleted at QUIT")

    def _on_rset(self, _: Sequence[str]) -> None:
        self._deleted.clear()
        self._ok("nothing will be deleted")

    def _quit(self) -> None:
        if self._address:
            uids = [self._mail[number - 1].uid for number in self._deleted]
            self.server.mailboxes.remove(self._address, uids)
        self._ok("good-bye")

    def _present(self) -> list[tuple[int, Mail]]:
        if not self._address:
            raise Refused("log in first")
        return [pair for pair in enumerate(self._mail, 1) if pair[0] not in self._deleted]

    def _one(self, arguments: Sequence[str]) -> tuple[int, Mail]:
        wanted = arguments[0] if arguments else ""
        for number, mail in self._present():
            if str(number) == wanted:
                return number, mail
        raise Refused("no such message")

    def _listing(self, arguments: Sequence[str], fact: Callable[[Mail], str]) -> None:
        if arguments:
            number, mail = self._one(arguments)
            self._ok(f"{number} {fact(mail)}")
        else:
            self._many("list follows", [f"{n} {fact(mail)}" for n, mail in self._present()])

    # The wire

    def _ok(self, text: str) -> None:
        self._line(f"+OK {text}")

    def _line(self, text: str) -> None:
        self.wfile.write(text.encode("utf-8") + b"\r\n")

    def _many(self, text: str, lines: Sequence[str]) -> None:
        self._ok(text)
        self.wfile.write("".join(f"{line}\r\n" for line in (*lines, ".")).encode("utf-8"))

    def _body(self, raw: bytes) -> None:
        """A message with its leading dots doubled, ended by a lone dot (RFC 1939 section 3)."""
        stuffed = (b"\r\n" + raw).replace(b"\r\n.", b"\r\n..")[2:]
        end = b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n"
        self.wfile.write(stuffed + end)
