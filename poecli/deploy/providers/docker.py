"""Docker: an image of the project, run on this machine or another, or by a command of the author's.

One machine has one port for the bot, so the new container starts when the old one has ended its
answers. A platform that runs images (``run``) can do both at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from poecli.config.builds import BUILD_VARIABLE
from poecli.deploy.providers.provider import SECRETS_FILE, Action, Before, Command, Provider

# Poe allows an answer 600 s; `docker stop` alone 10.
_STOP_SECONDS = "660"
_PORT = "8080"  # within the container


@dataclass(frozen=True)
class Docker(Provider):
    """``name`` tells the project's containers from others; ``host`` is a docker daemon's address.

    ``run`` is a line for the shell in which {image} is the new image.
    """

    name: str
    image: str
    push: bool = False
    run: str = ""
    host: str = ""
    port: int = int(_PORT)

    def question(self) -> Command | None:
        """The container that runs."""
        if self.run:
            return None
        return self._docker(
            "ps", "--filter", f"label=poe.bot={self.name}", "--format", "{{.Names}}"
        )

    def version_in(self, answer: str) -> str:
        """Its name."""
        return answer.split(maxsplit=1)[0] if answer.split() else ""

    def encoded(self, variables: Mapping[str, str]) -> bytes:
        """What follows the first = up to the end of the line is the value, quotes and all."""
        for name, value in variables.items():
            if "\n" in value:
                raise ValueError(f"docker can't take {name}: its value has more than one line")
        return "".join(f"{name}={value}\n" for name, value in variables.items()).encode()

    def actions(self, build: str, before: Before) -> Sequence[Action]:
        """Build, push where it is asked for, and start."""
        image = self._tagged(build)
        actions = [Action("build", (self._docker("build", "--tag", image, "."),))]
        if self.push:
            actions.append(Action("push", (self._docker("push", image),)))
        commands = self._by_command(build) if self.run else self._on_the_host(build, before)
        return [*actions, Action("start", tuple(commands), goes_live=True)]

    def undo(self, build: str, before: Before) -> Sequence[Command]:
        """The image before by ``run``; else the container before, which was only stopped."""
        if self.run:
            return self._by_command(before.build) if before.build else []
        if not before.version:
            return []
        remove = self._docker("rm", "--force", self._container(build, before), may_fail=True)
        return [remove, self._docker("start", before.version)]

    def _by_command(self, build: str) -> list[Command]:
        return [Command(self.run.replace("{image}", self._tagged(build)))]

    def _on_the_host(self, build: str, before: Before) -> list[Command]:
        name = self._container(build, before)
        # Of those that were stopped earlier only the way back is needed, also of a deploy that was
        # cut off after it had stopped that one.
        spared = ("--filter", f"label!=poe.container={before.version}")
        filters = ("--filter", f"label=poe.bot={self.name}", *(spared if before.version else ()))
        commands = [
            self._docker("container", "prune", "--force", *filters),
            self._docker("rm", "--force", name, may_fail=True),
        ]
        if before.version:
            commands.append(self._docker("stop", "-t", _STOP_SECONDS, before.version))
        labels = (f"poe.bot={self.name}", f"poe.build={build}", f"poe.container={name}")
        labeled = (word for label in labels for word in ("--label", label))
        named = ("--name", name, *labeled, "--env-file", SECRETS_FILE)
        values = ("--env", f"{BUILD_VARIABLE}={build}", "--env", f"PORT={_PORT}")
        kept = ("--restart", "unless-stopped", "--stop-timeout", _STOP_SECONDS)
        placed = ("--publish", f"{self.port}:{_PORT}", *kept, self._tagged(build))
        return [*commands, self._docker("run", "--detach", *named, *values, *placed)]

    def _container(self, build: str, before: Before) -> str:
        """A name of its own, also when the same build is deployed once more."""
        name = f"{self.name}-{build}"
        return f"{name}-again" if name == before.version else name

    def _tagged(self, build: str) -> str:
        return f"{self.image}:{build}"

    def _docker(self, *words: str, may_fail: bool = False) -> Command:
        host = ("--host", self.host) if self.host else ()
        return Command(("docker", *host, *words), may_fail=may_fail)
