"""A new project deployed to stand-ins that run it in a fresh environment.

    python -m tests.readme.deploys

`poe new --deploy modal`, `fly` and `docker`: what modal_app.py's function gives, or uvicorn with
server.py as the image has it, on a Python with requirements.txt and Modal's package and nothing
else; changed, and deployed once more.
It takes some minutes, and needs the package index.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from poecli.errors import ExitCode
from tests.deploy.cloud import KEY, Cloud, Project, a_cloud
from tests.servers import closed_port


def made(cloud: Cloud, to: str) -> Project:
    """As `poe new` writes it, with a key; a docker host has its URL from the author."""
    project = Project(cloud.folder / "projects" / to, cloud)
    project.poe("new", "echo", ".", "--force", "--deploy", to, "--no-git", "--name", f"{to}-bot")
    (project.root / ".env").write_text(f"POE_ACCESS_KEY={KEY}\n", encoding="utf-8")
    if to == "docker":
        port = closed_port()
        text = (project.root / "poe.toml").read_text(encoding="utf-8")
        text = text.replace("access_key =", f'url = "http://127.0.0.1:{port}/"\naccess_key =', 1)
        project.poe_toml(text.replace("image =", f"port = {port}\nimage ="))
    return project


def deployed(project: Project) -> str:
    """What the bot then answers."""
    # A URL of this machine in poe.toml is what the check rightly finds.
    skip = ("--skip", "check") if project.url() else ()
    ran = project.poe("deploy", "--skip", "tests", "--wait", "60", *skip)
    sys.stdout.write(ran.output)
    assert ran.code == ExitCode.DONE
    assert "/health names the new build" in ran.stderr
    return project.answer("hello")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "env" / "bin" / "python"
        venv.create(python.parent.parent, with_pip=True)
        with a_cloud(Path(folder) / "cloud", DEPLOY_PYTHON=str(python)) as cloud:
            projects = [made(cloud, to) for to in ("modal", "fly", "docker")]
            needed = projects[0].root / "requirements.txt"
            subprocess.run(
                [python, "-m", "pip", "install", "-q", "modal", "-r", needed], check=True
            )
            for project in projects:
                assert deployed(project) == "hello"
                file = project.root / "main.py"
                text = file.read_text(encoding="utf-8")
                file.write_text(text.replace(".content", ".content + '!'"), encoding="utf-8")
                assert deployed(project) == "hello!"


if __name__ == "__main__":
    main()
