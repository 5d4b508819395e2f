"""Our own session, without the queue: `python -m tests.benchmarks.children.our_submit …`.

Arguments: PORT CA USER PASSWORD FOLDER RECIPIENT. Sends every file of the folder over one session.
"""

from __future__ import annotations

import sys
from pathlib import Path

from mailclient.account import Server
from mailclient.cancel import CancelToken
from mailclient.transport import smtp
from mailclient.transport.smtp import Outgoing, Phase


def ignored(phase: Phase) -> None:
    """Nobody keeps how far a message is."""


def main() -> None:
    """Log in, send, end; a message that is not taken is an error."""
    port, ca_file, user, password, folder, recipient = sys.argv[1:]
    server = Server("localhost", int(port), username=user, ca_file=ca_file)
    messages = [path.read_bytes() for path in sorted(Path(folder).iterdir())]
    with smtp.submission(server, password, CancelToken()) as session:
        outgoing = (Outgoing(user, (recipient,), raw, ignored) for raw in messages)
        for outcome in session.submit_each(outgoing):
            if outcome.problem is not None:
                raise outcome.problem
            if not all(one.accepted for one in outcome.results):
                raise ValueError(outcome.results)


if __name__ == "__main__":
    main()
