"""A project as it will stand on disk."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from poecli.config.deploy_table import DeployTable
from poecli.config.project import read_project
from poecli.config.requirements import package_name
from poecli.errors import UsageError
from poecli.scaffold.catalog import Template, all_templates, find_template, shared_folder
from poecli.scaffold.hosts import Deploy
from poecli.scaffold.project_files import (
    MAX_FILES,
    links_below,
    project_files,
    read_folder,
)
from poecli.scaffold.writer import write_project
from poecli.source.python_file import PythonFile

ALWAYS = {
    ".env.example",
    ".gitignore",
    "AGENTS.md",
    "README.md",
    "main.py",
    "poe.toml",
    "pytest.ini",
    "requirements-dev.txt",
    "requirements.txt",
    "tests/test_bot.py",
}
IMAGE = {"Dockerfile", ".dockerignore", "server.py"}


def files_of(folder: Path, name: str = "my-bot", deploy: Deploy = "none") -> dict[str, bytes]:
    return project_files(Template(folder.name, folder), shared_folder(), name, deploy)


def own_template(folder: Path, **files: str) -> Path:
    for name, text in {"main_py": "bot = 1\n", **files}.items():
        (folder / name.replace("_", ".")).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("deploy", "more"),
    [
        ("modal", {"modal_app.py"}),
        ("docker", IMAGE),
        ("fly", {*IMAGE, "fly.toml"}),
        ("render", {*IMAGE, "render.yaml"}),
        ("cloudrun", {*IMAGE, "service.yaml"}),
        ("none", set()),
    ],
)
def test_a_project_has_the_files_of_its_deployment(deploy: Deploy, more: set[str]) -> None:
    """What all have, and what that deployment needs; never template.toml."""
    template = find_template("echo")
    files = project_files(template, shared_folder(), "my-bot", deploy)
    assert set(files) == ALWAYS | more


def test_the_name_stands_where_it_belongs() -> None:
    """poe.toml, README.md, AGENTS.md and modal_app.py are those of this bot."""
    files = project_files(find_template("echo"), shared_folder(), "shouter.1", "modal")
    assert b'[bots."shouter.1"]' in files["poe.toml"]
    assert b'modal.App("shouter.1"' in files["modal_app.py"]
    assert files["README.md"].startswith(b"# shouter.1\n")
    assert not [path for path, content in files.items() if b"my-bot" in content]


def test_the_readme_has_its_sections_in_order() -> None:
    """What it shows, run, try, deploy, sync."""
    text = project_files(find_template("echo"), shared_folder(), "my-bot", "docker")["README.md"]
    headings = [line for line in text.decode().splitlines() if line.startswith("#")]
    assert headings == ["# my-bot", "## Run", "## Try", "## Deploy", "## Sync"]
    assert b"docker build" in text
    assert b"modal" not in text


def test_what_a_host_calls_the_bot_is_no_other_name_on_poe() -> None:
    """An image takes small letters only; settings are synced under the handle."""
    files = project_files(find_template("echo"), shared_folder(), "My-Bot.2", "docker")
    text = files["README.md"].decode()
    assert "docker build -t my-bot-2 ." in text
    assert "poe sync-settings My-Bot.2" in text


def test_a_heading_within_a_code_block_is_no_section(tmp_path: Path) -> None:
    """A comment of a shell block stays where it is."""
    own_template(tmp_path, README_md="# my-bot\n\n```sh\n## Try\n```\n\n## Notes\n\nmore\n")
    text = files_of(tmp_path)["README.md"].decode()
    assert "```sh\n## Try\n```" in text
    assert text.index("## Sync") < text.index("## Notes")


def test_requirements_are_joined_without_a_second_line_for_one_package(tmp_path: Path) -> None:
    """The template's own line wins."""
    own_template(tmp_path, requirements_txt="Fastapi_PoE==0.0.83\nhttpx>=0.27\n")
    assert files_of(tmp_path)["requirements.txt"] == b"Fastapi_PoE==0.0.83\nhttpx>=0.27\n"


@pytest.mark.parametrize("template", [t.name for t in all_templates()])
def test_a_templates_requirements_are_what_it_imports(template: str) -> None:
    """Each package that the bot imports, and none that it does not."""
    files = project_files(find_template(template), shared_folder(), "my-bot", "none")
    code = {path: PythonFile(text) for path, text in files.items() if path.endswith(".py")}
    own = {path.removesuffix(".py") for path in code}
    names = {
        name.partition(".")[0]
        for path, source in code.items()
        if not path.startswith("tests/")
        for name, level in source.imports()
        if level == 0
    }
    imported = names - own - set(sys.stdlib_module_names)
    required = [package_name(line) for line in files["requirements.txt"].decode().splitlines()]
    assert sorted(name.replace("-", "_") for name in required) == sorted(imported)


def test_a_template_of_ones_own_wins_over_what_is_shared(tmp_path: Path) -> None:
    """Its own files are taken as they are."""
    own_template(tmp_path, AGENTS_md="Ours.\n")
    assert files_of(tmp_path)["AGENTS.md"] == b"Ours.\n"


def test_a_folder_without_a_bot_is_no_template(tmp_path: Path) -> None:
    """main.py makes a template."""
    with pytest.raises(UsageError, match="is not a template"):
        files_of(tmp_path)


def test_keys_histories_and_links_are_left_out(tmp_path: Path) -> None:
    """Nothing private or from elsewhere gets into a project by way of a template."""
    own_template(tmp_path, _env="POE_ACCESS_KEY=x\n")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text("x")
    (tmp_path / "passwd").symlink_to("/etc/passwd")
    (tmp_path / "etc").symlink_to("/etc")
    assert set(read_folder(tmp_path)) == {"main.py"}


def test_a_folder_too_large_for_a_template_is_refused(tmp_path: Path) -> None:
    """A wrong --from copies no disk."""
    for number in range(MAX_FILES + 1):
        (tmp_path / f"{number}.txt").touch()
    with pytest.raises(UsageError, match="too large"):
        read_folder(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such bit")
def test_what_can_be_run_stays_so(tmp_path: Path) -> None:
    """The x bit of a script goes along, and no other file gets one."""
    template = tmp_path / "template"
    template.mkdir()
    (template / "run.sh").write_text("#!/bin/sh\n")
    (template / "run.sh").chmod(0o755)
    (template / "main.py").write_text("")
    write_project(tmp_path / "made", read_folder(template))
    found = {path.name: os.access(path, os.X_OK) for path in (tmp_path / "made").iterdir()}
    assert found == {"run.sh": True, "main.py": False}


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_links_are_named(tmp_path: Path) -> None:
    """What a project is made without is said."""
    (tmp_path / "main.py").write_text("")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "words").symlink_to("../main.py")
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "python").symlink_to("/usr/bin/python3")
    assert links_below(tmp_path) == ["sub/words"]


@pytest.mark.parametrize(
    ("deploy", "table"),
    [
        ("modal", DeployTable("modal", {"app": "My.Bot", "file": "modal_app.py"})),
        ("docker", DeployTable("docker", {"image": "my-bot"})),
        ("fly", DeployTable("fly", {"app": "my-bot"})),
        ("render", None),
        ("none", None),
    ],
)
@pytest.mark.parametrize("template", ["echo", "fastapi-app"])
def test_poe_deploy_finds_its_place(
    tmp_path: Path, template: str, deploy: Deploy, table: DeployTable | None
) -> None:
    """Every bot of a new project has a table for it, where poe can do it."""
    files = project_files(find_template(template), shared_folder(), "My.Bot", deploy)
    (tmp_path / "poe.toml").write_bytes(files["poe.toml"])
    bots = read_project(tmp_path / "poe.toml").bots.values()
    assert [bot.deploy for bot in bots] == [table] * len(bots)
