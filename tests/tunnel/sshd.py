"""A real sshd on the loopback."""

from __future__ import annotations

import asyncio
import getpass
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.servers import closed_port

LIMIT_SECONDS = 60
SSHD = """
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
PidFile none
StrictModes no
UsePAM no
"""


@asynccontextmanager
async def sshd(folder: Path) -> AsyncIterator[str]:
    """A server with a configuration, a port and keys of its own; the `--tunnel` that reaches it."""
    for name in ("host", "user"):
        make = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name))
        await (await asyncio.create_subprocess_exec(*make)).wait()
    port, user = closed_port(), getpass.getuser()
    (folder / "config").write_text(SSHD.format(folder=folder, port=port))
    host_key = (folder / "host.pub").read_text()
    (folder / "known").write_text(f"[127.0.0.1]:{port} {host_key}")
    if os.getuid() == 0:  # where a root's sshd wants to be able to lock itself in
        Path("/run/sshd").mkdir(exist_ok=True)  # noqa: ASYNC240 - a moment
    server = await asyncio.create_subprocess_exec(
        *(shutil.which("sshd") or "", "-D", "-e", "-f", str(folder / "config")),
        stderr=asyncio.subprocess.PIPE,
    )
    assert server.stderr is not None
    await asyncio.wait_for(server.stderr.readline(), LIMIT_SECONDS)  # "Server listening on …"
    try:
        yield (
            f"ssh -F none -p {port} -i {folder}/user -o UserKnownHostsFile={folder}/known "
            f"{user}@127.0.0.1"
        )
    finally:
        server.terminate()
        await server.communicate()
