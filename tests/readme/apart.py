"""poe in an environment of its own, the bot's packages in the project's .venv; a table at the end.

    python -m tests.readme.apart [--python PATH …] [--rounds N]

poe is installed by pipx and by `uv tool` on the Python that runs this, and the project has a .venv
of each Python found here: `poe dev`, `poe chat`, `poe check` and pytest answer with a package that
is only there. From a save to the new answer is measured beside a poe that is installed in a .venv
of that Python itself, save by save in turn; the goal is 1.2 times. Needs a package registry.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import statistics
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

from tests.benchmarks.reload import APART_SECONDS, one_reload
from tests.benchmarks.servers import Way, serve, write_bot
from tests.readme.fresh_machine import ROOT
from tests.readme.installs import Failed, Machine, interpreters, report, tools_in

PACKAGE = "humanize"  # that poe does not have
ROUNDS = 10
GOAL = 1.2
BOT = f"""
import sys
import fastapi_poe as fp
import {PACKAGE}

VERSION = "{{}}.{{}}".format(*sys.version_info)


class Helper(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text=f"{{{PACKAGE}.intcomma(1000000)}} on {{VERSION}}")
"""
TEST = """
def test_the_bot_has_its_packages(poe_bot):
    assert poe_bot.ask("hi").text == "1,000,000 on {minor}"
"""


def project(machine: Machine, python: Path, minor: str, name: str, *more: str) -> Path:
    """A bot with a .venv of that Python that has its packages, and ``more``."""
    folder = machine.folder / f"{name}-{minor}"
    (folder / "tests").mkdir(parents=True)
    (folder / "main.py").write_text(BOT, encoding="utf-8")
    (folder / "tests" / "test_bot.py").write_text(TEST.format(minor=minor), encoding="utf-8")
    programs = machine.environment(python, f"{folder.name}/.venv")
    machine.run(programs / "python", "-m", "pip", "install", "-q", "fastapi_poe", PACKAGE, *more)
    return folder


def answers(machine: Machine, poe: Path, python: Path, folder: Path, minor: str) -> None:
    """Each command runs the bot on the Python of its .venv. Raises Failed."""
    expected = f"1,000,000 on {minor}"
    machine.run(poe, "dev", "--exec", f"{poe} chat $POE_DEV_URL -m hi", says=expected, cwd=folder)
    machine.run(poe, "chat", folder, "-m", "hi", says=expected)
    machine.run(poe, "check", folder, says="0 faults")
    tests = (python, "-m", "pytest", "-q", "--poe-python", ".venv")
    machine.run(*tests, says="1 passed", cwd=folder)


async def saves(apart: Way, together: Way, folders: Mapping[str, Path], rounds: int) -> list[float]:
    """Milliseconds from a save to the new answer, the median of each way; they save in turn."""
    ways = {apart.name: apart, together.name: together}
    times: dict[str, list[float]] = {name: [] for name in ways}
    async with contextlib.AsyncExitStack() as stack:
        ports = {}
        for name, way in ways.items():
            write_bot(folders[name], "start", f"import {PACKAGE}")
            ports[name], _ = await stack.enter_async_context(serve(way, folders[name]))
        await asyncio.sleep(APART_SECONDS * 2)
        for number in range(rounds):
            for name in ways:
                imports = f"import {PACKAGE}"
                word = f"word{number}"
                times[name].append(await one_reload(ports[name], folders[name], word, imports))
                await asyncio.sleep(APART_SECONDS / 2)
    return [statistics.median(each) for each in times.values()]


def measured(machine: Machine, poe: Path, folder: Path, together: Path, rounds: int) -> str:
    """The two figures and how they compare. Raises Failed beyond the goal."""
    command = ("dev", "--port", "{port}")
    ways = (
        Way("apart", command, str(poe), machine.env()),
        Way("together", command, str(together / ".venv" / "bin" / "poe"), machine.env()),
    )
    folders = {"apart": folder, "together": together}
    apart, same = asyncio.run(saves(*ways, folders, rounds))
    told = f"save to answer {apart:.0f} ms, in one environment {same:.0f} ms: {apart / same:.2f}x"
    if apart > GOAL * same:
        raise Failed(told)
    return told


def installed(machine: Machine, tools: Path, wheel: Path) -> dict[str, tuple[Path, Path]]:
    """By each tool: `poe`, and the Python of its environment, which has pytest too."""
    machine.run(tools / "pipx", "install", "--quiet", "--python", sys.executable, wheel)
    machine.run(tools / "pipx", "inject", "--quiet", "poecli", "pytest")
    uv_tool = (tools / "uv", "tool", "install", "-q", "--python", sys.executable)
    machine.run(*uv_tool, "--with", "pytest", wheel)
    return {
        "pipx": (machine.folder / "pipx-bin" / "poe", machine.folder / "pipx/venvs/poecli/bin"),
        "uv tool": (machine.folder / "uv-bin" / "poe", machine.folder / "uv/poecli/bin"),
    }


def with_python(
    machine: Machine,
    ways: Mapping[str, tuple[Path, Path]],
    python: Path,
    wheel: Path,
    rounds: int,
) -> bool:
    """Every cell of one Python of the bot; whether all are as they should be."""
    shown = "import sys; print('{}.{}'.format(*sys.version_info))"
    minor = machine.run(python, "-c", shown).strip()
    together = project(machine, python, minor, "together", str(wheel))
    fine = True
    for name, (poe, programs) in ways.items():
        folder = project(machine, python, minor, name.replace(" ", "-"))
        try:
            answers(machine, poe, programs / "python", folder, minor)
            figures = measured(machine, poe, folder, together, rounds)
            said = f"dev, chat, check and pytest answer; {figures}"
        except Failed as error:
            fine, said = False, f"FAILED: {error}"
        report(f"{name}, bot on {minor}", said)
    return fine


def main() -> int:
    """Every Python; 1 when a cell failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", type=Path, action="append")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel = Path(next(WheelBuilder(str(ROOT)).build(directory=name, versions=["standard"])))
        machine, tools = tools_in(folder)
        ways = installed(machine, tools, wheel)
        pythons = options.python or list(interpreters())
        fine = [with_python(machine, ways, each, wheel, options.rounds) for each in pythons]
    return 0 if all(fine) else 1


if __name__ == "__main__":
    sys.exit(main())
