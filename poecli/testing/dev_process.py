"""`poe dev` in a process of its own, for tests that have no loop or another one."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from poecli.errors import BotLoadError

START_SECONDS = 120.0
_END_SECONDS = 10.0


class DevProcess:
    """A running server. ``target`` "" is what the project's poe.toml names, or its folder.

    ``flags`` are more of those that `poe dev` takes. ``python`` None leaves the choice to it.
    """

    def __init__(
        self, target: str, folder: Path, python: str | None, flags: Sequence[str] = ()
    ) -> None:
        self._lines: list[dict[str, Any]] = []
        self._changed = threading.Condition()
        self._ended = False
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `stop`
        words = [target] if target else []
        own = ["--python", python] if python else []
        own += ["--port", "0", "--json", "--no-reload", "--reload-with", "fresh"]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "poecli", "dev", *words, *own, *flags],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._said,
            encoding="utf-8",
            errors="replace",
        )
        self._reader = threading.Thread(target=self._read, name="poe dev", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for raw in self._process.stdout or ():
            with contextlib.suppress(ValueError), self._changed:
                self._lines.append(json.loads(raw))
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wait_for(self, type: str, seconds: float, **fields: Any) -> Mapping[str, Any] | None:
        """The first line of that type with those fields; None when none comes in time."""
        wanted = {"type": type, **fields}
        until = time.monotonic() + seconds
        seen = 0
        with self._changed:
            while True:
                for line in self._lines[seen:]:
                    if wanted.items() <= line.items():
                        return line
                seen = len(self._lines)
                left = until - time.monotonic()
                if self._ended or left <= 0:
                    return None
                self._changed.wait(left)

    def lines(self, type: str, **fields: Any) -> list[Mapping[str, Any]]:
        """All lines so far of that type with those fields."""
        wanted = {"type": type, **fields}
        with self._changed:
            return [line for line in self._lines if wanted.items() <= line.items()]

    def failure(self) -> BotLoadError:
        """Why there is no server, in the words of `poe dev`."""
        self._said.seek(0)
        said = self._said.read().decode("utf-8", "replace").strip()
        with contextlib.suppress(ValueError, IndexError, KeyError, TypeError):
            told = json.loads(said.splitlines()[-1])
            texts = {key: str(told[key]) for key in ("why", "hint", "detail")}
            return BotLoadError(str(told["message"]), **texts)
        return BotLoadError("`poe dev` did not start.", detail=said[-4000:])

    def stop(self) -> None:
        """End the server and what it started."""
        self._process.terminate()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(_END_SECONDS)
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._said.close()
