"""Modal's Dict and Queue, for as long as the process lives."""

from __future__ import annotations

import copy
import queue
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from poecli.hosting.sandbox.modal.calls import Both, BothIterate, Remote

if TYPE_CHECKING:
    from typing_extensions import Self


class _Named:
    """What is found by its name, in whichever of Modal's ways a version has."""

    _by_name: ClassVar[dict[tuple[type, str], Any]] = {}  # one process plays all of Modal

    def __class_getitem__(cls, _: Any) -> Any:  # modal.Queue[str], in annotations
        return cls

    @classmethod
    def from_name(cls, name: str, *_args: Any, **_: Any) -> Self:
        kept: Self = cls._by_name.setdefault((cls, name), cls())
        return kept

    lookup = persisted = from_name

    @classmethod
    def new(cls, *args: Any, **kwargs: Any) -> Self:
        """One without a name."""
        return cls(*args, **kwargs)

    @classmethod
    def delete(cls, name: str, **_: Any) -> None:
        cls._by_name.pop((cls, name), None)

    ephemeral = new

    def hydrate(self, *_args: Any, **_: Any) -> Self:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        """Nothing was opened."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Nothing was opened."""


class Dict(_Named):
    """A shared dictionary. It hands out copies, as Modal does: a change is kept by `put` only."""

    def __init__(self, data: Mapping[Any, Any] | None = None, **_kwargs: Any) -> None:
        self._data: dict[Any, Any] = copy.deepcopy(dict(data or {}))
        self.get = Both(lambda key, default=None: _copied(self._data.get(key, default)))
        self.put = Both(self._put)
        self.pop = Both(self._data.pop)
        self.update = Both(lambda *other, **more: self._data.update(_copied(dict(*other, **more))))
        self.clear = Both(self._data.clear)
        self.contains = Both(self._data.__contains__)
        self.len = Both(self._data.__len__)
        self.keys = BothIterate(lambda: iter([*self._data]))
        self.values = BothIterate(lambda: iter(_copied([*self._data.values()])))
        self.items = BothIterate(lambda: iter(_copied([*self._data.items()])))

    def _put(self, key: Any, value: Any, *, skip_if_exists: bool = False) -> bool:
        if skip_if_exists and key in self._data:
            return False
        self._data[key] = _copied(value)
        return True

    def __getitem__(self, key: Any) -> Any:
        return _copied(self._data[key])

    def __setitem__(self, key: Any, value: Any) -> None:
        self._put(key, value)

    def __delitem__(self, key: Any) -> None:
        del self._data[key]

    def __contains__(self, key: Any) -> bool:
        return key in self._data

    def __len__(self) -> int:
        return len(self._data)


def _copied(value: Any) -> Any:
    return copy.deepcopy(value)


class Queue(_Named):
    """A shared queue, with partitions."""

    def __init__(self, **_kwargs: Any) -> None:
        self._partitions: dict[str | None, queue.Queue[Any]] = {}
        self.put = Both(lambda value, **options: self._put_all([value], **options))
        self.put_many = Both(self._put_all)
        self.get = Remote(self._get)
        self.get_many = Remote(self._get_many)
        self.len = Both(self._len)
        self.clear = Both(self._clear)
        self.iterate = BothIterate(self._iterate)

    def _of(self, partition: str | None) -> queue.Queue[Any]:
        return self._partitions.setdefault(partition, queue.Queue())

    def _put_all(self, values: Iterable[Any], *, partition: str | None = None, **_: Any) -> None:
        for value in values:
            self._of(partition).put(_copied(value))

    def _get(
        self,
        block: bool = True,
        timeout: float | None = None,
        *,
        partition: str | None = None,
    ) -> Any:
        try:
            return self._of(partition).get(block, timeout)
        except queue.Empty:
            if block:
                raise
            return None

    def _get_many(
        self,
        n_values: int,
        block: bool = True,
        timeout: float | None = None,
        *,
        partition: str | None = None,
    ) -> list[Any]:
        """At least one where it may wait, and no more than are there."""
        waiting = self._of(partition)
        first = [waiting.get(timeout=timeout)] if block and n_values else []
        return first + [waiting.get() for _ in range(min(waiting.qsize(), n_values - len(first)))]

    def _len(self, *, partition: str | None = None, total: bool = False) -> int:
        of = self._partitions.values() if total else [self._of(partition)]
        return sum(each.qsize() for each in of)

    def _clear(self, *, partition: str | None = None, all: bool = False) -> None:
        if all:
            self._partitions.clear()
        self._partitions.pop(partition, None)

    def _iterate(self, *, partition: str | None = None, **_: Any) -> Iterator[Any]:
        """What is there; it stays there."""
        return iter(_copied([*self._of(partition).queue]))
