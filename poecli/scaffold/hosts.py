"""Where a project is to run, and what it gets for that: files, and names that the host allows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from poecli.config.builds import BUILD_VARIABLE
from poecli.config.project import DEFAULT_ACCESS_KEY_VARIABLE

Deploy = Literal["modal", "docker", "fly", "render", "cloudrun", "none"]
# Of hosts that take an image.
HOST_FILES: Mapping[str, Deploy] = {
    "fly.toml": "fly",
    "render.yaml": "render",
    "service.yaml": "cloudrun",
}
_IMAGE: tuple[Deploy, ...] = ("docker", *HOST_FILES.values())
_FILES: Mapping[str, tuple[Deploy, ...]] = {
    "modal_app.py": ("modal",),
    **dict.fromkeys(("Dockerfile", ".dockerignore", "server.py"), _IMAGE),
    **{file: (host,) for file, host in HOST_FILES.items()},
}
_OWN_PROXY: tuple[Deploy, ...] = ("docker", "none")  # the others bring one
_DEPLOYED: Mapping[str, str] = {
    "modal": 'app = "{name}"\nfile = "modal_app.py"',
    "docker": 'image = "{name}"',
    "fly": 'app = "{name}"',
}
_READS = re.compile(r"""\benviron(?:\.get\(|\[)["'](\w+)""")
_NAME_MAX = 40  # of 49 on Cloud Run, which adds to it


def belongs(path: str, deploy: Deploy) -> bool:
    """Whether a project with that deployment has the file."""
    return deploy in _FILES.get(path, (deploy,))


def sections_of(deploy: Deploy) -> tuple[str, ...]:
    """The sections of the shared README that tell how it is deployed."""
    proxy = ("Deploy: proxy",) if deploy in _OWN_PROXY else ()
    return (f"Deploy: {deploy}", *proxy)


def name_at(deploy: Deploy, handle: str) -> str:
    """What the bot is called there: hosts of images take small letters, digits and dashes."""
    if deploy not in _IMAGE:
        return handle
    name = re.sub(r"[^a-z0-9]+", "-", handle.lower()).strip("-")[:_NAME_MAX].rstrip("-")
    return name if name[:1].isalpha() else f"bot-{name}"


def with_variables(text: str, bot: str) -> str:
    """A host's file with all variables that the bot's source reads.

    The lines of the access key are the file's last; they are said again for each other variable.
    """
    if DEFAULT_ACCESS_KEY_VARIABLE not in text:
        return text
    entry = text[text.rindex("\n", 0, text.index(DEFAULT_ACCESS_KEY_VARIABLE)) + 1 :]
    read = dict.fromkeys(name for name in _READS.findall(bot) if name != BUILD_VARIABLE)
    others = [each for each in read if each not in entry]
    return text + "".join(entry.replace(DEFAULT_ACCESS_KEY_VARIABLE, each) for each in others)


def with_deploy_tables(poe_toml: str, deploy: Deploy, handle: str) -> str:
    """The project file with a table for `poe deploy` behind that of each bot, where it can go."""
    if deploy not in _DEPLOYED:
        return poe_toml
    keys = _DEPLOYED[deploy].format(name=name_at(deploy, handle))
    table = rf'\n[bots.\1.deploy] # what `poe deploy` does\nto = "{deploy}"\n{keys}\n'
    of_a_bot = re.compile(r"^\[bots\.([^\].\"]+|\"[^\"]*\")\].*\n(?:.+\n)*", re.MULTILINE)
    return of_a_bot.sub(rf"\g<0>{table}", poe_toml)
