"""The rules of who may import whom: a design as data, and what in a package is against it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from tests.package_graph import Function, Module, Package, cycles

WIDEST_FOLDER = 15
LONGEST_FUNCTION = 50

# In a pure part nothing opens, waits, reads a clock or rolls dice.
NOT_PURE = {"asyncio", "io", "logging", "os", "random", "socket", "threading", "time"}


@dataclass(frozen=True)
class Design:
    """Parts in layers, lowest first; a part is the first name below the package."""

    layers: Sequence[Mapping[str, str]]  # part -> the parts it imports, in each layer
    apart: Sequence[set[str]] = ()  # in each set, no part imports another
    met: AbstractSet[str] = frozenset()  # parts of which only these import more than one:
    met_in: AbstractSet[str] = frozenset()
    rooms: Mapping[str, Sequence[str]] = field(default_factory=dict)  # part -> its folders
    owners: Mapping[str, str] = field(default_factory=dict)  # library -> the part that imports it
    pure: Collection[str] = ()
    wide: Mapping[str, str] = field(default_factory=dict)  # folder -> why it has so many modules
    inner_imports_in: Collection[str] = ()

    def rows(self) -> dict[str, set[str]]:
        """Part -> the parts it imports."""
        return {part: set(row.split()) for layer in self.layers for part, row in layer.items()}

    def layer_of(self) -> dict[str, int]:
        return {part: number for number, layer in enumerate(self.layers) for part in layer}


def edges_unlike_the_table(package: Package, design: Design) -> Iterator[str]:
    """An edge that the table lacks, a row that it should have, an edge that nobody uses."""
    there, rows = package.parts(), design.rows()
    for part in sorted({*there, *rows}):
        if there.get(part) != rows.get(part):
            row = " ".join(sorted(there.get(part, ())))
            more = sorted(there.get(part, set()) - rows.get(part, set()))
            less = sorted(rows.get(part, set()) - there.get(part, set()))
            yield f'"{part}": "{row}",  # not in the table: {more}; no longer used: {less}'


def upward_edges(design: Design) -> Iterator[str]:
    """A part that imports a higher one, in the table itself."""
    layer_of = design.layer_of()
    for part, targets in design.rows().items():
        for target in sorted(targets):
            if layer_of[target] > layer_of[part]:
                yield f"{part} -> {target}"


def strangers_that_import_each_other(design: Design) -> Iterator[str]:
    """Parts that must stay apart, one importing the other."""
    for strangers in design.apart:
        for part in sorted(strangers & set(design.rows())):
            yield from (f"{part} -> {target}" for target in sorted(design.rows()[part] & strangers))


def wrong_meetings(design: Design) -> Iterator[str]:
    """A part that puts together what only others may; such a part that no longer does."""
    meeting = {p for p, targets in design.rows().items() if len(targets & design.met) > 1}
    yield from sorted(meeting ^ design.met_in)


def cycles_of_modules(package: Package) -> Iterator[str]:
    for group in cycles(package.edges):
        for name in group:
            yield f"{name} -> {sorted(package.edges[name] & set(group))}"


def rooms_out_of_order(package: Package, design: Design) -> Iterator[str]:
    """A folder of a part that imports an earlier one."""
    found = set(_upward_rooms(package, design.rooms))
    yield from (f"{source} -> {target}" for source, target in sorted(found))


def _upward_rooms(
    package: Package, rooms: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, str]]:
    for name, targets in package.edges.items():
        for target in targets:
            part, room, *_ = (*name.split(".")[1:], "", "")
            other, room_there, *_ = (*target.split(".")[1:], "", "")
            order = list(rooms.get(part, ()))
            known = part == other and {room, room_there} <= set(order)
            if known and order.index(room_there) < order.index(room):
                yield f"{part}.{room}", f"{part}.{room_there}"


def libraries_of_others(package: Package, design: Design) -> Iterator[str]:
    """A library in a part that does not own it."""
    for module in package.modules.values():
        for library in sorted(module.libraries):
            if design.owners.get(library, module.part) != module.part:
                yield f"{module.name}: {library}"


def impurities(package: Package, design: Design) -> Iterator[str]:
    """What reaches outside, in a part that is pure."""
    allowed = set(sys.stdlib_module_names) - NOT_PURE | {"pydantic", package.folder.name}
    for module in package.modules.values():
        if module.part in design.pure:
            yield from (f"{module.name}: {name}" for name in sorted(module.libraries - allowed))
            yield from (f"{module.name}: async {name}" for name in _async_functions(module))


def _async_functions(module: Module) -> list[str]:
    return [f.name for f in module.functions if isinstance(f, ast.AsyncFunctionDef)]


def wide_folders(package: Package, design: Design) -> Iterator[str]:
    """A folder of too many modules without a reason; a reason without such a folder."""
    wide = {folder for folder, width in package.widths().items() if width > WIDEST_FOLDER}
    yield from sorted(wide ^ set(design.wide))


def inner_imports(package: Package, design: Design) -> Iterator[str]:
    """Imports inside functions, where they are neither allowed nor explained on their line."""
    for module in package.modules.values():
        if module.part not in design.inner_imports_in:
            yield from (f"{module.name}:{line}" for line in module.inner_imports())


def length(function: Function) -> int:
    """Lines of a function from `def` to its end."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def long_functions(package: Package) -> Iterator[str]:
    for module in package.modules.values():
        for function in module.functions:
            if length(function) > LONGEST_FUNCTION:
                yield f"{module.name}:{function.name} {length(function)}"
