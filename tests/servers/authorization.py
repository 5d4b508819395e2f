"""A real authorisation server (Authlib's) over HTTPS on the loopback, with one user who agrees.

Its tokens are those that the Dovecot of the tests takes. `browser` stands for the user's browser:
it opens the page, and goes where the answer leads.
"""

from __future__ import annotations

import http.client
import itertools
import json
import ssl
import threading
import urllib.request
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

import trustme
from authlib.oauth2 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc6749.models import AuthorizationCodeMixin, ClientMixin, TokenMixin
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc8628 import (
    DeviceAuthorizationEndpoint,
    DeviceCodeGrant,
    DeviceCredentialDict,
)
from authlib.oauth2.rfc9207 import IssuerParameter

from tests.servers.dovecot import token

CLIENT = "the mail program of the tests"
SCOPE = "mail"


@dataclass(slots=True)
class Response:
    """What is answered; `location` is where the browser is sent."""

    status: int
    body: Any
    location: str = ""


class _Client(ClientMixin):
    """A program that everybody can read: it has no secret."""

    def get_client_id(self) -> str:
        return CLIENT

    def get_allowed_scope(self, scope: str) -> str:
        return scope if scope == SCOPE else ""

    def check_redirect_uri(self, uri: str) -> bool:
        return urlsplit(uri).hostname in ("127.0.0.1", "localhost")

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "none"

    def check_response_type(self, kind: str) -> bool:
        return kind == "code"

    def check_grant_type(self, kind: str) -> bool:
        return True


class _Request(OAuth2Request):  # type: ignore[misc]
    """A request as the library wants it."""

    def __init__(self, method: str, uri: str, form: dict[str, str]) -> None:
        super().__init__(method, uri, headers={})
        self.payload = BasicOAuth2Payload(form)

    @property
    def form(self) -> Any:
        return self.payload.data


@dataclass(slots=True)
class _Code(AuthorizationCodeMixin):
    code: str
    redirect: str
    code_challenge: str
    code_challenge_method: str
    user: str

    def get_redirect_uri(self) -> str:
        return self.redirect

    def get_scope(self) -> str:
        return SCOPE


@dataclass(slots=True)
class _Refresh(TokenMixin):
    value: str
    user: str

    def check_client(self, client: _Client) -> bool:
        return True

    def get_scope(self) -> str:
        return SCOPE


@dataclass
class Provider(AuthorizationServer):  # type: ignore[misc]
    """The server's memory, and the switches by which a test has it behave."""

    user: str
    lasts: int = 3600
    agrees: bool = True
    asked: list[dict[str, str]] = field(default_factory=list)
    codes: dict[str, _Code] = field(default_factory=dict)
    refreshes: dict[str, _Refresh] = field(default_factory=dict)
    issued: list[str] = field(default_factory=list)  # every access token
    devices: dict[str, Any] = field(default_factory=dict)
    device_answers: deque[str] = field(default_factory=deque)
    count: Iterator[int] = field(default_factory=itertools.count)
    address: str = ""
    ca_file: Path = Path()

    def __post_init__(self) -> None:
        super().__init__()
        self.register_token_generator("default", self._token)
        self.register_grant(_CodeGrant, [CodeChallenge(required=True)])
        self.register_grant(_RefreshGrant)
        self.register_grant(_DeviceGrant)
        self.register_endpoint(_DeviceEndpoint)
        self.register_extension(_issuer_of)

    def _token(self, **wanted: Any) -> dict[str, Any]:
        user = str(wanted["user"])
        value = f"refresh {next(self.count)} of {user}"
        self.refreshes[value] = _Refresh(value, user)
        self.issued.append(token(user, lasts=self.lasts, filler=value))
        return {
            "token_type": "Bearer",
            "access_token": self.issued[-1],
            "expires_in": self.lasts,
            "refresh_token": value,
        }

    def query_client(self, client_id: str) -> _Client | None:
        return _Client() if client_id == CLIENT else None

    def save_token(self, token: Any, request: Any) -> None:
        """Kept when it is made."""

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: Any) -> OAuth2Request:
        if isinstance(request, OAuth2Request):
            return request
        return _Request(*request)

    def handle_response(self, status: int, body: Any, headers: Any) -> Response:
        return Response(status, body, dict(headers).get("Location", ""))


class _CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar = ["none"]

    def save_authorization_code(self, code: str, request: Any) -> None:
        said = request.payload.data
        self.server.codes[code] = _Code(
            code, said["redirect_uri"], said["code_challenge"], said["code_challenge_method"],
            request.user,
        )  # fmt: skip

    def query_authorization_code(self, code: str, client: _Client) -> _Code | None:
        found: _Code | None = self.server.codes.get(code)
        return found

    def delete_authorization_code(self, code: _Code) -> None:
        del self.server.codes[code.code]

    def authenticate_user(self, code: _Code) -> str:
        return code.user


class _RefreshGrant(grants.RefreshTokenGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar = ["none"]
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, value: str) -> _Refresh | None:
        found: _Refresh | None = self.server.refreshes.get(value)
        return found

    def authenticate_user(self, kept: _Refresh) -> str:
        return kept.user

    def revoke_old_credential(self, kept: _Refresh) -> None:
        self.server.refreshes.pop(kept.value, None)


class _DeviceEndpoint(DeviceAuthorizationEndpoint):  # type: ignore[misc]
    INTERVAL = 1

    def get_verification_uri(self) -> str:
        return f"{self.server.address}/device-page"

    def save_device_credential(self, client_id: str, scope: str, data: dict[str, Any]) -> None:
        kept = DeviceCredentialDict({**data, "client_id": client_id, "scope": scope})
        kept["expires_at"] = 2**40
        self.server.devices[data["device_code"]] = kept


class _DeviceGrant(DeviceCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar = ["none"]

    def query_device_credential(self, code: str) -> Any:
        return self.server.devices.get(code)

    def query_user_grant(self, user_code: str) -> tuple[str, bool] | None:
        answers = self.server.device_answers
        answer = answers[0]
        if answer in ("pending", "slow"):
            return None
        return self.server.user, answer == "yes"

    def should_slow_down(self, credential: Any) -> bool:
        return bool(self.server.device_answers.popleft() == "slow")


def _issuer_of(server: Provider) -> None:
    """Name the server in its answers (RFC 9207)."""

    class Named(IssuerParameter):  # type: ignore[misc]
        def get_issuer(self) -> str:
            return server.address

    Named()(server)


@contextmanager
def provider_running(folder: Path, user: str) -> Iterator[Provider]:
    """Start the server; its certificate is checked by `ca_file`."""
    authority = trustme.CA()
    provider = Provider(user)
    provider.ca_file = folder / "authorization-ca.pem"
    authority.cert_pem.write_to_path(str(provider.ca_file))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(provider))
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    provider.address = f"https://localhost:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = dict(parse_qsl(urlsplit(self.path).query))
            provider.asked.append(asked)
            request = ("GET", provider.address + self.path, asked)
            grant = provider.get_consent_grant(request, provider.user)
            user = provider.user if provider.agrees else None
            self._answer(
                provider.create_authorization_response(
                    provider.create_oauth2_request(request), user, grant=grant
                )
            )

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked = dict(parse_qsl(body))
            provider.asked.append(asked)
            request = ("POST", provider.address + self.path, asked)
            if self.path == "/device":
                name = DeviceAuthorizationEndpoint.ENDPOINT_NAME
                self._answer(provider.create_endpoint_response(name, request))
            else:
                self._answer(provider.create_token_response(request))

        def _answer(self, response: Response) -> None:
            body = json.dumps(response.body).encode()
            self.send_response(response.status)
            if response.location:
                self.send_header("Location", response.location)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Write nothing down."""

    return Handler


def browser(page: str, provider: Provider) -> str:
    """Open a page and follow where it leads; the page that the program shows at the end."""
    parts = urlsplit(page)
    context = ssl.create_default_context(cafile=str(provider.ca_file))
    connection = http.client.HTTPSConnection(parts.netloc, context=context)
    connection.request("GET", f"{parts.path}?{parts.query}")
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 302, answer.status
    with urllib.request.urlopen(answer.headers["Location"]) as shown:
        text: str = shown.read().decode()
    return text
