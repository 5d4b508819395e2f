"""Marionette, the protocol by which Mozilla's programs are driven: JSON in frames, over TCP.

Only what the tests need of it: run a script within the program, and have what it says.
"""

from __future__ import annotations

import json
import socket
from typing import Any

ASYNC_TAIL = """
const done = arguments[arguments.length - 1];
(async () => { %s })().then(
  value => done({value: value === undefined ? null : value}),
  problem => done({problem: String(problem) + "\\n" + (problem.stack || "")}));
"""


class Marionette:
    """A connection to a program that was started with --marionette."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._stream = connection.makefile("rb")
        self._count = 0
        self._frame()  # its greeting
        self._call("WebDriver:NewSession", {"capabilities": {"alwaysMatch": {}}})
        self._call("Marionette:SetContext", {"value": "chrome"})
        self._call("WebDriver:SetTimeouts", {"script": 2**31 - 1})

    def run(self, script: str, *arguments: Any) -> Any:
        """What an asynchronous script returns, run with the program's own rights.

        Raises:
            RuntimeError: the script failed; the text is what the program says.
        """
        given = self._call(
            "WebDriver:ExecuteAsyncScript",
            {"script": ASYNC_TAIL % script, "args": list(arguments), "newSandbox": False},
        )["value"]
        if "problem" in given:
            raise RuntimeError(given["problem"])
        return given["value"]

    def screenshot(self) -> bytes:
        """The window of the program, as a PNG in base64."""
        return str(self._call("WebDriver:TakeScreenshot", {"full": True})["value"]).encode()

    def quit(self) -> None:
        """End the program as its own menu would."""
        self._call("Marionette:Quit", {"flags": ["eForceQuit"]})

    def close(self) -> None:
        """Let the connection go; its socket is the caller's."""
        self._stream.close()

    def _call(self, name: str, parameters: dict[str, Any]) -> Any:
        self._count += 1
        data = json.dumps([0, self._count, name, parameters]).encode()
        self._connection.sendall(b"%d:" % len(data) + data)
        _, _, problem, result = self._frame()
        if problem:
            raise RuntimeError(f"{name}: {problem['message']}\n{problem.get('stacktrace', '')}")
        return result

    def _frame(self) -> Any:
        digits = b""
        while (one := self._stream.read(1)) != b":":
            if not one:
                raise EOFError("Thunderbird has ended")
            digits += one
        return json.loads(self._stream.read(int(digits)))
