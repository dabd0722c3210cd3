"""A bare `poe`: what is here, and what to type next."""

from __future__ import annotations

from pathlib import Path

from poecli.config.project import FILE_NAME, project_or_why


def situation(folder: Path) -> list[str]:
    """The lines for someone who stands in the folder."""
    project, error = project_or_why(folder)
    if error is not None:
        return [
            f"{FILE_NAME} can't be used.",
            *(f"  {line}" for line in (error.message, error.why, error.hint) if line),
            "Next:  fix it, then type poe again",
            "       poe --help  everything else",
        ]
    if project.file is not None:
        bots = ", ".join(project.bots) or "no bot listed yet"
        return [
            f"{FILE_NAME} in {project.root}: {bots}.",
            "Next:  poe dev      run it; every save reloads it",
            "       poe chat .   talk to it",
            "       poe check .  check it against Poe's protocol",
        ]
    return _without_project(folder)


def _without_project(folder: Path) -> list[str]:
    from poecli.config.target import NoBotFound, SeveralBots, Target
    from poecli.suggestions import shell_word

    try:
        found = Target.parse(".", folder).file.name
    except SeveralBots as several:
        names = several.detail.splitlines()
        return [
            f"Several files with a bot here, and no {FILE_NAME}: {', '.join(names)}.",
            f"Next:  poe dev {shell_word(names[0])}   run one of them",
            f"       poe init  write a {FILE_NAME} for all of them",
        ]
    except NoBotFound:
        found = ""
    if found:
        return [
            f"A bot in {found}, and no {FILE_NAME}.",
            "Next:  poe dev   run the bot that is here",
            f"       poe init  write a {FILE_NAME} for it",
        ]
    return [
        "No bot in this folder yet.",
        "Next:  poe new         choose a template",
        "       poe new --list  see them all",
        "       poe --help      everything else",
    ]
