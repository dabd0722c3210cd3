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

_BASE = "PoeBot"
_ENVIRONMENT_READERS = {"get", "getenv"}


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
        tree = ast.parse(file.read_text(encoding="utf-8-sig"), str(file))
    except SyntaxError as error:
        raise BotLoadError(
            f"{file}:{error.lineno} is not valid Python.", why=error.msg, hint="Fix that line."
        ) from error
    except (OSError, ValueError) as error:
        raise BotLoadError(f"{file} can't be read.", why=str(error)) from error
    reader = _Reader(tree)
    if not leads_to_a_bot(file):
        raise BotLoadError(
            f"There is no bot in {file}.",
            why="It uses neither fastapi_poe nor a file of yours that does.",
            hint="Name a folder with a bot, or make one: poe new",
        )
    if attribute is None and (several := reader.several()):
        raise SeveralBots(
            f"{file.name} holds several bots.",
            why="poe.toml must say which one is served.",
            detail="\n".join(f"{file.name}:{name}" for name in several),
            hint=f"Name one: poe init {file.name}:{several[0]}",
        )
    return ExistingProject(tuple(reader.bots()), tuple(dict.fromkeys(reader.upstream())))


def poe_toml(project: ExistingProject, target: str, handle: str) -> bytes:
    """The project file for it. Bots without a name of their own are named after ``handle``."""
    lines = ["# The project file of `poe`. A flag or an environment variable beats what is here."]
    for name, bot in zip(_handles(project.bots, handle), project.bots, strict=True):
        lines += ["", f"[bots.{_quoted(name)}] # the bot's handle on Poe"]
        if bot.path != "/":
            lines.append(f"path = {_quoted(bot.path)}")
        lines.append(f"access_key = {_quoted(f'env:{bot.access_key_env}')}")
    lines += ["", "[dev]", f"target = {_quoted(target)}"]
    if project.upstream:
        lines += ["", "[dev.bots] # what answers for each bot that is called"]
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


class _Reader:
    """Looks for bot classes, the calls that make them, and their declared dependencies."""

    def __init__(self, tree: ast.Module) -> None:
        self._nodes = list(ast.walk(tree))
        self._constants = {
            target.id: node.value.value
            for node in self._nodes
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name) and isinstance(node.value.value, str)
        }

    def several(self) -> list[str]:
        """The bots of which `poe dev` could not choose one, as names after a target's colon."""
        classes = self._bot_classes()
        if any(_is_call_of(node, "make_app", "run", "asgi_app") for node in self._nodes):
            return []
        made = {
            target.id: path
            for node in self._nodes
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
            for target in node.targets
            if isinstance(target, ast.Name) and _last_name(node.value.func) in classes
            for path in [self._bot(node.value).path]
        }
        if made:
            return list(made) if len(set(made.values())) < len(made) else []
        bases = {
            _last_name(base)
            for node in self._nodes
            if isinstance(node, ast.ClassDef)
            for base in node.bases
        }
        leaves = [name for name in self._in_order(classes) if name not in bases]
        return leaves if len(leaves) > 1 else []

    def _in_order(self, classes: set[str]) -> list[str]:
        defined = [node.name for node in self._nodes if isinstance(node, ast.ClassDef)]
        return [name for name in defined if name in classes]

    def bots(self) -> list[ExistingBot]:
        """One for each call that makes a bot; else one, whatever the file does to serve it."""
        classes = self._bot_classes()
        made = [
            self._bot(node)
            for node in self._nodes
            if isinstance(node, ast.Call) and _last_name(node.func) in classes
        ]
        by_path = {bot.path: bot for bot in reversed(made)}
        if len(by_path) > 1:
            return [bot for bot in made if by_path.pop(bot.path, None)]
        (bot,) = by_path.values() or [ExistingBot()]
        served = [self._bot(n) for n in self._nodes if _is_call_of(n, "make_app", "run")]
        return [_joined(bot, served)]

    def upstream(self) -> Iterator[str]:
        """Handles of server_bot_dependencies that stand in the file."""
        for node in self._nodes:
            if isinstance(node, ast.keyword) and node.arg == "server_bot_dependencies":
                keys = node.value.keys if isinstance(node.value, ast.Dict) else []
                yield from filter(None, (self._text(key) for key in keys))

    def _bot_classes(self) -> set[str]:
        """Subclasses of PoeBot, and of those, in whatever order they stand."""
        names, before = {_BASE}, 0
        while len(names) > before:
            before = len(names)
            names |= {
                node.name
                for node in self._nodes
                if isinstance(node, ast.ClassDef)
                and any(_last_name(base) in names for base in node.bases)
            }
        return names

    def _bot(self, call: ast.AST) -> ExistingBot:
        keywords = call.keywords if isinstance(call, ast.Call) else []
        given = {keyword.arg: keyword.value for keyword in keywords}
        path = self._text(given.get("path")) or "/"
        name = self._text(given.get("bot_name"))
        return ExistingBot(
            name=name if name and suggest_handle(name) == name else None,
            path=path if path.startswith("/") else "/",
            access_key_env=_variable(given.get("access_key")) or DEFAULT_ACCESS_KEY_VARIABLE,
        )

    def _text(self, node: ast.expr | None) -> str | None:
        if isinstance(node, ast.Name):
            return self._constants.get(node.id)
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        return str(node.value) if is_text else None  # type: ignore[union-attr] # is_text says so


def _joined(bot: ExistingBot, served: list[ExistingBot]) -> ExistingBot:
    """Name and key may stand where the bot is made or where it is served."""
    default = DEFAULT_ACCESS_KEY_VARIABLE
    names = [b.name for b in (bot, *served) if b.name]
    keys = [b.access_key_env for b in (bot, *served) if b.access_key_env != default]
    return ExistingBot(names[0] if names else None, bot.path, keys[0] if keys else default)


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _is_call_of(node: ast.AST, *names: str) -> bool:
    return isinstance(node, ast.Call) and _last_name(node.func) in names


def _variable(node: ast.expr | None) -> str | None:
    """The variable that is read in os.environ["X"], os.environ.get("X") or os.getenv("X")."""
    for part in ast.walk(node) if node is not None else ():
        if isinstance(part, ast.Subscript) and _last_name(part.value) == "environ":
            name: ast.expr = part.slice
        elif isinstance(part, ast.Call) and _last_name(part.func) in _ENVIRONMENT_READERS:
            name = part.args[0] if part.args else part
        else:
            continue
        if isinstance(name, ast.Constant) and str(name.value).isidentifier():
            return str(name.value)
    return None
