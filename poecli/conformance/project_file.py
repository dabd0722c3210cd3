"""What poe.toml says of a bot, where it differs from how Poe will reach the bot."""

from __future__ import annotations

from poecli.config.credentials import API_KEY_VARIABLE
from poecli.config.project import BotEntry
from poecli.config.toml_tables import TomlFile
from poecli.conformance.results import Finding, Run

_URL, _KEY = "url-not-https", "api-key-as-access-key"


def look_at_entry(entry: BotEntry, file: TomlFile) -> Run:
    """What the bot's table shows; findings name the file by its path."""
    findings, untested = [], {}
    if entry.url is None:
        untested[_URL] = f"{file.path} has no url for {entry.name}"
    elif not entry.url.startswith("https://"):
        place = file.at("bots", entry.name, "url")
        findings.append(Finding(_URL, entry.url, place=place))
    if entry.access_key_env == API_KEY_VARIABLE:
        place = file.at("bots", entry.name, "access_key")
        seen = f"the access key of {entry.name} is read from {API_KEY_VARIABLE}"
        findings.append(Finding(_KEY, seen, place=place))
    return Run(tuple(findings), frozenset((_URL, _KEY)) - untested.keys(), untested)
