"""Time to the first byte of an answer and to the prompt of a conversation, next to `llm`.

python -m tests.benchmarks.chat_start [ROUNDS] [--poe PATH_OF_POE] [--llm PATH_OF_LLM]

Each program that no path is given for is installed into a temporary environment of its own, as a
user has it: packages that only developers have make a start slower. Both programs talk to the same
server on the loopback: Poe's protocol for one, OpenAI's for the other.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import venv
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests import ptys

_CHUNK = {
    "id": "1",
    "object": "chat.completion.chunk",
    "created": 1,
    "model": "fake",
    "choices": [{"index": 0, "delta": {"role": "assistant", "content": "hello"}}],
}
_END = {**_CHUNK, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
_OPENAI = f"data: {json.dumps(_CHUNK)}\n\ndata: {json.dumps(_END)}\n\ndata: [DONE]\n\n"
_POE = 'event: text\ndata: {"text": "hello"}\n\nevent: done\ndata: {}\n\n'


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        kind = "text/event-stream"
        if body.get("type") == "settings":
            text, kind = '{"response_version": 2}', "application/json"
        else:
            text = _POE if body.get("type") == "query" else _OPENAI
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_arguments: object) -> None:
        """Nothing: the report is the output."""


@contextmanager
def _server() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _first_byte(command: list[str], env: Mapping[str, str]) -> float:
    """Seconds to the first byte on stdout, a pipe."""
    started = time.perf_counter()
    with subprocess.Popen(
        command,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        got = process.stdout.read(1)
        seconds = time.perf_counter() - started
        process.stdout.read()
    if not got:
        raise SystemExit(f"no answer from {command}")
    return seconds


def _prompt(command: list[str], env: Mapping[str, str], mark: bytes) -> float:
    """Seconds to the prompt on a terminal."""
    started = time.perf_counter()
    process, handle = ptys.start(
        command, env={**env, "PROMPT_TOOLKIT_NO_CPR": "1", "TERM": "xterm"}
    )
    seen = b""
    while mark not in seen:
        if not select.select([handle], [], [], 20)[0]:
            raise SystemExit(f"no prompt from {command}: {seen!r}")
        seen += os.read(handle, 65536)
    seconds = time.perf_counter() - started
    process.kill()
    process.wait()
    os.close(handle)
    return seconds


def _installed(folder: Path, program: str, requirement: str) -> str:
    venv.create(folder / program, with_pip=True)
    python = folder / program / "bin" / "python"
    subprocess.run([str(python), "-m", "pip", "install", "-q", requirement], check=True)
    return str(python.with_name(program))


def _llm_home(folder: Path, url: str) -> Path:
    home = folder / "llm-home"
    home.mkdir()
    model = f"- model_id: fake\n  model_name: fake\n  api_base: {url}/v1\n  api_key_name: fake\n"
    (home / "extra-openai-models.yaml").write_text(model)
    (home / "keys.json").write_text('{"fake": "made-up"}')
    return home


def main() -> None:
    """Measure both in turn, round by round, and print medians and their ratio."""
    parser = argparse.ArgumentParser()
    parser.add_argument("rounds", type=int, nargs="?", default=15)
    parser.add_argument("--poe")
    parser.add_argument("--llm")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, _server() as url:
        folder = Path(temporary)
        poe = options.poe or _installed(folder, "poe", str(Path(__file__).parents[2]))
        llm = options.llm or _installed(folder, "llm", "llm")
        env = {**os.environ, "HOME": temporary, "XDG_DATA_HOME": temporary}
        # Both from compiled files, as after any installation; the first round writes them.
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        env["LLM_USER_PATH"] = str(_llm_home(folder, url))
        # prompt_toolkit moves the cursor instead of writing the space after the sign.
        mark = f"{url.rpartition('/')[2]}>".encode()
        runs: dict[str, Callable[[], float]] = {
            "first byte: poe chat URL -m hi": lambda: _first_byte(
                [poe, "chat", url, "-m", "hi"], env
            ),
            "first byte: llm -m fake hi": lambda: _first_byte([llm, "-m", "fake", "hi"], env),
            "prompt: poe chat URL": lambda: _prompt([poe, "chat", url], env, mark),
            "prompt: llm chat -m fake": lambda: _prompt([llm, "chat", "-m", "fake"], env, b"> "),
        }
        times: dict[str, list[float]] = {name: [] for name in runs}
        for counted in range(options.rounds + 1):
            for name, run in runs.items():
                seconds = run()
                if counted:
                    times[name].append(seconds)
    medians = [statistics.median(seconds) for seconds in times.values()]
    for name, median in zip(times, medians, strict=True):
        sys.stdout.write(f"{name:<32}{median * 1000:>8.0f} ms\n")
    sys.stdout.write(f"first byte: {medians[0] / medians[1]:.2f} of llm's time (at most 0.5)\n")
    sys.stdout.write(f"prompt: {medians[2] / medians[3]:.2f} of llm's time (at most 0.5)\n")


if __name__ == "__main__":
    main()
