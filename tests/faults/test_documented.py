"""The page on reliability names every case, and every row of the fault table has one."""

from __future__ import annotations

import re
from pathlib import Path

from tests.faults.runner import cases

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
ROWS = {
    *(f"R{number}" for number in range(1, 22)),
    *(f"T{number}" for number in range(1, 6)),
    *(f"D{number}" for number in range(1, 10)),
    *("C1", "M1", "M2", "M3", "N1", "I4", "I5", "I6"),
}


def documented() -> dict[str, list[str]]:
    """The names of the cases by their row, as the page has them."""
    found = re.findall(r"^\| ([A-Z]\d+) \|.*\| (.*) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    return {row: re.findall(r"`(\w+)`", names) for row, names in found}


def test_every_row_of_the_table_has_a_case_and_every_case_is_documented() -> None:
    entered: dict[str, list[str]] = {}
    for one in cases():
        entered.setdefault(one.row, []).append(one.run.__name__)
    assert entered.keys() >= ROWS
    assert documented() == {row: sorted(names) for row, names in entered.items()}
