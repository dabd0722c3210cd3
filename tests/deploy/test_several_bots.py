"""One project in three places: `poe deploy --all`, `poe status`, and the way back from each."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass

import pytest

from poecli.deploy.record import deploying
from poecli.errors import ExitCode
from tests.deploy.cloud import KEY, QUICK, WORKS_HERE_ONLY, Cloud, Project
from tests.poe import Ran
from tests.servers import closed_port

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the datacenter forks")
POE_TOML = """\
[bots.on-modal]

[bots.on-modal.deploy]
to = "modal"
file = "main.py"

[bots.on-fly.deploy]
to = "fly"

[bots.on-docker]
url = "http://127.0.0.1:{port}/"

[bots.on-docker.deploy]
to = "docker"
image = "me/word"
port = {port}

[bots.nowhere]
"""
OWN = """\
[bots.by-command.deploy]
to = "command"
command = "fly deploy --app own --env POE_BUILD={build} --yes"
rollback = "fly deploy --app own --env POE_BUILD={build} --image image:0 --yes"
secrets = "fly secrets import --app own --stage"
"""
NAMES = ["on-modal", "on-fly", "on-docker"]


@dataclass(frozen=True)
class AllDeployed:
    """What `poe deploy --all` did, and where."""

    project: Project
    ran: Ran


@pytest.fixture(scope="module")
def deployed(cloud: Cloud) -> AllDeployed:
    """Once for all tests of the file that one process runs, in whatever order."""
    made = Project(cloud.folder / "projects" / "word", cloud)
    made.poe_toml(POE_TOML.format(port=closed_port()))
    return AllDeployed(made, made.poe("deploy", "--all", *QUICK, "--json"))


@pytest.fixture
def project(deployed: AllDeployed) -> Project:
    """It is live in three places; its files are what was deployed."""
    deployed.project.save("one")
    return deployed.project


def test_before_a_deploy_there_is_nothing_to_compare(cloud: Cloud) -> None:
    """A bot without a URL is no fault, and one at which nobody answers is."""
    project = Project(cloud.folder / "projects" / "before", cloud)
    project.poe_toml(POE_TOML.format(port=closed_port()))

    ran = project.poe("status")

    assert ran.code == ExitCode.NOT_REACHABLE
    assert ran.stdout.splitlines()[1:] == [
        "on-modal   not deployed",
        "on-fly     not deployed",
        "on-docker  no",
        "nowhere    not deployed",
    ]


def test_all_are_deployed_with_one_command(deployed: AllDeployed) -> None:
    """Each by its own provider; one without a place is named."""
    ran = deployed.ran

    assert ran.code == ExitCode.DONE, ran.stderr
    assert "Not deployed, since poe.toml does not say where: nowhere." in ran.stderr
    deploys = json.loads(ran.stdout)["deploys"]
    assert [each["bots"] for each in deploys] == [[name] for name in NAMES]
    assert [each["proof"] for each in deploys] == ["build"] * 3
    assert [deployed.project.answer(bot=name) for name in NAMES] == ["one"] * 3


def test_what_is_live_is_what_is_here(project: Project) -> None:
    """Every bot answers, with this build, this key and the synced settings."""
    ran = project.poe("status", "--json")

    assert ran.code == ExitCode.DONE, ran.stdout
    told = {each["bot"]: each for each in json.loads(ran.stdout)["bots"]}
    assert [told[name]["is_build"] for name in NAMES] == ["this checkout"] * 3
    assert [told[name]["key"] for name in NAMES] == ["right"] * 3
    assert [told[name]["drift"] for name in NAMES] == [0] * 3
    assert [told[name]["deployed"]["to"] for name in NAMES] == ["modal", "fly", "docker"]


def test_changed_code_is_drift(project: Project) -> None:
    """Code 7, and what to type."""
    project.save("two")

    ran = project.poe("status")

    assert ran.code == ExitCode.DRIFT
    assert ran.stdout.splitlines()[1].split()[3:] == (
        ["another", "right", "in", "step", "just", "now,", "modal"]
    )
    assert "the code here is not what is live. try: poe deploy on-modal" in ran.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nowhere"], "poe.toml does not say where nowhere is deployed."),
        (["on-modul"], "poe.toml has no bot 'on-modul'."),
        ([], "No bot was given."),
        (["--all", "on-fly"], "--all can't be combined with names."),
        (["on-fly", "--skip", "test"], "The step 'test' can't be left out."),
    ],
)
def test_what_cannot_be_meant_is_refused(project: Project, words: list[str], says: str) -> None:
    """Before anything is begun, with what to type instead."""
    ran = project.poe("deploy", *words)

    assert ran.code == ExitCode.USAGE
    assert f"error: {says}" in ran.stderr
    assert "try: " in ran.stderr


def test_a_step_that_is_left_out_is_not_planned(project: Project) -> None:
    """--dry-run names what will be done, and nothing else."""
    ran = project.poe("deploy", "on-fly", "--dry-run", *QUICK, "--skip", "sync", "--json")

    assert [step["step"] for step in json.loads(ran.stdout)["steps"]] == (
        ["keys", "now", "secrets", "deploy", "url", "wait", "probe"]
    )


@pytest.mark.parametrize("bot", ["on-fly", "on-docker"])
def test_each_has_its_way_back(project: Project, bot: str) -> None:
    """By the image before, and by the container before."""
    project.save("three", WORKS_HERE_ONLY)

    ran = project.poe("deploy", bot, *QUICK)

    assert ran.code == ExitCode.AT_FAULT
    assert "It was rolled back" in ran.stderr
    assert project.answer(bot=bot) == "one"


def test_what_was_cut_off_keeps_its_way_back(project: Project) -> None:
    """The old container was stopped and the new one not started: neither stands in the way."""
    project.save("two")
    project.cloud.mood("cut off")
    first = project.poe("deploy", "on-docker", *QUICK)
    project.cloud.mood("")
    project.save("three", WORKS_HERE_ONLY)

    second = project.poe("deploy", "on-docker", *QUICK)

    assert first.code == ExitCode.INTERRUPTED
    assert "The same `poe deploy` goes on from here." in first.stderr
    assert second.code == ExitCode.AT_FAULT
    assert "It was rolled back" in second.stderr
    assert project.answer(bot="on-docker") == "one"


def test_a_command_of_the_authors_own(cloud: Cloud) -> None:
    """Its output has the URL; it gets the keys on its standard input, and the builds as words."""
    project = Project(cloud.folder / "projects" / "own", cloud)
    project.poe_toml(OWN)
    first = project.poe("deploy", *QUICK)
    project.save("two", WORKS_HERE_ONLY)

    second = project.poe("deploy", *QUICK)

    assert first.code == ExitCode.DONE, first.stderr
    assert second.code == ExitCode.AT_FAULT
    assert "It was rolled back" in second.stderr
    assert project.answer() == "one"


def test_a_variable_that_was_missing_is_sent_the_next_time(cloud: Cloud) -> None:
    """The files are the same, and what runs there was started without it: it is deployed again."""
    project = Project(cloud.folder / "projects" / "variable", cloud)
    project.poe_toml("[bots.variable.deploy]\nto = 'modal'\nfile = 'main.py'\n")
    project.save("one", WORKS_HERE_ONLY)
    first = project.poe("deploy", *QUICK)
    with (project.root / ".env").open("a") as file:
        file.write("NOT_SET_THERE=set\n")

    second = project.poe("deploy", *QUICK)

    assert first.code == ExitCode.AT_FAULT
    assert second.code == ExitCode.DONE, second.stderr
    assert project.answer() == "set"


def test_a_key_that_a_command_repeats_is_masked(cloud: Cloud) -> None:
    """Whatever its variable is called."""
    project = Project(cloud.folder / "projects" / "repeats", cloud)
    project.poe_toml(
        "[bots.repeats]\naccess_key = 'env:OF_THE_BOT'\n"
        "[bots.repeats.deploy]\nto = 'command'\ncommand = 'echo it is $OF_THE_BOT; exit 1'\n"
    )

    ran = project.poe("deploy", *QUICK, OF_THE_BOT=KEY)

    assert f"it is {'*' * 4}" in ran.stderr
    assert KEY not in ran.output


def test_one_deploy_at_a_time(project: Project) -> None:
    """A second one would undo what the first one notes: it says who deploys what, and ends."""
    with deploying(project.root, "on-fly"):
        ran = project.poe("deploy", "on-docker", *QUICK)

    assert ran.code == ExitCode.TRY_LATER
    assert "error: Another `poe deploy` of this project is under way." in ran.stderr
    assert f"Process {os.getpid()} deploys on-fly since " in ran.stderr
    assert "try: Wait until it has ended" in ran.stderr


def test_what_is_missing_is_named(cloud: Cloud) -> None:
    """A key by its variable, a program by where it comes from."""
    project = Project(cloud.folder / "projects" / "missing", cloud)
    project.poe_toml("[bots.my-bot.deploy]\nto = 'modal'\n")
    no_program = project.poe("deploy", *QUICK, PATH="")
    (project.root / ".env").unlink()

    no_key = project.poe("deploy", *QUICK)

    assert no_program.code == ExitCode.USAGE
    assert "modal is not installed." in no_program.stderr
    assert "try: python -m pip install modal" in no_program.stderr
    assert no_key.code == ExitCode.KEY
    assert "POE_ACCESS_KEY is set neither in the environment nor in .env" in no_key.stderr
