"""Every benchmark of serving and reloading, one table after the other.

python -m tests.benchmarks.run
"""

from __future__ import annotations

import asyncio

from tests.benchmarks import reload, saves, serving


async def main() -> None:
    """Print the tables."""
    for part in (serving, reload, saves):
        print("\n".join(await part.table()), end="\n\n")


if __name__ == "__main__":
    asyncio.run(main())
