"""openapi.json says what routes there are, and what they take and give.

That real answers are as it says is checked at every answer of test_api.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AsyncExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from poecli.commands.catalog import COMMANDS
from poecli.commands.help import tree_as_json
from poecli.completion.spec import spec_from_tree
from poecli.local.flags import LocalFlags
from poecli.local.options import settle_options
from poecli.local.project import LocalProject
from poecli.playground.requests import HEADER
from tests.later import later
from tests.playground.described import DESCRIPTION, PREFIX, followed, operations

if TYPE_CHECKING:
    import jsonschema
else:
    jsonschema = later("jsonschema")


def routes(folder: Path) -> set[tuple[str, str]]:
    """Those below the prefix, of a `poe dev` that never began."""
    (folder / "main.py").write_text("", encoding="utf-8")
    options = settle_options(LocalFlags.for_one_command(str(folder)), {}, folder)
    project = LocalProject(options, lambda _: None, AsyncExitStack())
    found = ((route.method, route.path) for route in project.playground.routes())
    return {(m, p.removeprefix(PREFIX)) for m, p in found if p.startswith(PREFIX)}


async def test_every_route_is_described_and_nothing_else(tmp_path: Path) -> None:
    """A new route needs its place in poecli/playground/openapi.json."""
    assert routes(tmp_path) == set(operations())


def references(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from references(each)


def test_whatever_is_referred_to_is_there() -> None:
    assert [ref for ref in references(DESCRIPTION) if not followed(ref)] == []


@pytest.mark.parametrize("name", DESCRIPTION["components"]["schemas"])
def test_a_schema_is_one(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(DESCRIPTION["components"]["schemas"][name])


WRITING = [key for key in operations() if key[0] != "GET"]


@pytest.mark.parametrize("key", WRITING, ids=" ".join)
def test_what_changes_something_needs_the_header(key: tuple[str, str]) -> None:
    parameters = [followed(each)["name"] for each in operations()[key]["parameters"]]
    assert HEADER in parameters


@cache
def flags_of_commands() -> dict[str, set[str]]:
    spec = spec_from_tree(tree_as_json(list(COMMANDS)), ())
    return {
        each.name: {name for flag in each.flags for name in flag.names} for each in spec.commands
    }


@pytest.mark.parametrize("key", WRITING, ids=" ".join)
def test_what_changes_something_names_its_command(key: tuple[str, str]) -> None:
    """Whatever can be done on the page, a terminal can; each flag that is named is there."""
    _, _, command = operations()[key]["description"].partition("On the command line: ")
    found = re.search(r"\bpoe (\w+)", command)
    assert found is not None
    assert set(re.findall(r"--[\w-]+", command)) <= flags_of_commands()[found[1]]
