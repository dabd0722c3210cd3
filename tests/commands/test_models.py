"""`poe models`: the public list, and what is kept of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from poecli.client.platform_api import Model
from poecli.errors import ExitCode
from poecli.models.cache import keep_models
from poecli.poe_pages import API_URL
from tests.poe import poe, user_env
from tests.scripted import Answer, in_a_thread
from tests.servers import closed_port

MODELS = [
    {
        "id": "Claude-Test",
        "owned_by": "Anthropic",
        "description": "Writes\x1b[31m well",
        "architecture": {"input_modalities": ["text", "image"], "output_modalities": ["text"]},
        "pricing": {"prompt": "0.000003", "completion": "0.000015"},
    },
    {
        "id": "Painter",
        "description": "Paints",
        "architecture": {"input_modalities": ["text"], "output_modalities": ["image"]},
    },
    {"id": "Bare"},
]
LIST = Answer(
    [json.dumps({"object": "list", "data": MODELS}).encode()], content_type="application/json"
)


@pytest.mark.parametrize(
    ("flags", "names"),
    [
        pytest.param([], ["Claude-Test", "Painter", "Bare"], id="all"),
        pytest.param(["anthropic well"], ["Claude-Test"], id="words"),
        pytest.param(["--takes", "image"], ["Claude-Test"], id="--takes"),
        pytest.param(["--gives", "Image"], ["Painter"], id="--gives"),
        pytest.param(["nothing"], [], id="nothing fits"),
    ],
)
def test_models_are_listed_and_filtered(flags: list[str], names: list[str], tmp_path: Path) -> None:
    """Each model is a line; words and kinds choose."""
    with in_a_thread(LIST) as server:
        ran = poe("models", *flags, env=user_env(tmp_path, POE_BASE_URL=server.url))

    assert (ran.code, [row.split()[0] for row in ran.stdout.splitlines()]) == (0, names)
    assert "\x1b" not in ran.stdout


def test_the_project_names_its_poe(tmp_path: Path) -> None:
    """`base_url` of poe.toml is asked where no flag and no variable names another Poe."""
    with in_a_thread(LIST) as server:
        (tmp_path / "poe.toml").write_text(f'base_url = "{server.url}"', encoding="utf-8")
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(tmp_path)
            ran = poe("models", "bare", env=user_env(tmp_path))

    assert (ran.code, ran.stdout.split()[:1]) == (0, ["Bare"])


def test_prices_are_for_a_million_tokens(tmp_path: Path) -> None:
    """Poe gives US dollars for one token; people compare millions."""
    with in_a_thread(LIST) as server:
        ran = poe("models", "claude", env=user_env(tmp_path, POE_BASE_URL=server.url))

    assert "text,image > text" in ran.stdout
    assert "$3 in, $15 out" in ran.stdout


def test_the_list_is_kept_for_a_dead_network(tmp_path: Path) -> None:
    """Without a network the list that this Poe gave is shown, with a warning; offline without."""
    with in_a_thread(LIST) as server:
        env = user_env(tmp_path, POE_BASE_URL=server.url)
        poe("models", env=env)

    ran = poe("models", "--json", env=env)
    names = [model["id"] for model in json.loads(ran.stdout)["models"]]
    assert names == ["Claude-Test", "Painter", "Bare"]
    assert "less than a day old" in ran.stderr
    assert poe("models", "--offline", env=env).stderr == ""


@pytest.mark.parametrize("text", ["{", "[]", '{"base_url": 1}', "[" * 10**5], ids=range(4))
def test_a_damaged_list_is_none(text: str, tmp_path: Path) -> None:
    """It is only a cache."""
    file = tmp_path / "cache" / "poe" / "models.json"
    file.parent.mkdir(parents=True)
    file.write_text(text)

    assert poe("models", "--offline", env=user_env(tmp_path)).code == ExitCode.USAGE


def test_another_poe_leaves_the_real_ones_list_alone(tmp_path: Path) -> None:
    """The mocks of a `poe dev` reach neither completion nor `poe models --offline`."""
    cache = tmp_path / "cache" / "poe"
    keep_models(cache, API_URL, [Model(id="Real")])
    with in_a_thread(LIST) as server:
        poe("models", env=user_env(tmp_path, POE_BASE_URL=server.url))
    other = user_env(tmp_path, POE_BASE_URL=f"http://127.0.0.1:{closed_port()}")

    assert (cache / "models.txt").read_text() == "Real\n"
    assert poe("models", "--offline", env=user_env(tmp_path)).stdout.split() == ["Real"]
    assert poe("models", "--offline", env=other).code == ExitCode.USAGE


def test_without_any_list_the_network_is_at_fault(tmp_path: Path) -> None:
    """No network and no kept list: code 4; offline and no kept list: code 2."""
    dead = user_env(tmp_path, POE_BASE_URL=f"http://127.0.0.1:{closed_port()}")

    assert poe("models", env=dead).code == ExitCode.NOT_REACHABLE
    assert poe("models", "--offline", env=dead).code == ExitCode.USAGE
