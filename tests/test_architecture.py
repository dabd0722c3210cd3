"""Who may import whom. The table is the design; change it only with a reason in the commit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from tests import architecture as rules
from tests.architecture import Design
from tests.house import classes_by_name
from tests.package_graph import Package

# A lower layer never imports a higher one. Each row: a part, and exactly the parts it imports.
LAYERS = [
    {  # 0: know nothing of Poe's protocol
        "__init__": "",
        "addresses": "",
        "errors": "",
        "http1": "waiting",
        "markdown_blocks": "",
        "pdf_text": "",
        "poe_pages": "",
        "resources": "",
        "suggestions": "",
        "system_errors": "errors suggestions",
        "waiting": "",
    },
    {  # 1: pure
        "protocol": "errors",
    },
    {  # 2
        "config": "addresses errors poe_pages protocol safe_files source suggestions system_errors",
        "dev_events": "config errors protocol step_results",
        "safe_files": "protocol",  # the one reader of JSON
        "source": "",
        "step_results": "errors",
        "terminal": "errors markdown_blocks step_results",
        "turns": "addresses config errors protocol safe_files suggestions system_errors",
    },
    {  # 3
        "chats": "client config errors protocol system_errors terminal",
        "client": (
            "__init__ addresses config errors poe_pages protocol suggestions system_errors waiting"
        ),
        "probe": "addresses client config errors protocol step_results waiting",
        "hosting": (
            "__init__ config errors http1 poe_pages protocol source suggestions system_errors"
        ),
    },
    {  # 4: no part of these imports another of them
        "chat": (
            "addresses chats client config dev_events errors http1 pdf_text protocol safe_files "
            "suggestions system_errors terminal waiting"
        ),
        "completion": "config system_errors",
        "conformance": (
            "__init__ addresses client config errors http1 pdf_text probe protocol source "
            "suggestions system_errors terminal turns waiting"
        ),
        "deploy": (
            "client config errors poe_pages probe protocol safe_files source system_errors turns "
            "waiting"
        ),
        "devserver": (
            "addresses config dev_events errors hosting http1 protocol source system_errors turns "
            "waiting"
        ),
        "doctor": "__init__ addresses client config errors probe step_results system_errors",
        "emulator": (
            "addresses client config dev_events errors pdf_text poe_pages protocol safe_files "
            "suggestions system_errors turns"
        ),
        "models": "client errors poe_pages safe_files terminal waiting",
        "playground": (
            "chats client config dev_events errors markdown_blocks pdf_text probe protocol "
            "system_errors terminal turns waiting"
        ),
        "scaffold": "__init__ config errors resources source suggestions system_errors",
        "serve": "config errors hosting system_errors waiting",
        "settings_sync": (
            "addresses client config errors protocol safe_files suggestions system_errors "
            "terminal waiting"
        ),
        "trigger": "client errors protocol suggestions",
        "tunnel": "config errors terminal waiting",
        "usage": "client config terminal waiting",
        "upgrade": "config errors safe_files source suggestions system_errors",
    },
    {  # 5: put parts of 4 together
        "local": (
            "addresses client config conformance dev_events devserver emulator errors http1 "
            "playground probe protocol safe_files settings_sync source step_results suggestions "
            "system_errors trigger tunnel turns"
        ),
        "pytest_plugin": "errors testing",
        "testing": "client config conformance errors suggestions",
    },
    {  # 6: the door
        "__main__": "commands",
        "commands": (
            "__init__ addresses chat chats client completion config conformance deploy dev_events "
            "devserver doctor errors local models poe_pages probe protocol resources safe_files "
            "scaffold serve settings_sync source step_results suggestions system_errors terminal "
            "trigger tunnel turns upgrade usage waiting"
        ),
    },
]
DESIGN = Design(
    LAYERS,
    apart=[
        set(LAYERS[4]),
        {"client", "hosting"},  # what asks others; what answers them, beside the author's code
    ],
    met={"devserver", "emulator", "playground"},
    met_in={"local"},
    rooms={  # of a part, in the order in which they call each other
        "chat": ("repl", "output"),
        "conformance": ("replays", "chats", "probes", "reports"),
        "emulator": ("routes", "bots", "state"),
        "hosting": ("process", "serving", "finding", "sandbox", "author"),
    },
    owners={
        "click": "commands",
        "fastapi": "hosting",
        "fastapi_poe": "hosting",
        "httpx": "client",
        "libcst": "upgrade",
        "starlette": "hosting",
        "typer": "commands",
    },
    pure={"protocol"},
    wide={
        "client": "what goes out, in the order in which it goes, with no room apart in it"
    },  # folder -> why it has more than 15 modules
    inner_imports_in={"commands"},  # for the time that `--version`, `--help` and a TAB take
)
PACKAGE = Package(Path(__file__).resolve().parent.parent / "poecli")

# A class name that two modules share, and why neither can have another.
SHARED_NAMES = {
    "Error": "the stand-in plays modal.Error; the protocol has an `error` event",
    "FunctionCall": "the stand-in plays modal.FunctionCall; tool calls have one in OpenAI's format",
    "Mount": "the stand-in plays modal.Mount; what it mounts has the same word",
    "Secret": "the stand-in plays modal.Secret; a key of ours is masked by its type",
}


def test_the_parts_import_each_other_as_the_table_says() -> None:
    """Every edge stands in the table, and no edge stands there that nobody uses."""
    assert list(rules.edges_unlike_the_table(PACKAGE, DESIGN)) == []


def test_a_lower_part_never_imports_a_higher_one() -> None:
    """Imports go down the layers, or stay in one."""
    assert list(rules.upward_edges(DESIGN)) == []


def test_parts_that_must_stay_apart_do() -> None:
    """No feature imports another; client/ and hosting/ don't know each other."""
    assert list(rules.strangers_that_import_each_other(DESIGN)) == []


def test_the_dev_server_and_the_local_poe_meet_in_one_place() -> None:
    """Nobody else imports more than one of them."""
    assert list(rules.wrong_meetings(DESIGN)) == []


def test_no_module_reaches_itself() -> None:
    """There is no cycle, imports in functions and for type checkers counted."""
    assert list(rules.cycles_of_modules(PACKAGE)) == []


def test_the_rooms_of_a_part_import_each_other_in_one_direction() -> None:
    """A room imports only the later ones."""
    assert list(rules.rooms_out_of_order(PACKAGE, DESIGN)) == []


def test_a_library_is_imported_by_its_owner_only() -> None:
    """typer stays in commands/, httpx in client/, fastapi_poe in hosting/."""
    assert list(rules.libraries_of_others(PACKAGE, DESIGN)) == []


def test_the_protocol_is_pure() -> None:
    """protocol/ imports the standard library and pydantic, and nothing that reaches outside."""
    assert list(rules.impurities(PACKAGE, DESIGN)) == []


def test_a_folder_has_room_for_what_is_in_it() -> None:
    """More than 15 modules are two rooms, or have their reason in the table."""
    assert list(rules.wide_folders(PACKAGE, DESIGN)) == []


def test_a_class_has_a_name_of_its_own() -> None:
    """Only the names in the table are borne twice."""
    classes = classes_by_name(PACKAGE)
    assert {name for name in classes if len(classes[name]) > 1} == set(SHARED_NAMES)


def test_imports_stand_at_the_top() -> None:
    """Only commands/ imports inside functions; elsewhere an exception says why on its line."""
    assert list(rules.inner_imports(PACKAGE, DESIGN)) == []


# --- the rules themselves, each on a package that breaks it ---

FILES = {
    "shop/__init__.py": "",
    "shop/errors.py": "",
    "shop/stock/__init__.py": "",
    "shop/stock/shelf.py": "from shop.errors import Empty\n",
    "shop/stock/window.py": "def f():\n import shop.stock.shelf  # noqa: PLC0415 - seldom\n",
    "shop/till/__init__.py": "",
    "shop/till/front/desk.py": "from shop.till.back.safe import Coin\n",
    "shop/till/back/safe.py": "import decimal\n",
    "shop/post/parcel.py": "import requests\nfrom shop.errors import Lost\n",
}
SHOP = Design(
    [
        {"__init__": "", "errors": ""},
        {"stock": "errors", "till": "", "post": "errors"},
    ],
    apart=[{"stock", "till", "post"}],
    met={"stock", "till", "post"},
    rooms={"till": ("front", "back")},
    owners={"requests": "post"},
    pure={"till"},
)


def package(folder: Path, files: dict[str, str]) -> Package:
    """These files on disk, read."""
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return Package(folder / "shop")


def faults(package: Package, design: Design) -> dict[str, list[str]]:
    """What each rule finds, by its name; rules that find nothing are left out."""
    found: dict[str, Iterable[str]] = {
        "edges": rules.edges_unlike_the_table(package, design),
        "upward": rules.upward_edges(design),
        "apart": rules.strangers_that_import_each_other(design),
        "met": rules.wrong_meetings(design),
        "cycles": rules.cycles_of_modules(package),
        "rooms": rules.rooms_out_of_order(package, design),
        "owners": rules.libraries_of_others(package, design),
        "pure": rules.impurities(package, design),
        "wide": rules.wide_folders(package, design),
        "inner": rules.inner_imports(package, design),
    }
    return {name: lines for name in found if (lines := list(found[name]))}


def test_a_sound_package_has_no_faults(tmp_path: Path) -> None:
    """What the rows below break is whole before."""
    assert faults(package(tmp_path, FILES), SHOP) == {}


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        pytest.param(
            "shop/till/front/desk.py",
            "from shop.till.back.safe import Coin\nimport shop.errors\n",
            {"edges": ['"till": "errors",  # not in the table: [\'errors\']; no longer used: []']},
            id="an edge that the table has not",
        ),
        pytest.param(
            "shop/stock/shelf.py",
            "",
            {"edges": ['"stock": "",  # not in the table: []; no longer used: [\'errors\']']},
            id="an edge of the table that nobody uses",
        ),
        pytest.param(
            "shop/extra.py",
            "",
            {"edges": ['"extra": "",  # not in the table: []; no longer used: []']},
            id="a part that the table has not",
        ),
        pytest.param(
            "shop/stock/shelf.py",
            "from shop.errors import Empty\n"
            "if TYPE_CHECKING:\n from shop.stock.window import Glass\n",
            {
                "cycles": [
                    "shop.stock.shelf -> ['shop.stock.window']",
                    "shop.stock.window -> ['shop.stock.shelf']",
                ]
            },
            id="a cycle of a function's import and a type checker's",
        ),
        pytest.param(
            "shop/till/back/safe.py",
            "from shop.till.front import desk\n",
            {
                "cycles": [
                    "shop.till.back.safe -> ['shop.till.front.desk']",
                    "shop.till.front.desk -> ['shop.till.back.safe']",
                ],
                "rooms": ["till.back -> till.front"],
            },
            id="a cycle, and a room that imports an earlier one",
        ),
        pytest.param(
            "shop/stock/shelf.py",
            "import requests\nfrom shop.errors import Empty\n",
            {"owners": ["shop.stock.shelf: requests"]},
            id="a library of another part",
        ),
        pytest.param(
            "shop/till/back/safe.py",
            "import os\nimport yaml\nasync def wait(): ...\n",
            {
                "pure": [
                    "shop.till.back.safe: os",
                    "shop.till.back.safe: yaml",
                    "shop.till.back.safe: async wait",
                ]
            },
            id="what reaches outside in a pure part",
        ),
        pytest.param(
            "shop/stock/shelf.py",
            "from shop.errors import Empty\nclass Shelf:\n def f(self):\n  import json\n",
            {"inner": ["shop.stock.shelf:4"]},
            id="an import inside a function",
        ),
    ],
)
def test_a_broken_file_is_found(
    tmp_path: Path, file: str, text: str, expected: dict[str, list[str]]
) -> None:
    """Each rule about files finds what breaks it, and no other rule does."""
    broken = package(tmp_path, {**FILES, file: text})

    assert faults(broken, SHOP) == expected


@pytest.mark.parametrize(
    ("part", "edges", "rule", "expected"),
    [
        ("errors", "stock", rules.upward_edges, "errors -> stock"),
        ("post", "stock", rules.strangers_that_import_each_other, "post -> stock"),
        ("errors", "till post", rules.wrong_meetings, "errors"),
    ],
    ids=["upward", "apart", "met"],
)
def test_a_broken_table_is_found(
    part: str, edges: str, rule: Callable[[Design], Iterable[str]], expected: str
) -> None:
    """Each rule about the table finds what breaks it."""
    layers = [{**layer, **({part: edges} if part in layer else {})} for layer in SHOP.layers]

    assert list(rule(replace(SHOP, layers=layers))) == [expected]


def test_a_folder_too_wide_is_found(tmp_path: Path) -> None:
    """Sixteen modules are too many without a reason; with one, fifteen are too few."""
    names = [f"shop/stock/shelf{number}.py" for number in range(15)]
    wide = package(tmp_path, FILES | dict.fromkeys(names, ""))
    reasoned = replace(SHOP, wide={"stock": "a shelf a file"})

    assert faults(wide, SHOP) == {"wide": ["stock"]}
    assert faults(wide, reasoned) == {}
    assert faults(package(tmp_path / "narrow", FILES), reasoned) == {"wide": ["stock"]}
