"""A network of its own, in which everything has its usual name and port, and every packet is read.

Run by the test inside `unshare --net --mount`; prints what went over the wire as JSON.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import socket
import ssl
import struct
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.servers.names import names_running
from tests.servers.surroundings import MailServers, mail_servers_running
from tests.servers.web import web_running

DOMAIN = "example.org"
LOCAL_PART = "alice"
PASSWORD = "secret of alice"
HOSTS = (
    DOMAIN, f"autoconfig.{DOMAIN}", f"pop.{DOMAIN}", f"pop3.{DOMAIN}", f"mail.{DOMAIN}",
    f"smtp.{DOMAIN}", "live.thunderbird.net",
)  # fmt: skip
POP3, POP3S, AUTH, SUBMISSION, SUBMISSIONS = PORTS = (110, 995, 10143, 587, 465)
LAST = 9  # the port of the packet that ends the recording
ALL_PACKETS, LOOPBACK_OUT = 0x0003, 4
SIOCGIFFLAGS, SIOCSIFFLAGS, UP = 0x8913, 0x8914, 1


def bring_up_the_loopback() -> None:
    """As 'ip link set lo up' does."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        asked = struct.pack("16sh", b"lo", 0) + b"\0" * 14
        flags = struct.unpack("16sh", fcntl.ioctl(sock, SIOCGIFFLAGS, asked)[:18])[1]
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sh", b"lo", flags | UP) + b"\0" * 14)


def give_names(folder: Path) -> None:
    """Let the system's own look-up know the hosts, and ask our name server for the rest."""
    for name, text in (
        ("/etc/hosts", "".join(f"127.0.0.1 {host}\n" for host in ("localhost", *HOSTS))),
        ("/etc/resolv.conf", "nameserver 127.0.0.1\n"),
    ):
        path = folder / Path(name).name
        path.write_text(text)
        subprocess.run(["mount", "--bind", str(path), name], check=True)


class Recorder:
    """Every packet of the loopback, put together by direction of each connection."""

    def __init__(self) -> None:
        self.streams: dict[tuple[int, int], bytearray] = defaultdict(bytearray)
        self._sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PACKETS))
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 26)
        self._sock.bind(("lo", 0))
        self._thread = threading.Thread(target=self._read)
        self._ended = False

    def __enter__(self) -> Recorder:
        self._thread.start()
        return self

    def __exit__(self, *fault: object) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wake:
            wake.sendto(b"end", ("127.0.0.1", LAST))
        self._thread.join()
        self._sock.close()

    def _read(self) -> None:
        while not self._ended:
            frame, place = self._sock.recvfrom(1 << 17)
            if place[2] == LOOPBACK_OUT:  # each packet is seen going out and coming in
                self._take(frame[14:])

    def _take(self, packet: bytes) -> None:
        """An IPv4 packet with TCP or UDP inside; anything else is kept under no ports."""
        if packet[:1] != b"\x45" or packet[9] not in (6, 17):
            self.streams[0, 0] += packet
            return
        source, target = struct.unpack("!HH", packet[20:24])
        self._ended = self._ended or target == LAST  # whatever went before has been read
        header = 20 + (8 if packet[9] == 17 else (packet[32] >> 4) * 4)
        self.streams[source, target] += packet[header : struct.unpack("!H", packet[2:4])[0]]


def forms(word: str) -> dict[str, bytes]:
    """A word as it would stand on the wire if it leaked, in every usual coating."""
    raw = word.encode()
    found = {"plain": raw, "hex": raw.hex().encode(), "utf-16": word.encode("utf-16-le")}
    for shift in range(3):  # inside of base64 a word has three looks
        coded = base64.b64encode(b"\0" * shift + raw)
        first, last = -(-8 * shift // 6), 8 * (shift + len(raw)) // 6
        found[f"base64 {shift}"] = coded[first:last]  # what its neighbours do not change
    return found


def leaks(recorder: Recorder, words: Sequence[str] = (LOCAL_PART, PASSWORD)) -> list[str]:
    """Where password or local part can be read; what the two servers say to each other is
    theirs."""
    found = []
    for (source, target), data in recorder.streams.items():
        if AUTH in (source, target):
            continue
        for word in words:
            for form, wanted in forms(word).items():
                if wanted.lower() in bytes(data).lower():
                    found.append(f"{word!r} as {form} from port {source} to {target}")
    return found


def program(folder: Path, servers: MailServers, *words: str) -> dict[str, Any]:
    """Run the program as its user does; what it said."""
    for name, text in (("passphrase", "open\n"), ("password", f"{PASSWORD}\n")):
        (folder / name).write_text(text)
    environment = {key: value for key, value in os.environ.items() if "DISCOVERY" not in key} | {
        "SSL_CERT_FILE": str(servers.ca_file),
        "MAILCLIENT_DISCOVERY_PRIVATE": "yes",
        "MAILCLIENT_DISCOVERY_SECONDS": "120",
    }
    done = subprocess.run(
        [sys.executable, "-m", "mailclient", "--profile", str(folder / "profile"),
         "--passphrase-file", str(folder / "passphrase"), *words],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return {"status": done.returncode, "out": done.stdout, "err": done.stderr}


def lay_bait() -> str:
    """What a careless program would say, so that a recorder that sees nothing is noticed."""
    coded = base64.b64encode(f"\0{LOCAL_PART}@{DOMAIN}\0{PASSWORD}".encode())
    with socket.create_connection(("127.0.0.1", POP3)) as bait:
        bait.sendall(b"USER alice\r\nAUTH PLAIN " + coded + b"\r\n")
        bait.recv(1)
        return f"port {bait.getsockname()[1]} to {POP3}"


def main(folder: Path) -> None:
    bring_up_the_loopback()
    give_names(folder)
    with ExitStack() as stack:
        servers = stack.enter_context(mail_servers_running((*HOSTS, "localhost"), PORTS))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(servers.folder / "cert.pem", servers.folder / "key.pem")
        web = stack.enter_context(web_running(context, {}, port=443))
        names = stack.enter_context(names_running({}, port=53))
        recorder = stack.enter_context(Recorder())
        address = f"{LOCAL_PART}@{DOMAIN}"
        discovered = program(folder, servers, "account", "discover", address, "--json")
        added = program(
            folder, servers, "account", "add", "--address", address, "--password-file",
            str(folder / "password"),
        )  # fmt: skip
        received = program(folder, servers, "receive", "--json")
        bait = lay_bait()
    print(
        json.dumps(
            {
                "discovered": discovered,
                "added": added,
                "received": received,
                "web": web.asked,
                "names": names.asked,
                "leaks": leaks(recorder),
                "bait": bait,
                "ports": sorted({target for _, target in recorder.streams if target < 1024}),
                "bytes": sum(len(data) for data in recorder.streams.values()),
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
