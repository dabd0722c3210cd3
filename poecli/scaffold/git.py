"""The few things asked of the git program. A fetched repository is data: nothing of it runs."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from poecli.errors import NotReachable, PoeCliError, UsageError

_CLONE_TIMEOUT_S = 300
_QUESTION_TIMEOUT_S = 5
_NO_CODE = {
    # Transports that run a program (ext::) stay shut whatever the user's settings say.
    "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",
    "GIT_LFS_SKIP_SMUDGE": "1",
}
_NO_QUESTIONS = {"GIT_TERMINAL_PROMPT": "0", "GIT_SSH_COMMAND": "ssh -oBatchMode=yes"}
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")


class GitFailed(PoeCliError):
    """The git program ended with an error."""

    id = "git-failed"


def looks_like_url(text: str) -> bool:
    """True for what git takes as the address of a repository: a URL or user@host:path."""
    return "://" in text or re.match(r"[\w.-]+@[\w.-]+:", text) is not None


def without_credentials(text: str) -> str:
    """The text with user names, passwords and tokens cut out of its URLs."""
    return _CREDENTIALS.sub("", text)


def clone(url: str, folder: Path, *, may_ask: bool) -> None:
    """The newest files of a repository, without its submodules and with no hook or filter of it.

    Raises UsageError without git, NotReachable when it can't be fetched.
    """
    # Links are made as links, so that they can be told from files; none of them is followed.
    command = ["-c", "core.hooksPath=/dev/null", "clone", "--quiet"]
    command += ["--depth=1", "--no-recurse-submodules", "--template=", "--", url, str(folder)]
    try:
        _git(command, env={**_NO_CODE, **({} if may_ask else _NO_QUESTIONS)})
    except (GitFailed, subprocess.TimeoutExpired) as error:
        why = (
            error.why if isinstance(error, GitFailed) else f"Timed out after {_CLONE_TIMEOUT_S} s."
        )
        raise NotReachable(
            f"git could not fetch {without_credentials(url)}.",
            why=why,
            hint=f"git clone {without_credentials(url)}",
        ) from error


def init(folder: Path) -> None:
    """Make the folder a repository. Raises UsageError without git, GitFailed."""
    _git(["init", "--quiet", "--", str(folder)])


def knows(folder: Path, *arguments: str) -> bool | None:
    """What git says of a folder's repository: yes or no; None where it can't be asked."""
    with contextlib.suppress(UsageError, OSError, subprocess.TimeoutExpired):
        done = subprocess.run(
            [check_installed(), *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_QUESTION_TIMEOUT_S,
            check=False,
        )
        return {0: True, 1: False}.get(done.returncode)
    return None


def check_installed() -> str:
    """The path of the git program. Raises UsageError when there is none."""
    program = shutil.which("git")
    if program is None:
        raise UsageError("git is not installed.", hint="Install git, or use --no-git.")
    return program


def _git(arguments: list[str], *, env: Mapping[str, str] | None = None) -> None:
    done = subprocess.run(
        [check_installed(), *arguments],
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_CLONE_TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip() or f"exit code {done.returncode}"
        raise GitFailed("git failed.", why=without_credentials(said))
