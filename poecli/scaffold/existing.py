"""What can be told of a bot file without running it: for the poe.toml of a project that is there.

Only the file's syntax is read, so a missing package or key does no harm. What the code works out
while it runs stays unknown; the author can correct the file.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from poecli.config.bot_files import CUSTOMARY_NAMES, leads_to_a_bot
from poecli.config.project import DEFAULT_ACCESS_KEY_VARIABLE
from poecli.config.toml_lines import quoted
from poecli.config.toml_tables import tables_of_a_tool
from poecli.config.values import is_handle, suggest_handle
from poecli.errors import BotLoadError
from poecli.source.python_file import (
    PythonFile,
    argument,
    decorators,
    last_name,
    variable_read,
    walk,
)
from poecli.system_errors import unusable

# Parts of a path that say nothing of the bot.
_NAMELESS = {PurePosixPath(name).stem for name in CUSTOMARY_NAMES} | {"__main__", "__init__", "src"}


@dataclass(frozen=True)
class ExistingBot:
    """A bot as its file tells it; ``name`` is None where the file says none."""

    target: str
    name: str | None = None
    path: str = "/"
    access_key_env: str = DEFAULT_ACCESS_KEY_VARIABLE


@dataclass(frozen=True)
class ExistingProject:
    """The bots of a project, and the bots on Poe that they call. Use `of_files`."""

    bots: tuple[ExistingBot, ...]
    upstream: tuple[str, ...] = field(default=())
    deploy: tuple[str, ...] = ()  # the lines of its table, where a file says where it goes

    @classmethod
    def of_files(
        cls, folder: Path, files: Sequence[Path], attribute: str | None = None
    ) -> ExistingProject:
        """Read bot files below a folder; ``attribute`` is the name after a target's colon.

        Raises BotLoadError for one that can't be read, is not Python or has no bot.
        """
        bots: list[ExistingBot] = []
        upstream: list[str] = []
        for file in files:
            source = _read(file)
            bots += _bots(source, file.relative_to(folder).as_posix(), attribute)
            upstream += _upstream(source)
        return cls(tuple(bots), tuple(dict.fromkeys(upstream)), _deployed(folder, files))

    @property
    def targets(self) -> list[str]:
        """Where bots are, in their order; `poe dev` serves one of these at a time."""
        return list(dict.fromkeys(bot.target for bot in self.bots))

    def handles(self, handle: str) -> list[str]:
        """A name for each bot, no two alike; the first without one is named ``handle``."""
        several, taken = len(self.targets) > 1, list[str]()
        for number, bot in enumerate(self.bots, start=1):
            word = _word(bot.target) if several else bot.path * (number > 1)
            wanted = bot.name or suggest_handle(word or handle)
            taken.append(wanted if wanted not in taken else f"{wanted[:17]}-{number}")
        return taken


def poe_toml(project: ExistingProject, handle: str) -> bytes:
    """The project file for it. Bots without a name of their own are named after ``handle``."""
    lines = ["# The project file of `poe`. Flags and environment variables override it."]
    first, *others = project.targets
    answers = dict.fromkeys(project.upstream, "mock")
    for name, bot in zip(project.handles(handle), project.bots, strict=True):
        lines += ["", f"[bots.{_key(name)}] # the bot's handle on Poe"]
        if bot.path != "/":
            lines.append(f"path = {quoted(bot.path)}")
        if others:
            lines.append(f"target = {quoted(bot.target)}")
        lines.append(f"access_key = {quoted(f'env:{bot.access_key_env}')}")
        if project.deploy:
            lines += ["", f"[bots.{_key(name)}.deploy] # what `poe deploy` does", *project.deploy]
        if name in answers:
            answers[name] = f"local:{bot.target}" if others else "local"
    lines += ["", "[dev]", f"target = {quoted(first)}"]
    if answers:
        lines += ["", "[dev.bots] # what answers each bot that yours calls"]
        lines += [f"{quoted(name)} = {quoted(mode)}" for name, mode in answers.items()]
    return ("\n".join(lines) + "\n").encode()


def _read(file: Path) -> PythonFile:
    try:
        source = PythonFile.read(file)
    except OSError as error:
        raise unusable(file, "read", error, kind=BotLoadError) from error
    if source.error:
        raise BotLoadError(
            f"{file}:{source.error.lineno or 1} is not valid Python.",
            why=source.error.msg,
            hint="Fix that line.",
        )
    if not leads_to_a_bot(file):
        raise BotLoadError(
            f"There is no bot in {file}.",
            why="Neither it nor the files that it imports use fastapi_poe.",
            hint="Name a folder with a bot, or create one: poe new",
        )
    return source


def _deployed(folder: Path, files: Sequence[Path]) -> tuple[str, ...]:
    """By Modal's app in a file of it, or by Fly's own file; a Dockerfile alone says no place."""
    for file in (*files, folder / "modal_app.py"):
        source = PythonFile.read(file) if file.is_file() else PythonFile("")
        apps = source.calls("App", "Stub") if "modal" in source.packages else ()
        names = [name for call in apps if (name := source.text(argument(call, "name", 0)))]
        if len(names) == 1:
            place = file.relative_to(folder).as_posix()
            return ('to = "modal"', f"app = {quoted(names[0])}", f"file = {quoted(place)}")
    app = tables_of_a_tool(folder / "fly.toml").get("app")
    return ('to = "fly"', f"app = {quoted(app)}") if isinstance(app, str) and app else ()


def _word(target: str) -> str:
    """What says most of a bot in its target: "echo" of bots/echo/main.py; "" for main.py."""
    path, _, attribute = target.partition(":")
    telling = [part for part in PurePosixPath(path).with_suffix("").parts if part not in _NAMELESS]
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", attribute or "".join(telling[-1:])).lower()


def _key(name: str) -> str:
    return name if "." not in name else quoted(name)


def _bots(source: PythonFile, file: str, attribute: str | None) -> list[ExistingBot]:
    """One for each that `poe dev` must be told apart, or that the file serves at a path."""
    names = [attribute] if attribute else _several(source)
    if not names:
        return _made_in(source, source.tree, file)
    return [bot for name in names for bot in _of_name(source, file, name)]


def _of_name(source: PythonFile, file: str, name: str) -> list[ExistingBot]:
    """The bots that a name stands for: a class, an instance, a list, an app, a function."""
    target = f"{file}:{name}"
    if name in source.bot_classes:
        made = [_bot(source, target, call) for call in source.calls(name)]
        return [*made, ExistingBot(target)][:1]
    functions = {function.name: function for function in source.functions}
    place = source.top_values.get(name) or functions.get(name) or source.tree
    return _made_in(source, place, target)


def _made_in(source: PythonFile, place: ast.AST, target: str) -> list[ExistingBot]:
    """One for each call there that makes a bot at another path; else one, however it is served."""
    calls = list(walk(place, ast.Call))
    made = [_bot(source, target, c) for c in calls if last_name(c.func) in source.bot_classes]
    by_path = {bot.path: bot for bot in reversed(made)}
    if len(by_path) > 1:
        return [bot for bot in made if by_path.pop(bot.path, None)]
    (bot,) = by_path.values() or [ExistingBot(target)]
    served = [c for c in calls if last_name(c.func) in ("make_app", "run")]
    return [_joined(bot, [_bot(source, target, call) for call in served])]


def _several(source: PythonFile) -> list[str]:
    """The bots of which `poe dev` could not choose one, as names after a target's colon."""
    made = dict(_made_at_import(source))
    apps = [name for name, call in made.items() if last_name(call.func) == "make_app"]
    if len(apps) > 1:
        return [] if "app" in apps else apps
    functions = [f.name for f in source.functions if "asgi_app" in decorators(f)]
    if not apps and len(functions) > 1:
        return functions
    if any(source.calls("make_app", "run", "asgi_app")):
        return []
    classes = source.bot_classes
    bots = [(n, call) for n, call in _made_at_import(source) if last_name(call.func) in classes]
    if bots:
        paths = {_bot(source, "", call).path for _, call in bots}
        names = list(dict(bots))
        return names if len(names) > 1 and len(paths) < len(bots) else []
    bases = {last_name(base) for item in source.all(ast.ClassDef) for base in item.bases}
    leaves = [name for name in classes if name not in bases]
    return leaves if len(leaves) > 1 else []


def _made_at_import(source: PythonFile) -> Iterator[tuple[str, ast.Call]]:
    """What calls at the top of the file make, alone or in a list, by the names it is bound to."""
    for name, value in source.top_values.items():
        members = value.elts if isinstance(value, (ast.List, ast.Tuple)) else [value]
        yield from ((name, member) for member in members if isinstance(member, ast.Call))


def _upstream(source: PythonFile) -> Iterator[str]:
    """Handles of server_bot_dependencies that stand in the file."""
    for call in source.calls():
        declared = argument(call, "server_bot_dependencies")
        keys = declared.keys if isinstance(declared, ast.Dict) else []
        yield from filter(None, map(source.text, keys))


def _bot(source: PythonFile, target: str, call: ast.Call) -> ExistingBot:
    path = source.text(argument(call, "path")) or "/"
    name = source.text(argument(call, "bot_name"))
    return ExistingBot(
        target,
        name=name if name and is_handle(name) else None,
        path=path if path.startswith("/") else "/",
        access_key_env=variable_read(argument(call, "access_key")) or DEFAULT_ACCESS_KEY_VARIABLE,
    )


def _joined(bot: ExistingBot, served: list[ExistingBot]) -> ExistingBot:
    """Name and key may stand where the bot is made or where it is served."""
    default = DEFAULT_ACCESS_KEY_VARIABLE
    names = [b.name for b in (bot, *served) if b.name]
    keys = [b.access_key_env for b in (bot, *served) if b.access_key_env != default]
    name, key = (*names, None)[0], (*keys, default)[0]
    return replace(bot, name=name, access_key_env=key)
