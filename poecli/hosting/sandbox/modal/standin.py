"""A stand-in for Modal, for bot files that import it: enough to build and run what they deploy.

It plays Modal also where the package is installed: outside of Modal's machines its functions refuse
to run, and its Dicts and Queues are those of the deployed bot, or hang without a network. What only
makes sense on Modal's machines is accepted and ignored; functions and methods run here; secrets and
images give their environment variables.
"""

from __future__ import annotations

import contextlib
import inspect
import os
import warnings
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any

from dotenv import dotenv_values

from poecli.hosting.sandbox.modal.calls import Function, FunctionCall, NotPlayed
from poecli.hosting.sandbox.modal.classes import Cls, Partial, given_to_modal, parameter
from poecli.hosting.sandbox.modal.stores import Dict, Queue


class Anything:
    """Accepts every attribute, call, ``with`` and ``await``, and what annotations and patterns do
    with a name; as a decorator it leaves the function alone.
    """

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """A function given alone comes back; anything else is accepted."""
        decorates = len(args) == 1 and not kwargs and inspect.isroutine(args[0])
        return args[0] if decorates else self

    def __getitem__(self, _key: Any) -> Any:
        return self

    def __class_getitem__(cls, _key: Any) -> Any:
        return cls

    def __or__(self, _other: Any) -> Any:
        return self

    __ror__ = __or__

    def __invert__(self) -> Any:
        return self

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_error: object) -> None:
        """Nothing was opened."""

    async def __aenter__(self) -> Any:
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Nothing was opened."""

    def __await__(self) -> Generator[Any, Any, Any]:
        return self
        yield  # makes it a generator, whose value is what `return` gives

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    async def __aiter__(self) -> AsyncIterator[Any]:
        for item in self:
            yield item

    def __repr__(self) -> str:
        return "<part of Modal that poe does not emulate>"


class _AnyFactory(type):
    """Lets a class answer ``Image.debian_slim(…)`` and its like with an instance."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return cls


class Volume(Anything, metaclass=_AnyFactory):
    """A volume: nothing is mounted."""


class Mount(Anything, metaclass=_AnyFactory):
    """Files for the container, which has them elsewhere."""


class Image(Anything, metaclass=_AnyFactory):
    """A recipe for a container. Only its environment variables count here."""

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        self.environment: dict[str, str] = {}

    def __call__(self, *_args: Any, **_kwargs: Any) -> Any:
        """The next step of the recipe; a function given to one is not for here."""
        return self

    @contextlib.contextmanager
    def imports(self) -> Iterator[None]:
        """``with image.imports():`` - whatever fails in it may do so outside of the container."""
        try:
            yield
        except ImportError:
            return
        except Exception as error:  # noqa: BLE001 - the author's; Modal warns of it, too
            warnings.warn(f"Only the container can run an imports() block: {error!r}", stacklevel=3)

    run_inside = imports  # its name until 2024

    def env(self, variables: Mapping[str, str | None]) -> Image:
        """Variables without a value are left out (Modal refuses them)."""
        self.environment.update({k: str(v) for k, v in variables.items() if v is not None})
        return self


class Secret(Anything, metaclass=_AnyFactory):
    """Environment variables. A secret kept at Modal is looked for in the environment here."""

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        self.environment: dict[str, str] = {}

    @classmethod
    def from_dict(cls, variables: Mapping[str, str | None] | None = None, **_: Any) -> Secret:
        """A secret with these variables."""
        secret = cls()
        secret.environment = {k: str(v) for k, v in (variables or {}).items() if v is not None}
        return secret

    @classmethod
    def from_dotenv(cls, path: str | None = None, *, filename: str = ".env", **_: Any) -> Secret:
        """A secret with the variables of a ``.env`` file."""
        folder = path or "."
        file = os.path.join(folder, filename) if os.path.isdir(folder) else folder  # noqa: PTH112, PTH118 - the author's text is a folder or a file
        return cls.from_dict(dotenv_values(file))


def _decorator(kind: str) -> Callable[..., Any]:
    """A decorator of Modal's, with or without its brackets."""

    def decorator(*args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and not kwargs and (callable(args[0]) or isinstance(args[0], Partial)):
            return Partial(args[0], kind)
        return lambda function: Partial(function, kind)

    return decorator


class App(Anything):
    """What an author hangs functions and classes on."""

    modal_name = "App"

    def __init__(
        self, name: str = "", *_args: Any, image: Any = None, secrets: Iterable[Any] = (), **_: Any
    ) -> None:
        self._name = name
        self._environment = _environment(image, secrets)

    lookup = classmethod(lambda cls, name, **_: cls(name))

    def function(
        self, *args: Any, image: Any = None, secrets: Iterable[Any] = (), **_: Any
    ) -> Callable[..., Any]:
        """``@app.function(…)``."""
        environment = {**self._environment, **_environment(image, secrets)}

        def decorate(raw: Any) -> Function:
            made = Function(raw.raw if isinstance(raw, Partial) else raw, environment)
            made.keep_for_others(self._name)
            return made

        return decorate(args[0]) if args else decorate

    asgi = webhook = generator = function  # until 2023

    def cls(
        self, *args: Any, image: Any = None, secrets: Iterable[Any] = (), **_: Any
    ) -> Callable[..., Any]:
        """``@app.cls(…)``."""
        environment = {**self._environment, **_environment(image, secrets)}

        def decorate(owner: Any) -> Any:
            return given_to_modal(owner, self._name, environment)

        return decorate(args[0]) if args else decorate

    def local_entrypoint(self, *args: Any, **_: Any) -> Any:
        """``@app.local_entrypoint()``: `modal run` only; left alone."""
        return args[0] if args else lambda function: function

    def is_inside(self, *_: Any) -> bool:
        """Nobody is in a container here."""
        return False


Stub = App  # its name until 2024


def _environment(image: Any, secrets: Iterable[Any]) -> dict[str, str]:
    variables: dict[str, str] = {}
    for source in (image, *secrets):
        variables.update(getattr(source, "environment", None) or {})
    return variables


class Error(Exception):
    """The base of Modal's exceptions."""


_UNPLAYED = (Anything, Volume, Mount, Image, Secret)
_CLASSES = (App, Image, Secret, Volume, Mount, Dict, Queue, Function, FunctionCall, Cls, Error)
_NAMES: dict[str, Any] = {
    **{each.__name__: each for each in _CLASSES},
    **{
        kind: _decorator(kind)
        for kind in (
            "asgi_app", "wsgi_app", "web_endpoint", "fastapi_endpoint", "web_server",
            "method", "enter", "exit", "build", "batched", "concurrent",
        )
    },
    "Stub": Stub,
    "TimeoutError": TimeoutError,
    "parameter": parameter,
    "is_local": lambda: True,
}  # fmt: skip


class StandInModule(ModuleType):
    """The module ``modal``, or one below it."""

    __path__: list[str] = []  # noqa: RUF012 - so that `import modal.exception` is tried at all
    __version__ = "1.0.0"  # of the interface that is played

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name not in _NAMES and name.endswith(("Error", "Exception")):
            _NAMES[name] = type(name, (Error,), {})  # one class, wherever it is named
        return _NAMES[name] if name in _NAMES else Anything()


_NAMES["exception"] = StandInModule("modal.exception")  # there after a plain `import modal`


def modal_hint(error: BaseException) -> str:
    """What to do where the author's code needs more of Modal than is played; "" elsewhere."""
    # Only Python's own errors are read: an author's class may raise where its text is asked for.
    if isinstance(error, NotPlayed) or (
        type(error) in (TypeError, AttributeError)
        and any(f"'{each.__name__}'" in str(error) for each in _UNPLAYED)
    ):
        return (
            "poe emulates Modal on this machine. To let the bot use the real one with your "
            'account, set allow_hosts = ["modal.com"] under [dev] in poe.toml.'
        )
    return ""
