"""The first lines of a process for bots, on any Python: run by its path, before poecli is there.

    python bootstrap.py NAME=FOLDER … -- worker
    python bootstrap.py NAME=FOLDER … -- fork_server FD

The named modules are lent from where poe is installed. poecli itself comes from there in any case,
since both ends of the channel are to speak the same; the others only where the bot's own
environment lacks them. Nothing else of poe's environment can be seen: what is missing here is
missing where the bot is deployed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType


class Lent:
    """Finds top-level modules in the folders they are lent from."""

    def __init__(self, folders: dict[str, str]) -> None:
        self.folders = folders

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As importlib asks."""
        if path is None and name in self.folders:
            return PathFinder.find_spec(name, [self.folders[name]], target)
        return None


def main() -> int:
    """Become the process that is asked for; its exit code."""
    # The folder of this file, which Python puts first, and the working folder are nobody's path: a
    # file there called logging.py would be taken for Python's own. (-P from Python 3.11 on.)
    del sys.path[0]
    sys.path[:] = [entry for entry in sys.path if entry]
    end = sys.argv.index("--")
    folders = dict(pair.split("=", 1) for pair in sys.argv[1:end])
    arguments = sys.argv[end + 1 :]
    sys.meta_path.insert(0, Lent({"poecli": folders.pop("poecli")}))
    sys.meta_path.append(Lent(folders))
    from poecli.hosting.process import entry  # noqa: PLC0415 - only now can it be found

    return entry.main(*arguments)


if __name__ == "__main__":
    sys.exit(main())
