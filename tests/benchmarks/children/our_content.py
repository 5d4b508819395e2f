"""What a profile holds after a run: `python -m tests.benchmarks.children.our_content …`.

Arguments: PROFILE PASSPHRASE_FILE. Prints JSON: the messages, their bytes and the hash of all of
them in the order of arrival, and how many of them are processed.
"""

from __future__ import annotations

import json
import sys
from hashlib import sha256
from pathlib import Path

from mailclient.app import now, open_profile
from mailclient.paths import Profile
from mailclient.store import Store
from mailclient.store.messages import Processing


def main() -> None:
    """Open, read everything back, tell."""
    profile, passphrase = Profile(Path(sys.argv[1])), Path(sys.argv[2])
    secret = passphrase.read_text(encoding="utf-8").strip()
    app = open_profile(profile, passphrase=secret, gnupg_home=profile.folder.parent / "gnupg")
    try:
        ids = sorted(app.search.ids_in([one.id for one in app.search.folders_named("inbox")]))
        rows = app.search.rows(ids)
    finally:
        app.close()
    digest, size = sha256(), 0
    store = Store.open(profile, passphrase=secret, keyring=None, clock=now)
    try:
        for id in ids:
            for piece in store.bodies.chunks(id):
                digest.update(piece)
                size += len(piece)
    finally:
        store.close()
    ready = sum(one.processing is Processing.READY for one in rows)
    print(
        json.dumps(
            {"messages": len(ids), "size": size, "digest": digest.hexdigest(), "processed": ready}
        )
    )


if __name__ == "__main__":
    main()
