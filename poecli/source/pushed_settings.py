"""Which calls of make_app and run send a bot's settings to Poe when they are made.

fastapi_poe 0.0.83, base.py, `make_app`: it does for each bot that has a name and an access key. The
name is the bot object's or the call's; the key also comes from the environment, for a single bot
that is not open to all. Whatever is not written out in the file counts as given.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from poecli.source.syntax import constants, dotted, keyword, only_values, walk

_STARTERS = ("make_app", "fp.make_app", "fastapi_poe.make_app", "fp.run", "fastapi_poe.run")
# The fields of fp.PoeBot, a dataclass, in order.
_FIELDS = ("path", "access_key", "bot_name")


def pushing_calls(tree: ast.Module) -> Iterator[ast.Call]:
    """The calls that push, for each of their bots or for one of them."""
    file = _File.of(tree)
    for call in walk(tree, ast.Call):
        if dotted(call.func) in _STARTERS and any(
            file.pushes(call, bot) for bot in file.bots(call)
        ):
            yield call


@dataclass(frozen=True)
class _Bot:
    """A bot as a call names it; ``made`` is what makes it, None when that is out of sight."""

    made: ast.expr | None
    variable: str = ""
    alone: bool = True


@dataclass(frozen=True)
class _File:
    """What the file says about the values of names, classes and attributes."""

    constants: dict[str, object]
    values: dict[str, ast.expr]
    classes: dict[str, ast.ClassDef]
    attributes: dict[tuple[str, str], ast.expr]

    @classmethod
    def of(cls, tree: ast.Module) -> _File:
        """Read once what the calls are held against."""
        attributes = {
            (dotted(target.value), target.attr): statement.value
            for statement in walk(tree, ast.Assign)
            for target in statement.targets
            if isinstance(target, ast.Attribute)
        }
        classes = {item.name: item for item in walk(tree, ast.ClassDef)}
        return cls(constants(tree), only_values(tree), classes, attributes)

    def bots(self, call: ast.Call) -> list[_Bot]:
        """The bots that a call starts."""
        given = call.args[0] if call.args else keyword(call, "bot")
        bots = self._value(given)
        if isinstance(bots, (ast.List, ast.Tuple)):
            return [_Bot(self._value(bot), _name(bot), alone=False) for bot in bots.elts]
        return [_Bot(bots, _name(given))]

    def pushes(self, call: ast.Call, bot: _Bot) -> bool:
        """Whether the bot has a name and a key by the time the call looks."""
        if not (self._is_given(keyword(call, "bot_name")) or self._has(bot, "bot_name")):
            return False
        keys = [keyword(call, "access_key"), keyword(call, "api_key"), *call.args[1:2]]
        if any(map(self._is_given, keys)) or self._has(bot, "access_key"):
            return True
        return bot.alone and not self._is_given(keyword(call, "allow_without_key"))

    def _has(self, bot: _Bot, field: str) -> bool:
        assigned = self.attributes.get((bot.variable, field))
        return self._is_given(assigned or self._made_with(bot.made, field))

    def _made_with(self, made: ast.expr | None, field: str) -> ast.expr | None:
        """What the object's field is when it has been made."""
        if not isinstance(made, ast.Call):
            return None
        cls = self.classes.get(dotted(made.func).split(".")[-1])
        init = self._init_of(cls)
        if init is None:
            at = _FIELDS.index(field)
            place = made.args[at] if len(made.args) > at else None
            return keyword(made, field) or place or _default_of(cls, field)
        value = _set_by(init, field)
        return _argument(made, init, value.id) or value if isinstance(value, ast.Name) else value

    def _init_of(self, cls: ast.ClassDef | None) -> ast.FunctionDef | None:
        while cls is not None:
            for item in cls.body:
                if isinstance(item, ast.FunctionDef) and item.name == "__init__":
                    return item
            bases = [self.classes.get(dotted(base)) for base in cls.bases]
            cls = next((base for base in bases if base not in (None, cls)), None)
        return None

    def _value(self, node: ast.expr | None) -> ast.expr | None:
        return self.values.get(node.id) if isinstance(node, ast.Name) else node

    def _is_given(self, node: ast.expr | None) -> bool:
        if isinstance(node, ast.Name) and node.id in self.constants:
            return bool(self.constants[node.id])
        return node is not None and not (isinstance(node, ast.Constant) and not node.value)


def _name(node: ast.expr | None) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _default_of(cls: ast.ClassDef | None, field: str) -> ast.expr | None:
    """A field's default in a class that is a dataclass of its own; another's is not looked at."""
    decorators = (
        [d.func if isinstance(d, ast.Call) else d for d in cls.decorator_list] if cls else []
    )
    if cls is None or not any(dotted(d).split(".")[-1] == "dataclass" for d in decorators):
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
    return next((value for call in calls if (value := keyword(call, field))), None)


def _argument(made: ast.Call, init: ast.FunctionDef, name: str) -> ast.expr | None:
    """What a parameter of ``__init__`` stands for in a call; None when it is no parameter."""
    names = [arg.arg for arg in init.args.args[1:]]
    if keyword(made, name):
        return keyword(made, name)
    if name in names and len(made.args) > names.index(name):
        return made.args[names.index(name)]
    defaults = dict(zip(reversed(names), reversed(init.args.defaults), strict=False))
    only = zip(init.args.kwonlyargs, init.args.kw_defaults, strict=True)
    return (defaults | {arg.arg: value for arg, value in only if value}).get(name)
