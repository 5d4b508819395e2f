"""The values of signing in: who grants access, as which program, and what was granted.

No value in here is ever printed: what holds a secret says so by its name and has no `repr`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Client:
    """What this program is called at a provider. The secret of a program that everybody can read
    keeps nothing secret (RFC 8252 section 8.5), but some providers ask for one."""

    id: str
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who grants access to the mail servers `hosts`, and where it is asked (RFC 6749 section 3).

    `device` is "" where there is no second way (RFC 8628). `identifier` is what its answers must
    name as their issuer, `names_itself` whether they always do (RFC 9207). `redirect_host` and
    `redirect_path` are what the provider takes; an empty path is a new one for each try. `extra`
    are further parameters of its page.
    """

    name: str
    title: str
    hosts: tuple[str, ...]
    page: str
    token: str
    scopes: tuple[str, ...]
    device: str = ""
    identifier: str = ""
    names_itself: bool = False
    redirect_host: str = "127.0.0.1"
    redirect_path: str = ""
    extra: tuple[tuple[str, str], ...] = ()
    ca_file: str = ""

    @property
    def mark(self) -> str:
        """What its tokens are kept under: they go back to who gave them, and to nobody else."""
        return f"{self.name} {self.token}"


@dataclass(frozen=True, slots=True)
class Grant:
    """What was granted: a token for now, and one to ask for the next with ("": none was given).

    `mark` is that of the issuer who has granted it.
    """

    access: str = field(repr=False)
    expires: datetime
    refresh: str = field(default="", repr=False)
    mark: str = ""


@dataclass(frozen=True, slots=True)
class DevicePrompt:
    """What the user is to type on another device, and how often to ask meanwhile, in seconds."""

    page: str
    user_code: str
    complete_page: str
    expires_in: int
    interval: int
    device_code: str = field(repr=False)
