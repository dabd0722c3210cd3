"""Fly. The machines are replaced one after the other, as fly.toml says."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from poecli.config.builds import BUILD_VARIABLE
from poecli.deploy.providers.provider import Action, Before, Command, Provider

_DONE = ("complete", "succeeded")


@dataclass(frozen=True)
class Fly(Provider):
    """``file`` is another configuration than fly.toml."""

    app: str
    file: str = ""

    url = re.compile(r"app at\s+(https?://\S+)")

    @property
    def default_url(self) -> str:
        """The name that every app gets."""
        return f"https://{self.app}.fly.dev/"

    def question(self) -> Command:
        """Its releases with their images."""
        return Command(("fly", "releases", "--app", self.app, "--image", "--json"))

    def version_in(self, answer: str) -> str:
        """The image of the newest release that came to its end."""
        releases = json.loads(answer) or []
        done = [each for each in releases if str(each.get("Status")) in _DONE]
        return next((str(each["ImageRef"]) for each in done if each.get("ImageRef")), "")

    def secrets(self) -> Command:
        """Staged: they take effect with the deploy that follows."""
        words = ("fly", "secrets", "import", "--app", self.app, "--stage")
        return Command(words, reads_secrets=True)

    def encoded(self, variables: Mapping[str, str]) -> bytes:
        """As flyctl's own parser reads it: one pair of quotes goes, three hold several lines."""
        marks = {name: '"""' if "\n" in value else '"' for name, value in variables.items()}
        lines = (f"{n}={marks[n]}{value}{marks[n]}\n" for n, value in variables.items())
        return "".join(lines).encode()

    def actions(self, build: str, before: Before) -> Sequence[Action]:
        """One deploy; one that fails may leave machines of both versions."""
        del before
        return [Action("deploy", (self._deploy(build),), goes_live=True)]

    def undo(self, build: str, before: Before) -> Sequence[Command]:
        """The image before: Fly has no other way back."""
        del build
        known = before.version
        return [self._deploy(before.build, "--image", known)] if known else []

    def _deploy(self, build: str, *more: str) -> Command:
        config = ("--config", self.file) if self.file else ()
        env = ("--env", f"{BUILD_VARIABLE}={build}") if build else ()
        return Command(("fly", "deploy", "--app", self.app, *config, *env, *more, "--yes"))
