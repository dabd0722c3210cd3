"""Decides at ``import modal`` between the stand-in and the real Modal.

The real one only where the author lets the bot reach it: ``allow_hosts = ["modal.com"]``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

from poecli.hosting.author.frames import is_author_file
from poecli.hosting.sandbox.modal.standin import StandInModule

_MODAL = "modal"
HOST = "modal.com"

FindReal = Callable[[str], ModuleSpec | None]


def install(
    allow_hosts: Collection[str] = (), find_real: FindReal = PathFinder.find_spec
) -> Callable[[], None]:
    """Play Modal in this process; returns what undoes it."""
    if HOST in allow_hosts and find_real(_MODAL) is not None:
        return lambda: None
    finder = _Finder(find_real)
    sys.meta_path.insert(0, finder)
    return lambda: sys.meta_path.remove(finder)


class _Finder(MetaPathFinder, Loader):
    def __init__(self, find_real: FindReal) -> None:
        self._find_real = find_real

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        if fullname == _MODAL and not _is_the_authors(self._find_real(_MODAL)):
            return ModuleSpec(fullname, self, is_package=True)
        stands_in = isinstance(sys.modules.get(_MODAL), StandInModule)
        is_below = fullname.startswith(f"{_MODAL}.")
        return ModuleSpec(fullname, self) if is_below and stands_in else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return StandInModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to run."""


def _is_the_authors(found: ModuleSpec | None) -> bool:
    """Whether a module called modal is the author's own, and not the bot being loaded."""
    if found is None or not found.has_location or not is_author_file(found.origin or "<"):
        return False
    loading = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    return found.origin not in loading
