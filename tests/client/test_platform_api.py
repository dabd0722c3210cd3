"""What Poe offers besides asking bots, against a server that answers from a script."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from poecli import errors
from poecli.client.platform_api import PlatformApi
from poecli.client.retries import Retry
from poecli.config.credentials import Secret
from tests.scripted import Answer, ScriptedServer, scripted_server

KEY = "a" * 32
SECRET = Secret(KEY)
JSON = "application/json"
UPLOADED = Answer([b'{"attachment_url": "https://f/1", "mime_type": "text/plain"}'])
QUICK = Retry(tries=2, first_delay=0.001)


async def test_fetch_settings_asks_poe_and_returns_its_words() -> None:
    """The path carries bot, key and version; the key never comes back in the echo."""
    async with scripted_server(Answer([f"updated {KEY}".encode()])) as server:
        echo = await PlatformApi(server.url).fetch_settings("My Bot", SECRET)
    assert server.requests[0].path == f"/bot/fetch_settings/My%20Bot/{KEY}/1.2"
    assert echo == "updated ****"


async def test_update_settings_sends_the_settings() -> None:
    """What the bot would answer is sent as it is."""
    async with scripted_server(Answer([b"ok"])) as server:
        await PlatformApi(server.url).update_settings("b", SECRET, {"response_version": 2})
    assert server.requests[0].path == f"/bot/update_settings/b/{KEY}/1.2"
    assert server.requests[0].json == {"response_version": 2}


REFUSALS = [
    (401, errors.KeyRefused, "access key"),
    (403, errors.KeyRefused, "access key"),
    (404, errors.NoSuchBot, "no server bot"),
    (408, errors.TimedOut, "in time"),
    (504, errors.TimedOut, "in time"),
    (429, errors.RateLimited, "no more calls"),
    (500, errors.PoeFailure, "could not sync"),
    (503, errors.PoeFailure, "could not sync"),
    (400, errors.BotFault, "refused the request"),
]


@pytest.mark.parametrize(("status", "kind", "words"), REFUSALS, ids=lambda v: str(v)[:40])
async def test_each_status_of_a_sync_has_its_error(
    status: int, kind: type[errors.PoeCliError], words: str
) -> None:
    """A sync that fails says why in its own terms: the key meant is the access key."""
    answer = Answer([b"no: " + KEY.encode()], status=status, content_type="text/plain")
    async with scripted_server(answer) as server:
        with pytest.raises(kind, match=words) as caught:
            await PlatformApi(server.url).fetch_settings("b", SECRET)
    assert type(caught.value) is kind
    assert KEY not in str(caught.value.as_json())


async def test_a_bot_that_never_answers_poe_times_out() -> None:
    """A fetch that hangs ends after the seconds given."""
    async with scripted_server(Answer(silent=True)) as server:
        with pytest.raises(errors.TimedOut):
            await PlatformApi(server.url).fetch_settings("b", SECRET, seconds=0.1)


async def test_a_retried_upload_sends_the_whole_file_again() -> None:
    """A stream is read once, so that the second try does not send 0 bytes."""
    busy = Answer([b"busy"], status=503, content_type="text/plain")
    async with scripted_server(busy, UPLOADED) as server:
        attachment = await PlatformApi(server.url).upload_file(
            SECRET, file=io.BytesIO(b"whole content"), name="a.txt", retry=QUICK
        )
    assert attachment.model_dump(exclude_none=True) == {
        "url": "https://f/1",
        "content_type": "text/plain",
        "name": "a.txt",
    }
    assert [b"whole content" in request.body for request in server.requests] == [True, True]
    assert server.requests[0].headers["authorization"] == KEY


async def test_a_file_on_disk_and_a_url_can_be_uploaded(tmp_path: Path) -> None:
    """A path brings its name; a URL is left to Poe to download."""
    file = tmp_path / "b.txt"
    file.write_bytes(b"from disk")
    async with scripted_server(UPLOADED) as server:
        api = PlatformApi(server.url)
        assert (await api.upload_file(SECRET, file=file)).name == "b.txt"
        assert (await api.upload_file(SECRET, file_url="https://x/c.pdf")).name == "c.pdf"
    assert b"from disk" in server.requests[0].body
    assert b"download_url=https%3A%2F%2Fx%2Fc.pdf" in server.requests[1].body


@pytest.mark.parametrize("file", [b"", Path("/no/such/file"), b"x" * (50 * 1024 * 1024 + 1), None])
async def test_a_file_that_cant_be_sent_is_a_usage_error(file: bytes | Path | None) -> None:
    """Nothing is sent for an empty, missing or too large file, or for none."""
    with pytest.raises(errors.UsageError):
        await PlatformApi("http://127.0.0.1:9").upload_file(SECRET, file=file, name="n")


async def test_models_are_listed_without_a_key() -> None:
    """The public list is read tolerantly."""
    body = (
        b'{"object": "list", "data": [{"id": "Echo", "new": 1}, {"id": "Two", "metadata": '
        b'{"display_name": "Two!", "odd": 1e999}, "description": "half \\ud83d", '
        b'"architecture": {"input_modalities": ["text"]}}]}'
    )
    async with scripted_server(Answer([body], content_type=JSON)) as server:
        models = await PlatformApi(server.url).models()
    assert [(m.id, m.display_name) for m in models] == [("Echo", "Echo"), ("Two", "Two!")]
    assert "authorization" not in server.requests[0].headers


async def test_the_balance_is_asked_with_the_api_key() -> None:
    """The points come as a number."""
    async with scripted_server(Answer([b'{"current_point_balance": 12}'])) as server:
        assert await PlatformApi(server.url).balance(SECRET) == 12
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


async def use(server: ScriptedServer) -> None:
    await PlatformApi(server.url).balance(SECRET)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer([b"<html>"]), errors.BadAnswer),
        (Answer([b""]), errors.BadAnswer),
        (Answer([b"no"], status=404), errors.NotReachable),
        (Answer([b"no"], status=401), errors.KeyRefused),
        (Answer([b'{"current'], end="cut"), errors.NotReachable),
    ],
    ids=["html", "empty", "404", "401", "cut"],
)
async def test_an_answer_that_cant_be_used_is_an_error(
    answer: Answer, kind: type[errors.PoeCliError]
) -> None:
    """Poe's failure to answer sensibly has its error, too."""
    async with scripted_server(answer) as server:
        with pytest.raises(kind):
            await use(server)
