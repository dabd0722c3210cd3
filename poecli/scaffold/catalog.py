"""The templates that come with the package: one folder each, described by its template.toml."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from poecli.config.toml_tables import TomlFile
from poecli.errors import UsageError
from poecli.resources import data_folder
from poecli.suggestions import did_you_mean

DESCRIPTION_FILE = "template.toml"
SHARED_FOLDER = "_shared"


@dataclass(frozen=True)
class Template:
    """A folder of files to start a project from. ``guide`` is the title in Poe's guides."""

    name: str
    folder: Path
    description: str = ""
    guide: str = ""
    aliases: tuple[str, ...] = ()
    order: int = 0

    def as_json(self) -> dict[str, Any]:
        """What ``poe new --list --json`` says of it."""
        return {
            "name": self.name,
            "description": self.description,
            "aliases": list(self.aliases),
            "guide": self.guide,
        }


def shared_folder() -> Path:
    """The files that all projects have in common."""
    return data_folder("scaffolds") / SHARED_FOLDER


def all_templates() -> list[Template]:
    """Every template of the package, in the order in which to learn from them."""
    files = data_folder("scaffolds").glob(f"*/{DESCRIPTION_FILE}")
    return sorted((read_template(file.parent) for file in files), key=lambda t: (t.order, t.name))


def read_template(folder: Path) -> Template:
    """A template from its folder; without a template.toml it has only its name.

    Raises ProjectFileError for a template.toml that can't be used.
    """
    file = folder / DESCRIPTION_FILE
    if not file.is_file():
        return Template(name=folder.name, folder=folder)
    table = TomlFile.read(file).tables
    aliases = table.get("aliases", ())
    return Template(
        name=folder.name,
        folder=folder,
        description=str(table.get("description", "")),
        guide=str(table.get("guide", "")),
        aliases=tuple(str(alias) for alias in aliases) if isinstance(aliases, list) else (),
        order=int(table["order"]) if isinstance(table.get("order"), int) else 0,
    )


def find_template(word: str) -> Template:
    """The template of that name or alias. Raises UsageError with a did-you-mean."""
    templates = all_templates()
    by_word = {alias: t for t in templates for alias in (t.name, *t.aliases)}
    found = by_word.get(word.strip().casefold())
    if found is None:
        raise UsageError(
            f"There is no template {word!r}.",
            why=did_you_mean(word, by_word),
            hint="poe new --list",
        )
    return found
