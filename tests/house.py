"""The figures of the package: `python -m tests.house`.

Lines are all lines of a file, and of a function from `def` to its end.
"""

from __future__ import annotations

import ast
import statistics
import sys
from collections import defaultdict
from pathlib import Path

from tests.architecture import LONGEST_FUNCTION, long_functions
from tests.package_graph import Package, cycles

ROOT = Path(__file__).resolve().parent.parent


def classes_by_name(package: Package) -> dict[str, list[str]]:
    """Class name -> the modules that have a class of that name."""
    found = defaultdict(list)
    for module in package.modules.values():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef):
                found[node.name].append(module.name)
    return dict(found)


def report(package: Package) -> str:
    """What the package is like, a figure a line."""
    lines = {name: len(module.text.splitlines()) for name, module in package.modules.items()}
    longest = max(lines, key=lambda name: lines[name])
    widths = package.widths()
    widest = max(widths, key=lambda folder: widths[folder])
    classes = classes_by_name(package)
    twice = {name: where for name, where in classes.items() if len(where) > 1}
    long = sorted(long_functions(package))
    figures = [
        f"modules            {len(lines)}",
        f"lines              {sum(lines.values()):,}",
        f"median file        {statistics.median(lines.values()):.0f} lines",
        f"longest file       {lines[longest]} lines, {longest}",
        f"widest folder      {widths[widest]} modules, {widest}",
        f"cycles of modules  {len(cycles(package.edges))}",
        f"functions over {LONGEST_FUNCTION}  {len(long)}",
        *(f"  {line}" for line in long),
        f"classes            {len(classes)} names, {len(twice)} of them more than once",
        *(f"  {name}: {', '.join(where)}" for name, where in sorted(twice.items())),
    ]
    return "\n".join(figures)


if __name__ == "__main__":
    sys.stdout.write(f"{report(Package(ROOT / 'poecli'))}\n")
