"""Pictures of other hosts: pictures only, bounded, and nothing that only this machine can reach."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web

from poecli.client.pictures import MOST_BYTES, fetch_picture
from poecli.errors import BadAnswer, NotReachable, PoeCliError, UsageError

pytestmark = pytest.mark.asyncio(loop_scope="module")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
ANSWERS: dict[str, tuple[int, dict[str, str], bytes]] = {
    "png": (200, {"Content-Type": "image/png"}, PNG),
    "webp": (200, {"Content-Type": "image/webp; q=1"}, b"RIFF\0\0\0\0WEBP"),
    "svg": (200, {"Content-Type": "image/svg+xml"}, b"<svg onload='alert(1)'/>"),
    "svg-that-says-png": (200, {"Content-Type": "image/png"}, b"<svg onload='alert(1)'/>"),
    "png-that-says-html": (200, {"Content-Type": "text/html"}, PNG),
    "png-that-says-svg": (200, {"Content-Type": "image/svg+xml"}, PNG),
    "nothing": (200, {"Content-Type": "image/png"}, b""),
    "large": (200, {"Content-Type": "image/png"}, PNG + bytes(MOST_BYTES)),
    "packed": (200, {"Content-Type": "image/png", "Content-Encoding": "gzip"}, b"\x1f\x8b"),
    "missing": (404, {}, b""),
    "moved": (302, {"Location": "/png"}, b""),
    "in-circles": (302, {"Location": "/in-circles"}, b""),
    "to-another-port": (302, {"Location": "http://127.0.0.1:1/png"}, b""),
    "to-the-metadata": (302, {"Location": "http://169.254.169.254/latest"}, b""),
    "to-a-file": (302, {"Location": "file:///etc/passwd"}, b""),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def here() -> AsyncIterator[str]:
    """The host:port of a server that may be asked though it is on this machine."""

    async def answer(request: web.Request) -> web.Response:
        status, headers, body = ANSWERS[request.match_info["name"]]
        return web.Response(status=status, headers=headers, body=body)

    app = web.Application()
    app.router.add_get("/{name}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.mark.parametrize(("name", "kind"), [("png", "png"), ("webp", "webp"), ("moved", "png")])
async def test_a_picture_comes_with_the_type_it_is(here: str, name: str, kind: str) -> None:
    picture = await fetch_picture(f"http://{here}/{name}", here=here)
    assert picture.content_type == f"image/{kind}"


REFUSED: list[tuple[str, type[PoeCliError]]] = [
    ("svg", BadAnswer),
    ("svg-that-says-png", BadAnswer),
    ("png-that-says-html", BadAnswer),
    ("png-that-says-svg", BadAnswer),
    ("nothing", BadAnswer),
    ("large", BadAnswer),
    ("packed", BadAnswer),
    ("missing", BadAnswer),
    ("in-circles", NotReachable),
    ("to-another-port", UsageError),
    ("to-the-metadata", UsageError),
    ("to-a-file", UsageError),
]


@pytest.mark.parametrize(("name", "error"), REFUSED)
async def test_what_is_no_picture_or_not_public(
    here: str, name: str, error: type[PoeCliError]
) -> None:
    with pytest.raises(error):
        await fetch_picture(f"http://{here}/{name}", here=here)


INSIDE = [
    "http://127.0.0.1:{port}/png",
    "http://localhost:{port}/png",
    "http://[::1]:{port}/png",
    "http://[::ffff:127.0.0.1]:{port}/png",
    "http://0.0.0.0:{port}/png",
    "http://2130706433:{port}/png",
    "http://10.0.0.1/png",
    "http://192.168.0.1/png",
    "http://[fe80::1]/png",
    "ftp://example.com/png",
    "",
    "http://[",
]


@pytest.mark.parametrize("url", INSIDE)
async def test_an_address_inside_is_not_asked(here: str, url: str) -> None:
    with pytest.raises(UsageError):
        await fetch_picture(url.format(port=here.rpartition(":")[2]))
