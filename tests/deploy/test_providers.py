"""What each provider's program is told, held against the program's own parser where it is here."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from poecli.config.deploy_table import DeployTable
from poecli.deploy.providers.choice import provider_of
from poecli.deploy.providers.fly import Fly
from poecli.deploy.providers.provider import Before, Command, Provider

BUILD = "0123456789ab"
BEFORE = Before("v3", "ba9876543210")
DOCKER = {"image": "example.com/me/bot"}
RUN = {**DOCKER, "push": True, "run": "ssh host ./start {image}"}
OWN = {"command": "./go {build}", "rollback": "./back {build}", "secrets": "./keys"}


def provider(to: str, settings: Mapping[str, Any]) -> Provider:
    return provider_of(DeployTable(to, settings), "my-bot")


def shown(commands: list[Command]) -> list[str]:
    return [str(command) for command in commands]


def everything(to: str, settings: Mapping[str, Any], before: Before = BEFORE) -> list[str]:
    """All that is run in a deploy, and what undoes it."""
    made = provider(to, settings)
    asked = [command for command in (made.question(), made.secrets()) if command]
    acts = [c for action in made.actions(BUILD, before) for c in action.commands]
    return shown([*asked, *acts, *made.undo(BUILD, before)])


STOPPED = (
    "docker container prune --force --filter label=poe.bot=my-bot --filter label!=poe.container=v3"
)
STARTED = (
    f"docker run --detach --name my-bot-{BUILD} --label poe.bot=my-bot --label poe.build={BUILD} "
    f'--label poe.container=my-bot-{BUILD} --env-file "<SECRETS>" --env POE_BUILD={BUILD} '
    "--env PORT=8080 --publish 8080:8080 "
    f"--restart unless-stopped --stop-timeout 660 example.com/me/bot:{BUILD}"
)


FLY_BACK = (
    "fly deploy --app my-bot --config prod.toml --env POE_BUILD=ba9876543210 --image v3 --yes"
)


@pytest.mark.parametrize(
    ("to", "settings", "commands"),
    [
        (
            "modal",
            {"app": "an-app"},
            [
                "modal app history an-app --json",
                'modal secret create an-app --from-json "<SECRETS>" --force',
                f"modal deploy modal_app.py --name an-app --tag {BUILD}",
                "modal app rollback an-app v3",
            ],
        ),
        (
            "fly",
            {"file": "prod.toml"},
            [
                "fly releases --app my-bot --image --json",
                "fly secrets import --app my-bot --stage",
                f"fly deploy --app my-bot --config prod.toml --env POE_BUILD={BUILD} --yes",
                FLY_BACK,
            ],
        ),
        (
            "docker",
            DOCKER,
            [
                'docker ps --filter label=poe.bot=my-bot --format "{{.Names}}"',
                f"docker build --tag example.com/me/bot:{BUILD} .",
                STOPPED,
                f"docker rm --force my-bot-{BUILD}",
                "docker stop -t 660 v3",
                STARTED,
                f"docker rm --force my-bot-{BUILD}",
                "docker start v3",
            ],
        ),
        (
            "docker",
            RUN,
            [
                f"docker build --tag example.com/me/bot:{BUILD} .",
                f"docker push example.com/me/bot:{BUILD}",
                f"ssh host ./start example.com/me/bot:{BUILD}",
                "ssh host ./start example.com/me/bot:ba9876543210",
            ],
        ),
        ("command", OWN, ["./keys", f"./go {BUILD}", "./back ba9876543210"]),
    ],
)
def test_what_is_run(to: str, settings: Mapping[str, Any], commands: list[str]) -> None:
    """In order: what is asked, the secrets, the deploy, the way back."""
    assert everything(to, settings) == commands


@pytest.mark.parametrize("to_and_settings", [("modal", {}), ("fly", {}), ("docker", RUN)])
def test_a_first_deploy_has_no_way_back(to_and_settings: tuple[str, Mapping[str, Any]]) -> None:
    """There is nothing to bring back."""
    assert provider(*to_and_settings).undo(BUILD, Before()) == []


def test_another_machine_is_named_to_docker() -> None:
    """By its own option, in front of each command."""
    commands = everything("docker", {**DOCKER, "host": "ssh://me@host"}, Before())
    assert {c.split(" ", 3)[2] for c in commands} == {"ssh://me@host"}


def test_the_same_build_once_more_gets_another_container() -> None:
    """Two containers can't have one name, and the old one is needed for the way back."""
    commands = everything("docker", DOCKER, Before(f"my-bot-{BUILD}"))
    assert f"--name my-bot-{BUILD}-again " in commands[5]


VALUES = {"PLAIN": "abc", "QUOTES": "a\"b'c", "HASH": " #${x} "}


@pytest.mark.parametrize(
    ("to", "settings", "text"),
    [
        ("modal", {}, r'{"PLAIN": "abc", "QUOTES": "a\"b' + "'c" + r'", "HASH": " #${x} "}'),
        ("fly", {}, 'PLAIN="abc"\nQUOTES="a"b\'c"\nHASH=" #${x} "\n'),
        ("docker", DOCKER, "PLAIN=abc\nQUOTES=a\"b'c\nHASH= #${x} \n"),
        ("command", OWN, "PLAIN=abc\nQUOTES='a\"b\\'c'\nHASH=' #${x} '\n"),
    ],
)
def test_values_arrive_as_they_are(to: str, settings: Mapping[str, Any], text: str) -> None:
    """Each program reads its input by other rules."""
    assert provider(to, settings).encoded(VALUES).decode() == text


def test_what_docker_cannot_take_is_refused() -> None:
    """A line of its file is a variable."""
    with pytest.raises(ValueError, match="PEM: its value has more than one line"):
        provider("docker", DOCKER).encoded({"PEM": "a\nb"})


RELEASES = """[{"Version": 3, "Status": "failed", "ImageRef": "i3"},
 {"Version": 2, "Status": "complete", "ImageRef": "i2"}]"""


@pytest.mark.parametrize(
    ("to", "answer", "version"),
    [
        ("modal", '[{"Version": "v12", "Tag": "x"}, {"Version": "v11"}]', "v12"),
        ("modal", "[]", ""),
        (
            "fly",
            RELEASES,
            "i2",
        ),
        ("fly", "null", ""),
        ("docker", "my-bot-0123\nmy-bot-0000\n", "my-bot-0123"),
        ("docker", "\n", ""),
    ],
)
def test_what_is_deployed_now_is_read(to: str, answer: str, version: str) -> None:
    """From what the program prints for scripts."""
    settings = DOCKER if to == "docker" else {}
    assert provider(to, settings).version_in(answer) == version


@pytest.mark.parametrize(
    ("to", "line", "url"),
    [
        (
            "modal",
            "├── 🔨 Created web function fastapi_app => https://me--my-bot-fastapi-app.modal.run",
            "https://me--my-bot-fastapi-app.modal.run",
        ),
        ("modal", "View Deployment: https://modal.com/apps/me/main/deployed/my-bot", None),
        ("fly", "Visit your newly deployed app at https://x.fly.dev/", "https://x.fly.dev/"),
        ("fly", "Monitor at: https://fly.io/apps/x/monitoring", None),
        ("command", 'see "https://bot.example.com/", it is up', "https://bot.example.com/"),
    ],
)
def test_the_url_is_found(to: str, line: str, url: str | None) -> None:
    """A provider's own pages are none of the bot's."""
    settings = OWN if to == "command" else {}
    assert (provider(to, settings).url.findall(line) or [None])[-1] == url


def test_an_app_on_fly_has_a_name_there() -> None:
    """Where the output has none, since Fly calls it by the app."""
    assert Fly("my-app").default_url == "https://my-app.fly.dev/"


@pytest.fixture
def modal_program() -> Iterator[Any]:
    """The real one, which the tests that follow in this process find not imported."""
    yield pytest.importorskip("modal.cli.entry_point").entrypoint_cli
    for name in [name for name in sys.modules if name.partition(".")[0] == "modal"]:
        del sys.modules[name]


def test_modal_itself_takes_what_it_is_told(modal_program: Any) -> None:
    """Read by the real program's own parser, which runs nothing."""
    made = provider("modal", {"app": "an-app", "file": __file__})
    asked = [made.question(), made.secrets(), made.actions(BUILD, BEFORE)[0].commands[0]]
    for command in [*asked, *made.undo(BUILD, BEFORE)]:
        assert command
        parsed(modal_program, list(command.words[1:]))


def parsed(command: Any, words: list[str]) -> None:
    """Into groups and on to the command; a word that it does not know is an error."""
    context = command.make_context("modal", words)
    if rest := [*context._protected_args, *context.args]:
        _, inner, words = command.resolve_command(context, rest)
        parsed(inner, words)
