"""A new project as it will stand on disk, made in memory: relative path -> content.

The shared files are plain files of a project called ``my-bot``; the bot's name takes the place of
that word in the few files that hold it. No file has template syntax, so that every one can be
run, linted and read where it lies.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from poecli.config.requirements import package_name
from poecli.errors import UsageError
from poecli.scaffold.catalog import DESCRIPTION_FILE, Template
from poecli.scaffold.hosts import (
    HOST_FILES,
    Deploy,
    belongs,
    name_at,
    sections_of,
    with_deploy_tables,
    with_variables,
)
from poecli.scaffold.own_requirement import NAME, own_requirement
from poecli.system_errors import unusable

ProjectFiles = dict[str, bytes]


class Executable(bytes):
    """The content of a file that can be run."""

    __slots__ = ()


NAME_IN_FILES = "my-bot"
_NAMED_FILES = ("AGENTS.md", "modal_app.py", "poe.toml")
_PROJECT_FILE = "poe.toml"
_DEV_REQUIREMENTS = "requirements-dev.txt"
_SECTIONS = ("Run", "Try", "Deploy", "Sync")

# A template is small; these bounds keep a wrong --from from copying a whole disk.
MAX_FILES = 500
MAX_BYTES = 20_000_000
_LEFT_OUT = {".git", ".hg", ".svn", ".venv", "venv", "__pycache__", ".poe", ".env"}
_LEFT_OUT |= {"node_modules", ".mypy_cache", ".ruff_cache", ".pytest_cache", DESCRIPTION_FILE}


def project_files(template: Template, shared: Path, name: str, deploy: Deploy) -> ProjectFiles:
    """Every file of a new project. What the template has itself wins over what is shared.

    Raises UsageError for a folder that is no template.
    """
    own = read_folder(template.folder)
    if "main.py" not in own:
        raise UsageError(
            f"{template.folder} is not a template.",
            why="A template is a folder with the bot in main.py; a template.toml may describe it.",
            hint="poe new --list",
        )
    common = read_folder(shared)
    files = {**common, **own}
    files["requirements.txt"] = _requirements(common, own)
    if _DEV_REQUIREMENTS in common and _DEV_REQUIREMENTS not in own:
        files[_DEV_REQUIREMENTS] = _dev_requirements(common[_DEV_REQUIREMENTS])
    files["README.md"] = _readme(common, own, name, deploy)
    for file in _NAMED_FILES:
        if file in files:
            files[file] = _named(files[file], name)
    if _PROJECT_FILE in common:
        toml = files[_PROJECT_FILE].decode("utf-8", "replace")
        files[_PROJECT_FILE] = with_deploy_tables(toml, deploy, name).encode()
    for file in HOST_FILES:
        if file in common and file not in own:
            text = with_variables(files[file].decode(), own["main.py"].decode("utf-8", "replace"))
            files[file] = _named(text.encode(), name_at(deploy, name))
    return {path: files[path] for path in sorted(files) if belongs(path, deploy)}


def _named(content: bytes, name: str) -> bytes:
    return content.replace(NAME_IN_FILES.encode(), name.encode())


def links_below(folder: Path) -> list[str]:
    """The links of a template, which no project is made with: a link could point anywhere."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_symlink() and _LEFT_OUT.isdisjoint(path.relative_to(folder).parts)
    )


def read_folder(folder: Path) -> ProjectFiles:
    """The files below a folder, without links, caches, histories and keys.

    Raises UsageError when it can't be read or is too large for a template.
    """
    files: ProjectFiles = {}
    pending = [folder]
    try:
        while pending:
            for entry in sorted(pending.pop().iterdir()):
                # A link could point anywhere on this machine.
                if entry.name in _LEFT_OUT or entry.is_symlink():
                    continue
                if entry.is_dir():
                    pending.append(entry)
                elif entry.is_file():
                    files[entry.relative_to(folder).as_posix()] = _read(entry, files)
    except OSError as error:
        raise unusable(error.filename or folder, "read", error) from error
    return files


def _read(file: Path, already: ProjectFiles) -> bytes:
    size = file.stat().st_size + sum(map(len, already.values()))
    if len(already) >= MAX_FILES or size > MAX_BYTES:
        raise UsageError(
            f"{file.parent} is too large for a template.",
            why=f"A template has at most {MAX_FILES} files and {MAX_BYTES // 1_000_000} MB.",
        )
    content = file.read_bytes()
    return Executable(content) if os.access(file, os.X_OK) and os.name != "nt" else content


def _requirements(common: ProjectFiles, own: ProjectFiles) -> bytes:
    lines = own.get("requirements.txt", b"").decode("utf-8", "replace").splitlines()
    known = {package_name(line) for line in lines}
    shared = common.get("requirements.txt", b"").decode().splitlines()
    lines += [line for line in shared if package_name(line) not in known]
    return ("\n".join(sorted(lines, key=str.casefold)) + "\n").encode()


def _dev_requirements(shared: bytes) -> bytes:
    """With poecli as pip can find it."""
    lines = shared.decode().splitlines()
    found = (own_requirement() if package_name(line) == NAME else line for line in lines)
    return ("\n".join(found) + "\n").encode()


def _readme(common: ProjectFiles, own: ProjectFiles, name: str, deploy: Deploy) -> bytes:
    """What the template shows and how to try it, within the sections that all share."""
    texts = _sections(common.get("README.md", b"")) | _sections(own.get("README.md", b""))
    how = "".join(texts.get(title, "") for title in sections_of(deploy))
    sections = {title: text.replace(NAME_IN_FILES, name) for title, text in texts.items()}
    sections.setdefault("Deploy", how.replace(NAME_IN_FILES, name_at(deploy, name)))
    parts = [sections.pop("", "").strip() or f"# {name}"]
    parts += [f"## {title}\n\n{sections[title].strip()}" for title in _order(sections)]
    return ("\n\n".join(parts) + "\n").encode()


def _order(sections: Mapping[str, str]) -> list[str]:
    rest = [t for t in sections if t not in _SECTIONS and not t.startswith("Deploy: ")]
    return [title for title in _SECTIONS if sections.get(title)] + rest


def _sections(markdown: bytes) -> dict[str, str]:
    """Second-level headings and their text; "" holds what comes before the first."""
    title, sections, fenced = "", {"": ""}, False
    for line in markdown.decode("utf-8", "replace").splitlines(keepends=True):
        fenced ^= line.startswith("```")
        if line.startswith("## ") and not fenced:
            title = line[3:].strip()
            sections[title] = ""
        else:
            sections[title] += line
    return sections
