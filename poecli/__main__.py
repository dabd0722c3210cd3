"""``python -m poecli``: the same door as ``poe``."""

import sys

from poecli.commands.app import main

if __name__ == "__main__":
    sys.exit(main())
