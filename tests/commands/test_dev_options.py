"""The flags of `poe dev`, settled."""

from __future__ import annotations

from pathlib import Path

import pytest

from poecli.commands.dev_options import DevFlags, settle_options

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
