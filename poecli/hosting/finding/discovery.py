"""A target -> the bots in it, ready to be served.

The order is that of what says most about how the author serves the bot: what the file started, what
it gives to Modal, what its factories build, its main block, its bots, its only bot class.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import fastapi_poe as fp
from fastapi import FastAPI

from poecli.config.target import NoBotFound, Target, entries_of
from poecli.hosting.author.frames import is_author_file, is_third_party
from poecli.hosting.author.sdk_features import ignored_features
from poecli.hosting.finding import load_errors, shapes
from poecli.hosting.finding.shapes import Found
from poecli.hosting.sandbox import containment
from poecli.hosting.sandbox.modal.mounts import mounts_elsewhere


@dataclass(frozen=True)
class Loaded:
    """The author's bots and what was imported with them.

    ``paths`` are the bots' paths on the server, one for each. ``app`` is the ASGI app they belong
    to. ``files`` are the author's own modules, ``third_party`` the names of the packages' modules
    in the order of import (both without those that were there before), ``notes`` remarks for the
    author.
    """

    bots: tuple[fp.PoeBot, ...] = field(repr=False)  # it would show their access keys
    paths: tuple[str, ...]
    app: Any
    target: Target
    files: tuple[Path, ...]
    third_party: tuple[str, ...]
    notes: tuple[str, ...]

    def names(self) -> list[str]:
        """Of each bot: the handle that poe.toml gives it, else its own name, else its class's."""
        return [self._name(bot, path) for bot, path in zip(self.bots, self.paths, strict=True)]

    def _name(self, bot: fp.PoeBot, path: str) -> str:
        entries = entries_of(self.target, path)
        if len(entries) == 1:
            return entries[0].name
        return getattr(bot, "bot_name", None) or type(bot).__name__  # from fastapi_poe 0.0.48 on


def load(target: Target, imported_before: Collection[str] = ()) -> Loaded:
    """Import the target's file and find its bots. Makes the project's folder the working folder.

    ``imported_before`` names modules that can't be the author's; there are hundreds in a worker.
    To be called once in a process, and not from a running event loop (make_app runs one). Raises
    BotLoadError and its subclasses; see `load_errors`, `shapes` and `target`.
    """
    contained = containment.install()
    try:
        module = _import(target)
        found = shapes.find(module, target, contained)
    except KeyboardInterrupt:  # Ctrl-C
        raise
    except BaseException as error:
        raise load_errors.translate(error, target) from error
    if found is None:
        raise _no_bot(target, module)
    modules = _module_files(imported_before)
    files = _own_files(target, modules)
    mounts = (mount.remark for mount in mounts_elsewhere(files))
    return Loaded(
        bots=tuple(served.bot for served in found.bots),
        paths=tuple(served.path for served in found.bots),
        app=found.app,
        target=target,
        files=files,
        third_party=tuple(name for name, file in modules if is_third_party(file)),
        notes=(
            *contained.captures.notes,
            *_remarks(found, module),
            *_shadowing(target),
            *mounts,
            *ignored_features(files),
        ),
    )


def _import(target: Target) -> ModuleType:
    os.chdir(target.root)
    # A package's file needs the folder above, any other its own, as for `python main.py`.
    sys.path[:0] = dict.fromkeys((str(target.import_root), str(target.file.parent)))
    # As for `python -m` and an editable installation; behind what is installed in earnest.
    sys.path += [str(target.root), str(target.root / "src")]
    sys.argv = [str(target.file)]
    importlib.invalidate_caches()
    if target.import_root != target.file.parent:
        return importlib.import_module(target.module)
    name = _free_name(target.module)
    spec = importlib.util.spec_from_file_location(name, target.file)
    if spec is None or spec.loader is None:  # no suffix that Python knows
        raise ImportError(f"{target.file} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses, pickle and a helper's `from main import …` look it up here.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _free_name(stem: str) -> str:
    """The file's own name, unless it is taken (a bot in `test.py`, `modal.py`) or no name."""
    taken = stem in sys.modules or stem in sys.stdlib_module_names
    if stem.isidentifier() and not taken:
        return stem
    return "bot_" + "".join(c if c.isalnum() else "_" for c in stem)


def _no_bot(target: Target, module: ModuleType) -> NoBotFound:
    names = [
        f"{name} ({type(value).__name__})"
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    ]
    return NoBotFound(
        f"There is no bot in {target}.",
        why=f"Found there: {', '.join(names[:8])}."
        if names
        else "It defines no class or function.",
        hint="Define a subclass of fp.PoeBot, or name the right one: FILE.py:NAME",
    )


def _module_files(imported_before: Collection[str]) -> list[tuple[str, str]]:
    files = []
    for name, module in list(sys.modules.items()):
        file = None if name in imported_before else getattr(module, "__file__", None)
        if isinstance(file, str):
            files.append((name, file))
    return files


def _own_files(target: Target, modules: list[tuple[str, str]]) -> tuple[Path, ...]:
    own = {Path(file) for _, file in modules if is_author_file(file)}
    return tuple(sorted({target.file, *own}))


def _shadowing(target: Target) -> list[str]:
    """Remarks on files of the author's that Python takes for its own where the bot is deployed."""
    names = {path.stem for path in target.import_root.glob("*.py")}
    names |= {path.parent.name for path in target.import_root.glob("*/__init__.py")}
    return [
        f"{name} in this folder hides Python's own module {name} when the bot is deployed: rename "
        f"it."
        for name in sorted(names & sys.stdlib_module_names - {"test", target.file.stem})
    ]


def _remarks(found: Found, module: ModuleType) -> list[str]:
    notes = [
        f"{type(served.bot).__name__}.__init__ does not call super().__init__(): "
        "every query will fail."
        for served in found.bots
        if not all(hasattr(served.bot, name) for name in vars(fp.PoeBot()))
    ]
    apps = [name for name, value in vars(module).items() if isinstance(value, FastAPI)]
    if apps and not any(vars(module)[name] is found.app for name in apps) and not found.is_built:
        notes.append(
            f"The app {apps[0]!r} of this file serves no Poe bot; poe dev serves the bot on its "
            f"own. To deploy it, add:"
            f" fp.make_app(BOT, app={apps[0]})"
        )
    return notes
