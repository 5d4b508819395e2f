"""The wizard in a network of its own, through each of its ways; every packet is read.

Run by the test inside `unshare --net --mount`; prints how each way ended, and what went over the
wire, as JSON.
"""

from __future__ import annotations

import json
import os
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from PySide6.QtCore import QEventLoop, QObject, QTimer, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication

from mailclient.account import Authentication, Security
from mailclient.app import open_profile
from mailclient.gui import frames
from mailclient.gui.bridge import Bridge
from mailclient.gui.wizard.servers import ServerFields
from mailclient.gui.wizard.servers_page import View
from mailclient.gui.wizard.window import KEY, Wizard
from mailclient.paths import Profile
from mailclient.services.accounts import INCOMING, OUTGOING
from tests.scenarios.closed_network import (
    DOMAIN,
    HOSTS,
    LOCAL_PART,
    PASSWORD,
    POP3,
    POP3S,
    PORTS,
    SUBMISSION,
    SUBMISSIONS,
    Recorder,
    bring_up_the_loopback,
    give_names,
    lay_bait,
    leaks,
)
from tests.servers.authorization import CLIENT, SCOPE, Provider, browser, provider_running
from tests.servers.names import names_running
from tests.servers.scripted import Conversation, scripted
from tests.servers.surroundings import mail_servers_running
from tests.servers.web import Answer, document, web_running

ADDRESS = f"{LOCAL_PART}@{DOMAIN}"
SETTINGS = """<clientConfig><emailProvider>
<incomingServer type="pop3"><hostname>pop.example.org</hostname><port>995</port>
<socketType>SSL</socketType><authentication>{way}</authentication></incomingServer>
<outgoingServer type="smtp"><hostname>smtp.example.org</hostname><port>465</port>
<socketType>SSL</socketType><authentication>{way}</authentication></outgoingServer>
</emailProvider></clientConfig>"""
AUTOCONFIG = "/mail/config-v1.1.xml"
WELL_KNOWN = "/.well-known/autoconfig/mail/config-v1.1.xml"


def settings(way: str = "password-cleartext") -> Answer:
    return document(SETTINGS.format(way=way).encode())


def until(condition: Callable[[], bool]) -> None:
    """Let the window live until something has come about."""
    loop, look = QEventLoop(), QTimer()
    look.timeout.connect(lambda: condition() and loop.quit())
    look.start(10)
    if not condition():
        loop.exec()


class Desktop(QObject):
    """Opens pages as the browser of the desktop does."""

    def __init__(self, provider: Provider) -> None:
        super().__init__()
        self.provider = provider
        self.threads: list[threading.Thread] = []
        QDesktopServices.setUrlHandler("https", self, "open")

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        page = url.toString(QUrl.ComponentFormattingOption.FullyEncoded)
        self.threads.append(threading.Thread(target=browser, args=(page, self.provider)))
        self.threads[-1].start()

    def close(self) -> None:
        for one in self.threads:
            one.join()


class Walk:
    """One new profile, and the wizard on it."""

    def __init__(self, wizard: Wizard) -> None:
        self.wizard = wizard
        self.page = wizard.servers

    def look(self, password: str = PASSWORD) -> None:
        """Type who one is, and have the servers looked for."""
        self.wizard.who.name.setText("Alice")
        self.wizard.who.address.setText(ADDRESS)
        self.wizard.who.password.setText(password)
        self.wizard.next.click()
        until(lambda: self.page.view is not View.LOOKING and self.page.situation is not None)

    def by_hand(
        self, incoming: tuple[int, Security], outgoing: tuple[int, Security], host: str = ""
    ) -> None:
        """Fill the form in."""
        self.wizard.who.address.setText(ADDRESS)
        self.wizard.who.password.setText(PASSWORD)
        self.wizard.by_hand.click()
        hand = self.page.by_hand
        self.fill(hand.incoming, host or f"pop.{DOMAIN}", *incoming)
        self.fill(hand.outgoing, host or f"smtp.{DOMAIN}", *outgoing)

    def fill(self, fields: ServerFields, host: str, port: int, security: Security) -> None:
        fields.host.setText(host)
        fields.security.setCurrentIndex(list(Security).index(security))
        fields.port.setValue(port)

    def log_in(self) -> str:
        """Press the button; what is said in the end."""
        if not self.wizard.next.isEnabled():
            return "the button rests"
        self.wizard.next.click()
        until(self.rests)
        if self.wizard.pages.currentIndex() == KEY:
            return "logged in"
        said = (self.page.log_ins.words(what) for what in (INCOMING, OUTGOING))
        return " ".join((*said, self.wizard.strip.words, self.page.signing.strip.words)).strip()

    def rests(self) -> bool:
        return not self.wizard._tasks and not self.page.signing.busy


class Ways:
    """Each way through the wizard; the name of a method says which."""

    def __init__(
        self, web: dict[str, Answer], zone: dict[tuple[str, str], list[str]], provider: Provider,
        odd: int,
    ) -> None:  # fmt: skip
        self.web = web
        self.zone = zone
        self.provider = provider
        self.odd = odd  # the port of a server that offers no encryption

    def guessed(self, walk: Walk) -> str:
        walk.look()
        return walk.log_in()

    def named_by_the_provider(self, walk: Walk) -> str:
        self.web[AUTOCONFIG] = settings()
        walk.look()
        return walk.log_in()

    def named_at_the_second_place(self, walk: Walk) -> str:
        self.web[WELL_KNOWN] = settings()
        walk.look()
        return walk.log_in()

    def named_by_the_public_list(self, walk: Walk) -> str:
        self.web[f"/autoconfig/v1.1/{DOMAIN}"] = settings()
        walk.look()
        return walk.log_in()

    def named_by_dns(self, walk: Walk) -> str:
        self.zone[f"_pop3s._tcp.{DOMAIN}.", "SRV"] = [f"0 1 {POP3S} mail.{DOMAIN}."]
        self.zone[f"_submissions._tcp.{DOMAIN}.", "SRV"] = [f"0 1 {SUBMISSIONS} mail.{DOMAIN}."]
        walk.look()
        return walk.log_in()

    def named_by_who_takes_the_mail_in(self, walk: Walk) -> str:
        self.zone[f"{DOMAIN}.", "MX"] = ["10 mx.example.net."]
        self.web["/autoconfig/v1.1/example.net"] = settings()
        walk.look()
        walk.page.found.confirm.setChecked(True)
        return walk.log_in()

    def refused(self, walk: Walk) -> str:
        walk.look(f"{PASSWORD} and more")
        said = walk.log_in()
        walk.page.password.setText(PASSWORD)
        return f"{said} / {walk.log_in()}"

    def by_hand(self, walk: Walk) -> str:
        walk.by_hand((POP3, Security.STARTTLS), (SUBMISSION, Security.STARTTLS))
        return walk.log_in()

    def tls_on_the_ports_of_starttls(self, walk: Walk) -> str:
        walk.by_hand((POP3, Security.TLS), (SUBMISSION, Security.TLS))
        return walk.log_in()

    def ports_of_a_server_without_encryption(self, walk: Walk) -> str:
        walk.by_hand((self.odd, Security.STARTTLS), (self.odd, Security.STARTTLS), "localhost")
        return walk.log_in()

    def each_port_for_the_other_protocol(self, walk: Walk) -> str:
        walk.by_hand((SUBMISSIONS, Security.TLS), (POP3S, Security.TLS))
        return walk.log_in()

    def ports_where_nobody_listens(self, walk: Walk) -> str:
        walk.by_hand((1, Security.TLS), (1, Security.STARTTLS))
        return walk.log_in()

    def a_server_that_is_somebody_else(self, walk: Walk) -> str:
        walk.by_hand((POP3S, Security.TLS), (SUBMISSIONS, Security.TLS), "127.0.0.1")
        return walk.log_in()

    def without_encryption_and_without_consent(self, walk: Walk) -> str:
        walk.by_hand((POP3, Security.NONE), (SUBMISSION, Security.NONE))
        return walk.log_in()

    def signed_in_in_the_browser(self, walk: Walk) -> str:
        self.web[AUTOCONFIG] = settings("OAuth2")
        walk.look("")
        return walk.log_in()

    def signed_in_by_a_code(self, walk: Walk) -> str:
        self.web[AUTOCONFIG] = settings("OAuth2")
        self.provider.device_answers.append("yes")
        walk.look("")
        walk.page.signing.begin(device=True)
        until(walk.rests)
        return "logged in" if walk.wizard.pages.currentIndex() == KEY else "no"

    def declined_in_the_browser(self, walk: Walk) -> str:
        self.web[AUTOCONFIG] = settings("OAuth2")
        self.provider.agrees = False
        walk.look("")
        said = walk.log_in()
        self.provider.agrees = True
        return said

    def signed_in_for_a_form_with_a_wrong_port(self, walk: Walk) -> str:
        walk.by_hand((POP3, Security.TLS), (SUBMISSIONS, Security.TLS))
        for fields in (walk.page.by_hand.incoming, walk.page.by_hand.outgoing):
            ways = [fields.log_in.itemText(at) for at in range(fields.log_in.count())]
            fields.log_in.setCurrentIndex(ways.index("Access token (OAuth 2)"))
            assert fields.server().authentication is Authentication.OAUTH2
        return walk.log_in()


def no_encryption(talk: Conversation) -> None:
    """Greets as both kinds of servers do, and offers nothing; whatever is said, it listens."""
    talk.say(b"+OK 220 at your service\r\n")
    while True:
        talk.hear()
        talk.say(b"-ERR 502 not here\r\n")


@contextmanager
def walking(folder: Path) -> Iterator[Walk]:
    app = open_profile(Profile(folder), passphrase="open", gnupg_home=folder / "gnupg")
    bridge = Bridge(app.events, app.jobs)
    wizard = Wizard(app, bridge)
    wizard.show()
    try:
        yield Walk(wizard)
    finally:
        wizard.close()
        bridge.close()
        app.close()


def walk_all(folder: Path, ways: Ways) -> dict[str, str]:
    ended = {}
    for name, way in vars(Ways).items():
        if not name.startswith("_"):
            ways.web.clear()
            ways.zone.clear()
            with walking(folder / name) as walk:
                ended[name] = way(ways, walk)
    return ended


def main(folder: Path) -> None:
    bring_up_the_loopback()
    give_names(folder)
    QApplication([])
    web: dict[str, Answer] = {}
    zone: dict[tuple[str, str], list[str]] = {}
    with frames.beside_lanes(), ExitStack() as stack:
        servers = stack.enter_context(mail_servers_running((*HOSTS, "localhost"), PORTS))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(servers.folder / "cert.pem", servers.folder / "key.pem")
        stack.enter_context(web_running(context, web, port=443))
        stack.enter_context(names_running(zone, port=53))
        odd = stack.enter_context(scripted(no_encryption))
        provider = stack.enter_context(provider_running(folder, LOCAL_PART))
        desktop = Desktop(provider)
        stack.callback(desktop.close)
        table = folder / "providers.toml"
        table.write_text(
            f'[firm]\nhosts = ["pop.{DOMAIN}", "smtp.{DOMAIN}"]\n'
            f'page = "{provider.address}/page"\ntoken = "{provider.address}/token"\n'
            f'device = "{provider.address}/device"\nscopes = ["{SCOPE}"]\n'
            f'client-id = "{CLIENT}"\nca-file = "{provider.ca_file}"\n',
            encoding="utf-8",
        )
        for name in [one for one in os.environ if "DISCOVERY" in one]:
            del os.environ[name]
        os.environ.update(
            SSL_CERT_FILE=str(servers.ca_file),
            MAILCLIENT_DISCOVERY_PRIVATE="yes",
            MAILCLIENT_DISCOVERY_SECONDS="120",
            MAILCLIENT_OAUTH=str(table),
        )
        recorder = stack.enter_context(Recorder())
        ended = walk_all(folder, Ways(web, zone, provider, odd.port))
        tokens = [*provider.refreshes, *provider.issued]
        bait = lay_bait()
    print(
        json.dumps(
            {
                "ended": ended,
                "tokens": len(tokens),
                "bait": bait,
                "leaks": leaks(recorder, (LOCAL_PART, PASSWORD, *tokens)),
                "bytes": sum(len(data) for data in recorder.streams.values()),
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
