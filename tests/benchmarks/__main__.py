"""`python -m tests.benchmarks NAME`: measure this program beside its peers."""

from __future__ import annotations

import argparse

from tests.benchmarks import pop3


def main() -> None:
    """Run the benchmark that is named."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    names = parser.add_subparsers(required=True, metavar="NAME")
    pop3.add_arguments(names.add_parser("pop3", help=pop3.__doc__))
    pop3.main(parser.parse_args())


if __name__ == "__main__":
    main()
