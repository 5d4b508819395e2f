"""D5 and D9: where the profile lies. Read-only is for reading; network and cloud are warned of."""

from __future__ import annotations

from pathlib import Path

from mailclient.store import place
from tests.faults import disk_people as people
from tests.faults.disk_mounts import remount, small_disk
from tests.faults.oracle import plain
from tests.faults.registry import Bench, case
from tests.scenarios.people import Person

LETTERS = 12


def _reads(bob: Person, folder: Path) -> None:
    assert bob.json("list")["count"] == LETTERS
    assert "Letter 3" in bob.ok("show", "4")
    assert bob.json("search", "subject:Letter")["count"] == LETTERS
    bob.ok("export", "--all", "--eml", str(folder))
    assert len(list(folder.iterdir())) == LETTERS


def _refuses(bob: Person, folder: Path) -> None:
    letter = folder / "one.eml"
    letter.write_bytes(people.letter(99))
    for command in (
        ("receive",),
        ("import", str(letter)),
        ("send", "--to", "carol@example.org", "--subject", "x", "--encrypt", "no"),
        ("account", "set", bob.address, "leave-on-server=no"),
        ("store", "compact"),
        ("store", "salvage"),
    ):
        done = bob.run(*command, stdin="x")
        assert done.returncode == 1, command
        plain(done.stderr)
        assert "cannot be written" in done.stderr, (command, done.stderr)


@case("D5", "a profile on a disk that cannot be written is read, and every change is refused")
def read_only(bench: Bench) -> None:
    killed = bench.chance.random() < 0.5
    with (
        small_disk(bench.folder / "small", 64) as disk,
        people.person(bench, "--leave-on-server", "yes", home=disk / "bob") as bob,
    ):
        for number in range(LETTERS):
            bench.servers.deliver("bob", people.letter(number))
        bob.ok("receive")
        if killed:
            bench.servers.deliver("bob", people.letter(LETTERS))
            bob.run("receive", crash_at="before_commit:1")
        remount(disk, "ro")
        _reads(bob, bench.folder / "export")
        assert len(people.on_server(bob)) == LETTERS + killed
        _refuses(bob, bench.folder)
        told = bob.json("doctor")["findings"]
        assert any("cannot be written" in one["text"] for one in told)
        remount(disk, "rw")
        bob.ok("receive")
        assert bob.json("list")["count"] == LETTERS + killed


MOUNTINFO = """\
22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
31 22 0:27 / /home/ann/server rw - nfs4 nas:/mail rw
32 22 0:28 / /home/ann/with\\040space rw - fuse.sshfs ann@far:/ rw
33 22 0:29 / /mnt/share rw - cifs //nas/share rw
34 33 8:2 / /mnt/share/local rw - ext4 /dev/sdb1 rw
35 22 0:30 / /mnt/host rw - 9p host rw
"""
PLACES = {
    "/home/ann/.local/share/mailclient": "",
    "/home/ann/server/profile": "NFS",
    "/home/ann/with space/profile": "SSH",
    "/mnt/share/profile": "Windows share",
    "/mnt/share/local/profile": "",
    "/mnt/host/profile": "another machine",
    "/home/ann/Dropbox/profile": "Dropbox",
    "/home/ann/OneDrive - Firm/profile": "OneDrive",
    "/home/ann/Nextcloud/profile": "Nextcloud",
    "/home/ann/Google Drive/profile": "Google Drive",
    "/home/ann/megastore/profile": "",
}


@case("D9", "a profile on a network disk or in a folder of the cloud is warned of")
def unsafe_places(bench: Bench) -> None:
    table = bench.folder / "mountinfo"
    table.write_text(MOUNTINFO)
    mounts = place.read_mounts(table)
    assert len(mounts) == len(MOUNTINFO.splitlines())
    for folder, word in PLACES.items():
        told = place.warning(Path(folder), mounts)
        assert bool(told) == bool(word), folder
        assert word in told, folder
        if told:
            plain(told)


@case("D9", "doctor warns of a profile in a folder of the cloud, and works")
def doctor_warns(bench: Bench) -> None:
    cloud = bench.folder / "Nextcloud"
    cloud.mkdir()
    with people.person(bench, "--no-test", home=cloud / "bob") as bob:
        told = [one for one in bob.json("doctor")["findings"] if "Nextcloud" in one["text"]]
        assert [one["level"] for one in told] == ["warning"]
