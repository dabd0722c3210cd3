"""The one door out: whatever happens becomes a code and at most three lines."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from poecli import __version__
from poecli.commands.bug_report import redact
from poecli.commands.catalog import COMMANDS
from poecli.commands.help import tree_as_json
from poecli.commands.options import BOT_HELP
from poecli.commands.run import run
from poecli.emulator.bots.modes import KINDS as MODE_KINDS
from poecli.errors import EXIT_CODE_MEANINGS, ExitCode
from poecli.terminal.console import Console
from tests.poe import poe, poe_process


@pytest.mark.parametrize("arguments", [["--version"], ["-V"], ["--version", "--json"]], ids=str)
def test_the_version_is_told(arguments: list[str]) -> None:
    """`poe --version` is one line on stdout, on the short way out and on the long one."""
    assert poe_process(*arguments) == (0, f"poe {__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["chta"], "Did you mean 'chat'?", id="command"),
        pytest.param(["sync_settings"], "Did you mean 'sync-settings'?", id="underscore"),
        pytest.param(["--jsno"], "come after their command", id="flag before the command"),
        pytest.param(["--hlep"], "Did you mean '--help'?", id="flag of poe"),
        pytest.param(["help", "--jsn"], "Did you mean '--json'?", id="flag of a command"),
        pytest.param(["check", "--rule"], "no flag '--rule' in `poe check`.", id="far flag"),
        pytest.param(["dev", "--no-relaod"], "'--no-reload'?", id="switched off"),
        pytest.param(["help", "nope"], "try: poe --help", id="a next step"),
        pytest.param(["help", "nope"], "There is no command 'nope'.", id="help"),
        pytest.param(["help", "a", "b"], "unexpected extra argument", id="too much"),
    ],
)
def test_a_typing_error_gets_a_near_word(arguments: list[str], says: str) -> None:
    """Wrong usage is code 2, on stderr, with what was meant."""
    code, stdout, stderr = poe(*arguments)

    assert (code, stdout) == (ExitCode.USAGE, "")
    assert says in stderr


@pytest.mark.parametrize(
    "flag",
    [
        "chat --timeout",
        "check --timeout",
        "replay --timeout",
        "sync-settings --timeout",
        "trigger --timeout",
        "chat --stdin-timeout",
        "deploy --wait",
        "sync-settings --wait-timeout",
    ],
)
@pytest.mark.parametrize("seconds", ["-1", "nan"])
def test_no_time_at_all_is_wrong_usage(flag: str, seconds: str) -> None:
    """Not the fault of a bot that could not answer in it."""
    command, name = flag.split()
    ran = poe(command, name, seconds)
    assert (ran.code, name in ran.stderr) == (ExitCode.USAGE, True), ran


@pytest.mark.parametrize("command", ["check", "replay", "sync-settings"])
def test_an_answer_needs_some_time(command: str) -> None:
    """As in `poe chat`: with 0 none would ever be whole."""
    ran = poe(command, "--timeout", "0")
    assert (ran.code, "'--timeout'" in ran.stderr) == (ExitCode.USAGE, True), ran


def test_a_far_word_is_no_suggestion() -> None:
    """Two dashes in common make no flags alike."""
    assert "Did you mean" not in poe("check", "--rule", "x").stderr


def test_an_error_is_json_when_json_was_asked_for() -> None:
    """With --json the error is one object on stderr, also before the flags are read."""
    code, _, stderr = poe("help", "nope", "--json")

    error = json.loads(stderr)
    assert (code, error["id"], error["exit_code"], error["v"]) == (2, "usage", 2, 1)


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"], ["help"]], ids=str)
def test_the_overview_fits_80_columns(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Help is plain text of 80 columns when it goes into a pipe."""
    monkeypatch.chdir(tmp_path)
    code, stdout, stderr = poe(*arguments)

    assert (code, stderr) == (0, "")
    assert max(len(line) for line in stdout.splitlines()) <= 80
    assert "\x1b" not in stdout


def test_the_overview_names_every_command_and_code() -> None:
    """Nothing that can be typed or can come back is missing from the overview."""
    _, stdout, _ = poe("--help")

    words = set(stdout.split())
    assert set(COMMANDS) <= words
    assert {str(int(code)) for code in EXIT_CODE_MEANINGS} <= words


@pytest.mark.parametrize(
    ("files", "says"),
    [
        pytest.param({}, "poe new", id="empty"),
        pytest.param({"main.py": ""}, "poe init", id="python"),
        pytest.param({"poe.toml": "[bots.my-bot]"}, "my-bot", id="project"),
        pytest.param({"poe.toml": "[dev]\nport = 'x'"}, "poe.toml:2: port", id="broken project"),
    ],
)
def test_a_bare_poe_says_what_to_type_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], says: str
) -> None:
    """Bare `poe` looks at the folder and names the next step."""
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")

    monkeypatch.chdir(tmp_path)
    code, stdout, _ = poe()

    assert code == 0
    assert says in stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_flag_explains_itself(name: str) -> None:
    """No parameter of a command stands in its help without a word about it."""
    for parameter in tree_as_json([name])["commands"][name]["parameters"]:
        assert parameter["help"], parameter["name"]


@pytest.mark.parametrize("word", MODE_KINDS)
def test_the_help_of_dev_names_every_value(word: str) -> None:
    """What --bot takes stands in `poe dev --help`, without a look into the code."""
    assert re.search(rf"\b{word}\b", BOT_HELP)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command of the catalog loads, and its help has examples within 80 columns."""
    ran = poe(name, "--help")
    shown = capsys.readouterr().out  # Typer prints the help itself

    assert ran == (0, "", "")
    assert "Examples:" in shown
    assert max(len(line) for line in shown.splitlines()) <= 80


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("flag", ["--help", "--version"])
def test_a_closed_pipe_is_silent(flag: str, unbuffered: str) -> None:
    """`poe --help | head -0` ends with 141 and says nothing, however Python buffers."""
    process = subprocess.Popen(
        [sys.executable, "-m", "poecli", flag],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()

    assert process.stderr.read() == ""
    assert process.wait() == ExitCode.CLOSED_PIPE
    process.stderr.close()


INTERRUPTED = """
import sys
from poecli.commands.app import main

def interrupted(_text):
    hold_back("its last words")
    raise KeyboardInterrupt

sys.stdin.read()  # until the reader has gone
hold_back, sys.stdout.write = sys.stdout.write, interrupted
sys.exit(main(["--help"]))
"""


def test_ctrl_c_of_a_pipe_that_nobody_reads_is_silent() -> None:
    """`poe … | less`: the same Ctrl-C ended the reader, before the last words."""
    command, pipe = [sys.executable, "-c", INTERRUPTED], subprocess.PIPE
    env = os.environ | {"PYTHONUNBUFFERED": ""}
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=env)
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, said = process.communicate(timeout=60)

    assert (process.returncode, said) == (ExitCode.INTERRUPTED, b"")


class BrokenOutput(Exception):
    """What our bug raises in the tests below."""


def failing(error: BaseException) -> Callable[[str], int]:
    def write(_text: str) -> int:
        raise error

    return write


@pytest.mark.parametrize(
    ("error", "code", "lines", "reports"),
    [
        pytest.param(KeyboardInterrupt(), ExitCode.INTERRUPTED, 0, 0, id="Ctrl-C"),
        pytest.param(BrokenOutput("secret-of-a-test"), ExitCode.OUR_BUG, 3, 1, id="our bug"),
    ],
)
def test_what_nobody_foresaw_still_ends_well(
    error: BaseException,
    code: ExitCode,
    lines: int,
    reports: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ctrl-C is 130; anything unforeseen is our bug, told in three lines with a saved report."""
    console = Console.test()
    console.stdout.write = failing(error)  # type: ignore[method-assign] # the fake
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("MY_API_KEY", "secret-of-a-test")

    assert run(["--help"], console) == code

    words = console.stderr.getvalue()  # type: ignore[attr-defined] # a buffer in tests
    saved = [file.read_text() for file in tmp_path.rglob("report-*.txt")]
    assert (len(words.splitlines()), len(saved)) == (lines, reports)
    assert "secret-of-a-test" not in words + "".join(saved)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        pytest.param(
            PermissionError(13, "Permission denied", "/a b/main.py"),
            "error: /a b/main.py can't be opened.\n  why: Permission denied.\n  try: ls -ld '/a b/",
            id="a file of somebody else's",
        ),
        pytest.param(
            OSError(errno.ENAMETOOLONG, "File name too long", "aaaa"),
            "error: aaaa can't be used.\n  why: The name is too long.\n  try: Choose a shorter",
            id="a name that is too long",
        ),
        pytest.param(FileNotFoundError(2, "gone"), "you are in no longer exists", id="no folder"),
    ],
)
def test_what_the_system_refuses_is_no_bug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, says: str
) -> None:
    """A folder that may not be read, and one that was removed under the shell, are code 2."""
    monkeypatch.chdir(tmp_path)
    tmp_path.rmdir()
    console = Console.test()
    console.stdout.write = failing(error)  # type: ignore[method-assign] # the fake

    assert run(["--help"], console) == ExitCode.USAGE
    assert says in console.stderr.getvalue()  # type: ignore[attr-defined] # a buffer in tests


INTERRUPTED_AT_AN_IMPORT = """
import sys
class CtrlC:
    def find_spec(self, name, path=None, target=None):
        if name == "typer":
            raise KeyboardInterrupt
sys.meta_path.insert(0, CtrlC())
from poecli.commands.app import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("module", ["poecli.commands.run", "poecli.errors", "typer"])
def test_ctrl_c_ends_well_while_the_command_is_still_imported(module: str) -> None:
    """The first half second of a command is imports: no traceback then, and the same code."""
    code = INTERRUPTED_AT_AN_IMPORT.replace("typer", module)
    done = subprocess.run(
        [sys.executable, "-c", code, "turns"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (ExitCode.INTERRUPTED, "", "")


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        pytest.param("x made-up-key y", "x <POE_API_KEY> y", id="value of a variable"),
        pytest.param("Authorization: Bearer abc", "Authorization: Bearer ****", id="bearer"),
        pytest.param("http://u:p@host/x", "http://****@host/x", id="user and password"),
        pytest.param(
            "https://api.poe.com/bot/fetch_settings/b/k1/1.2",
            "https://api.poe.com/bot/fetch_settings/b/****/1.2",
            id="key in a URL",
        ),
        pytest.param("nothing here", "nothing here", id="nothing"),
    ],
)
def test_a_report_holds_no_key(text: str, redacted: str) -> None:
    """Values of secret-looking variables, tokens and URL keys are masked."""
    assert redact(text, {"POE_API_KEY": "made-up-key", "POE_ACCESS_KEY": "ab"}) == redacted


def test_a_log_of_keys_that_cant_be_written_is_no_bug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """aiohttp opens it when it is imported: the variable is named, with code 2."""
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "gone" / "keys.log"))
    (tmp_path / "main.py").write_text("import fastapi_poe as fp\nclass B(fp.PoeBot): ...\n")
    code, _, stderr = poe_process("check", "main.py", cwd=tmp_path)
    assert (code, stderr.splitlines()[0]) == (2, "error: SSLKEYLOGFILE can't be used for TLS.")
