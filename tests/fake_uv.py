"""A uv that installs the fastapi_poe of this environment under any number, without an index."""

from __future__ import annotations

import sys
from pathlib import Path

import fastapi_poe

_SCRIPT = """#!{python}
import sys
from pathlib import Path

words = sys.argv[1:]
if "--version" in words:
    sys.exit(0)
version = words[-1].partition("==")[2] or "0.0.99"
if version == "0.0.98":
    sys.exit("Because there is no version of fastapi-poe==0.0.98 and you require it, no.")
target = Path(words[words.index("--target") + 1])
info = target / f"fastapi_poe-{{version}}.dist-info"
info.mkdir(parents=True)
needs = "Requires-Dist: httpx>=99\\n" if version == "0.0.61" else ""
(info / "METADATA").write_text(
    f"Metadata-Version: 2.1\\nName: fastapi_poe\\nVersion: {{version}}\\n{{needs}}"
)
(target / "fastapi_poe").symlink_to({sdk!r})
"""


def fake_uv(folder: Path) -> Path:
    """Write it into a folder for PATH. 0.0.98 is not there; 0.0.61 needs what nobody has."""
    folder.mkdir()
    sdk = str(Path(fastapi_poe.__file__).parent)
    (folder / "uv").write_text(_SCRIPT.format(python=sys.executable, sdk=sdk))
    (folder / "uv").chmod(0o755)
    return folder
