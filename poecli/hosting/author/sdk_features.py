"""What the bot's fastapi_poe lacks, and which version brought it.

Whether it is there is looked up in the package itself. Only the version can't be: it stands in
source.sdk_features.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import version
from operator import itemgetter
from pathlib import Path
from types import ModuleType

import fastapi_poe

from poecli.config.python.interpreter import install_line
from poecli.source.python_file import PythonFile
from poecli.source.sdk_features import SINCE, features_without_error, short_name
from poecli.suggestions import shown_path

_IN_AN_ERROR = (
    re.compile(r"module 'fastapi_poe(?:\.\w+)?' has no attribute '(?P<feature>\w+)'"),
    re.compile(r"cannot import name '(?P<feature>\w+)' from 'fastapi_poe"),
    re.compile(r"'(?P<owner>\w+)' object has no attribute '(?P<feature>\w+)'"),
    re.compile(r"(?P<owner>\w+)\(\) got an unexpected keyword argument '(?P<feature>\w+)'"),
)


def has(sdk: ModuleType, feature: str) -> bool:
    """Whether a fastapi_poe has it."""
    owner_name, _, name = feature.replace("(", ".").rstrip(")").partition(".")
    owner = getattr(sdk, owner_name, None)
    if not name or owner is None:
        return owner is not None
    if feature.endswith(")"):
        return name in inspect.signature(owner).parameters
    return hasattr(owner, name) or name in getattr(owner, "model_fields", {})


@cache
def lacking(sdk: ModuleType = fastapi_poe) -> frozenset[str]:
    """Of the features of the table, those that a fastapi_poe lacks."""
    return frozenset(feature for feature in SINCE if not has(sdk, feature))


def newer_needed(feature: str) -> str:
    """Which version brought a feature, and how to get it."""
    since, here = SINCE[feature], version("fastapi_poe")
    return (
        f"{short_name(feature)} came with fastapi_poe {since}, and here is {here}: "
        + install_line(f"fastapi_poe>={since}")
    )


def sdk_hint(error: BaseException, sdk: ModuleType = fastapi_poe) -> str:
    """For an error about something that a newer fastapi_poe has: which; "" for any other."""
    if not isinstance(error, (AttributeError, ImportError, TypeError)) or not lacking(sdk):
        return ""
    for pattern in _IN_AN_ERROR:
        if found := pattern.search(str(error)):
            owner, name = found.groupdict().get("owner"), found["feature"]
            # `self.authorize_cost`: the error names the author's own class.
            of_bot = f"PoeBot.{name}" if owner else name
            meant = {f"{owner}.{name}", f"{owner}({name})", of_bot} & lacking(sdk)
            return next(map(newer_needed, meant), "")
    return ""


def ignored_features(files: Iterable[Path], sdk: ModuleType = fastapi_poe) -> list[str]:
    """Remarks on what the author's files use, and their fastapi_poe ignores without an error."""
    return [remark for file in files for remark in _ignored(file, sdk)] if lacking(sdk) else []


def _ignored(file: Path, sdk: ModuleType) -> Iterator[str]:
    for feature, line in sorted(features_without_error(PythonFile.read(file)), key=itemgetter(1)):
        if feature in lacking(sdk):
            yield f"{shown_path(str(file))}:{line} has no effect: {newer_needed(feature)}"
