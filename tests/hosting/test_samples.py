"""Every shape of public samples that loads where it is deployed loads here."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from poecli.hosting.finding.discovery import Loaded
from tests.hosting.samples import SAMPLES

AS_DEPLOYED = """
import importlib.util, json, sys
loads = []
for name, file in json.load(sys.stdin).items():
    spec = importlib.util.spec_from_file_location("sample", file)
    module = importlib.util.module_from_spec(spec)
    sys.modules["sample"] = module
    spec.loader.exec_module(module)
    build = getattr(module, "fastapi_app", None)
    app = build.local() if build else module.app
    loads.append(name) if app.routes else None
json.dump(loads, sys.stdout)
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each sample in a folder of its own."""
    found = {}
    for name, source in SAMPLES.items():
        found[name] = tmp_path_factory.mktemp("sample") / "main.py"
        found[name].write_text(source, encoding="utf-8")
    return found


def test_the_samples_load_where_they_are_deployed(files: dict[str, Path]) -> None:
    """With the real modal package and the app that uvicorn would serve: the yardstick itself."""
    done = subprocess.run(
        [sys.executable, "-c", AS_DEPLOYED],
        input=json.dumps({name: str(file) for name, file in files.items()}),
        check=True,
        capture_output=True,
        text=True,
    )
    assert json.loads(done.stdout) == list(SAMPLES)


@pytest.mark.filterwarnings("ignore:The fastapi_app function is executing locally")
@pytest.mark.parametrize("name", SAMPLES)
async def test_a_sample_loads_here(
    load_bot: Callable[[str], Awaitable[Loaded]], files: dict[str, Path], name: str
) -> None:
    """With every bot that it serves."""
    loaded = await load_bot(str(files[name]))
    assert len(loaded.bots) == (2 if name == "two bots in one app" else 1)
