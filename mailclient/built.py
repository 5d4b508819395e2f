"""Attributes that are made when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Generic, Protocol, TypeVar, overload

T = TypeVar("T")


class Whole(Protocol):
    """What has such attributes; one of them is made at a time."""

    @property
    def building(self) -> AbstractContextManager[object]:
        """A lock, which one thread may take several times."""


class Built(Generic[T]):
    """An attribute that a method makes when it is first asked for; once, from any thread."""

    def __init__(self, build: Callable[[Any], T]) -> None:
        self._build = build

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, whole: None, owner: type) -> Built[T]: ...
    @overload
    def __get__(self, whole: Whole, owner: type) -> T: ...
    def __get__(self, whole: Whole | None, owner: type) -> Built[T] | T:
        if whole is None:
            return self
        with whole.building:
            made: dict[str, Any] = vars(whole)
            if self._name not in made:  # from now on it is found there, and this is not asked
                made[self._name] = self._build(whole)
            found: T = made[self._name]
            return found
