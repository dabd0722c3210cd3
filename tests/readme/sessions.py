"""The console blocks of the README: read, run for real, and compared or written anew.

    python -m tests.readme.sessions --update

A block is one shell session; all blocks share one folder and run in order. A block after
``<!-- background -->`` is started, waited for until it has said all, and stopped at the end. What
differs from run to run is levelled before comparing: ports, durations, ids and the name of the
folder. What a slow machine says meanwhile is no part of a session.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.poe import user_env
from tests.servers import closed_port
from tests.warm_python import programs

README = Path(__file__).resolve().parent.parent.parent / "README.md"
SHOWN_PORT = "8080"  # on the page; another one may be free here
LIMIT = 60.0  # seconds for one command
_BLOCK = re.compile(
    r"(?P<background><!-- background -->\n)?```console\n(?P<body>.*?)```\n", re.DOTALL
)
_ADDRESS = re.compile(r"(127\.0\.0\.1|localhost):\d+")
_SLOW = re.compile(r"(?m)^ *│ still loading after .*\n")
_LEVEL = (
    (_ADDRESS, rf"\1:{SHOWN_PORT}"),
    (re.compile(r"\b\d+(\.\d+)? ?(ms|s|µs)\b"), r"# \2"),
    (re.compile(r"\b([mucd])-[a-z0-9=]{32}\b"), r"\1-#"),
    (re.compile(r"\b(Python|fastapi_poe) \d[\d.]*"), r"\1 #"),
    (re.compile(r'"(at_ms|first_event_ms|total_ms|pid)": [\d.]+'), r'"\1": #'),
    (re.compile(r"(?m)[ \t]+$"), ""),
)


@dataclass
class Command:
    """One command of a session and the output that stands under it."""

    line: str
    output: str


@dataclass
class Session:
    """One console block, and where it stands in the document."""

    start: int
    end: int
    background: bool
    commands: list[Command] = field(default_factory=list)


def sessions(text: str) -> list[Session]:
    """Every console block of a document."""
    found = []
    for block in _BLOCK.finditer(text):
        session = Session(block.start("body"), block.end("body"), bool(block["background"]))
        for line in block["body"].splitlines(keepends=True):
            if line.startswith("$ "):
                session.commands.append(Command(line[2:].rstrip("\n"), ""))
            else:
                session.commands[-1].output += line
        found.append(session)
    return found


def levelled(text: str) -> str:
    """The text without what differs from run to run."""
    for pattern, replacement in _LEVEL:
        text = pattern.sub(replacement, text)
    return text.strip()


class Shell:
    """A folder in which the sessions run, with this interpreter's `poe` first on PATH."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._folder = home
        self._port = str(closed_port())
        self._running: list[subprocess.Popen[str]] = []
        kept = {key: value for key, value in os.environ.items() if not key.startswith("POE_")}
        self._env = {
            **kept,
            "PATH": programs(home / ".programs", poe="poecli"),
            **user_env(home, NO_COLOR="1", COLUMNS="80"),
        }

    def run(self, line: str) -> str:
        """Run one line; stdout and stderr as a reader of the terminal would see them."""
        if line.startswith("cd "):
            self._folder = (self._folder / line[3:]).resolve()
            return ""
        line = line.replace(SHOWN_PORT, self._port)
        if line.startswith("export "):
            name, value = line[7:].split("=", 1)
            self._env[name] = value
            return ""
        done = subprocess.run(
            ["bash", "-c", line],
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            cwd=self._folder,
            env=self._env,
            timeout=LIMIT,
        )
        return self._shown(done.stdout)

    def start(self, line: str, shown: str) -> str:
        """Start one line and leave it running; what it says up to the last line of ``shown``.

        One that does not come to that line, since what it says has changed, has said all when it
        ends, or is silent for as long as a command may take.
        """
        process = subprocess.Popen(
            ["bash", "-c", f"exec {line.replace(SHOWN_PORT, self._port)}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            cwd=self._folder,
            env=self._env,
        )
        self._running.append(process)
        last = levelled(shown).rpartition("\n")[2]
        said = ""
        for each in _lines(process):
            said += self._shown(each)
            if last and levelled(each) == last:
                break
        return said

    def _shown(self, text: str) -> str:
        """As it stands on the page."""
        text = text.replace(str(self._home), "~")
        text = re.sub(rf"\b{self._port}\b", SHOWN_PORT, text)
        # Another one too: on a busy machine somebody else may have taken it meanwhile.
        return _SLOW.sub("", _ADDRESS.sub(rf"\1:{SHOWN_PORT}", text))

    def close(self) -> None:
        """Stop what was started."""
        for process in self._running:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=LIMIT)


def _lines(process: subprocess.Popen[str]) -> Iterator[str]:
    """What a process says, until it ends or is silent; whatever comes later is read, and lost."""
    assert process.stdout
    stdout, lines = process.stdout, queue.Queue[str]()

    def read() -> None:
        with stdout:
            for line in stdout:
                lines.put(line)
        lines.put("")

    threading.Thread(target=read, daemon=True).start()
    with contextlib.suppress(queue.Empty):
        while line := lines.get(timeout=LIMIT):
            yield line


@contextmanager
def fresh_shell() -> Iterator[Shell]:
    """A shell in a new folder, gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        shell = Shell(Path(folder).resolve())
        try:
            yield shell
        finally:
            shell.close()


def outputs(shell: Shell, session: Session) -> Iterator[tuple[Command, str]]:
    """Run a session; each command with what it printed."""
    for command in session.commands:
        if session.background:
            yield command, shell.start(command.line, command.output)
        else:
            yield command, shell.run(command.line)


def updated(text: str) -> str:
    """The document with the output of every command as it is now."""
    parts, place = [], 0
    with fresh_shell() as shell:
        for session in sessions(text):
            body = ""
            for command, output in outputs(shell, session):
                same = levelled(output) == levelled(command.output)
                shown = command.output if same else output
                body += f"$ {command.line}\n{shown}"
                body += "" if body.endswith("\n") else "\n"
            parts += [text[place : session.start], body]
            place = session.end
    return "".join([*parts, text[place:]])


def main() -> int:
    """Compare the README with a real run, or write the run into it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--update", action="store_true")
    options = parser.parse_args()
    started = time.monotonic()
    text = README.read_text(encoding="utf-8")
    fresh = updated(text)
    sys.stderr.write(f"ran in {time.monotonic() - started:.0f} s\n")
    if options.update:
        README.write_text(fresh, encoding="utf-8")
    return int(levelled(fresh) != levelled(text))


if __name__ == "__main__":
    sys.exit(main())
