"""Attributes that are computed on first use, once, also when several threads ask at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

T = TypeVar("T")


class Lazy:
    """Owner of lazy attributes: holds their lock."""

    def __init__(self) -> None:
        self.building = threading.RLock()

    def built(self, *names: str) -> list[Any]:
        """Those of the named attributes that have been used."""
        return [self.__dict__[name] for name in names if name in self.__dict__]

    def load(self) -> None:
        """Build every lazy attribute now. A server does so before the first visitor comes."""
        for name in dir(type(self)):
            if isinstance(getattr(type(self), name), lazy):
                getattr(self, name)


class lazy(Generic[T]):  # noqa: N801 - used like `property`
    """Decorator: the method becomes an attribute, computed on first use and then stored in the instance."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make

    def __set_name__(self, owner: type[Lazy], name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type[Lazy]) -> Self: ...
    @overload
    def __get__(self, instance: Lazy, owner: type[Lazy]) -> T: ...
    def __get__(self, instance: Lazy | None, owner: type[Lazy]) -> T | Self:
        if instance is None:
            return self
        with instance.building:
            if self._name not in instance.__dict__:
                instance.__dict__[self._name] = self._make(instance)
            value: T = instance.__dict__[self._name]
            return value
