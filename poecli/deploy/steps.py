"""The steps of a deploy, in order, and how each one's outcome is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from poecli.config.project import BotEntry
from poecli.deploy.deployment import Deployment
from poecli.deploy.providers.provider import Before, Command
from poecli.errors import PoeCliError
from poecli.poe_pages import ACCESS_KEY_PAGE

SKIPPABLE = ("check", "tests", "sync")


class StepOutcome(Enum):
    """What became of a step."""

    DONE = "done"
    EARLIER = "done earlier"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True)
class StepDone:
    """A step that is over: what it found, in seconds."""

    name: str
    outcome: StepOutcome
    says: str
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            "step": self.name,
            "outcome": self.outcome.value,
            "says": self.says,
            "seconds": round(self.seconds, 3),
        }


@dataclass
class DeployResult:
    """What a deploy came to; filled step by step. ``rolled_back`` is None where nothing was."""

    deployment: Deployment
    build: str
    steps: list[StepDone] = field(default_factory=list)
    urls: dict[str, str] = field(default_factory=dict)
    proof: str = ""
    answers_as: str = ""
    slowest: float | None = None
    enter: list[dict[str, str]] = field(default_factory=list)
    rolled_back: bool | None = None
    error: PoeCliError | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "bots": [bot.name for bot in self.deployment.bots],
            "to": self.deployment.table.to,
            "build": self.build,
            "ok": self.error is None,
            "urls": self.urls,
            "proof": self.proof or None,
            "slowest_answer_seconds": self.slowest and round(self.slowest, 3),
            "enter_on_poe": self.enter,
            "rolled_back": self.rolled_back,
            "steps": [step.as_json() for step in self.steps],
            "error": self.error.as_json() if self.error else None,
        }


@dataclass(frozen=True)
class Planned:
    """A step that will be taken: what it does, and its commands."""

    name: str
    does: str
    commands: tuple[Command, ...] = ()


def planned(deployment: Deployment, build: str) -> Iterator[Planned]:
    """Every step, for someone who wants to know before."""
    provider = deployment.provider
    yield Planned("check", "the project keeps Poe's protocol, as by poe check")
    yield Planned("tests", "its tests pass, where it has some")
    yield Planned("keys", "each bot has its access key, and no key is in a file that git tracks")
    question, secrets = provider.question(), provider.secrets()
    yield Planned("now", "what is deployed now", (question,) if question else ())
    if secrets is not None:
        yield Planned("secrets", "the bot's variables, from .env and the environment", (secrets,))
    for action in provider.actions(build, Before()):
        yield Planned(action.name, "by the provider's own program", action.commands)
    yield Planned("url", "where it is, kept in poe.toml")
    yield Planned("wait", "until the new code answers")
    yield Planned("probe", "a wrong key refused, answers streamed, as by poe check URL")
    yield Planned("sync", "Poe fetches the settings, which are then compared")


def to_enter(bot: BotEntry, url: str) -> dict[str, str]:
    """What a person enters on poe.com, which has no API for it; the key only by its name."""
    page = ACCESS_KEY_PAGE.format(bot=bot.name)
    return {"bot": bot.name, "page": page, "server_url": url, "access_key": bot.access_key_env}
