"""What can be told of a bot file without running it: for the poe.toml of a project that is there.

Only the file's syntax is read, so a missing package or key does no harm. What the code works out
while it runs stays unknown; the author can correct the file.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from poecli.config.project import DEFAULT_ACCESS_KEY_VARIABLE
from poecli.config.target import SeveralBots, leads_to_a_bot
from poecli.errors import BotLoadError
from poecli.scaffold.names import suggest_handle
from poecli.source.python_file import PythonFile, argument, last_name, variable_read


@dataclass(frozen=True)
class ExistingBot:
    """A bot as its file tells it; ``name`` is None where the file says none."""

    name: str | None = None
    path: str = "/"
    access_key_env: str = DEFAULT_ACCESS_KEY_VARIABLE


@dataclass(frozen=True)
class ExistingProject:
    """The bots of a file, and the bots on Poe that they call."""

    bots: tuple[ExistingBot, ...]
    upstream: tuple[str, ...] = field(default=())


def examine(file: Path, attribute: str | None = None) -> ExistingProject:
    """Read a bot file. Raises BotLoadError when it can't be read, is not Python or has no bot.

    Raises SeveralBots where ``attribute``, the name after a target's colon, is needed.
    """
    try:
        source = PythonFile.read(file)
    except OSError as error:
        raise BotLoadError(f"{file} can't be read.", why=str(error)) from error
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
    if attribute is None and (several := _several(source)):
        raise SeveralBots(
            f"{file.name} contains several bots.",
            why="poe.toml must name the one to serve.",
            detail="\n".join(f"{file.name}:{name}" for name in several),
            hint=f"Name one: poe init {file.name}:{several[0]}",
        )
    return ExistingProject(tuple(_bots(source)), tuple(dict.fromkeys(_upstream(source))))


def poe_toml(project: ExistingProject, target: str, handle: str) -> bytes:
    """The project file for it. Bots without a name of their own are named after ``handle``."""
    lines = ["# The project file of `poe`. Flags and environment variables override it."]
    for name, bot in zip(_handles(project.bots, handle), project.bots, strict=True):
        lines += ["", f"[bots.{_quoted(name)}] # the bot's handle on Poe"]
        if bot.path != "/":
            lines.append(f"path = {_quoted(bot.path)}")
        lines.append(f"access_key = {_quoted(f'env:{bot.access_key_env}')}")
    lines += ["", "[dev]", f"target = {_quoted(target)}"]
    if project.upstream:
        lines += ["", "[dev.bots] # what answers each bot that yours calls"]
        lines += [f'{_quoted(name)} = "mock"' for name in project.upstream]
    return ("\n".join(lines) + "\n").encode()


def _handles(bots: Sequence[ExistingBot], handle: str) -> Iterator[str]:
    """A name for each bot, no two alike."""
    taken: set[str] = set()
    for number, bot in enumerate(bots, start=1):
        wanted = bot.name or (handle if number == 1 else suggest_handle(bot.path)) or ""
        name = wanted if wanted and wanted not in taken else f"{handle[:17]}-{number}"
        taken.add(name)
        yield name


def _quoted(text: str) -> str:
    """A basic string of TOML: JSON's, but DEL is escaped too. https://toml.io/en/v1.0.0#string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _several(source: PythonFile) -> list[str]:
    """The bots of which `poe dev` could not choose one, as names after a target's colon."""
    if any(source.calls("make_app", "run", "asgi_app")):
        return []
    classes = source.bot_classes
    paths = {
        name: _bot(source, value).path
        for name, value in source.values.items()
        if isinstance(value, ast.Call) and last_name(value.func) in classes
    }
    if paths:
        return list(paths) if len(set(paths.values())) < len(paths) else []
    bases = {last_name(base) for item in source.all(ast.ClassDef) for base in item.bases}
    leaves = [name for name in classes if name not in bases]
    return leaves if len(leaves) > 1 else []


def _bots(source: PythonFile) -> list[ExistingBot]:
    """One for each call that makes a bot; else one, whatever the file does to serve it."""
    classes = source.bot_classes
    made = [_bot(source, call) for call in source.calls(*classes)] if classes else []
    by_path = {bot.path: bot for bot in reversed(made)}
    if len(by_path) > 1:
        return [bot for bot in made if by_path.pop(bot.path, None)]
    (bot,) = by_path.values() or [ExistingBot()]
    return [_joined(bot, [_bot(source, call) for call in source.calls("make_app", "run")])]


def _upstream(source: PythonFile) -> Iterator[str]:
    """Handles of server_bot_dependencies that stand in the file."""
    for call in source.calls():
        declared = argument(call, "server_bot_dependencies")
        keys = declared.keys if isinstance(declared, ast.Dict) else []
        yield from filter(None, map(source.text, keys))


def _bot(source: PythonFile, call: ast.Call) -> ExistingBot:
    path = source.text(argument(call, "path")) or "/"
    name = source.text(argument(call, "bot_name"))
    return ExistingBot(
        name=name if name and suggest_handle(name) == name else None,
        path=path if path.startswith("/") else "/",
        access_key_env=variable_read(argument(call, "access_key")) or DEFAULT_ACCESS_KEY_VARIABLE,
    )


def _joined(bot: ExistingBot, served: list[ExistingBot]) -> ExistingBot:
    """Name and key may stand where the bot is made or where it is served."""
    default = DEFAULT_ACCESS_KEY_VARIABLE
    names = [b.name for b in (bot, *served) if b.name]
    keys = [b.access_key_env for b in (bot, *served) if b.access_key_env != default]
    return ExistingBot(names[0] if names else None, bot.path, keys[0] if keys else default)
