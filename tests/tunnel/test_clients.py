"""Tunnel clients: how each is started, and the URL among all that it prints."""

from __future__ import annotations

import sys

import pytest

from poecli.errors import UsageError
from poecli.tunnel.clients import parse_client

PORT = 8123
SSH = (
    "ssh -T -o BatchMode=yes -o ExitOnForwardFailure=yes -o ServerAliveInterval=15 "
    "-o ServerAliveCountMax=3"
)
STARTED = (
    't=2026-11-26 lvl=info msg="started tunnel" obj=tunnels name=command_line '
    "addr=http://127.0.0.1:8123 url=https://ab-1-2-3-4.ngrok-free.app"
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cloudflared", "cloudflared tunnel --no-autoupdate --url http://127.0.0.1:{port}"),
        (
            "cloudflared --protocol http2",
            "cloudflared tunnel --no-autoupdate --url http://127.0.0.1:{port} --protocol http2",
        ),
        (
            "ngrok --url my.ngrok.app",
            "ngrok http 127.0.0.1:{port} --log stdout --log-format logfmt --url my.ngrok.app",
        ),
        (
            "ssh -p 2222 me@host.example",
            f"{SSH} -N -R 0:127.0.0.1:{{port}} -p 2222 me@host.example",
        ),
        (
            "ssh localhost.run",
            f"{SSH} -R 80:127.0.0.1:{{port}} localhost.run",
        ),
        ("npx localtunnel --port {port}", "npx localtunnel --port {port}"),
    ],
)
def test_how_a_client_is_started(text: str, words: str) -> None:
    """Its own words, and after them those of the author."""
    assert " ".join(parse_client(text).words) == words


@pytest.mark.parametrize(
    ("client", "line", "url"),
    [
        (
            "cloudflared",
            "2026-11-26T06:00:00Z INF |  https://two-words-here.trycloudflare.com        |",
            "https://two-words-here.trycloudflare.com",
        ),
        ("cloudflared", "INF Thank you … https://developers.cloudflare.com/cloudflare-one", ""),
        ("cloudflared", 'ERR failed to request: Post "https://api.trycloudflare.com/tunnel"', ""),
        (
            "ngrok",
            STARTED,
            "https://ab-1-2-3-4.ngrok-free.app",
        ),
        (
            "ngrok",
            '{"addr":"http://127.0.0.1:8123","msg":"started tunnel","url":"https://x.ngrok.app"}',
            "https://x.ngrok.app",
        ),
        ("ngrok", 'lvl=info msg="client session established" obj=tunnels.session', ""),
        (
            "ssh localhost.run",
            "b1.lhr.life tunneled with tls termination, https://b1.lhr.life",
            "https://b1.lhr.life",
        ),
        (
            "ssh serveo.net",
            "Forwarding HTTP traffic from https://ab.serveo.net",
            "https://ab.serveo.net",
        ),
        (
            "ssh me@box.example",
            "Allocated port 43215 for remote forward to 127.0.0.1:8123",
            "http://box.example:43215",
        ),
        ("lt --port {port}", "your url is: https://brown-cow.loca.lt", "https://brown-cow.loca.lt"),
        ("tailscale funnel {port}", "https://me.tail1.ts.net/", "https://me.tail1.ts.net"),
        ("lt --port {port}", "forwarding http://127.0.0.1:8123 to you", ""),
        ("lt --port {port}", "docs: https://tunnels.example/docs/start", ""),
    ],
)
def test_the_url_in_a_line(client: str, line: str, url: str) -> None:
    """Lines as the clients print them: their own URL, and neither ours nor their maker's pages."""
    assert parse_client(client).url_in(line, PORT) == url


@pytest.mark.parametrize("text", ["", "ssh", "frp", "lt --port 8080", "lt 'oops {port}"])
def test_what_is_no_client(text: str) -> None:
    """It is said what there is."""
    with pytest.raises(UsageError, match="--tunnel"):
        parse_client(text)


def test_a_client_that_is_not_installed() -> None:
    """How to get it is said; one that is there is started by its whole path."""
    with pytest.raises(UsageError, match="'cloudflared' is not installed") as caught:
        parse_client("cloudflared").command(PORT, {"PATH": "/nowhere"})
    assert "brew install cloudflared" in caught.value.hint

    found = parse_client(f"{sys.executable} -V {{port}}").command(PORT, {})
    assert found == [sys.executable, "-V", "8123"]
