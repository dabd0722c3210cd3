"""An older fastapi_poe: what it lacks is told with the version that brought it."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType, SimpleNamespace

import fastapi_poe
import pytest

from poecli.config.python.interpreter import install_line
from poecli.hosting.author.sdk_features import has, ignored_features, lacking, sdk_hint
from poecli.source.sdk_features import SINCE


def stream_request(request: object, bot_name: str) -> None:
    """As it was before it took ``extra_headers``."""


@pytest.fixture(scope="module")
def old() -> ModuleType:
    """A fastapi_poe that lacks nearly everything."""
    sdk = ModuleType("fastapi_poe")
    sdk.PoeBot = type("PoeBot", (), {"get_response": None})  # type: ignore[attr-defined] # a module of our own
    sdk.SettingsResponse = SimpleNamespace(model_fields={"rate_card": None})  # type: ignore[attr-defined] # as above
    sdk.stream_request = stream_request  # type: ignore[attr-defined] # as above
    return sdk


def test_the_newest_lacks_nothing() -> None:
    """Every feature of the table is in the package: a name that is misspelt would not be."""
    assert lacking(fastapi_poe) == set()


@pytest.mark.parametrize(
    ("feature", "there"),
    [
        ("PoeBot.get_response", True),
        ("PoeBot.authorize_cost", False),
        ("SettingsResponse.rate_card", True),
        ("SettingsResponse.parameter_controls", False),
        ("stream_request(bot_name)", True),
        ("stream_request(extra_headers)", False),
        ("ParameterControls", False),
        ("Attachment.inline_ref", False),
    ],
)
def test_the_package_itself_says_what_it_has(old: ModuleType, feature: str, there: bool) -> None:
    """Names, fields, methods and parameters are looked up, not reckoned from a version."""
    assert has(old, feature) is there


@pytest.mark.parametrize(
    ("error", "feature"),
    [
        (AttributeError("module 'fastapi_poe' has no attribute 'Slider'"), "Slider"),
        (ImportError("cannot import name 'CostItem' from 'fastapi_poe' (x.py)"), "CostItem"),
        (AttributeError("'MyBot' object has no attribute 'capture_cost'"), "PoeBot.capture_cost"),
        (
            AttributeError("'QueryRequest' object has no attribute 'bot_query_id'"),
            "QueryRequest.bot_query_id",
        ),
        (
            TypeError("stream_request() got an unexpected keyword argument 'extra_headers'"),
            "stream_request(extra_headers)",
        ),
    ],
)
def test_an_error_about_a_newer_feature_names_its_version(
    old: ModuleType, error: Exception, feature: str
) -> None:
    """With the line that installs it."""
    hint = sdk_hint(error, old)

    assert f"came with fastapi_poe {SINCE[feature]}, and here is " in hint
    assert hint.endswith(install_line(f"fastapi_poe>={SINCE[feature]}"))


@pytest.mark.parametrize(
    "error",
    [
        AttributeError("'str' object has no attribute 'read'"),
        AttributeError("module 'fastapi_poe' has no attribute 'Sliders'"),
        KeyError("Slider"),
    ],
)
def test_any_other_error_is_left_alone(old: ModuleType, error: Exception) -> None:
    """Neither the author's own slips nor other packages' are put down to the version."""
    assert sdk_hint(error, old) == ""


def test_what_is_ignored_without_an_error_is_told(old: ModuleType, tmp_path: Path) -> None:
    """A model drops a field it does not know, and nobody calls a method it does not know."""
    file = tmp_path / "main.py"
    file.write_text(
        "import fastapi_poe as fp\n\n\n"
        "class Bot(fp.PoeBot):\n"
        "    async def on_reaction_with_context(self, request, context):\n"
        "        pass\n\n"
        "    async def get_settings(self, setting):\n"
        "        return fp.SettingsResponse(rate_card='', parameter_controls=None)\n"
    )

    told = ignored_features([file], old)

    assert [text.partition(" came with")[0] for text in told] == [
        f"{file}:5 has no effect: on_reaction_with_context",
        f"{file}:9 has no effect: parameter_controls",
    ]
    assert ignored_features([file]) == []
