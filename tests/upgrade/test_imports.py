"""Where a new import goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.later import later

if TYPE_CHECKING:
    import libcst as cst

    from poecli.upgrade import imports
else:
    cst, imports = later("libcst"), later("poecli.upgrade.imports")

CASES = {
    "after the docstring": ('"""A bot."""\n\nx = 1\n', "os", '"""A bot."""\nimport os\n\nx = 1\n'),
    "after the future": (
        "from __future__ import annotations\n\nimport re\n",
        "os",
        "from __future__ import annotations\n\nimport os\nimport re\n",
    ),
    "in the alphabet": ("import json\nimport re\n", "os", "import json\nimport os\nimport re\n"),
    "at the end of its kind": ("import json\n\nx = 1\n", "os", "import json\nimport os\n\nx = 1\n"),
    "before another kind": ("from a import b\n", "os", "import os\nfrom a import b\n"),
    "it is there": ("import os\n", "os", "import os\n"),
    "it is there by another name": ("import os as o\n", "os", "import os\nimport os as o\n"),
    "a comment of the file's stays first": (
        "# mine\nimport re\n",
        "os",
        "# mine\nimport os\nimport re\n",
    ),
}
PARTS = {
    "into the import of its module": ("from m import a, c\n", "from m import a, b, c\n"),
    "at the end": ("from m import a\n", "from m import a, b\n"),
    "names in no order": ("from m import c, a\n", "from m import c, a, b\n"),
    "on lines": (
        "from m import (\n    a,\n    c,\n)\n",
        "from m import (\n    a,\n    b,\n    c,\n)\n",
    ),
    "at the end on lines": ("from m import (\n    a,\n)\n", "from m import (\n    a,\n    b,\n)\n"),
    "everything is there": ("from m import *\n", "from m import *\n"),
    "a relative one is another": ("from .m import a\n", "from m import b\nfrom .m import a\n"),
}


@pytest.mark.parametrize(("before", "name", "after"), CASES.values(), ids=CASES.keys())
def test_a_module_is_imported_once(before: str, name: str, after: str) -> None:
    """No other line is touched."""
    assert imports.with_import(cst.parse_module(before), name).code == after


@pytest.mark.parametrize(("before", "after"), PARTS.values(), ids=PARTS.keys())
def test_a_name_is_imported_once(before: str, after: str) -> None:
    """The layout of the names stays."""
    assert imports.with_import(cst.parse_module(before), "m", "b").code == after
