"""`poe deploy` from the command line to the provider and back, with bots that truly run."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass

import pytest

from poecli.errors import ExitCode
from tests.deploy.cloud import KEY, QUICK, WORKS_HERE_ONLY, Cloud, Project, Streams
from tests.poe import Ran
from tests.readme.sessions import README

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the datacenter forks")
MODAL = """\
# mine
[bots.word-bot] # the bot

[bots.word-bot.deploy]
to = "modal"
file = "main.py"
"""


@dataclass(frozen=True)
class FirstDeploy:
    """What the commands of the README did, and how the project and Poe were after them."""

    project: Project
    plan: Ran
    ran: Ran
    status: Ran
    toml: str
    told_to_poe: int


@pytest.fixture(scope="module")
def first(cloud: Cloud) -> FirstDeploy:
    """Once for all tests of the file that one process runs, in whatever order."""
    made = Project(cloud.folder / "projects" / "word", cloud)
    made.poe_toml(MODAL)
    plan, ran, status = [made.poe(*words) for words in commands_of_the_readme()]
    toml = (made.root / "poe.toml").read_text(encoding="utf-8")
    return FirstDeploy(made, plan, ran, status, toml, cloud.told_to_poe)


@pytest.fixture
def project(first: FirstDeploy) -> Project:
    """It is live."""
    return first.project


def steps(out: str) -> dict[str, str]:
    """The outcome of each step of the only deploy."""
    (deploy,) = json.loads(out)["deploys"]
    return {step["step"]: step["outcome"] for step in deploy["steps"]}


def test_a_first_deploy_by_the_commands_of_the_readme(first: FirstDeploy) -> None:
    """Checked here, deployed, proven there, synced; the URL is in poe.toml, beside the comments."""
    ran, url = first.ran, first.project.url()

    assert [first.plan.code, ran.code, first.status.code] == [ExitCode.DONE] * 3, ran.stderr
    assert "$ modal app history word-bot --json" in first.plan.stdout
    assert first.toml == MODAL.replace("# the bot\n", f'# the bot\nurl = "{url}"\n')
    assert "/health names the new build" in ran.stderr
    assert f"Server URL   {url}" in ran.stderr
    assert "Access key   the value of POE_ACCESS_KEY" in ran.stderr
    assert first.told_to_poe == 1
    assert first.status.stdout.splitlines()[1].split()[3:] == (
        ["this", "checkout", "right", "in", "step", "just", "now,", "modal"]
    )


def commands_of_the_readme() -> list[list[str]]:
    """The words behind `poe`, of the section's block that deploys."""
    section = README.read_text(encoding="utf-8").split("## From here to Poe\n")[1]
    block = next(each for each in section.split("```sh\n") if each.startswith("poe deploy"))
    return [line.split()[1:] for line in block.split("```")[0].splitlines()]


def test_changed_code_cuts_no_answer(project: Project) -> None:
    """Ten answers run while it is deployed; all end whole, and new ones come from the new code."""
    old = project.answer()
    streams = Streams(project)
    streams.begin(10, pieces=30)
    project.save("two")

    ran = project.poe("deploy", *QUICK, "--json")

    assert ran.code == ExitCode.DONE, ran.stderr
    assert streams.end() == [old + "." * 30] * 10
    assert project.answer() == "two"
    assert json.loads(ran.stdout)["deploys"][0]["proof"] == "build"
    assert json.loads(ran.stdout)["deploys"][0]["enter_on_poe"] == []


def test_a_version_that_fails_there_is_rolled_back(project: Project) -> None:
    """The old one answers, Poe is told nothing, and the error says which rule was broken."""
    old, told = project.answer(), project.cloud.told_to_poe
    project.save("three", WORKS_HERE_ONLY)

    ran = project.poe("deploy", *QUICK, "--json")

    assert ran.code == ExitCode.AT_FAULT
    assert steps(ran.stdout)["probe"] == "failed"
    assert steps(ran.stdout)["rollback"] == "done"
    assert "unexpected-exception" in ran.stderr
    assert "It was rolled back; the settings on Poe are as before." in ran.stderr
    assert project.answer() == old
    assert project.cloud.told_to_poe == told


def test_a_deploy_that_stops_halfway_goes_on(project: Project) -> None:
    """The same command takes it up behind what was done for these files."""
    project.save("four")
    project.cloud.mood("half")
    first = project.poe("deploy", "--skip", "check", "--json")
    project.cloud.mood("")

    second = project.poe("deploy", "--skip", "check", "--json")

    assert first.code == ExitCode.AT_FAULT
    assert "the builder has lost its connection" in first.stderr
    assert "The same `poe deploy` goes on where it stopped." in first.stderr
    assert second.code == ExitCode.DONE, second.stderr
    assert steps(second.stdout)["tests"] == "done earlier"
    assert steps(second.stdout)["now"] == "done earlier"
    assert project.answer() == "four"


def test_old_code_that_answers_200_is_noticed(project: Project) -> None:
    """A provider that says all is well is not believed."""
    old = project.answer()
    project.save("five")
    project.cloud.mood("old")

    ran = project.poe("deploy", *QUICK, "--wait", "1", "--json")
    project.cloud.mood("")

    assert ran.code == ExitCode.AT_FAULT
    assert f"{project.url()} still answers with the old code." in ran.stderr
    assert steps(ran.stdout)["wait"] == "failed"
    assert project.answer() == old


def test_no_key_is_anywhere(project: Project, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither in words and environment of a program, nor in a file that is left, nor in output."""
    calls = project.cloud.calls
    ran = project.poe("deploy", *QUICK)
    files = [*project.root.rglob("*"), *project.cloud.folder.glob("files-*/**/*")]
    texts = [file.read_bytes() for file in files if file.is_file() and file.name != ".env"]

    assert ran.code == ExitCode.DONE, ran.stderr
    assert KEY not in ran.output
    assert KEY not in json.dumps(calls)
    assert not any(KEY.encode() in text for text in texts)
    assert KEY not in "".join(capfd.readouterr())
