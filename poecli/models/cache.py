"""The public bots of a Poe as they were last listed, and the handles of the real one, one a line.

Completion reads the handles without asking which Poe is meant, so a list of another Poe (the mocks
of a `poe dev`, say) is kept apart from the real one's: one such list, with the address it is from.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from poecli.poe_pages import API_URL
from poecli.safe_files import write_whole

if TYPE_CHECKING:
    from poecli.client.platform_api import Model

_HANDLES = "models.txt"  # read by the completion scripts too
_MODELS = "models.json"
_ELSEWHERE = "models-elsewhere.json"


@dataclass(frozen=True)
class CachedModels:
    """The public list, and the file's age in seconds since 1970."""

    models: Sequence[Model]
    listed: float


def read_handles(folder: Path) -> list[str]:
    """The handles; none where nothing was listed yet."""
    try:
        return (folder / _HANDLES).read_text(encoding="utf-8").split("\n")[:-1]
    except (OSError, UnicodeDecodeError):
        return []


def keep_models(folder: Path, poe: str, models: Sequence[Model]) -> None:
    """Keep the list of a Poe. A folder that can't be written to is no error: it is only a cache."""
    handles = [model.id for model in models if model.id.isprintable()]
    data = [model.model_dump(exclude_none=True) for model in models]
    whole = json.dumps({"v": 1, "base_url": poe, "models": data}, ensure_ascii=False)
    with contextlib.suppress(OSError):
        write_whole(_file_of(folder, poe), whole.encode("utf-8", "replace"))
        if poe == API_URL:
            lines = "".join(f"{handle}\n" for handle in handles)
            write_whole(folder / _HANDLES, lines.encode("utf-8", "replace"))


def _file_of(folder: Path, poe: str) -> Path:
    return folder / (_MODELS if poe == API_URL else _ELSEWHERE)


def read_models(folder: Path, poe: str) -> CachedModels | None:
    """The list of a Poe as it was kept; None where there is none, or one that can't be read."""
    # A conversation wants the handles only, and starts without Poe's API.
    from poecli.client.platform_api import Model  # noqa: PLC0415 - see above

    file = _file_of(folder, poe)
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
        if values["base_url"] != poe:
            return None
        models = [Model.model_validate(value) for value in values["models"]]
        return CachedModels(models, file.stat().st_mtime)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
