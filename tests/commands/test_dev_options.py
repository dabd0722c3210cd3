"""The flags of `poe dev`, settled."""

from __future__ import annotations

from pathlib import Path

import pytest

from poecli.commands.dev.options import DevFlags, settle_options
from poecli.errors import UsageError

PORTS = [
    ("nothing", DevFlags(), "", 8080),
    ("a flag", DevFlags(port=9000), "port = 9001", 9000),
    ("poe.toml", DevFlags(), "port = 9001", 9001),
    ("--exec", DevFlags(execute="true"), "", 0),
    ("--exec and a flag", DevFlags(execute="true", port=9000), "", 9000),
    ("--exec and poe.toml", DevFlags(execute="true"), "port = 9001", 9001),
]


@pytest.mark.parametrize(
    ("flags", "line", "port"), [p[1:] for p in PORTS], ids=[p[0] for p in PORTS]
)
def test_the_port_is_the_nearest_that_was_named(
    tmp_path: Path, flags: DevFlags, line: str, port: int
) -> None:
    """A flag, then poe.toml, then 8080; a script that names none gets any free one."""
    (tmp_path / "main.py").touch()
    (tmp_path / "poe.toml").write_text(f"[dev]\n{line}\n")
    assert settle_options(flags, {}, tmp_path).server.port == port


KEY = "k" * 32
WRONG = [
    ("port", DevFlags(), "[dev]\nport = 99999", "", "poe.toml:2: port must be between"),
    ("balance", DevFlags(), "[dev]\nbalance = -5", "", "poe.toml:2: balance must be"),
    ("fault", DevFlags(), "[dev]\nfaults = ['cutt']", "", "poe.toml:2: "),
    ("fault's share", DevFlags(), "[dev]\nfaults = ['cut=7']", "", "poe.toml:2: "),
    ("mode", DevFlags(), "[dev.bots]\nabcd = 'mok'", "", "poe.toml:2: Unknown mode"),
    ("shape", DevFlags(), "[dev.bots]\nabcd = 'mock:x'", "", "poe.toml:2: A mock has no shape"),
    ("script", DevFlags(), "[dev.bots]\nabcd = 'script:no.toml'", "", "poe.toml:2: The script"),
    ("cassette", DevFlags(bots=("A=replay:none.jsonl",)), "", "", "The cassette"),
    ("empty cassette", DevFlags(bots=("A=replay:main.py",)), "", "", "holds no answer"),
    ("tape's folder", DevFlags(bots=("A=record:no/a.jsonl",)), "", "", "There is no folder"),
    ("script by flag", DevFlags(bots=("A=script:none.toml",)), "", "", "The script"),
    ("target", DevFlags(bots=("A=local:nope.py",)), "", "", "can't be local:nope.py"),
    ("short key", DevFlags(access_key="KEY"), "", "", "has 3 characters"),
    ("key of .env", DevFlags(), "", "POE_ACCESS_KEY=abc", "POE_ACCESS_KEY (.env) has 3"),
    ("line of .env", DevFlags(), "", f"# a key\nPOE_ACCESS_KEY {KEY}", ".env:2 sets no variable"),
    ("name of .env", DevFlags(), "", "POE_ACCESS_KEY", ".env:1 sets no variable"),
]


@pytest.mark.parametrize(
    ("flags", "toml", "dotenv", "says"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG]
)
def test_a_value_that_cannot_be_is_refused_before_anything_starts(
    tmp_path: Path, flags: DevFlags, toml: str, dotenv: str, says: str
) -> None:
    """Wherever it stands; the error names the place, and never what may be a key."""
    (tmp_path / "main.py").touch()
    (tmp_path / "poe.toml").write_text(toml)
    (tmp_path / ".env").write_text(dotenv)
    with pytest.raises(UsageError) as caught:
        settle_options(flags, {}, tmp_path)
    assert says in caught.value.message
    assert KEY not in str(caught.value.as_json())
