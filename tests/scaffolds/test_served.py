"""Every template does what it is for under `poe dev`, offline."""

from __future__ import annotations

from pathlib import Path

import pytest

from poecli.scaffold.catalog import all_templates
from tests.outside import Watched
from tests.poe import poe
from tests.scaffolds.served import (
    answer_to,
    create,
    examples,
    model_server,
    output_of,
    poe_dev,
)

pytestmark = pytest.mark.timeout(300)  # processes are started; each has its own limit
NAMES = [template.name for template in all_templates()]


@pytest.mark.parametrize("name", NAMES)
def test_its_examples_get_the_right_answers(name: str, tmp_path: Path) -> None:
    """Asked by `poe chat` with no key; `poe check` agrees, no rule of the protocol is broken.

    And not one process of the server tries to leave the loopback.
    """
    project = create(name, tmp_path)
    files = tmp_path / "files"
    files.mkdir()
    watched = Watched(tmp_path)
    with model_server() as model, poe_dev(project, LLM_BASE_URL=model, **watched.env) as served:
        for example in [e for e in examples(name) if "say" in e]:
            told = answer_to(example, served, files)
            assert example["expect"] in told["text"]
            assert [file["name"] for file in told["files"]] == example.get("files", [])
            assert (told["error"], told["violations"]) == (None, [])
        for example in [e for e in examples(name) if "run" in e]:
            assert example["expect"] in output_of(example, served, project)
        assert served.of("violation") == []
        for path in sorted({example.get("path", "/") for example in examples(name)}):
            checked = poe("check", served.url + path)
            assert checked.code == 0, checked.output
    assert watched.attempts == []
    assert watched.processes >= 2


def test_a_model_that_is_away_is_told_as_an_error(tmp_path: Path) -> None:
    """The user gets a retry button, not silence."""
    project = create("llm-wrapper", tmp_path)
    with poe_dev(project, LLM_BASE_URL="http://127.0.0.1:1/v1") as served:
        told = answer_to({"say": "Hello!"}, served, tmp_path)
    assert told["error"]["message"] == "The model can't be reached."
    assert told["error"]["allow_retry"] is True


def test_who_cannot_pay_gets_poes_own_error(tmp_path: Path) -> None:
    """The template `costs` with a user without money."""
    project = create("costs", tmp_path)
    with (project / "poe.toml").open("a") as file:
        file.write("balance = 0\n")
    with poe_dev(project) as served:
        told = answer_to({"say": "one two"}, served, tmp_path)
    assert told["error"]["id"] == "out-of-points"
    assert told["text"] == ""
