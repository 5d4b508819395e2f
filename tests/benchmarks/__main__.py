"""`python -m tests.benchmarks NAME`: measure this program beside its peers."""

from __future__ import annotations

import argparse

from tests.benchmarks import index, million, openpgp, parse, pop3, smtp, start, window

BENCHMARKS = {
    "index": index,
    "million": million,
    "openpgp": openpgp,
    "parse": parse,
    "pop3": pop3,
    "smtp": smtp,
    "start": start,
    "window": window,
}


def main() -> None:
    """Run the benchmark that is named."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    names = parser.add_subparsers(required=True, metavar="NAME")
    for name, benchmark in BENCHMARKS.items():
        one = names.add_parser(name, help=benchmark.__doc__, description=benchmark.__doc__)
        benchmark.add_arguments(one)
        one.set_defaults(run=benchmark.main)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
