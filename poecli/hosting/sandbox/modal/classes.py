"""Classes given to Modal: @enter before the first call, @exit at the end, methods as functions."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from poecli.hosting.author.frames import cut_traceback
from poecli.hosting.sandbox.modal.calls import Function, finished


class Partial:
    """A function under one of Modal's decorators; in a class it becomes a bound Function."""

    def __init__(self, raw: Callable[..., Any], kind: str) -> None:
        functools.update_wrapper(self, raw)
        inner = raw if isinstance(raw, Partial) else None
        self.raw: Callable[..., Any] = inner.raw if inner else raw
        self.kinds: set[str] = {kind} | (inner.kinds if inner else set())

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        return Function(
            self.raw.__get__(instance, owner),
            getattr(owner, "_modal_env", {}),
            functools.partial(_enter, instance),
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The function itself, for code of the author's that calls it."""
        return self.raw(*args, **kwargs)


_entered: list[Any] = []  # objects whose @exit methods are to be run


def _enter(instance: Any) -> None:
    """Run an object's @enter methods, once."""
    if vars(instance).setdefault("_modal_entered", False):
        return
    instance._modal_entered = True  # noqa: SLF001 - the mark is ours
    _entered.append(instance)
    for method in _methods(instance, "enter", ("__aenter__", "__enter__")):
        finished(method())


def leave_all() -> None:
    """Run the @exit methods of all objects, as a container that ends does."""
    while _entered:
        instance = _entered.pop()
        for method in _methods(instance, "exit", ("__aexit__", "__exit__")):
            takes_error = len(inspect.signature(method).parameters) >= _ERROR_PARTS
            try:
                finished(method(*((None,) * _ERROR_PARTS if takes_error else ())))
            except Exception as error:  # noqa: BLE001 - the author's, and nobody waits for it
                sys.stderr.write(cut_traceback(error) + "\n")


_ERROR_PARTS = 3  # type, value, traceback


def _methods(instance: Any, kind: str, older: tuple[str, str]) -> Iterator[Callable[..., Any]]:
    """The methods of a kind: Python's own protocol (Modal's way until 2024), then the marked ones.

    Those of base classes come first; what refines one stands in its place.
    """
    owner = type(instance)
    for name in older:
        if callable(getattr(owner, name, None)):
            yield getattr(instance, name)
            break
    names: dict[str, None] = {}
    for each in reversed(owner.__mro__):
        for name, value in vars(each).items():
            if isinstance(value, Partial) and kind in value.kinds:
                names.setdefault(name)
    for name in names:
        found = inspect.getattr_static(owner, name)
        if isinstance(found, Partial):
            yield found.raw.__get__(instance, owner)


def given_to_modal(owner: Any, app_name: str, environment: Mapping[str, str]) -> Any:
    """The author's class under ``@app.cls``; keywords become attributes, as with parameters."""
    owner._modal_env = environment  # noqa: SLF001 - the mark is ours
    if "__init__" not in vars(owner):
        owner.__init__ = _keep_values
    for name in ("with_options", "with_concurrency", "with_batching"):
        setattr(owner, name, classmethod(lambda cls, **_: cls))
    Cls.named[app_name, owner.__name__] = owner
    return owner


def _keep_values(instance: Any, **values: Any) -> None:
    vars(instance).update(values)


class Cls:
    """A class of an app by its name."""

    named: ClassVar[dict[tuple[str, str], Any]] = {}

    def __init__(self, app_name: str, name: str) -> None:
        self._key = (app_name, name)

    @classmethod
    def from_name(cls, app_name: str, name: str, **_: Any) -> Cls:
        """The class of an app, which may be given to Modal later on, or never here."""
        return cls(app_name, name)

    lookup = from_name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """An object of the class."""
        known = self.named.get(self._key)
        return known(*args, **kwargs) if known else _Elsewhere(*self._key)

    def with_options(self, **_: Any) -> Cls:
        """Options count on Modal's machines only."""
        return self

    with_concurrency = with_batching = with_options


class _Elsewhere:
    """An object of a class that is not here: its methods say so when they are called."""

    def __init__(self, app_name: str, name: str) -> None:
        self._app_name, self._name = app_name, name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Function.from_name(self._app_name, f"{self._name}.{name}")


def parameter(*, default: Any = None, init: bool = True) -> Any:
    """A class's parameter: its default stands until the constructor says otherwise."""
    del init
    return default
