"""Parts that are built when they are asked for."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from mailclient.built import Built


class House:
    def __init__(self) -> None:
        self.building = threading.RLock()
        self.made: list[str] = []

    @Built
    def roof(self) -> str:
        self.made.append("roof")
        return f"roof on {self.walls}"

    @Built
    def walls(self) -> str:
        self.made.append("walls")
        return "walls"


def test_a_part_is_built_when_it_is_asked_for_with_what_it_stands_on() -> None:
    house = House()
    assert house.made == []
    assert house.roof == "roof on walls"
    assert house.made == ["roof", "walls"]


def test_a_part_is_built_once_whoever_asks() -> None:
    house = House()
    together = threading.Barrier(8)

    def ask(_: int) -> str:
        together.wait()
        return house.roof

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == {"roof on walls"}
    assert house.made == ["roof", "walls"]


def test_a_part_that_is_put_in_place_is_taken_as_it_is() -> None:
    house = House()
    house.__dict__["walls"] = "a tent"
    assert house.roof == "roof on a tent"
