"""What is asked for, and what an answer must be to count. Pure, but for the random numbers.

RFC 6749 with what came after it: a proof that the code is used by who asked for it (RFC 7636, S256
alone), the loopback redirect of desktop programs (RFC 8252), the issuer in the answer (RFC 9207).
"""

from __future__ import annotations

import hmac
import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlencode

from mailclient.errors import Cancelled, LoginRefused, ProtocolFault, SignInNeeded, Unreachable
from mailclient.transport.oauth.values import Client, DevicePrompt, Grant, Issuer

USUAL_LIFE = 3600  # seconds, where a token does not say how long it lasts
LONGEST_LIFE = 366 * 86400
LONGEST_TOKEN = 16 * 1024
INTERVAL = 5  # seconds; RFC 8628 section 3.2
LONGEST_INTERVAL = 300
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_PASSING = frozenset({"temporarily_unavailable", "server_error"})

Form = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to sign in through a browser."""

    issuer: Issuer
    client: Client
    redirect: str
    state: str
    verifier: str = field(repr=False)
    hint: str = ""

    @property
    def page(self) -> str:
        """The address to open in the browser (RFC 6749 section 4.1.1, RFC 7636 section 4.3)."""
        digest = sha256(self.verifier.encode("ascii")).digest()
        asked = (
            ("response_type", "code"),
            ("client_id", self.client.id),
            ("redirect_uri", self.redirect),
            ("scope", " ".join(self.issuer.scopes)),
            ("state", self.state),
            ("code_challenge", urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")),
            ("code_challenge_method", "S256"),
            *((("login_hint", self.hint),) if self.hint else ()),
            *self.issuer.extra,
        )
        joint = "&" if "?" in self.issuer.page else "?"
        return f"{self.issuer.page}{joint}{urlencode(asked)}"

    def code(self, query: str) -> str:
        """The code in the answer that the browser brings.

        Raises Cancelled if the user declined, LoginRefused for another refusal, ProtocolFault for
        an answer that belongs to another question or comes from somebody else.
        """
        pairs = parse_qsl(query, keep_blank_values=True)
        said = dict(pairs)
        if len(said) != len(pairs):
            raise _foreign("It says one thing twice.")
        if not hmac.compare_digest(said.get("state", "").encode(), self.state.encode()):
            raise _foreign("It does not belong to this question.")
        self._check_issuer(said)
        if "error" in said:
            raise _refused(self.issuer, said)
        if not _is_token(said.get("code", "")):
            raise _foreign("It holds no code.")
        return said["code"]

    def _check_issuer(self, said: Mapping[str, str]) -> None:
        """An answer of another provider must not be taken to this one (RFC 9207 section 2.4); where
        its name is not known, the place that was made for this one answer has to do."""
        named, wanted = said.get("iss"), self.issuer.identifier
        missing = named is None and self.issuer.names_itself
        if missing or (named is not None and wanted and named != wanted):
            raise _foreign("It comes from somebody else.")

    def exchange(self, code: str) -> Form:
        """What is sent for a token in place of the code (RFC 6749 section 4.1.3)."""
        return (
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", self.redirect),
            ("code_verifier", self.verifier),
            *_as(self.client),
        )


def begin(issuer: Issuer, client: Client, redirect: str, hint: str = "") -> Attempt:
    """A new try; `redirect` is where the browser brings the answer, `hint` the user's address."""
    return Attempt(
        issuer, client, redirect, secrets.token_urlsafe(32), secrets.token_urlsafe(64), hint
    )


def renewal(client: Client, refresh: str, issuer: Issuer) -> Form:
    """What is sent for the next token (RFC 6749 section 6)."""
    return (
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh),
        ("scope", " ".join(issuer.scopes)),
        *_as(client),
    )


def device_request(client: Client, issuer: Issuer) -> Form:
    """What is sent to sign in on another device (RFC 8628 section 3.1)."""
    return (("client_id", client.id), ("scope", " ".join(issuer.scopes)))


def device_question(client: Client, prompt: DevicePrompt) -> Form:
    """What is asked until the user has signed in there (RFC 8628 section 3.4)."""
    return (("grant_type", DEVICE_GRANT), ("device_code", prompt.device_code), *_as(client))


def _as(client: Client) -> Form:
    secret = (("client_secret", client.secret),) if client.secret else ()
    return (("client_id", client.id), *secret)


# Answers


def document(data: bytes) -> dict[str, Any]:
    """The JSON object in an answer; raises ProtocolFault."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as problem:
        raise _strange() from problem
    if not isinstance(found, dict):
        raise _strange()
    return found


def grant(issuer: Issuer, status: int, data: bytes, now: datetime) -> Grant:
    """The grant in an answer (RFC 6749 section 5.1).

    Raises SignInNeeded where only a new sign-in helps, Unreachable for what passes, LoginRefused,
    ProtocolFault.
    """
    if status >= 500 or status == 429:
        raise Unreachable(f"{issuer.title} cannot be asked just now.", "Try again later.")
    said = document(data)
    if status != 200 or "error" in said:
        raise _refused(issuer, said)
    access, refresh = said.get("access_token"), said.get("refresh_token", "")
    if str(said.get("token_type", "")).lower() != "bearer" or not _is_token(access):
        raise _strange()
    if refresh and not _is_token(refresh):
        raise _strange()
    lasts = _number(said.get("expires_in"), USUAL_LIFE, LONGEST_LIFE)
    expires = now + timedelta(seconds=lasts)
    return Grant(str(access), expires, str(refresh or ""), issuer.mark)


def waits(status: int, data: bytes, interval: int) -> int | None:
    """How long to wait before asking again for a sign-in on another device, in seconds; None where
    the answer is one (RFC 8628 section 3.5)."""
    if status == 200:
        return None
    match document(data).get("error"):
        case "authorization_pending":
            return interval
        case "slow_down":
            return min(interval + INTERVAL, LONGEST_INTERVAL)
    return None


def device_prompt(issuer: Issuer, status: int, data: bytes) -> DevicePrompt:
    """What the user is to do on another device (RFC 8628 section 3.2); raises as `grant` does."""
    said = document(data)
    if status != 200:
        raise _refused(issuer, said)
    page = said.get("verification_uri") or said.get("verification_url")
    code, device = said.get("user_code"), said.get("device_code")
    if not (_is_page(page) and _is_token(code) and _is_token(device)):
        raise _strange()
    complete = said.get("verification_uri_complete")
    return DevicePrompt(
        page=str(page),
        user_code=str(code),
        complete_page=str(complete) if _is_page(complete) else "",
        expires_in=_number(said.get("expires_in"), 900, 3600),
        interval=max(1, _number(said.get("interval"), INTERVAL, LONGEST_INTERVAL)),
        device_code=str(device),
    )


def _number(value: object, usual: int, most: int) -> int:
    if isinstance(value, str) and value.isdigit() and len(value) < 12:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        return usual
    return min(value, most)


def _is_token(value: object) -> bool:
    """Whether a text can be a code or a token, which go on one line (RFC 6749 appendix A)."""
    return (
        isinstance(value, str)
        and 0 < len(value) <= LONGEST_TOKEN
        and all(32 <= ord(sign) < 127 for sign in value)
    )


def _is_page(value: object) -> bool:
    return isinstance(value, str) and value.startswith("https://") and _is_token(value)


def _refused(issuer: Issuer, said: Mapping[str, Any]) -> Exception:
    """What a refusal comes to (RFC 6749 sections 4.1.2.1 and 5.2, RFC 8628 section 3.5)."""
    error = str(said.get("error", ""))[:80]
    detail = " ".join((error, str(said.get("error_description", ""))[:300])).strip()
    if error in ("access_denied", "expired_token"):
        return Cancelled(f"You have not been signed in at {issuer.title}.", "Try again.")
    if error in _PASSING:
        return Unreachable(f"{issuer.title} cannot be asked just now.", "Try again later.", detail)
    if error in ("invalid_grant", "interaction_required", "login_required", "consent_required"):
        return SignInNeeded(
            f"{issuer.title} wants you to sign in again.",
            "Sign in again in the account's settings; until then its mail waits.",
            detail,
        )
    if error in ("invalid_client", "unauthorized_client"):
        return LoginRefused(
            f"{issuer.title} does not know this program by its client ID.",
            "Look at the client ID that was registered for it.",
            detail,
        )
    return LoginRefused(f"{issuer.title} did not let this program in.", "Sign in again.", detail)


def _foreign(why: str) -> ProtocolFault:
    return ProtocolFault(
        f"The answer from the browser was not taken. {why} Nobody has been signed in.",
        "Begin again, and close other pages that ask you to sign in.",
    )


def _strange() -> ProtocolFault:
    return ProtocolFault(
        "The answer to the sign-in cannot be understood.", "Try again, or ask the provider."
    )
