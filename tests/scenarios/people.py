"""Alice and Bob: each a profile of their own, driven as a user would drive the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.servers.surroundings import MailServers
from tests.servers.warm import Warm


@dataclass(slots=True)
class Person:
    """One user with a profile, a GnuPG home and an account on the test servers."""

    name: str
    home: Path
    gnupg: Path
    servers: MailServers
    environment: dict[str, str] = field(default_factory=dict)
    warm: Warm | None = None  # where commands are run, unless one is to be killed
    hurry: bool = False

    @property
    def address(self) -> str:
        return f"{self.name}@{self.servers.domain}"

    def command(self, *arguments: str) -> list[str]:
        """The command line that runs mailclient with this person's profile."""
        return [sys.executable, "-m", "mailclient", *self.arguments(*arguments)]

    def arguments(self, *arguments: str) -> list[str]:
        """What the program is told so that it takes this person's profile."""
        return [
            "--profile",
            str(self.home / "profile"),
            "--passphrase-file",
            str(self.secret("passphrase", f"passphrase of {self.name}")),
            "--gnupg-home",
            str(self.gnupg),
            *arguments,
        ]

    def secret(self, name: str, text: str) -> Path:
        """A file that holds a secret in its first line."""
        path = self.home / name
        if not path.exists():
            path.write_text(text + "\n", encoding="utf-8")
        return path

    def run(
        self, *arguments: str, stdin: str = "", crash_at: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        environment = {**os.environ, **self.environment, "PYTHONWARNINGS": "default"}
        if self.warm is not None and not crash_at:
            return self.warm.run(
                self.arguments(*arguments),
                hurried=self.hurry,
                stdin=stdin,
                environment=environment,
            )
        if crash_at:
            environment["MAILCLIENT_CRASH_AT"] = crash_at
        return subprocess.run(
            self.command(*arguments),
            input=stdin,
            capture_output=True,
            text=True,
            env=environment,
            check=False,
        )

    def ok(self, *arguments: str, stdin: str = "") -> str:
        """Run a command that must succeed; its standard output."""
        done = self.run(*arguments, stdin=stdin)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout

    def json(self, *arguments: str, stdin: str = "") -> Any:
        """Run a command with --json that must succeed."""
        return json.loads(self.ok(*arguments, "--json", stdin=stdin))

    def set_up(self, *options: str) -> None:
        """Add the account, as `mailclient account add` does, with a live test of both servers."""
        account = self.servers.account(self.name)
        assert account.incoming is not None
        assert account.outgoing is not None
        self.ok(
            "account",
            "add",
            "--address",
            self.address,
            "--name",
            self.name.title(),
            "--pop3",
            f"{account.incoming.host}:{account.incoming.port}",
            "--pop3-security",
            account.incoming.security.value,
            "--smtp",
            f"{account.outgoing.host}:{account.outgoing.port}",
            "--smtp-security",
            account.outgoing.security.value,
            "--username",
            account.incoming.username,
            "--password-file",
            str(self.secret("password", self.servers.password(self.name))),
            "--ca-file",
            str(self.servers.ca_file),
            *options,
        )

    def stop_agent(self) -> None:
        """End the GnuPG agent of this person."""
        subprocess.run(
            ["gpgconf", "--homedir", str(self.gnupg), "--kill", "all"],
            check=False,
            capture_output=True,
        )
