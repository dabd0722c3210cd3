"""Where Modal's container has files that this machine does not have there.

They are read off the source, so that it is the same with the real Modal and with the stand-in.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from poecli.source.python_file import PythonFile, argument, literal_text

_FROM_HERE = {"local_dir", "local_file"}  # add_…, copy_…, from_…: the names of all versions
_STORES = {"volumes", "network_file_systems", "shared_volumes"}
_WORDS = tuple(word.encode() for word in _FROM_HERE | _STORES)
_WORKING_FOLDER = "/root"  # of the container: relative paths find there what they find here


@dataclass(frozen=True)
class Mount:
    """What is at ``remote`` in the container; ``local`` is the author's word for it."""

    remote: str
    local: str
    is_store: bool  # a volume, which is nowhere on this machine

    @property
    def remark(self) -> str:
        """What the author should know."""
        if self.is_store:
            return (
                f"Modal mounts the volume {self.local} at {self.remote}; that folder does not "
                "exist here. Create it, or read its path from an environment variable."
            )
        return (
            f"Modal mounts {self.local} at {self.remote}; that path does not exist here. Open the "
            "file by its own path, or by one relative to this file."
        )

    def holds(self, path: object) -> bool:
        """Whether a path of the container is in it."""
        return isinstance(path, str) and Path(path).is_relative_to(self.remote)


def mounts_elsewhere(files: Iterable[Path]) -> list[Mount]:
    """What the author's files mount at paths that do not exist here."""
    if "modal" not in sys.modules:
        return []
    sources = (file.read_bytes() for file in files if file.suffix == ".py")
    read = (PythonFile(code) for code in sources if any(word in code for word in _WORDS))
    calls = (call for source in read for call in source.calls())
    found = {mount.remote: mount for call in calls for mount in _of_call(call)}
    return [
        mount
        for remote, mount in found.items()
        if remote != _WORKING_FOLDER and not Path(remote).exists()
    ]


def _of_call(call: ast.Call) -> Iterator[Mount]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if name.partition("_")[2] in _FROM_HERE:
        local, remote = argument(call, "local_path", 0), _path(argument(call, "remote_path", 1))
        if local is not None and remote:
            yield Mount(remote, _shown(local), is_store=False)
    for stores in (argument(call, name) for name in _STORES):
        if isinstance(stores, ast.Dict):
            for key, volume in zip(stores.keys, stores.values, strict=True):
                if remote := _path(key):
                    yield Mount(remote, _shown(volume), is_store=True)


def _path(value: ast.expr | None) -> str:
    """A path that stands in the source; "" for anything that is only known when it runs."""
    return (literal_text(value) or "").rstrip("/")


def _shown(value: ast.expr) -> str:
    return _path(value) or ast.unparse(value)
