"""Which calls of make_app and run send a bot's settings to Poe when they are made.

fastapi_poe 0.0.83, base.py, `make_app`: it does for each bot that has a name and an access key. The
name is the bot object's or the call's; the key also comes from the environment, for a single bot
that is not open to all. Whatever is not written out in the file counts as given.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from poecli.source.python_file import PythonFile, argument, decorators, dotted, last_name, walk

_STARTERS = ("make_app", "fp.make_app", "fastapi_poe.make_app", "fp.run", "fastapi_poe.run")
# The fields of fp.PoeBot, a dataclass, in order.
_FIELDS = ("path", "access_key", "bot_name")


def pushing_calls(file: PythonFile) -> Iterator[ast.Call]:
    """The calls that push, for each of their bots or for one of them."""
    reader = _Reader(file)
    for call in file.calls():
        if dotted(call.func) in _STARTERS and any(
            reader.pushes(call, bot) for bot in reader.bots(call)
        ):
            yield call


@dataclass(frozen=True)
class _Bot:
    """A bot as a call names it; ``made`` is what makes it, None when that is out of sight."""

    made: ast.expr | None
    variable: str = ""
    alone: bool = True


class _Reader:
    """What a file says about the values of names, classes and attributes."""

    def __init__(self, file: PythonFile) -> None:
        self._file = file
        self._classes = {item.name: item for item in file.all(ast.ClassDef)}
        self._attributes = {
            (dotted(target.value), target.attr): statement.value
            for statement in file.all(ast.Assign)
            for target in statement.targets
            if isinstance(target, ast.Attribute)
        }

    def bots(self, call: ast.Call) -> list[_Bot]:
        given = argument(call, "bot", 0)
        bots = self._file.value(given)
        if isinstance(bots, (ast.List, ast.Tuple)):
            return [_Bot(self._file.value(bot), _name(bot), alone=False) for bot in bots.elts]
        return [_Bot(bots, _name(given))]

    def pushes(self, call: ast.Call, bot: _Bot) -> bool:
        """Whether the bot has a name and a key by the time the call looks."""
        if not (self._is_given(argument(call, "bot_name")) or self._has(bot, "bot_name")):
            return False
        keys = [argument(call, "access_key", 1), argument(call, "api_key")]
        if any(map(self._is_given, keys)) or self._has(bot, "access_key"):
            return True
        return bot.alone and not self._is_given(argument(call, "allow_without_key"))

    def _has(self, bot: _Bot, field: str) -> bool:
        assigned = self._attributes.get((bot.variable, field))
        return self._is_given(assigned or self._made_with(bot.made, field))

    def _made_with(self, made: ast.expr | None, field: str) -> ast.expr | None:
        """What the object's field is when it has been made."""
        if not isinstance(made, ast.Call):
            return None
        cls = self._classes.get(last_name(made.func))
        init = self._init_of(cls)
        if init is None:
            return argument(made, field, _FIELDS.index(field)) or _default_of(cls, field)
        value = _set_by(init, field)
        return _argument(made, init, value.id) or value if isinstance(value, ast.Name) else value

    def _init_of(self, cls: ast.ClassDef | None) -> ast.FunctionDef | None:
        while cls is not None:
            for item in cls.body:
                if isinstance(item, ast.FunctionDef) and item.name == "__init__":
                    return item
            bases = [self._classes.get(dotted(base)) for base in cls.bases]
            cls = next((base for base in bases if base not in (None, cls)), None)
        return None

    def _is_given(self, node: ast.expr | None) -> bool:
        known = self._file.value(node)
        value = known if isinstance(known, ast.Constant) else node
        return value is not None and not (isinstance(value, ast.Constant) and not value.value)


def _name(node: ast.expr | None) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _default_of(cls: ast.ClassDef | None, field: str) -> ast.expr | None:
    """A field's default in a class that is a dataclass of its own; another's is not looked at."""
    if cls is None or "dataclass" not in decorators(cls):
        return None
    fields = (item for item in cls.body if isinstance(item, ast.AnnAssign))
    return next((item.value for item in fields if _name(item.target) == field), None)


def _set_by(init: ast.FunctionDef, field: str) -> ast.expr | None:
    """What an ``__init__`` gives the field: by super().__init__(…), or by itself."""
    for statement in walk(init, ast.Assign):
        for target in statement.targets:
            if isinstance(target, ast.Attribute) and dotted(target) == f"self.{field}":
                return statement.value
    calls = (call for call in walk(init, ast.Call) if dotted(call.func).endswith(".__init__"))
    return next((value for call in calls if (value := argument(call, field))), None)


def _argument(made: ast.Call, init: ast.FunctionDef, name: str) -> ast.expr | None:
    """What a parameter of ``__init__`` stands for in a call; None when it is no parameter."""
    names = [arg.arg for arg in init.args.args[1:]]
    given = argument(made, name, names.index(name) if name in names else None)
    if given is not None:
        return given
    defaults = dict(zip(reversed(names), reversed(init.args.defaults), strict=False))
    only = zip(init.args.kwonlyargs, init.args.kw_defaults, strict=True)
    return (defaults | {arg.arg: value for arg, value in only if value}).get(name)
