"""Every complete example of Poe's guide, unedited, on each fastapi_poe; a table of answers.

    python -m tests.readme.sdk_versions [VERSION …]
    python -m tests.readme.sdk_versions --features [VERSION …]

Each version gets a fresh environment of its own, with what else is newest, and `poe dev` of this
checkout runs the bot there. A cell is the milliseconds from the question to the whole answer, or
what went wrong. ``--features`` prints what each version brought over the one before it, which is
what poecli/source/sdk_features.py holds. Needs a package registry.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from pathlib import Path

from tests.emulator.test_guide import PROMISES, examples, post
from tests.poe import dev

VERSIONS = ("0.0.36", "0.0.48", "0.0.55", "0.0.63", "0.0.71", "0.0.78", "0.0.83", "")
ALL = tuple(f"0.0.{number}" for number in range(36, 84))
BESIDE = ("pypdf2", "requests")  # what the examples import
# It passes text as file_data, which fastapi_poe took until 0.0.56 and which fails from 0.0.57 on.
CHANGED = "AttachmentOutputDemoBot"
KEY = "<put your access key here>"  # that it shows
FEATURES = """
import inspect, json
import fastapi_poe as fp

found = set()
for name, value in vars(fp).items():
    if name.startswith("_") or inspect.ismodule(value):
        continue
    found.add(name)
    if inspect.isfunction(value):
        found |= {f"{name}({each})" for each in inspect.signature(value).parameters}
    found |= {f"{name}.{field}" for field in getattr(value, "model_fields", ())}
found |= {f"PoeBot.{name}" for name in vars(fp.PoeBot) if not name.startswith("_")}
print(json.dumps(sorted(found)))
"""


def environment(folder: Path, version: str, *more: str) -> Path | None:
    """The Python of a fresh environment with this fastapi_poe; None when there is none such."""
    venv.create(folder, with_pip=True, symlinks=True)
    python = folder / "bin" / "python"
    asked = f"fastapi_poe=={version}" if version else "fastapi_poe"
    command = [str(python), "-m", "pip", "install", "-q", asked, *more]
    done = subprocess.run(command, check=False, capture_output=True)
    return python if done.returncode == 0 else None


async def cell(python: Path, name: str, example: str) -> str:
    """One example on one version."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "main.py").write_text(example)
        try:
            async with dev(folder, "--python", str(python)) as poe:
                (bot,) = (await poe.line("ready"))["bots"]
                settings = await post(bot["url"], {"type": "settings"}, KEY)
                settings.raise_for_status()
                began = time.perf_counter()
                if name != CHANGED:
                    await PROMISES[name](poe, bot["url"])
                else:
                    await answers(bot["url"])
                return f"{(time.perf_counter() - began) * 1000:.0f}"
        except (AssertionError, OSError, asyncio.TimeoutError) as error:
            return f"FAILED: {error}"[:400]


async def answers(url: str) -> None:
    """It has an end, be it that the author's error is told."""
    ids = {"message_id": "m-1", "user_id": "u-1", "conversation_id": "c-1"}
    message = {"role": "user", "content": "hi"}
    answer = await post(url, {"type": "query", "query": [message], **ids}, KEY)
    assert "event: done" in answer.text, answer.text


async def table(versions: Sequence[str]) -> bool:
    """A line for each version, as soon as it is known; whether every cell is an answer."""
    sys.stdout.write(f"{'':<8}{''.join(f'{name[:14]:>16}' for name in examples())}\n")
    fine = True
    for version in versions:
        with tempfile.TemporaryDirectory() as place:
            python = environment(Path(place) / "venv", version, *BESIDE)
            assert python is not None, version
            cells = [await cell(python, *example) for example in examples().items()]
        fine = fine and not any(each.startswith("FAILED") for each in cells)
        sys.stdout.write(f"{version or 'newest':<8}{''.join(f'{each:>16}' for each in cells)}\n")
        sys.stdout.flush()
    return fine


def features(versions: Sequence[str]) -> None:
    """What each version brought over the one before."""
    known: set[str] = set()
    for version in versions:
        with tempfile.TemporaryDirectory() as place:
            python = environment(Path(place) / "venv", version)
            if python is None:  # it was never published
                continue
            done = subprocess.run([python, "-c", FEATURES], check=True, capture_output=True)
        found = set(json.loads(done.stdout))
        if known:
            sys.stdout.write(f"{version}: {' '.join(sorted(found - known))}\n")
            sys.stdout.flush()
        known |= found


def main() -> int:
    """1 when a cell is no answer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("versions", nargs="*")
    parser.add_argument("--features", action="store_true")
    options = parser.parse_args()
    if options.features:
        features(options.versions or ALL)
        return 0
    return 0 if asyncio.run(table(options.versions or VERSIONS)) else 1


if __name__ == "__main__":
    sys.exit(main())
