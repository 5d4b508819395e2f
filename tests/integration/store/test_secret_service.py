"""Secrets in a real Secret Service: gnome-keyring on a session bus of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys
from pathlib import Path
from mailclient.account import Account, Identity, Server
from mailclient.app import open_profile
from mailclient.paths import Profile
from mailclient.store.keyrings import pick_keyring

keyring = pick_keyring()
assert keyring is not None, "no keyring answers"
profile = Profile(Path(sys.argv[1]))
app = open_profile(profile)
account = Account(
    (Identity("ann@example.org", "Ann"),),
    Server("localhost", 995, username="ann"),
    Server("localhost", 465, username="ann"),
)
app.accounts.add(account, "incoming secret", "outgoing secret")
app.close()

app = open_profile(profile)
[account] = app.accounts.list()
print(app.accounts.password(account, "incoming"), "|", app.accounts.password(account, "outgoing"))
print([one.text for one in app.doctor.findings() if one.name == "secrets"][0])
app.accounts.remove("ann@example.org")
app.close()
held = b"".join(path.read_bytes() for path in profile.folder.rglob("*") if path.is_file())
assert b"incoming secret" not in held
"""


def test_the_keys_of_store_and_accounts_are_kept_by_the_desktop(tmp_path: Path) -> None:
    command = (
        "printf 'login' | gnome-keyring-daemon --unlock --components=secrets >/dev/null && "
        'exec "$@"'
    )
    done = subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", command, "sh", sys.executable, "-c", SCRIPT,
         str(tmp_path / "profile")],
        capture_output=True, text=True, check=False,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(tmp_path),
             "GNUPGHOME": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "incoming secret | outgoing secret"
    assert "keyring" in lines[1]
