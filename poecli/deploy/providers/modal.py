"""Modal. A deploy is rolling there: the old containers answer until the new ones can.

https://modal.com/docs/guide/managing-deployments
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from poecli.deploy.providers.provider import SECRETS_FILE, Action, Before, Command, Provider


@dataclass(frozen=True)
class Modal(Provider):
    """``secret`` is the name of the secret that the file asks for."""

    app: str
    file: str = "modal_app.py"
    secret: str = ""

    url = re.compile(r"=>\s*(https?://\S+)")

    def question(self) -> Command:
        """Its history of versions."""
        return Command(("modal", "app", "history", self.app, "--json"))

    def version_in(self, answer: str) -> str:
        """The newest version, such as v3."""
        rows = json.loads(answer)
        return str(rows[0]["Version"]) if rows else ""

    def secrets(self) -> Command:
        """JSON, since `--from-dotenv` would expand a ``${`` within a value."""
        name = self.secret or self.app
        words = ("modal", "secret", "create", name, "--from-json", SECRETS_FILE, "--force")
        return Command(words)

    def encoded(self, variables: Mapping[str, str]) -> bytes:
        """One JSON object."""
        return json.dumps(dict(variables)).encode()

    def actions(self, build: str, before: Before) -> Sequence[Action]:
        """One deploy, which Modal does whole or not at all."""
        del before
        words = ("modal", "deploy", self.file, "--name", self.app, "--tag", build)
        return [Action("deploy", (Command(words),))]

    def undo(self, build: str, before: Before) -> Sequence[Command]:
        """The version before, which becomes a new one."""
        del build
        words = ("modal", "app", "rollback", self.app, before.version)
        return [Command(words)] if before.version else []
