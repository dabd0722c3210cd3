"""Decides at ``import modal`` between the real Modal and the stand-in."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import FrameType, ModuleType

from poecli.hosting.author_code import is_author_file
from poecli.hosting.modal_standin import StandInModule

_MODAL = "modal"


FindReal = Callable[[str], ModuleSpec | None]


def install(find_real: FindReal = PathFinder.find_spec) -> Callable[[], None]:
    """Stand in for Modal where it is missing or outgrown; returns what undoes it."""
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
        if fullname.startswith(f"{_MODAL}."):
            stands_in = isinstance(sys.modules.get(_MODAL), StandInModule)
            return ModuleSpec(fullname, self) if stands_in else None
        if fullname != _MODAL:
            return None
        real = self._find_real(_MODAL)
        if real is not None and not _lacks(real, _importing_file(sys._getframe())):  # noqa: SLF001 - the only way to the importing file
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return StandInModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to run."""


def _importing_file(frame: FrameType | None) -> str | None:
    """The author's file with the import, if it is one of theirs."""
    while frame is not None:
        name = frame.f_code.co_filename
        if "importlib" not in name and name != __file__:
            return name if is_author_file(name) else None
        frame = frame.f_back
    return None


def _lacks(real: ModuleSpec, file: str | None) -> bool:
    """Whether a file uses names of Modal's that the installed one does not have."""
    if file is None or not real.origin or not real.submodule_search_locations:
        return False
    folder = Path(real.origin).parent
    there = _bound_names(Path(real.origin))
    imported, attributes = _used_names(Path(file))
    gone = {name for name in imported - there if not any(folder.glob(f"{name}*"))}
    return bool(gone or attributes - there)


@lru_cache(maxsize=8)
def _bound_names(file: Path) -> frozenset[str]:
    """The names a package's __init__ binds, without running it (that takes a third of a second)."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {alias.asname or alias.name for alias in node.names}
            # `from .exception import Error` binds `exception`, too.
            names.add((getattr(node, "module", None) or "").partition(".")[0])
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
    return frozenset(names)


def _used_names(file: Path) -> tuple[set[str], set[str]]:
    """What a file imports from Modal by name, and what it uses as ``modal.NAME``."""
    tree = ast.parse(file.read_bytes())
    imported: set[str] = set()
    aliases: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == _MODAL and not node.level:
            imported |= {alias.name for alias in node.names if alias.name != "*"}
        elif isinstance(node, ast.Import):
            aliases |= {a.asname or a.name for a in node.names if a.name == _MODAL}
    attributes = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in aliases
    }
    return imported, attributes
