"""The fast loop: ruff, mypy, and the tests that start no process.

    python -m tests.quick [PYTEST-ARGUMENTS]

Ends with the first that fails, and with its exit code.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PURE = (
    "tests/test_architecture.py",
    "tests/test_safe_files.py",
    "tests/protocol",
    "tests/http1",
    "tests/source",
    "tests/config",
)
TYPES = ("mypy",)  # beside the others: on two cores it takes as long as all of them
STEPS = (
    ("ruff", "check", "--quiet", "."),
    ("ruff", "format", "--quiet", "--check", "."),
    ("pytest", "-q", "--no-header", *PURE),
)


def main(arguments: list[str]) -> int:
    """Run all in the project's folder; the first exit code that is not 0."""
    types = subprocess.Popen(
        [sys.executable, "-m", *TYPES],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with types:
        for module, *flags in STEPS:
            extra = arguments if module == "pytest" else []
            step = [sys.executable, "-m", module, *flags, *extra]
            if code := subprocess.call(step, cwd=ROOT):
                types.kill()
                return code
        said, _ = types.communicate()
        sys.stdout.write(said)
        return types.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
