"""The shapes of bot files in the wild, and how each gives up its bots."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import FunctionType, ModuleType
from typing import Any

import fastapi_poe as fp
from fastapi import FastAPI
from fastapi_poe import base
from starlette.routing import BaseRoute, Mount, Route

from poecli.config.target import NoBotFound, SeveralBots, Target
from poecli.errors import BotLoadError
from poecli.hosting.finding import modal_functions
from poecli.hosting.finding.main_block import main_block
from poecli.hosting.sandbox.containment import Containment
from poecli.source.python_file import PythonFile
from poecli.suggestions import did_you_mean

_FACTORIES = ("fastapi_app", "app", "create_app", "get_app", "build_app", "make_app", "create_bot")


class NeedsArguments(BotLoadError):
    """The only bot class can't be made without arguments."""

    id = "needs-arguments"


class NoSuchName(BotLoadError):
    """The file is there, the name after the colon is not in it."""

    id = "no-such-name"


@dataclass(frozen=True)
class MountedBot:
    """A bot and its path on the server."""

    path: str
    bot: fp.PoeBot = field(repr=False)  # it would show its access key


@dataclass(frozen=True)
class Found:
    """Bots and the ASGI app they are part of. An app without known bots is served as it is."""

    bots: tuple[MountedBot, ...]
    app: Any
    is_built: bool = False  # by a function of the author's


def find(module: ModuleType, target: Target, contained: Containment) -> Found | None:
    """The bots of an imported module; None when it has none. Raises what the author's code does."""
    finder = _BotFinder(module, target, contained)
    if target.attribute is not None:
        return finder.named(target.attribute)
    for step in (
        finder.started,
        finder.given_to_modal,
        finder.factories,
        finder.main_block,
        finder.instances,
        finder.only_class,
    ):
        found = step()
        if found is not None:
            return found
    return None


class _BotFinder:
    def __init__(self, module: ModuleType, target: Target, contained: Containment) -> None:
        self._module = module
        self._target = target
        self._captures = contained.captures

    @cached_property
    def _source(self) -> PythonFile:
        return PythonFile.read(self._target.file)

    # --- the steps ---

    def started(self) -> Found | None:
        """What the module's body gave to a server or to make_app."""
        for app in reversed(self._captures.started):
            return self._from_app(self._imported_app(app))
        if not self._captures.served:
            return None
        captured = [served.app for served in self._captures.served]
        outer = [app for app in self._module_apps() if any(c in _apps_in(app) for c in captured)]
        distinct = list({id(app): app for app in outer or captured}.values())
        inner = [part for app in distinct for part in _apps_in(app)[1:]]
        distinct = [app for app in distinct if not any(app is part for part in inner)]
        if len(distinct) > 1:
            named = [app for app in distinct if app is vars(self._module).get("app")]
            if not named:
                raise self._several([_name_in(self._module, app) for app in distinct])
            distinct = named
        return self._from_app(distinct[0])

    def given_to_modal(self) -> Found | None:
        """What a function under @modal.asgi_app builds."""
        functions = modal_functions.web_functions(self._module, self._source)
        if len(functions) > 1:
            raise self._several([function.name for function in functions])
        return self._built_by(functions[0].build) if functions else None

    def factories(self) -> Found | None:
        """What a create_app() without arguments builds."""
        for name in _FACTORIES:
            value = vars(self._module).get(name)
            if isinstance(value, FunctionType) and self._is_own(value) and _callable_bare(value):
                found = self._built_by(value)
                if found is not None:
                    return found
        return None

    def main_block(self) -> Found | None:
        """What ``if __name__ == "__main__"`` would start."""
        code = main_block(self._source, vars(self._module))
        if code is None:
            return None
        exec(code, vars(self._module))  # noqa: S102 - the author's own block, as `python FILE` runs it
        return self.started()

    def instances(self) -> Found | None:
        """Bots made in the module, alone or in a list."""
        bots: dict[int, fp.PoeBot] = {}
        names: dict[int, str] = {}
        for name, value in vars(self._module).items():
            members = value if isinstance(value, (list, tuple)) else [value]
            for bot in members:
                if isinstance(bot, fp.PoeBot):
                    bots[id(bot)] = bot
                    names.setdefault(id(bot), name)
        if not bots:
            return None
        if len({bot.path for bot in bots.values()}) < len(bots):
            raise self._several(list(names.values()))
        return self._from_bots(list(bots.values()))

    def only_class(self) -> Found | None:
        """The one subclass of PoeBot that no other one refines."""
        classes = {
            value: name
            for name, value in vars(self._module).items()
            if isinstance(value, type)
            and issubclass(value, fp.PoeBot)
            and not value.__module__.startswith("fastapi_poe")
        }
        leaves = [c for c in classes if not any(c in other.__mro__[1:] for other in classes)]
        own = [c for c in leaves if self._is_own(c)] or leaves
        if len(own) > 1:
            raise self._several([classes[c] for c in own])
        return self._from_bots([self._made(own[0])]) if own else None

    def named(self, attribute: str) -> Found:
        """What stands under the name after the target's colon."""
        value: Any = self._module
        for part in attribute.split("."):
            if not hasattr(value, part):
                raise NoSuchName(
                    f"There is no {part!r} in {self._target.file.name}.",
                    hint=did_you_mean(part, [n for n in vars(value) if not n.startswith("_")]),
                )
            value = getattr(value, part)
        found = self._resolved(value)
        if found is None:
            raise NoBotFound(
                f"{attribute} in {self._target.file.name} is neither a bot nor an app.",
                why=f"It is of type {type(value).__name__}.",
                hint="Name a PoeBot, a subclass of PoeBot, a list of bots, an app or a function.",
            )
        return found

    # --- from a value to bots ---

    def _resolved(self, value: Any) -> Found | None:
        if isinstance(value, fp.PoeBot):
            return self._from_bots([value])
        if isinstance(value, (list, tuple)) and value and all(_is_bot(item) for item in value):
            return self._from_bots([self._bot(item) for item in value])
        if isinstance(value, type) and issubclass(value, fp.PoeBot):
            return self._from_bots([self._made(value)])
        if modal_functions.is_modal_app(value):
            return self.given_to_modal()
        build = modal_functions.builder_of(value)
        if build is None and isinstance(value, FunctionType) and _callable_bare(value):
            build = value
        if build is not None:
            return self._built_by(build)
        return self._from_app(value) if _is_asgi(value) else None

    def _built_by(self, build: Callable[[], Any]) -> Found | None:
        before = len(self._captures.served)
        value = build()
        found = None if isinstance(value, FunctionType) else self._resolved(value)
        if found is None and len(self._captures.served) > before:
            found = self._from_app(self._captures.served[-1].app)
        return replace(found, is_built=True) if found else None

    def _from_app(self, app: Any) -> Found:
        bots = tuple(_bots_in(app))
        if not bots:
            # The app hides its routes (a function round it): the bots answer at their own paths.
            bots = tuple(
                MountedBot(bot.path, bot) for served in self._captures.served for bot in served.bots
            )
        return Found(bots, app)

    def _from_bots(self, bots: list[fp.PoeBot]) -> Found:
        keyless = all(bot.access_key is None for bot in bots)
        one = bots[0] if len(bots) == 1 else bots
        return self._from_app(base.make_app(one, allow_without_key=keyless or len(bots) > 1))

    def _bot(self, value: Any) -> fp.PoeBot:
        return self._made(value) if isinstance(value, type) else value

    def _made(self, bot_class: type[fp.PoeBot]) -> fp.PoeBot:
        try:
            inspect.signature(bot_class).bind()
        except TypeError as error:
            raise NeedsArguments(
                f"{bot_class.__name__} can't be created without arguments: {error}.",
                hint=f"Create it in {self._target.file.name}: bot = {bot_class.__name__}(…)",
            ) from None
        return bot_class()

    # --- looking around ---

    def _module_apps(self) -> list[Any]:
        return [value for value in vars(self._module).values() if isinstance(value, FastAPI)]

    def _imported_app(self, app: Any) -> Any:
        """The app behind the "module:name" that uvicorn.run takes too."""
        if not isinstance(app, str):
            return app
        module_name, _, attribute = app.partition(":")
        module = sys.modules.get(module_name, self._module)
        value = getattr(module, attribute or "app", None)
        if value is None:
            raise NoSuchName(
                f"uvicorn.run was given {app!r}, which does not exist.",
                hint=did_you_mean(attribute, vars(module)),
            )
        return value() if isinstance(value, FunctionType) and _callable_bare(value) else value

    def _is_own(self, value: Any) -> bool:
        return bool(value.__module__ == self._module.__name__)

    def _several(self, names: list[str]) -> SeveralBots:
        file = self._target.file.name
        return SeveralBots(
            f"{file} contains several bots.",
            why="poe can't tell which one to serve.",
            detail="\n".join(f"{file}:{name}" for name in names),
            hint=f"Name one: {file}:{names[0]} (or give each another path and serve them all)",
        )


def _is_bot(value: Any) -> bool:
    is_class = isinstance(value, type) and issubclass(value, fp.PoeBot)
    return is_class or isinstance(value, fp.PoeBot)


def _is_asgi(value: Any) -> bool:
    return callable(value) and not isinstance(value, (type, FunctionType))


def _callable_bare(function: Callable[..., Any]) -> bool:
    try:
        inspect.signature(function).bind()
    except TypeError:
        return False
    return not inspect.iscoroutinefunction(function)


def _name_in(module: ModuleType, value: Any) -> str:
    return next((name for name, other in vars(module).items() if other is value), "app")


def _apps_in(app: Any) -> list[Any]:
    """An app, the apps it wraps, and those mounted in it."""
    apps = [app]
    for part in apps:
        inner = [getattr(part, "app", None)]
        inner += [r.app for r in getattr(part, "routes", None) or () if isinstance(r, Mount)]
        apps += [i for i in inner if i is not None and not any(i is known for known in apps)]
    return apps


def _bots_in(app: Any, prefix: str = "") -> Iterator[MountedBot]:
    """The bots on an app's routes, with their full paths."""
    routes: list[BaseRoute] | None = getattr(app, "routes", None)
    if routes is None:
        inner = getattr(app, "app", None)  # a middleware wrapped round by hand
        if inner is not None:
            yield from _bots_in(inner, prefix)
        return
    for route in routes:
        if isinstance(route, Mount):
            yield from _bots_in(route.app, prefix + route.path)
        elif (bot := bot_of_route(route)) is not None:
            yield MountedBot(prefix + bot.path, bot)


def bot_of_route(route: BaseRoute) -> fp.PoeBot | None:
    """The bot a route of make_app's answers for; None for any other route."""
    endpoint = getattr(route, "endpoint", None)
    is_post = isinstance(route, Route) and "POST" in (route.methods or ())
    if not is_post or getattr(endpoint, "__module__", None) != base.__name__:
        return None
    bot = inspect.getclosurevars(endpoint).nonlocals.get("bot") if endpoint else None
    return bot if isinstance(bot, fp.PoeBot) else None
