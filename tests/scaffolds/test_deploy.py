"""What a project needs to be deployed: a Modal app that the real package takes, an image, hosts."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from poecli.config.toml_tables import read_tables
from poecli.scaffold.catalog import all_templates, find_template, shared_folder
from poecli.scaffold.create import NewOptions, carry_out, plan
from poecli.scaffold.hosts import Deploy
from poecli.scaffold.project_files import project_files
from tests.poe import clean_environment

KEY = "k" * 32
NAMES = [template.name for template in all_templates()]

REGISTERED = """
import json, warnings
warnings.simplefilter("ignore")
import modal_app
spec = modal_app.fastapi_app._spec_
function = next(v for n, v in vars(modal_app.fastapi_app).items() if n.startswith("_sync_orig"))
known = function._function_info
served = modal_app.fastapi_app.local()
print(json.dumps({
    "app": modal_app.app.name,
    "web": modal_app.app.registered_web_endpoints,
    "functions": list(modal_app.app.registered_functions),
    "secrets": len(spec.secrets),
    "timeout": known.timeout,
    "at a time": known.concurrency_info.max_inputs,
    "open to Poe": known.web_info.unauthenticated,
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
    """One web function under the bot's name, with its key and the time of Poe's longest answer."""
    project = tmp_path / "bot"
    carry_out(plan(NewOptions(template=template, directory=str(project), name="my.bot-1")))
    assert registered(project) == {
        "app": "my.bot-1",
        "web": ["fastapi_app"],
        "functions": ["fastapi_app"],
        "secrets": 1,
        "timeout": 660,
        "at a time": 100,
        "open to Poe": True,
        "posts": paths,
    }


@pytest.mark.parametrize("name", [name for name in NAMES if name != "fastapi-app"])
def test_every_other_template_has_that_modal_app(name: str) -> None:
    """There is one definition of it, so that what holds for echo holds for all."""
    files = project_files(find_template(name), shared_folder(), "my-bot", "modal")
    assert files["modal_app.py"] == (shared_folder() / "modal_app.py").read_bytes()


def hosted(template: str, deploy: Deploy, file: str, name: str = "my-bot") -> str:
    """A file of a new project, for one host."""
    files = project_files(find_template(template), shared_folder(), name, deploy)
    return files[file].decode()


def test_the_image_runs_as_a_user_and_gets_no_keys() -> None:
    """It holds what runs, and nothing else of the folder; a numeric user is one for Kubernetes."""
    lines = hosted("echo", "docker", "Dockerfile").splitlines()
    copied = [line for line in lines if line.startswith("COPY")]
    assert copied == ["COPY requirements.txt ./", "COPY *.py ./"]
    assert "USER 10001" in lines
    assert ".env" in hosted("echo", "docker", ".dockerignore").splitlines()


def test_fly_waits_for_answers() -> None:
    """As long as it can; the app is asked where the Dockerfile serves it."""
    fly = read_tables(hosted("echo", "fly", "fly.toml", "Shouter.1"))
    assert (fly["app"], fly["kill_signal"], fly["kill_timeout"]) == ("shouter-1", "SIGTERM", 300)
    assert f"PORT={fly['http_service']['internal_port']} " in hosted("echo", "fly", "Dockerfile")
    assert [check["path"] for check in fly["http_service"]["checks"]] == ["/health"]


@pytest.mark.parametrize(
    ("deploy", "file", "lines"),
    [
        ("render", "render.yaml", ["maxShutdownDelaySeconds: 300", "name: shouter-1"]),
        ("cloudrun", "service.yaml", ["timeoutSeconds: 660 #", "containerConcurrency: 100"]),
    ],
)
def test_other_hosts_wait_too(deploy: Deploy, file: str, lines: list[str]) -> None:
    """With the most that they allow, under a name that they allow."""
    text = hosted("echo", deploy, file, "Shouter.1")
    assert [line for line in lines if line not in text] == []


def test_a_host_is_told_every_variable_that_the_bot_reads() -> None:
    """The second bot's key is one, and each is said once."""
    text = hosted("fastapi-app", "cloudrun", "service.yaml")
    assert re.findall(r"- name: (\w+)\n", text) == ["POE_ACCESS_KEY", "WHISPER_KEY"]
    assert re.findall(r"name: my-bot-(\w+)\n", text) == ["POE_ACCESS_KEY", "WHISPER_KEY"]
