"""The scripts, in the shells they are for."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import tree_sitter
import tree_sitter_powershell

from poecli.completion import bash, fish, powershell, zsh
from poecli.completion.install import install, plan_for, uninstall
from poecli.completion.spec import CommandSpec, CompletionKind, Flag, Spec, Value, first_sentence
from tests.completion.shells import Zsh, ask_bash, ask_fish
from tests.needs import needs

SPEC = Spec(
    (
        CommandSpec(
            "new",
            "Create a bot",
            (
                Flag(
                    ("--deploy",), "How", Value(CompletionKind.WORDS, ("modal", "docker", "none"))
                ),
                Flag(("--force", "-f"), "Overwrite", None),
                Flag(("--name", "-n"), "Name", Value(CompletionKind.TEXT)),
                Flag(("--from",), "Folder", Value(CompletionKind.FOLDER)),
            ),
            (Value(CompletionKind.TEMPLATE), Value(CompletionKind.FOLDER)),
            repeats=False,
        ),
        CommandSpec(
            "chat",
            "Talk",
            (Flag(("--attach", "-a"), "A file", Value(CompletionKind.FILE)),),
            (Value(CompletionKind.BOT),),
            repeats=False,
        ),
        CommandSpec(
            "sync-settings", "Sync", (), (Value(CompletionKind.PROJECT_BOT),), repeats=True
        ),
        CommandSpec("help", "Explain", (), (Value(CompletionKind.COMMAND),), repeats=False),
    ),
    ("echo", "pdf-counter"),
)

# line, what must be offered, what must not, id
ROWS: list[tuple[str, set[str], set[str], str]] = [
    ("poe n", {"new"}, {"chat"}, "command"),
    ("poe new ", {"echo", "pdf-counter"}, {"modal"}, "template"),
    ("poe new p", {"pdf-counter"}, {"echo"}, "template begun"),
    ("poe new --deploy ", {"modal", "docker", "none"}, {"echo"}, "choice"),
    ("poe new --f", {"--force", "--from"}, {"--deploy"}, "flag"),
    ("poe chat my", {"my-bot"}, set(), "bot of the project"),
    ("poe chat GPT", {"GPT-Test"}, set(), "cached handle"),
    ("poe chat -a po", {"poe.toml", "poem.txt"}, set(), "file"),
    ("poe sync-settings ", {"my-bot", "other"}, {"GPT-Test"}, "project bots"),
    ("poe help s", {"sync-settings"}, {"new"}, "command's name"),
    ("poecli new --deploy d", {"docker"}, {"modal"}, "poecli"),
]
TABLE = [pytest.param(*row[:3], id=row[3]) for row in ROWS]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a poe.toml, a file, and the list of handles that `poe models` keeps."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "poe.toml").write_text('[bots.my-bot]\n[bots."other"]\n', encoding="utf-8")
    (folder / "poem.txt").write_text("", encoding="utf-8")
    cache = folder / "cache" / "poe"
    cache.mkdir(parents=True)
    (cache / "models.txt").write_text("GPT-Test\nClaude-Test\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def env(project: Path) -> dict[str, str]:
    """An environment in which starting Python leaves a trace."""
    programs = project / "programs"
    programs.mkdir()
    for name in ("python", "python3", "poe", "poecli"):
        (programs / name).write_text(f"#!/bin/sh\ntouch {project}/python-was-started\n")
        (programs / name).chmod(0o755)
    return {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "HOME": str(project),
        "XDG_CACHE_HOME": str(project / "cache"),
    }


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The generated scripts, under the names their shells look for."""
    folder = tmp_path_factory.mktemp("scripts")
    for name, make in (("poe.bash", bash), ("_poe", zsh), ("poe.fish", fish)):
        (folder / name).write_text(make.script(SPEC), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def zsh_shell(scripts: Path, project: Path, env: dict[str, str]) -> Iterator[Zsh]:
    """An interactive zsh in the project."""
    shell = Zsh(scripts / "_poe", project, env)
    yield shell
    shell.close()


@pytest.mark.parametrize(("line", "offered", "not_offered"), TABLE)
@pytest.mark.parametrize(
    ("ask", "script"),
    [
        pytest.param(ask_bash, "poe.bash", id="bash", marks=needs("bash")),
        pytest.param(ask_fish, "poe.fish", id="fish", marks=needs("fish")),
    ],
)
def test_a_tab_offers_what_fits(
    scripts: Path,
    project: Path,
    env: dict[str, str],
    ask: Callable[[Path, str, Path, dict[str, str]], set[str]],
    script: str,
    line: str,
    offered: set[str],
    not_offered: set[str],
) -> None:
    """Commands, flags, choices, templates, bots and files, each where it fits; no Python runs."""
    offers = ask(scripts / script, line, project, env)

    assert offered <= offers
    assert not offers & not_offered
    assert not (project / "python-was-started").exists()


@needs("zsh")
@pytest.mark.parametrize(
    ("line", "word"),
    [pytest.param(row[0], min(row[1]), id=row[3]) for row in ROWS],
)
def test_a_tab_in_zsh_offers_what_fits(zsh_shell: Zsh, project: Path, line: str, word: str) -> None:
    """The same in an interactive zsh: it completes the line or lists the words."""
    zsh_shell.offers(line, word)

    assert not (project / "python-was-started").exists()


def test_the_powershell_script_is_valid() -> None:
    """Without PowerShell at hand, its grammar at least finds no error in the script."""
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))

    assert not parser.parse(powershell.script(SPEC).encode()).root_node.has_error
    assert parser.parse(b"function x { if ( }").root_node.has_error


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("'new' = @('--deploy', '--force', '-f', '--name', '-n'", id="flags"),
        pytest.param("'chat -a' = 'file'", id="value"),
        pytest.param("'new' = 'template'", id="argument"),
        pytest.param("@('echo', 'pdf-counter')", id="templates"),
    ],
)
def test_the_powershell_script_holds_the_tables(line: str) -> None:
    """Each of its tables is filled from the command tree."""
    assert line in powershell.script(SPEC)


@pytest.mark.parametrize(
    ("shell", "start_up", "files"),
    [
        pytest.param("bash", ".bashrc", 1, id="bash"),
        pytest.param("zsh", ".zshrc", 1, id="zsh"),
        pytest.param("fish", None, 2, id="fish"),
        pytest.param(
            "powershell",
            ".config/powershell/Microsoft.PowerShell_profile.ps1",
            1,
            id="powershell",
        ),
    ],
)
def test_what_is_installed_can_be_taken_away(
    tmp_path: Path, shell: str, start_up: str | None, files: int
) -> None:
    """Installing twice leaves one block; removing leaves the user's lines as they were."""
    plan = plan_for(shell, {}, tmp_path, platform="linux")
    before = "alias ll='ls -l'"
    named = [tmp_path / name for name in [start_up] if name]
    for file in named:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(before, encoding="utf-8")

    install(plan, "one")
    install(plan, "two")

    assert [file.read_text() for file in plan.files] == ["two"] * files
    assert all(file.read_text().count("poe completion") == 2 for file in named)
    assert len(uninstall(plan)) == files + len(named)
    assert [file.read_text() for file in named] == [before + "\n"] * len(named)
    assert not any(file.exists() for file in plan.files)
    assert uninstall(plan) == []


@needs("bash")
def test_an_installed_bash_completes(tmp_path: Path) -> None:
    """After --install an interactive bash knows the completion."""
    install(plan_for("bash", {}, tmp_path, platform="linux"), bash.script(SPEC))

    done = subprocess.run(
        ["bash", "-c", f"HOME={tmp_path}; . {tmp_path}/.bashrc; complete -p poe poecli"],
        check=True,
        capture_output=True,
        text=True,
    )

    assert done.stdout.count("_poe") == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("One. Two.", "One", id="first"),
        pytest.param("It's `x`\n  [y]", "It\u02bcs x y", id="signs of shells"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_a_summary_holds_nothing_a_shell_would_read(text: str, sentence: str) -> None:
    """Quotes, dollars and brackets are left out; an apostrophe is a letter that looks like one."""
    assert first_sentence(text) == sentence
