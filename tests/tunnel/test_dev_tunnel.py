"""`poe dev --tunnel`: what a script reads of it, and what can't be."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from aiohttp import web

from poecli.errors import ExitCode
from tests.poe import dev, poe, poe_in, user_env
from tests.servers import serving
from tests.tunnel.outside import BOT, KEY, LIMIT_SECONDS, STANDIN


async def test_poe_dev_names_the_public_url_when_it_is_ready(tmp_path: Path) -> None:
    """The ready line comes once the bot was reached from outside; then the settings go to Poe."""
    pushed: asyncio.Queue[str] = asyncio.Queue()

    async def real_poe(request: web.Request) -> web.Response:
        pushed.put_nowait(request.path)
        return web.Response()

    (tmp_path / "main.py").write_text(BOT)
    (tmp_path / ".env").write_text(f"POE_ACCESS_KEY={KEY}")
    command = f"{sys.executable} {STANDIN} honest {{port}}"
    app = web.Application()
    app.router.add_post("/{tail:.*}", real_poe)
    async with serving(app) as url:
        (tmp_path / "poe.toml").write_text(f"base_url = '{url}'\n[dev]\ntunnel = '{command}'\n")
        async with dev(tmp_path, "--sync", "Outside", "main.py") as poe:
            ready = await poe.line("ready")
            path = await asyncio.wait_for(pushed.get(), LIMIT_SECONDS)

    (opened,) = [line for line in poe.lines if line["type"] == "tunnel"]
    assert opened["ok"]
    assert ready["public_url"] == opened["public_url"]
    assert opened["bots"][0]["url"] == f"{ready['public_url']}/"
    assert path.startswith(f"/bot/update_settings/Outside/{KEY}/")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--tunnel", "frp"), "--tunnel 'frp' is not a tunnel client."),
        (("--tunnel", "no-such-tunnel {port}"), "'no-such-tunnel' is not installed"),
        (("--sync", "my-bot"), "--sync is for a tunnel, and there is none."),
        (("--tunnel", "off", "--tunnel-url", "https://h/"), "--tunnel-url is for a tunnel"),
    ],
)
async def test_a_tunnel_that_can_not_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], says: str
) -> None:
    """It is said before anything is started."""
    (tmp_path / "main.py").write_text(BOT)
    monkeypatch.chdir(tmp_path)

    ran = await asyncio.to_thread(poe, "dev", *words, env=user_env(tmp_path))

    assert ran.code == ExitCode.USAGE
    assert says in ran.stderr


def test_a_client_sees_no_key_of_poes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is another's program and has no business with them, whatever they are called."""
    (tmp_path / "main.py").write_text(BOT)
    (tmp_path / "poe.toml").write_text("[bots.Outside]\naccess_key = 'env:OF_THE_BOT'\n")
    (tmp_path / "client.py").write_text(
        "import os; print('sees', [n for n, value in os.environ.items() if value == 'k' * 32])"
    )
    monkeypatch.chdir(tmp_path)
    keys = dict.fromkeys(("POE_ACCESS_KEY", "POE_API_KEY", "OF_THE_BOT", "NOT_POES"), KEY)
    words = ("--port", "0", "--tunnel", f"{sys.executable} client.py {{port}}")

    ran = poe("dev", *words, env=user_env(tmp_path, **keys))

    assert "sees ['NOT_POES']" in ran.stderr


async def test_a_script_must_bring_the_key(tmp_path: Path) -> None:
    """Nobody is there to read one that is made for this run."""
    (tmp_path / "main.py").write_text("import fastapi_poe as fp\nclass Bare(fp.PoeBot): ...\n")
    command = f"{sys.executable} {STANDIN} honest {{port}}"

    ran = await poe_in(tmp_path, "dev", "--json", "--port", "0", "--tunnel", command)

    assert ran.code == ExitCode.KEY
    assert "The access key of the bot 'Bare' is needed." in ran.stderr
