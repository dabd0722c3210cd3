"""Put a completion script where its shell finds it, and take it away again.

Only what stands between our two marks in a shell's start-up file is ever touched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from poecli.config.paths import user_folders
from poecli.system_errors import unusable

SHELLS = ("bash", "zsh", "fish", "powershell")
FILE_NAMES = {"bash": "poe.bash", "zsh": "_poe", "fish": "poe.fish", "powershell": "poe.ps1"}
_FIRST = "# >>> poe completion >>>"
_LAST = "# <<< poe completion <<<"


@dataclass(frozen=True)
class InstallPlan:
    """Files to write, and the lines a start-up file needs; fish needs none."""

    files: tuple[Path, ...]
    start_up_file: Path | None = None
    lines: tuple[str, ...] = ()


def plan_for(shell: str, env: Mapping[str, str], home: Path, *, platform: str) -> InstallPlan:
    """Where the script of a shell goes for this user."""
    folder = user_folders(env, home=home, platform=platform).data / "completions"
    file = folder / FILE_NAMES[shell]
    config = Path(env.get("XDG_CONFIG_HOME") or home / ".config")
    if shell == "fish":
        # fish looks for a file named after each program.
        found = config / "fish" / "completions"
        return InstallPlan((found / "poe.fish", found / "poecli.fish"))
    if shell == "bash":
        start_up = home / (".bash_profile" if platform == "darwin" else ".bashrc")
        return InstallPlan((file,), start_up, (f'[ -r "{file}" ] && . "{file}"',))
    if shell == "zsh":
        start_up = Path(env.get("ZDOTDIR") or home) / ".zshrc"
        return InstallPlan(
            (file,),
            start_up,
            (
                f'fpath=("{folder}" $fpath)',
                "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }",
                "autoload -Uz _poe && compdef _poe poe poecli",
            ),
        )
    profile = "Microsoft.PowerShell_profile.ps1"
    folder = home / "Documents" / "PowerShell" if platform == "win32" else config / "powershell"
    return InstallPlan((file,), folder / profile, (f'if (Test-Path "{file}") {{ . "{file}" }}',))


def install(plan: InstallPlan, script: str) -> None:
    """Write the script and the lines. Raises UsageError when a file can't be written."""
    for file in plan.files:
        _write(file, script)
    if plan.start_up_file is not None:
        text = _without_block(_read(plan.start_up_file))
        block = "\n".join([_FIRST, *plan.lines, _LAST])
        separator = "" if not text or text.endswith("\n") else "\n"
        _write(plan.start_up_file, f"{text}{separator}{block}\n")


def uninstall(plan: InstallPlan) -> list[Path]:
    """Remove what `install` wrote; the files that were changed or deleted."""
    touched = []
    for file in plan.files:
        if file.exists():
            file.unlink()
            touched.append(file)
    if plan.start_up_file is not None and plan.start_up_file.exists():
        text = _read(plan.start_up_file)
        rest = _without_block(text)
        if rest != text:
            _write(plan.start_up_file, rest)
            touched.append(plan.start_up_file)
    return touched


def _read(file: Path) -> str:
    try:
        # newline="" keeps the line ends of a file that is not ours.
        with file.open(encoding="utf-8", errors="surrogateescape", newline="") as stream:
            return stream.read()
    except FileNotFoundError:
        return ""


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # A start-up file may be a link into a repository of dotfiles: written through, not over.
        with file.open("w", encoding="utf-8", errors="surrogateescape", newline="") as stream:
            stream.write(text)
    except OSError as error:
        hint = "poe completions SHELL prints the script; put it where your shell looks."
        raise unusable(file, "written", error, hint=hint) from error


def _without_block(text: str) -> str:
    start = text.find(_FIRST)
    end = text.find(_LAST, start)
    if start < 0 or end < 0:
        return text
    return text[:start] + text[end + len(_LAST) :].removeprefix("\r").removeprefix("\n")
