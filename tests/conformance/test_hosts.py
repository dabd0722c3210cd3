"""What the files for a host allow an answer: those that let Poe's longest live, and others."""

from __future__ import annotations

from pathlib import Path

import pytest

from poecli.conformance.hosts.look import look_at_hosting
from poecli.conformance.results import Run
from poecli.scaffold.catalog import find_template, shared_folder
from poecli.scaffold.hosts import Deploy
from poecli.scaffold.project_files import project_files

MODAL = """\
import modal
app = modal.App("a")

@app.function({function})
{decorator}
@modal.asgi_app({web})
def web():
    return make_app()
"""
CONCURRENT = "@modal.concurrent(max_inputs=100)"
RUN = """\
apiVersion: serving.knative.dev/v1
spec:
  template:
    spec:
{settings}
      containers:
        - image: a
          startupProbe:
            timeoutSeconds: 1
"""
RENDER = "services:\n  - name: a\n    type: web\n    runtime: docker\n"


def modal(function: str = "timeout=600", decorator: str = CONCURRENT, web: str = "") -> str:
    return MODAL.format(function=function, decorator=decorator, web=web)


def image(command: str) -> str:
    return f"FROM python:3.12-slim\n# CMD nothing\nENV A=1 \\\n  B=2\nCMD {command}\n"


def run(*settings: str) -> str:
    return RUN.format(settings="\n".join(f"      {line}" for line in settings))


SOUND = {
    "no host": ("README.md", "--timeout-graceful-shutdown 5"),
    "Modal": ("modal_app.py", modal()),
    "Modal, a named time": ("modal_app.py", "TEN = 10 * 60\n" + modal("timeout=TEN")),
    "Modal, times that are not told": ("modal_app.py", modal("**OPTIONS", "")),
    "Modal, as it was": ("modal_app.py", modal("timeout=900, allow_concurrent_inputs=9", "")),
    "Modal, not for the web": (
        "a.py",
        "import modal\n@modal.App('a').function()\ndef f(): ...\n",
    ),
    "another's function": ("a.py", "@app.function()\n@asgi_app()\ndef f(): ...\n"),
    "fp.run": ("Dockerfile", image('["python", "main.py"]')),
    "uvicorn, with time": ("Dockerfile", image("uvicorn a:b --timeout-graceful-shutdown=600")),
    "a stage before": ("Dockerfile", image("gunicorn a:b") + image("uvicorn a:b")),
    "its base image's": ("Dockerfile", "FROM bot\n"),
    "a port to come": ("Dockerfile", "FROM bot\nEXPOSE\nCMD\tpython main.py\n"),
    "no web process": ("Procfile", "worker: gunicorn a:b\n"),
    "fly, in words": ("fly.toml", 'kill_timeout = "5m"\n'),
    "render, no bot": ("render.yaml", "services:\n  - type: web\n    runtime: static\n"),
    "another service.yaml": ("service.yaml", "kind: Service\n"),
    "Cloud Run": ("service.yaml", run("containerConcurrency: 80", "timeoutSeconds: 600 # s")),
}
# (file, content, rule, line)
BROKEN = {
    "Modal's default": ("a.py", modal("image=i"), "host-timeout-short", 4),
    "too short": ("a.py", modal("timeout=5 * 60"), "host-timeout-short", 4),
    "one at a time": ("a.py", modal(decorator="# alone"), "host-one-at-a-time", 4),
    "a class": (
        "a.py",
        "import modal\n@app.cls(timeout=600)\nclass A:\n @modal.asgi_app()\n def web(self): ...\n",
        "host-one-at-a-time",
        2,
    ),
    "a login": ("a.py", modal(web="requires_proxy_auth=True"), "host-proxy-auth", 4),
    "a server": (
        "a.py",
        "import modal\n@app.server(port=1)\nclass A: ...\n",
        "host-proxy-auth",
        2,
    ),
    "uvicorn": (
        "Dockerfile",
        image('["uvicorn", "a:b", "--timeout-graceful-shutdown", "30"]'),
        "host-grace-short",
        5,
    ),
    "by a shell's file": (
        "Dockerfile",
        image('["bash", "start.sh", "--timeout-graceful-shutdown", "30"]'),
        "host-grace-short",
        5,
    ),
    "in a shell": (
        "Dockerfile",
        image("exec uvicorn a:b --timeout-graceful-shutdown 30"),
        "host-grace-short",
        5,
    ),
    "gunicorn's default": ("Procfile", "web: gunicorn a:b\n", "host-grace-short", 1),
    "gunicorn": (
        "Dockerfile",
        image("gunicorn a:b --graceful-timeout 60"),
        "host-grace-short",
        5,
    ),
    "fly's default": ("fly.toml", 'app = "a"\n', "host-grace-short", 1),
    "fly": ("fly.toml", 'app = "a"\nkill_timeout = 60\n', "host-grace-short", 2),
    "render's default": ("render.yaml", RENDER, "host-grace-short", 2),
    "render": (
        "render.yaml",
        RENDER + "    maxShutdownDelaySeconds: 60\n",
        "host-grace-short",
        5,
    ),
    "the second service": (
        "render.yaml",
        RENDER + "    maxShutdownDelaySeconds: 300\n  - type: web\n    runtime: python\n",
        "host-grace-short",
        6,
    ),
    "Cloud Run's default": ("service.yaml", run(), "host-timeout-short", 1),
    "Cloud Run": ("service.yaml", run("timeoutSeconds: 60"), "host-timeout-short", 5),
    "Cloud Run, one": (
        "service.yaml",
        run("timeoutSeconds: 900", "containerConcurrency: 1"),
        "host-one-at-a-time",
        6,
    ),
}


def look(folder: Path, name: str, text: str) -> Run:
    (folder / name).write_text(text, encoding="utf-8")
    return look_at_hosting(folder, [], lambda file: file.name)


@pytest.mark.parametrize(("name", "text"), SOUND.values(), ids=SOUND)
def test_a_host_that_lets_answers_live_is_sound(tmp_path: Path, name: str, text: str) -> None:
    """So is what can't be told for sure."""
    assert look(tmp_path, name, text).findings == ()


@pytest.mark.parametrize(("name", "text", "rule", "line"), BROKEN.values(), ids=BROKEN)
def test_each_trap_of_a_host_is_found_at_its_line(
    tmp_path: Path, name: str, text: str, rule: str, line: int
) -> None:
    """One trap is one finding, with file and line."""
    found = [(f.rule, f.place) for f in look(tmp_path, name, text).findings]
    assert found == [(rule, f"{name}:{line}")]


@pytest.mark.parametrize("deploy", ["modal", "docker", "fly", "render", "cloudrun"])
@pytest.mark.parametrize("template", ["echo", "fastapi-app"])
def test_a_new_project_falls_into_none(tmp_path: Path, template: str, deploy: Deploy) -> None:
    """For each host that `poe new` knows, and some rule had something to look at."""
    files = project_files(find_template(template), shared_folder(), "my-bot", deploy)
    for path, content in files.items():
        if "/" not in path:
            (tmp_path / path).write_bytes(content)
    run = look_at_hosting(tmp_path, [], str)
    assert run.findings == ()
    assert run.tested


def test_a_file_that_can_not_be_read_is_not_judged(tmp_path: Path) -> None:
    """It is said why."""
    run = look(tmp_path, "fly.toml", "app = ")
    assert run.untested == {"host-grace-short": "fly.toml:1 is not valid TOML."}


def test_without_a_host_nothing_is_claimed(tmp_path: Path) -> None:
    """No rule counts as kept where no file could break it."""
    assert look(tmp_path, "main.py", "import fastapi_poe") == Run((), frozenset())
