"""Why pip or uv did not install a version of fastapi_poe, in a sentence.

Neither has exit codes for it, so that their words are read: pip's since 20.3, uv's since 0.4.
"""

from __future__ import annotations

import re

from poecli.config.python.interpreter import SDK
from poecli.errors import BotLoadError, NotReachable, PoeCliError, UsageError

_LAST_LINES = 15
_NO_NETWORK = re.compile(
    r"from versions: none|connection broken|Max retries|ConnectionError|ConnectTimeout|"
    r"Read timed out|Name or service not known|name resolution|SSLError|"  # pip
    r"Failed to fetch|error sending request|dns error|timed out|"  # uv
    r"network (?:was|is) disabled|ProxyError",
    re.IGNORECASE,
)
_REASON = re.compile(r"new connection: ([^')]+)|cause: (.+)$", re.MULTILINE)
_NO_VERSION = re.compile(
    r"No matching distribution found|Could not find a version that satisfies|"  # pip
    r"there is no version of|no versions? of [\w-]+ (?:is|are) available"  # uv
)


def refusal(said: str, version: str, python: str) -> PoeCliError:
    """The error for what pip or uv said instead of installing it on that Python."""
    lines = [line.strip() for line in said.strip().splitlines() if line.strip()]
    last = lines[-1] if lines else ""
    if needed := _other_python(said, version):
        return BotLoadError(
            f"{SDK} {version} can't be installed on Python {python}.",
            why=f"It requires Python {needed}.",
            hint="Try it on another one: --python PYTHON",
            id="sdk-not-for-this-python",
        )
    if _NO_NETWORK.search(said):
        return NotReachable(
            f"{SDK} {version} could not be downloaded.",
            why=_reason(said) or f"There is no network, or the package index has no {SDK}.",
            hint="A version that was tried once is kept and needs no network.",
            id="sdk-not-downloaded",
        )
    if _NO_VERSION.search(" ".join(lines)):
        return UsageError(
            f"There is no {SDK} {version}.",
            why="The package index has none of that number.",
            hint="--fastapi-poe newest",
            id="no-such-sdk",
        )
    return BotLoadError(
        f"{SDK} {version} could not be installed.",
        why=last,
        detail="\n".join(lines[-_LAST_LINES:]),
        id="sdk-not-installed",
    )


def _reason(said: str) -> str:
    """The innermost cause that is told."""
    found = [by_pip or by_uv for by_pip, by_uv in _REASON.findall(said)]
    return f"{found[-1]}." if found else ""


def _other_python(said: str, version: str) -> str:
    """The Pythons that a version requires, where it is that; else ""."""
    number = re.escape(version)
    by_pip = re.search(rf"[ ;]{number} Requires-Python ([^;\n]+)", said)
    by_uv = re.search(rf"{SDK.replace('_', '[-_]')}=={number} depends on Python\s*([^\s,]+)", said)
    found = by_pip or by_uv
    return found[1].strip() if found else ""
