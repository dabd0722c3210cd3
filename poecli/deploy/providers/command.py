"""Whatever else the author runs: three lines for the shell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from poecli.deploy.providers.provider import Action, Before, Command, Provider


@dataclass(frozen=True)
class OwnCommand(Provider):
    """In ``line`` {build} is the new build, in ``rollback`` the one before.

    ``reader`` gets the bot's variables as lines of .env on its standard input.
    """

    line: str
    rollback: str = ""
    reader: str = ""

    def secrets(self) -> Command | None:
        """The author's own way to put them there."""
        return Command(self.reader, reads_secrets=True) if self.reader else None

    def actions(self, build: str, before: Before) -> Sequence[Action]:
        """One line: nobody can tell how far it came when it fails, so it is not undone."""
        del before
        return [Action("deploy", (Command(self.line.replace("{build}", build)),))]

    def undo(self, build: str, before: Before) -> Sequence[Command]:
        """The line for it, where there is one and something to go back to."""
        del build
        known = self.rollback and before.build
        return [Command(self.rollback.replace("{build}", before.build))] if known else []
