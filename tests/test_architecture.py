"""Who may import whom. The table is the design; change it only with a reason in the commit."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
PACKAGE = Path(__file__).resolve().parent.parent / "poecli"

# part -> the parts of the package it may import. A part is the first name below `poecli`.
# layer 0: a version, an error tree, addresses, and functions that know nothing of the rest
FREE = {"__init__", "addresses", "errors", "safe_files", "suggestions", "pdf_text", "poe_pages"}
ALLOWED: dict[str, set[str]] = {
    "__init__": set(),
    "__main__": {"commands"},
    "addresses": set(),
    "safe_files": {"protocol"},
    "errors": set(),
    "resources": set(),
    "suggestions": set(),
    "pdf_text": set(),
    "poe_pages": set(),
    "http1": FREE,
    "protocol": {"errors"},
    "terminal": FREE | {"protocol"},
    # a Python file as text: below config, which looks for the file with a bot in it
    "source": set(),
    "config": FREE | {"protocol", "terminal", "source"},
    "dev_events": {"errors", "protocol"},
    "client": FREE | {"protocol", "config"},
    "hosting": FREE | {"http1", "protocol", "terminal", "config", "source"},
    "devserver": FREE
    | {"http1", "protocol", "terminal", "config", "dev_events", "client", "hosting"},
    "emulator": FREE | {"protocol", "terminal", "config", "dev_events", "client"},
    "chat": FREE | {"protocol", "terminal", "config", "client"},
    "conformance": FREE | {"protocol", "terminal", "config", "client", "hosting", "source"},
    "models": FREE | {"protocol", "terminal", "config", "client"},
    "scaffold": FREE | {"resources", "terminal", "config", "source"},
    "completion": FREE | {"config"},
    "doctor": FREE | {"config", "client"},
    "settings_sync": FREE | {"protocol", "terminal", "config", "client"},
    # dev server and local Poe as one thing: the only place where the two meet
    "local": FREE
    | {"protocol", "terminal", "config", "client", "dev_events", "devserver", "emulator"},
    # what pytest loads, as the program loads commands: it puts features together
    "testing": FREE | {"config", "client", "conformance"},
    "pytest_plugin": FREE | {"testing"},
}
ALLOWED["commands"] = set(ALLOWED) - {"__main__"}
EVERYTHING = set(ALLOWED)

# library -> the only parts that may import it
OWNED = {
    "typer": {"commands"},
    "click": {"commands"},
    "fastapi_poe": {"hosting"},
    "fastapi": {"hosting"},
    "starlette": {"hosting"},
    "httpx": {"client"},
}
PURE_MAY_IMPORT = {"pydantic", "poecli"}
PURE_MAY_NOT_IMPORT = {"asyncio", "socket", "os", "time", "logging", "random", "threading", "io"}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imports_of(path: Path) -> set[str]:
    """Every module named by an import statement, anywhere in the file, in full."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def own_parts(path: Path) -> set[str]:
    """The parts of the package that a file imports; `poecli.__version__` counts as __init__."""
    parts = {name.split(".")[1] for name in imports_of(path) if name.startswith("poecli.")}
    return {part if part in EVERYTHING else "__init__" for part in parts}


def inner_imports(path: Path) -> list[int]:
    """Lines of imports that stand inside a function."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lines = path.read_text(encoding="utf-8").splitlines()
    functions = [
        n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    return sorted(
        {
            node.lineno
            for function in functions
            for node in ast.walk(function)
            if isinstance(node, (ast.Import, ast.ImportFrom))
            and "noqa: PLC0415 - " not in lines[node.lineno - 1]
        }
    )


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_imports_only_what_its_part_may(path: Path) -> None:
    """Every edge between parts of the package stands in the table."""
    assert own_parts(path) - {part_of(path)} <= ALLOWED[part_of(path)]


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_library_is_imported_by_its_owner_only(path: Path) -> None:
    """typer stays in commands/, httpx in client/, fastapi_poe in hosting/."""
    roots = {name.split(".")[0] for name in imports_of(path)}
    foreign = {root for root in roots if part_of(path) not in OWNED.get(root, {part_of(path)})}
    assert not foreign


@pytest.mark.parametrize("path", sorted((PACKAGE / "protocol").glob("*.py")), ids=lambda p: p.name)
def test_the_protocol_is_pure(path: Path) -> None:
    """protocol/ imports the standard library and pydantic, and nothing that reaches outside."""
    roots = {name.split(".")[0] for name in imports_of(path)}
    assert roots <= set(sys.stdlib_module_names) | PURE_MAY_IMPORT
    assert not roots & PURE_MAY_NOT_IMPORT
    assert not [
        n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.AsyncFunctionDef)
    ]


@pytest.mark.parametrize(
    "path",
    [p for p in modules() if part_of(p) != "commands"],
    ids=lambda p: str(p.relative_to(PACKAGE)),
)
def test_imports_stand_at_the_top(path: Path) -> None:
    """Only commands/ imports inside functions; elsewhere an exception says why on its line."""
    assert inner_imports(path) == []


def test_no_part_of_the_table_is_missing_or_left_over() -> None:
    """The table names exactly the parts there are."""
    there = {part_of(path) for path in modules()}
    assert there <= EVERYTHING


def test_there_is_no_cycle_between_parts() -> None:
    """The table itself can be put in one order."""
    order: list[str] = []
    rest = {part: edges - {part} for part, edges in ALLOWED.items()}
    while ready := [part for part, edges in rest.items() if edges <= set(order)]:
        order += ready
        rest = {part: edges for part, edges in rest.items() if part not in ready}
    assert not rest
