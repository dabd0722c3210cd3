"""What a file uses of fastapi_poe, held against the version that brought it."""

from __future__ import annotations

import pytest

from poecli.source.python_file import PythonFile
from poecli.source.sdk_features import MissingFeature, missing_in

HEAD = "import fastapi_poe as fp\nclass Bot(fp.PoeBot):\n    tag = ''\n"
USES = [
    ("x = fp.Slider()", "0.0.64", "Slider", "0.0.65"),
    ("from fastapi_poe import CostItem", "0.0.49", "CostItem", "0.0.50"),
    ("from fastapi_poe.types import Sender", "0.0.73", "Sender", "0.0.74"),
    ("fp.SettingsResponse(rate_card='')", "0.0.59", "rate_card", "0.0.60"),
    ("fp.stream_request(extra_headers={})", "0.0.63", "extra_headers", "0.0.64"),
    ("fp.make_app(bot, bot_name='x')", "0.0.47", "bot_name", "0.0.48"),
    ("    def f(self): self.authorize_cost()", "0.0.49", "authorize_cost", "0.0.50"),
    ("    async def on_reaction_with_context(self, r, c): ...", "0.0.48",
     "on_reaction_with_context", "0.0.49"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "version", "name", "since"), USES)
def test_what_a_version_lacks_is_named_with_its_line(
    line: str, version: str, name: str, since: str
) -> None:
    """Names, fields, parameters and methods, until the version that brought them."""
    file = PythonFile(HEAD + line, "main.py")

    (missing,) = missing_in(version, file)

    assert missing == MissingFeature(name, since, "main.py:4")
    assert missing_in(since, file) == []


@pytest.mark.parametrize(
    "line",
    [
        "User(name='x')",
        "class User: ...",
        "    def f(self): self.bot_name = 'x'; print(self.bot_name)",
        "x = other.Slider()",
        "fp.PartialResponse(text='')",
        "def broken(",
    ],
)
def test_what_only_looks_like_it_is_the_authors_own(line: str) -> None:
    """A class, an attribute that the bot sets, another package; a file that is not Python."""
    assert missing_in("0.0.36", PythonFile(HEAD + line, "main.py")) == []
