"""What poe.toml says of a bot, where it differs from how Poe will reach the bot."""

from __future__ import annotations

from urllib.parse import urlsplit

from poecli.config.credentials import API_KEY_VARIABLE
from poecli.config.project import BotEntry
from poecli.config.toml_tables import TomlFile
from poecli.conformance.results import Finding, Run

_URL, _KEY, _TUNNEL = "url-not-https", "api-key-as-access-key", "quick-tunnel-url"
# Each gives a name by chance that is gone with the tunnel: cloudflared, localtunnel, localhost.run.
_QUICK_TUNNELS = (".trycloudflare.com", ".loca.lt", ".lhr.life", ".serveo.net")


def look_at_entry(entry: BotEntry, file: TomlFile) -> Run:
    """What the bot's table shows; findings name the file by its path."""
    findings, tested, untested = [], {_KEY}, {}
    if entry.url is None:
        untested[_URL] = f"{file.path} has no url for {entry.name}"
    else:
        tested |= {_URL, _TUNNEL}
        place = file.at("bots", entry.name, "url")
        if not entry.url.startswith("https://"):
            findings.append(Finding(_URL, entry.url, place=place))
        if (urlsplit(entry.url).hostname or "").endswith(_QUICK_TUNNELS):
            findings.append(Finding(_TUNNEL, entry.url, place=place))
    if entry.access_key_env == API_KEY_VARIABLE:
        place = file.at("bots", entry.name, "access_key")
        seen = f"the access key of {entry.name} is read from {API_KEY_VARIABLE}"
        findings.append(Finding(_KEY, seen, place=place))
    return Run(tuple(findings), frozenset(tested), untested)
