"""What poe.toml says of a bot, where it differs from how Poe will reach the bot."""

from __future__ import annotations

from poecli.config.credentials import API_KEY_VARIABLE
from poecli.config.project import BotEntry
from poecli.conformance.results import Finding, Run

_URL, _KEY = "url-not-https", "api-key-as-access-key"


def look_at_entry(entry: BotEntry, text: str, file: str) -> Run:
    """What the bot's table shows. ``text`` is poe.toml as it stands, ``file`` its name here."""
    findings, untested = [], {}
    if entry.url is None:
        untested[_URL] = f"{file} has no url for {entry.name}"
    elif not entry.url.startswith("https://"):
        findings.append(Finding(_URL, entry.url, place=_place(entry.url, text, file)))
    if entry.access_key_env == API_KEY_VARIABLE:
        seen = f"the access key of {entry.name} is read from {API_KEY_VARIABLE}"
        findings.append(Finding(_KEY, seen, place=_place(API_KEY_VARIABLE, text, file)))
    return Run(tuple(findings), frozenset((_URL, _KEY)) - untested.keys(), untested)


def _place(word: str, text: str, file: str) -> str:
    lines = (number for number, line in enumerate(text.splitlines(), 1) if word in line)
    return f"{file}:{next(lines, 1)}"
