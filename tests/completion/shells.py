"""Real shells, asked what they would offer at a TAB."""

from __future__ import annotations

import os
import re
import select
import subprocess
import time
from pathlib import Path

from tests import ptys

READY = "\x15print RE''ADY\n"  # an empty line, then what shows as READY only when it is run
LIMIT = 30.0  # seconds until a shell that says nothing is given up


def ask_bash(script: Path, line: str, cwd: Path, env: dict[str, str]) -> set[str]:
    """The words bash would offer at the end of ``line``."""
    words = [*line.split(" ")]
    quoted = " ".join(f"'{word}'" for word in words)
    program = (
        f"source {script}; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; "
        'COMPREPLY=(); _poe; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", program],
        check=True,
        capture_output=True,
        text=True,
        cwd=cwd,
        env=env,
    )
    assert done.stderr == ""
    return set(done.stdout.splitlines())


def ask_fish(script: Path, line: str, cwd: Path, env: dict[str, str]) -> set[str]:
    """The words fish would offer, without their descriptions."""
    done = subprocess.run(
        ["fish", "--no-config", "-c", f"source {script}; complete -C '{line}'"],
        check=True,
        capture_output=True,
        text=True,
        cwd=cwd,
        env=env,
    )
    assert done.stderr == ""
    return {offer.split("\t")[0] for offer in done.stdout.splitlines()}


class Zsh:
    """An interactive zsh on a pseudo-terminal, with the completion system loaded."""

    def __init__(self, script: Path, cwd: Path, env: dict[str, str]) -> None:
        self._process, self._fd = ptys.start(
            ["zsh", "-f", "-i"], env={**env, "TERM": "dumb"}, cwd=cwd
        )
        self._send(
            f"PS1='>'; fpath=({script.parent} $fpath); autoload -Uz compinit; "
            f"compinit -u -d {cwd}/.zcompdump\n"
        )

    def _send(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def wait_for(self, text: str) -> str:
        """Read until ``text`` stands on the terminal; fails at the limit."""
        seen = ""
        end = time.monotonic() + LIMIT
        while text not in seen:
            assert time.monotonic() < end, f"{text!r} did not come; seen: {seen!r}"
            if select.select([self._fd], [], [], 0.1)[0]:
                seen += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|[\a\b]", "", self._read())
        return seen

    def _read(self) -> str:
        return os.read(self._fd, 65536).decode(errors="replace")

    def offers(self, line: str, *words: str) -> None:
        """Type a line and TAB; each word must show on the terminal."""
        self._send(READY)
        self.wait_for("READY")  # what an earlier line was offered has been read
        self._send(line + "\t\t")
        for word in words:
            self.wait_for(word.replace(" ", "\\ "))

    def close(self) -> None:
        """End the shell."""
        os.close(self._fd)
        self._process.wait(LIMIT)
