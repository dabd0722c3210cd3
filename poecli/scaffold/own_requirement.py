"""The line of a requirements file that installs this poecli again, from where it came.

pip, pipx and uv note where a package came from if it was no index: PEP 610, direct_url.json.
https://packaging.python.org/en/latest/specifications/direct-url/
"""

from __future__ import annotations

import json
import shlex
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from poecli import __version__

NAME = "poecli"


def own_requirement() -> str:
    """For the poecli that runs."""
    try:
        return requirement_from(metadata.distribution(NAME).read_text("direct_url.json"))
    except metadata.PackageNotFoundError:  # run from a folder that was never installed
        return requirement_from(None)


def requirement_from(direct_url: str | None) -> str:
    """For what direct_url.json says; None is an index. So is a file or checkout that is gone."""
    at_index = f"{NAME}>={__version__}"
    origin = json.loads(direct_url) if direct_url else {}
    url = str(origin.get("url", ""))
    if vcs := origin.get("vcs_info"):
        place = f"{vcs['vcs']}+{url}@{vcs['commit_id']}"
    elif url.startswith("file:"):
        path = Path(url2pathname(urlsplit(url).path))
        if not path.exists():
            return at_index
        if origin.get("dir_info", {}).get("editable"):
            # pip splits the line as a shell does: a blank ends a word, a backslash is none.
            return f"-e {shlex.quote(path.as_posix())}"
        place = url
    else:
        place = url
    if not place:
        return at_index
    folder = origin.get("subdirectory")
    place += f"#subdirectory={folder}" if folder else ""
    # A repository on this machine has no host, and pip before 24.1 takes its name for a path.
    has_no_host = vcs is not None and not urlsplit(url).netloc
    return place if has_no_host else f"{NAME} @ {place}"
