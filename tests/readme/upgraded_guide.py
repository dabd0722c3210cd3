"""Poe's guide of 2024 after `poe upgrade --write`: each example checked, and asked as before.

    python -m tests.readme.upgraded_guide [NAME …]

A row is an example: the lines that changed, what `poe check` finds, and whether it still does what
its text promises, under `poe dev` with this checkout. About a minute; needs no network.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.emulator.test_guide import PROMISES, ask, examples
from tests.poe import DevProcess, dev, poe, poe_in

# The guide's text passes as file_data what failed from fastapi_poe 0.0.57 on.
MENDED = "AttachmentOutputDemoBot"


async def attaches_a_file(_: DevProcess, url: str) -> None:
    """What the text of the mended example promises."""
    reply = await ask(url, "hi")
    assert reply.text == "Attached a text file containing your last message."


async def row(name: str) -> bool:
    """One example; whether all of it is as it should be."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "bot"
        folder.mkdir()
        file = folder / "main.py"
        file.write_text(examples()[name])
        before = file.read_text().splitlines()
        assert poe("upgrade", str(folder), "--write").code == 0
        after = file.read_text().splitlines()
        again = poe("upgrade", str(folder)).code
        _, report, _ = await poe_in(folder, "check", ".", "--json")
        faults = [fault["rule"] for fault in json.loads(report)["faults"]]
        answers = await answer(folder, name)
    changed = sum(line not in after for line in before)
    sys.stdout.write(f"{name:<26}{changed:>8}{','.join(faults) or '-':>16}{answers:>10}\n")
    return again == 0 and not faults and answers == "same"


async def answer(folder: Path, name: str) -> str:
    """Whether it keeps its promise."""
    try:
        async with dev(folder) as process:
            url = (await process.line("ready"))["bots"][0]["url"]
            await (attaches_a_file if name == MENDED else PROMISES[name])(process, url)
    except (AssertionError, asyncio.TimeoutError) as error:
        sys.stdout.write(f"{error}\n")
        return "OTHER"
    return "same"


async def table(names: Sequence[str]) -> bool:
    """A line for each example; whether every one is as it should be."""
    sys.stdout.write(f"{'':<26}{'changed':>8}{'faults':>16}{'answers':>10}\n")
    return all([await row(name) for name in names])


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(table(sys.argv[1:] or list(examples()))) else 1)
