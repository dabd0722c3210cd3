"""What a project needs to be deployed: a Modal app that the real package takes, a Dockerfile."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from poecli.scaffold.catalog import all_templates, find_template, shared_folder
from poecli.scaffold.create import NewOptions, carry_out, plan
from poecli.scaffold.project_files import project_files
from tests.poe import clean_environment

KEY = "k" * 32
NAMES = [template.name for template in all_templates()]

REGISTERED = """
import json, warnings
warnings.simplefilter("ignore")
import modal_app
spec = modal_app.fastapi_app._spec_
served = modal_app.fastapi_app.local()
print(json.dumps({
    "app": modal_app.app.name,
    "web": modal_app.app.registered_web_endpoints,
    "functions": list(modal_app.app.registered_functions),
    "secrets": len(spec.secrets),
    "posts": sorted(r.path for r in served.routes if "POST" in getattr(r, "methods", ())),
}))
"""


def registered(project: Path) -> dict[str, Any]:
    """What the real modal package knows after the import, and what the function then serves."""
    done = subprocess.run(
        [sys.executable, "-c", REGISTERED],
        cwd=project,
        env=clean_environment(POE_ACCESS_KEY=KEY, WHISPER_KEY=KEY),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


@pytest.mark.parametrize(
    ("template", "paths"), [("echo", ["/"]), ("fastapi-app", ["/shout", "/whisper"])]
)
def test_modal_registers_the_bot(tmp_path: Path, template: str, paths: list[str]) -> None:
    """One web function under the bot's name, which serves the bot with its key from a secret."""
    project = tmp_path / "bot"
    carry_out(plan(NewOptions(template=template, directory=str(project), name="my.bot-1")))
    assert registered(project) == {
        "app": "my.bot-1",
        "web": ["fastapi_app"],
        "functions": ["fastapi_app"],
        "secrets": 1,
        "posts": paths,
    }


@pytest.mark.parametrize("name", [name for name in NAMES if name != "fastapi-app"])
def test_every_other_template_has_that_modal_app(name: str) -> None:
    """There is one definition of it, so that what holds for echo holds for all."""
    files = project_files(find_template(name), shared_folder(), "my-bot", "modal")
    assert files["modal_app.py"] == (shared_folder() / "modal_app.py").read_bytes()


def test_the_container_runs_as_a_user_and_gets_no_keys() -> None:
    """The image holds what runs, and nothing else of the folder."""
    files = project_files(find_template("echo"), shared_folder(), "my-bot", "docker")
    lines = files["Dockerfile"].decode().splitlines()
    copied = [line for line in lines if line.startswith("COPY")]
    assert copied == ["COPY requirements.txt ./", "COPY main.py ./"]
    assert lines.index("USER bot") < lines.index('CMD ["python", "main.py"]')
    assert ".env" in files[".dockerignore"].decode().splitlines()
