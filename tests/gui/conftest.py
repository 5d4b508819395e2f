"""Windows over a real profile; what was shown can be kept as pictures.

With MAILCLIENT_PICTURES=FOLDER the walk saves its screens there, in light and dark.
"""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
import trustme
from PySide6.QtWidgets import QApplication, QWidget

from mailclient.app import App, open_profile
from mailclient.errors import MailError
from mailclient.gui import theme
from mailclient.gui.bridge import Bridge
from mailclient.paths import Profile
from tests.servers.surroundings import MailServers
from tests.servers.web import Answer, Web, document, web_running

MakeApp = Callable[[str], App]
Snap = Callable[[QWidget, str], None]


@pytest.fixture
def make_app(tmp_path: Path) -> Iterator[MakeApp]:
    """Opens profiles, each with a GnuPG home of its own, and closes them again."""
    with ExitStack() as stack:

        def make(name: str) -> App:
            home = Path(tempfile.mkdtemp(prefix="mc-"))
            home.chmod(0o700)
            stack.callback(shutil.rmtree, home, ignore_errors=True)
            kill = ["gpgconf", "--homedir", str(home), "--kill", "all"]
            stack.callback(subprocess.run, kill, check=False, capture_output=True)
            app = open_profile(Profile(tmp_path / name), passphrase=name, gnupg_home=home)
            stack.callback(app.close)
            return app

        yield make


@pytest.fixture
def bridge_of(qapp: QApplication) -> Iterator[Callable[[App], Bridge]]:
    """A bridge that fails the test on any bug or fault that nobody took."""
    bridges: list[Bridge] = []
    stray: list[object] = []

    def make(app: App) -> Bridge:
        bridge = Bridge(app.events, app.jobs)
        bridge.bug.connect(stray.append)
        bridge.problem.connect(stray.append)
        bridges.append(bridge)
        return bridge

    yield make
    for bridge in bridges:
        bridge.close()
    told = [str(one) if isinstance(one, MailError) else repr(one) for one in stray]
    assert told == []


@pytest.fixture
def snap(qapp: QApplication) -> Iterator[Snap]:
    """Shows a window in light and in dark; both must hold more than one colour."""
    folder = os.environ.get("MAILCLIENT_PICTURES")
    look = theme.Look(qapp, "light")

    def take(widget: QWidget, name: str) -> None:
        for choice in ("dark", "light"):
            look.choose(choice)
            qapp.processEvents()
            picture = widget.grab()
            image = picture.toImage()
            step = max(1, image.width() // 40)
            colors = {
                image.pixel(x, y)
                for x in range(0, image.width(), step)
                for y in range(0, image.height(), step)
            }
            assert len(colors) > 1
            if folder:
                picture.save(str(Path(folder) / f"{name}-{choice}.png"))

    yield take
    look.choose("light")


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Web]]:
    """Serves answers, and makes the program ask here."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "web-ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with ExitStack() as stack:

        def serve(answers: Mapping[str, Answer], *, slow: str = "") -> Web:
            web = stack.enter_context(web_running(context, answers, slow=slow))
            for name, value in (
                ("AUTOCONFIG", web.url("/own/{domain}")),
                ("DATABASE", web.url("/db/{domain}")),
                ("CA_FILE", str(tmp_path / "web-ca.pem")),
                ("PRIVATE", "yes"),
                ("SECONDS", "120"),
            ):
                monkeypatch.setenv(f"MAILCLIENT_DISCOVERY_{name}", value)
            return web

        yield serve


def provider(
    servers: MailServers, *, security: str = "SSL", way: str = "password-cleartext"
) -> Answer:
    """The document of a provider whose servers are the real ones of the test."""
    tls = security == "SSL"
    ports = (
        servers.pop3.pop3s if tls else servers.pop3.pop3,
        servers.smtp.smtps if tls else servers.smtp.smtp,
    )
    both = "".join(
        f'<{tag} type="{kind}"><hostname>localhost</hostname><port>{port}</port>'
        f"<socketType>{security}</socketType><authentication>{way}</authentication></{tag}>"
        for tag, kind, port in zip(
            ("incomingServer", "outgoingServer"), ("pop3", "smtp"), ports, strict=True
        )
    )
    return document(f"<clientConfig><emailProvider>{both}</emailProvider></clientConfig>".encode())
