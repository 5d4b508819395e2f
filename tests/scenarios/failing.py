"""Run mailclient with a parser that fails, by the exception NAME, over the subject `fail NAME`.

    python -m tests.scenarios.failing ARGUMENTS...

No message is known that makes the parser fail; if one turns up, this is what must come of it.
"""

from __future__ import annotations

import builtins

from mailclient.__main__ import main
from mailclient.message.body import Body, body
from mailclient.message.tree import Part
from mailclient.services import assess


def failing(root: Part, *, formatted: bool = True, sealed: bool = False) -> Body:
    """What is shown of a message, or the exception that its subject names."""
    word, _, name = root.headers.get("subject").partition(" ")
    if word == "fail":
        raise {
            "UnicodeDecodeError": UnicodeDecodeError("ascii", b"\xff", 0, 1, "strange"),
            "KeyError": KeyError("strange"),
        }.get(name) or getattr(builtins, name)("strange")
    return body(root, formatted=formatted, sealed=sealed)


if __name__ == "__main__":
    assess.body = failing
    main()
