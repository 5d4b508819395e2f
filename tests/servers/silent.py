"""An address that answers nothing at all: no connection is made, and none is refused."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

FAMILIES = {"127.0.0.1": socket.AF_INET, "::1": socket.AF_INET6}
ENOUGH = 3  # callers who wait for ever: the queue of the listener is full with them


@contextmanager
def silent(host: str, port: int = 0) -> Iterator[int]:
    """A port of the loopback whose queue is full: whoever calls there gets no answer."""
    with ExitStack() as stack:
        family = FAMILIES[host]
        listener = stack.enter_context(socket.create_server((host, port), family=family, backlog=0))
        place = listener.getsockname()
        for _ in range(ENOUGH):
            caller = stack.enter_context(socket.socket(family))
            caller.setblocking(False)
            caller.connect_ex(place)
        yield int(place[1])
