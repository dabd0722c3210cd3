"""A stand-in for Modal, for bot files that import it: enough to build the app they deploy.

It is used when Modal is not installed, or no longer has a name that the file imports (`Stub` and
`Mount` are gone from 1.0 on). What only makes sense on Modal's machines is accepted and ignored;
functions and methods run here; secrets and images give their environment variables.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any

from dotenv import dotenv_values


class Anything:
    """Accepts every attribute, call and ``with``; as a decorator it leaves the function alone."""

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

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_error: object) -> None:
        """Nothing was opened."""

    def __iter__(self) -> Iterator[Any]:
        return iter(())


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

    @classmethod
    def from_local_dir(cls, local_path: Any, *, remote_path: str = "", **_: Any) -> Mount:
        """A folder of the author's."""
        note_mount(local_path, remote_path)
        return cls()

    from_local_file = from_local_dir


_mounts: dict[str, str] = {}  # where the container has a file or folder -> where it is here


def note_mount(local: Any, remote: str) -> None:
    """The author's file or folder ``local`` will be at ``remote`` in the container."""
    if remote:
        _mounts[str(remote)] = str(local)


def take_mounts_elsewhere() -> dict[str, str]:
    """Paths of the container that are not here, with what is mounted there; once."""
    found = {remote: local for remote, local in _mounts.items() if not os.path.exists(remote)}  # noqa: PTH110 - a path of the container, as the author wrote it
    _mounts.clear()
    return found


class Image(Anything, metaclass=_AnyFactory):
    """A recipe for a container. Only its environment variables count here."""

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        self.environment: dict[str, str] = {}

    @contextlib.contextmanager
    def imports(self) -> Iterator[None]:
        """``with image.imports():`` - what only the container has may be missing here, as Modal
        lets it be on the author's machine.
        """
        with contextlib.suppress(ImportError):
            yield

    def add_local_dir(self, local_path: Any, remote_path: str = "", **_: Any) -> Image:
        """A folder of the author's, which the container has elsewhere."""
        note_mount(local_path, remote_path)
        return self

    add_local_file = copy_local_dir = copy_local_file = add_local_dir

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


class _Both:
    """A function that can also be awaited as ``.aio``, as Modal's can."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._function(*args, **kwargs)

    async def aio(self, *args: Any, **kwargs: Any) -> Any:
        """Call it and wait for the result."""
        result = self._function(*args, **kwargs)
        return await result if inspect.isawaitable(result) else result


class Dict(Anything, metaclass=_AnyFactory):
    """A shared dictionary, kept for as long as the process lives."""

    _by_name: dict[str, Dict] = {}  # noqa: RUF012 - one process plays all of Modal's machines

    def __init__(self, data: Mapping[Any, Any] | None = None, **_kwargs: Any) -> None:
        self._data = dict(data) if isinstance(data, Mapping) else {}
        for name in ("get", "pop", "update", "clear", "keys", "values", "items"):
            setattr(self, name, _Both(getattr(self._data, name)))
        self.put = _Both(self._data.__setitem__)
        self.contains = _Both(self._data.__contains__)
        self.len = _Both(self._data.__len__)

    @classmethod
    def from_name(cls, name: str, **_kwargs: Any) -> Dict:
        """The dictionary of that name."""
        return cls._by_name.setdefault(name, cls())

    def __getitem__(self, key: Any) -> Any:
        return self._data[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._data[key] = value

    def __contains__(self, key: Any) -> bool:
        return key in self._data

    def __len__(self) -> int:
        return len(self._data)


class Function:
    """A function or bound method of an app: it runs here, whichever way it is called."""

    modal_name = "Function"

    def __init__(self, raw: Callable[..., Any], environment: Mapping[str, str]) -> None:
        functools.update_wrapper(self, raw)
        self._raw = raw
        self._environment = environment
        self.remote = self.spawn = _Both(self.local)
        self.map = _Both(lambda items, **_: [self.local(item) for item in items])

    def local(self, *args: Any, **kwargs: Any) -> Any:
        """Run it, with the variables of its secrets and image set."""
        os.environ.update(self._environment)
        return self._raw(*args, **kwargs)

    __call__ = local
    remote_gen = local


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
        _enter(instance)
        return Function(self.raw.__get__(instance, owner), getattr(owner, "_modal_env", {}))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The function itself, for code of the author's that calls it."""
        return self.raw(*args, **kwargs)


def _enter(instance: Any) -> None:
    """Run an object's @enter methods, once."""
    if vars(instance).setdefault("_modal_entered", False):
        return
    instance._modal_entered = True  # noqa: SLF001 - the mark is ours
    os.environ.update(getattr(type(instance), "_modal_env", {}))
    for name in _enter_methods(type(instance)):
        inspect.getattr_static(instance, name).raw(instance)


def _enter_methods(owner: type) -> Iterator[str]:
    """Names of the @enter methods, those of base classes first; what refines one stands for it."""
    names: dict[str, None] = {}
    for each in reversed(owner.__mro__):
        for name, value in vars(each).items():
            if isinstance(value, Partial) and "enter" in value.kinds:
                names.setdefault(name)
    for name in names:
        if isinstance(inspect.getattr_static(owner, name), Partial):
            yield name


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
        self, *_args: Any, image: Any = None, secrets: Iterable[Any] = (), **_: Any
    ) -> None:
        self._environment = _environment(image, secrets)

    def function(
        self, *args: Any, image: Any = None, secrets: Iterable[Any] = (), **_: Any
    ) -> Callable[..., Any]:
        """``@app.function(…)``."""
        environment = {**self._environment, **_environment(image, secrets)}

        def decorate(raw: Any) -> Function:
            return Function(raw.raw if isinstance(raw, Partial) else raw, environment)

        return decorate(args[0]) if args else decorate

    def cls(
        self, *args: Any, image: Any = None, secrets: Iterable[Any] = (), **_: Any
    ) -> Callable[..., Any]:
        """``@app.cls(…)``: the class itself; keywords become attributes, as with parameters."""
        environment = {**self._environment, **_environment(image, secrets)}

        def decorate(owner: Any) -> Any:
            owner._modal_env = environment  # noqa: SLF001 - the mark is ours
            if "__init__" not in vars(owner):
                owner.__init__ = _keep_values
            return owner

        return decorate(args[0]) if args else decorate

    def local_entrypoint(self, *args: Any, **_: Any) -> Any:
        """``@app.local_entrypoint()``: `modal run` only; left alone."""
        return args[0] if args else lambda function: function


Stub = App  # its name until 2024


def _keep_values(instance: Any, **values: Any) -> None:
    vars(instance).update(values)


def _environment(image: Any, secrets: Iterable[Any]) -> dict[str, str]:
    variables: dict[str, str] = {}
    for source in (image, *secrets):
        variables.update(getattr(source, "environment", None) or {})
    return variables


def parameter(*, default: Any = None, init: bool = True) -> Any:
    """A class's parameter: its default stands until the constructor says otherwise."""
    del init
    return default


_NAMES: dict[str, Any] = {
    **{c.__name__: c for c in (App, Image, Secret, Volume, Dict, Mount, Function)},
    **{
        kind: _decorator(kind)
        for kind in (
            "asgi_app", "wsgi_app", "web_endpoint", "fastapi_endpoint", "web_server",
            "method", "enter", "exit", "build", "batched", "concurrent",
        )
    },
    "Stub": Stub,
    "parameter": parameter,
    "is_local": lambda: True,
}  # fmt: skip


class StandInModule(ModuleType):
    """The module ``modal``, or one below it."""

    __path__: list[str] = []  # noqa: RUF012 - so that `import modal.exception` is tried at all

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in _NAMES:
            return _NAMES[name]
        if name.endswith(("Error", "Exception")):
            return type(name, (Exception,), {})
        return Anything()
