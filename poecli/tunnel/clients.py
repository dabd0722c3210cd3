"""Which tunnel clients there are: how each is started, and how its URL looks in its output."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from poecli.errors import UsageError

_PORT = "{port}"
# An address without a path: what clients print beside their own URL leads to pages of theirs.
_END = r"/?(?=[\s\"'|<>,]|$)"
_HTTPS = rf"https://[A-Za-z0-9.-]+(?::\d+)?{_END}"
# One on this machine, of whoever puts a proxy of his own in front.
_HERE = rf"http://(?:127\.0\.0\.1|localhost):(?!{_PORT}\b)\d+{_END}"
_ALLOCATED = r"Allocated port (?P<allocated>\d+) for remote forward"
_ANY = f"{_ALLOCATED}|{_HTTPS}|{_HERE}"
# Hosts that open a web address for an ssh session: the port to ask them for.
# https://localhost.run/docs, https://serveo.net, https://pinggy.io/docs
_SSH_HOSTS = {"localhost.run": 80, "serveo.net": 80, "a.pinggy.io": 0, "free.pinggy.io": 0}
_SSH = (
    "ssh -T -o BatchMode=yes -o ExitOnForwardFailure=yes -o ServerAliveInterval=15 "
    "-o ServerAliveCountMax=3"
)


@dataclass(frozen=True)
class TunnelClient:
    """A program, its words (``{port}`` is ours to fill in) and the pattern of its URL.

    ``install`` says how to get a program that is not there. ``host`` is where an ssh server's
    allocated port is found. ``connected`` is printed once the URL leads somewhere, where a client
    prints the URL before.
    """

    name: str
    words: tuple[str, ...]
    pattern: str
    install: str = ""
    host: str = ""
    connected: str = ""

    def command(self, port: int, env: Mapping[str, str]) -> list[str]:
        """What to start. Raises UsageError when the program is not installed."""
        program = shutil.which(self.words[0], path=env.get("PATH"))
        if program is None:
            raise UsageError(
                f"The tunnel client {self.words[0]!r} is not installed.",
                why="`poe dev --tunnel` starts your own client; poe brings none.",
                hint=self.install or f"Install {self.words[0]}, or put it on PATH.",
                id="tunnel-client-missing",
            )
        return [program, *(word.replace(_PORT, str(port)) for word in self.words[1:])]

    def url_in(self, line: str, port: int) -> str:
        """The public URL that a line of output tells, without a slash at its end; "" for none."""
        found = re.search(self.pattern.replace(_PORT, str(port)), line)
        if found is None:
            return ""
        if found.groupdict().get("allocated"):
            return f"http://{self.host}:{found['allocated']}"
        return (found.groupdict().get("url") or found[0]).rstrip("/")


def parse_client(text: str) -> TunnelClient:
    """The client of ``--tunnel``: cloudflared, ngrok, ssh HOST, each with more words of its own,
    or any command with {port} in it. Raises UsageError.
    """
    try:
        # In a Windows path a backslash is no escape, and quotes stay around the word.
        windows = sys.platform == "win32"
        words = [word.strip('"' * windows) for word in shlex.split(text, posix=not windows)]
    except ValueError as error:
        raise UsageError(f"--tunnel {text!r} can't be read: {error}.") from error
    name = words[0] if words else ""
    if any(_PORT in word for word in words):
        return TunnelClient(Path(name).name, tuple(words), _ANY, host=_ssh_host(words))
    if name in _PRESETS and (name != "ssh" or len(words) > 1):
        return _PRESETS[name](words[1:])
    raise UsageError(
        f"--tunnel {text!r} is not a tunnel client.",
        why="" if name != "ssh" else "The host is missing.",
        hint="--tunnel cloudflared, ngrok, 'ssh HOST', or a command with {port} in it.",
    )


def _cloudflared(more: list[str]) -> TunnelClient:
    # https://developers.cloudflare.com/cloudflare-one/connections/connect-networks/do-more-with-tunnels/trycloudflare/
    words = ("cloudflared", "tunnel", "--no-autoupdate", "--url", f"http://127.0.0.1:{_PORT}")
    return TunnelClient(
        "cloudflared",
        (*words, *more),
        r"https://(?!api\.)[a-z0-9-]+\.trycloudflare\.com",
        "brew install cloudflared, winget install Cloudflare.cloudflared, or a package from "
        "https://developers.cloudflare.com/cloudflare-one/connections/connect-networks/downloads/",
        # Asked too early, a name server says for half an hour that there is no such name.
        connected="Registered tunnel connection",
    )


def _ngrok(more: list[str]) -> TunnelClient:
    # https://ngrok.com/docs/agent/cli/: lvl=info msg="started tunnel" … url=https://….ngrok-free.app
    words = ("ngrok", "http", f"127.0.0.1:{_PORT}", "--log", "stdout", "--log-format", "logfmt")
    return TunnelClient(
        "ngrok",
        (*words, *more),
        r"\burl\"?[=:]\s*\"?(?P<url>https://[^\s\",]+)",
        "brew install ngrok, winget install ngrok.ngrok, or https://ngrok.com/download; then: "
        "ngrok config add-authtoken TOKEN",
    )


def _ssh(more: list[str]) -> TunnelClient:
    host = _ssh_host(["ssh", *more])
    hosted = host in _SSH_HOSTS
    forward = ["-R", f"{_SSH_HOSTS.get(host, 0)}:127.0.0.1:{_PORT}"]
    # Those hosts print the address in the session; of any other server a shell is not wanted.
    words = (*_SSH.split(), *([] if hosted else ["-N"]), *forward, *more)
    told = rf"(?:tls termination, |traffic from )(?P<url>https://\S+)|{_HTTPS}"
    return TunnelClient(
        f"ssh {host}", words, told if hosted else _ALLOCATED, "Install OpenSSH's client.", host
    )


def _ssh_host(words: list[str]) -> str:
    """The host of an ssh command line; it stands last."""
    return words[-1].rpartition("@")[2] if words and words[0].endswith("ssh") else ""


_PRESETS = {"cloudflared": _cloudflared, "ngrok": _ngrok, "ssh": _ssh}
