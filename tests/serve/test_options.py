"""What `poe serve` takes from flags, the environment, .env and poe.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from poecli.errors import UsageError
from poecli.serve.options import ServeChoices, ServeOptions, settle_serve

KEY, OTHER = "a" * 32, "b" * 32
BOT = "import fastapi_poe as fp\n\n\nclass Bot(fp.PoeBot):\n    pass\n"


def settled(folder: Path, choices: ServeChoices | None = None, **env: str) -> ServeOptions:
    (folder / "main.py").write_text(BOT, encoding="utf-8")
    return settle_serve(choices or ServeChoices(), env, folder)


def test_the_platform_says_the_port_and_the_number_of_workers(tmp_path: Path) -> None:
    """PORT and WEB_CONCURRENCY, as on the usual hosts; reachable from outside."""
    found = settled(tmp_path, PORT="7860", WEB_CONCURRENCY="3", FORWARDED_ALLOW_IPS="10.0.0.1")

    everywhere = "0.0.0.0"  # noqa: S104 - compared, not bound
    assert (found.host, found.port, found.workers) == (everywhere, 7860, 3)
    assert found.order.proxies == "10.0.0.1"


def test_a_flag_is_stronger(tmp_path: Path) -> None:
    """Than the environment."""
    choices = ServeChoices(port=1, workers=2, host="::1", proxies="*")
    found = settled(tmp_path, choices, PORT="7860", WEB_CONCURRENCY="3")

    assert (found.host, found.port, found.workers, found.order.proxies) == ("::1", 1, 2, "*")


def test_each_bot_has_the_key_that_poe_toml_names(tmp_path: Path) -> None:
    """By its path; POE_ACCESS_KEY is for any other, .env for what the environment leaves out."""
    (tmp_path / "poe.toml").write_text(
        '[bots.two-bot]\npath = "/two"\naccess_key = "env:KEY_OF_TWO"\n', encoding="utf-8"
    )
    (tmp_path / ".env").write_text(f"KEY_OF_TWO={OTHER}\nMORE=x\n", encoding="utf-8")
    order = settled(tmp_path, POE_ACCESS_KEY=KEY).order

    assert (dict(order.keys), order.key) == ({"/two": OTHER}, KEY)
    assert ("MORE", "x") in order.env
    assert KEY not in repr(order)
    assert OTHER not in repr(order)


ELSEWHERE = """
[bots.main-bot]
target = "main.py:Bot"
access_key = "env:MAIN"

[bots.other-bot]
target = "other.py"
access_key = "env:OTHER"

[dev]
target = "main.py"
"""


def test_a_bot_elsewhere_gives_no_key(tmp_path: Path) -> None:
    """Of two tables for one path it is that with the file that is served, whichever comes last."""
    (tmp_path / "poe.toml").write_text(ELSEWHERE, encoding="utf-8")
    (tmp_path / "other.py").write_text(BOT, encoding="utf-8")

    assert settled(tmp_path, MAIN=KEY, OTHER=OTHER).order.keys == (("/", KEY),)
    assert settled(tmp_path, OTHER=OTHER).order.keys == ()


UNUSABLE = [
    ("PORT", "abc"),
    ("PORT", "70000"),
    ("PORT", "-1"),
    ("PORT", "9" * 5000),
    ("WEB_CONCURRENCY", "0"),
    ("WEB_CONCURRENCY", "two"),
    ("POE_ACCESS_KEY", "short"),
]


@pytest.mark.parametrize(("name", "value"), UNUSABLE, ids=lambda text: text[:20])
def test_what_can_not_be_used_is_named(name: str, value: str, tmp_path: Path) -> None:
    """By its variable, before anything starts."""
    (tmp_path / "main.py").write_text(BOT, encoding="utf-8")
    with pytest.raises(UsageError, match=name):
        settle_serve(ServeChoices(), {name: value}, tmp_path)
