"""`poe completions`: print, install or remove completion for a shell."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from poecli.commands.catalog import COMMANDS
from poecli.completion import bash, fish, powershell, zsh
from poecli.completion.install import FILE_NAMES, SHELLS, install, plan_for, uninstall
from poecli.completion.spec import spec_from_tree
from poecli.config.paths import home_folder
from poecli.errors import UsageError
from poecli.resources import data_folder
from poecli.terminal.console import Console

Shell = Literal["bash", "zsh", "fish", "powershell"]

_GENERATORS = {
    "bash": bash.script,
    "zsh": zsh.script,
    "fish": fish.script,
    "powershell": powershell.script,
}


@dataclass(frozen=True)
class CompletionsFlags:
    shell: Annotated[
        Shell | None,
        typer.Argument(
            metavar="SHELL", help="bash, zsh, fish or powershell; default: the one you use."
        ),
    ] = None
    install_: Annotated[
        bool, typer.Option("--install", help="Write it where the shell finds it.")
    ] = False
    uninstall_: Annotated[
        bool, typer.Option("--uninstall", help="Remove what --install wrote.")
    ] = False


def completions(console: Console, flags: CompletionsFlags) -> None:
    """Print or install completion for your shell, for `poe` and `poecli`.

    A TAB starts no Python: commands, flags and templates stand in the script, bots are read
    from poe.toml and from the list that `poe models` keeps.

    Examples:
      poe completions --install
      poe completions zsh > ~/.zfunc/_poe
      poe completions bash --uninstall
    """
    name = flags.shell or _shell_in_use(console.env.get("SHELL", ""))
    script = (data_folder("completions") / FILE_NAMES[name]).read_text(encoding="utf-8")
    if not (flags.install_ or flags.uninstall_):
        console.data(script, end="")
        return
    plan = plan_for(name, console.env, home_folder(), platform=sys.platform)
    if flags.uninstall_:
        touched = uninstall(plan)
        console.say("\n".join(f"removed from {file}" for file in touched) or "Nothing to remove.")
        return
    install(plan, script)
    for file in [*plan.files, *([plan.start_up_file] if plan.start_up_file else [])]:
        console.say(f"wrote {file}")
    console.say(f"Open a new {name} to use it.")


def _shell_in_use(path: str) -> str:
    name = Path(path).name.lower().removesuffix(".exe")
    if not name and sys.platform == "win32":
        return "powershell"
    name = "powershell" if name == "pwsh" else name
    if name not in SHELLS:
        raise UsageError(
            "Which shell?",
            why=f"SHELL is {path!r}." if path else "SHELL is not set.",
            hint=f"poe completions {'|'.join(SHELLS)}",
        )
    return name


def generate() -> dict[str, str]:
    """Every script from the command tree as it is now: file name -> text."""
    from poecli.commands.help import tree_as_json
    from poecli.scaffold.catalog import all_templates

    templates = [name for t in all_templates() for name in (t.name, *t.aliases)]
    spec = spec_from_tree(tree_as_json(list(COMMANDS)), templates)
    return {FILE_NAMES[shell]: make(spec) for shell, make in _GENERATORS.items()}
