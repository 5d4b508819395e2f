"""`python -m tests.faults`: run the fault cases as long as you like, by seed.

Exit status 1 if an invariant was broken; the seed that is printed repeats it.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from pathlib import Path

from tests.faults.runner import Outcome, cases, run
from tests.servers.surroundings import mail_servers_running
from tests.servers.warm import warm_running


def main() -> int:
    """Run what is asked for; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--cycles", type=int, default=20, help="tries of a case with chances")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--only", default="", help="a part of the name of a case, say R9 or kill")
    parser.add_argument("--json", type=Path, help="write the outcomes into this file, too")
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.cycles} cycles", flush=True)
    outcomes: list[Outcome] = []
    with mail_servers_running() as servers, warm_running() as warmed:
        for one in run(cases(options.only), servers, warmed, options.seed, options.cycles):
            outcomes.append(one)
            print(_row(one), flush=True)
    broken = [one for one in outcomes if one.fault]
    print(f"{len(outcomes)} cases, {len(broken)} broken, seed {options.seed}")
    if options.json:
        rows = [
            {
                "case": one.case.name,
                "seed": one.seed,
                "fault": one.fault,
                "skipped": one.skipped,
                "figures": dict(one.figures),
                "seconds": round(one.seconds, 1),
            }
            for one in outcomes
        ]
        options.json.write_text(json.dumps(rows, indent=2), encoding="utf-8")
    return 1 if broken else 0


def _row(one: Outcome) -> str:
    state = "BROKEN" if one.fault else "skipped" if one.skipped else "held"
    counted = ", ".join(f"{name}: {figure}" for name, figure in one.figures.items())
    ended = f"{one.seconds:.1f} s"
    told = (f"{state:8}", one.case.name, one.case.text, counted, ended, one.skipped, one.fault)
    return "  ".join(filter(None, told))


if __name__ == "__main__":
    sys.exit(main())
