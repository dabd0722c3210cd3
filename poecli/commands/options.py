"""A flag is written once: as a field of the dataclass that its command's function takes.

@dataclass(frozen=True)
class EchoFlags:
words: Annotated[str, typer.Argument(help="What to say.")] = "hello"
to: Annotated[tuple[str, ...], typer.Option("--to", help="May be repeated.")] = ()
json: Json = False

def echo(console: Console, flags: EchoFlags) -> None: ...
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from dataclasses import fields
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import typer

from poecli.config import faults
from poecli.errors import UsageError
from poecli.terminal.console import Console

Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only results and errors.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Print more details.")]
AnswerSeconds = Annotated[
    float,
    typer.Option("--timeout", metavar="SECONDS", min=0.1, help="Time limit for one answer."),
]
BaseUrl = Annotated[
    str | None,
    typer.Option("--base-url", metavar="URL", help="Base URL of another Poe (POE_BASE_URL)."),
]
Python = Annotated[
    str | None,
    typer.Option(
        "--python",
        metavar="PYTHON",
        help="The bot's Python: a program, an environment's folder or a version "
        "(default: the project's environment).",
    ),
]
BOT_HELP = (
    "What answers when your bot calls another: mock, script:FILE, local:TARGET, live, record:FILE, "
    "replay:FILE or off; slower with mock,delay=0.8,pace=0.05."
)
_FAULT_HELP = (
    "A failure that the local Poe simulates, for all calls or a share (cut=0.3): "
    f"{', '.join(faults.OF_CALLS)}; or, as Poe was seen to ask a bot: "
    f"{', '.join(faults.OF_DELIVERY)}."
)
Bots = Annotated[tuple[str, ...], typer.Option("--bot", metavar="NAME=MODE", help=BOT_HELP)]
Faults = Annotated[
    tuple[str, ...], typer.Option("--fault", metavar="NAME[=SHARE]", help=_FAULT_HELP)
]

_OF_THE_CONSOLE = {"json": "json_mode", "quiet": "quiet", "verbose": "verbose"}


def typer_function(function: Callable[..., Any]) -> Callable[..., Any]:
    """A command's function as Typer wants it: with a parameter for each field of its flags.

    ``function`` takes the console, and its flags where it has any.
    """
    flags = get_type_hints(function).get("flags")

    def call(ctx: typer.Context, **values: Any) -> Any:
        console = ctx.ensure_object(Console)
        for name in _OF_THE_CONSOLE.keys() & values.keys():
            setattr(console, _OF_THE_CONSOLE[name], values[name])
        if flags is None:
            return function(console)
        if values.get("json") and values.get("format", "text") not in ("text", "json"):
            raise UsageError(
                f"--json and --format {values['format']} are two formats.", hint="Give one of them."
            )
        plain = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
        return function(console, flags(**plain))

    context = _parameter("ctx", typer.Context)
    own = _parameters(flags) if flags else []
    call.__signature__ = inspect.Signature([context, *own])  # type: ignore[attr-defined] # inspect reads it there
    return call


def _parameters(flags: type[Any]) -> list[inspect.Parameter]:
    hints = get_type_hints(flags, include_extras=True)
    return [
        _parameter(field.name, _repeatable(hints[field.name]), field.default)
        for field in fields(flags)
        if get_origin(hints[field.name]) is Annotated  # else it is not for those who type
    ]


def _parameter(name: str, hint: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, kind, default=default, annotation=hint)


def _repeatable(hint: Any) -> Any:
    """For Typer a flag that may be repeated is a list; as a field it is a tuple."""
    value = get_args(hint)[0]
    if get_origin(value) is not tuple:
        return hint
    return hint.copy_with((types.GenericAlias(list, get_args(value)[:1]),))
