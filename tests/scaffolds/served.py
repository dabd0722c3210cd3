"""A created project served by a real `poe dev`, and the examples of its template.toml asked."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from pypdf import PdfWriter

from poecli.config.toml_tables import read_tables
from poecli.scaffold.catalog import find_template
from poecli.scaffold.create import NewOptions, carry_out, plan
from tests.poe import clean_environment, poe
from tests.warm_python import python

BOT = "my-bot"
START_SECONDS = 60


def create(name: str, folder: Path) -> Path:
    """The project of a template."""
    carry_out(plan(NewOptions(template=name, directory=str(folder / name), name=BOT)))
    return folder / name


def examples(name: str) -> list[dict[str, Any]]:
    """The `[[example]]` tables of a template, in order."""
    text = (find_template(name).folder / "template.toml").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = read_tables(text)["example"]
    return found


@dataclass
class Served:
    """A running `poe dev`. ``reports`` are the JSON lines that it has written so far."""

    url: str
    reports: list[dict[str, Any]]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The reports of one type."""
        return [report for report in self.reports if report["type"] == kind]


@contextlib.contextmanager
def poe_dev(project: Path, **environment: str) -> Iterator[Served]:
    """Serve a project on a free port until the block ends."""
    process = subprocess.Popen(
        python("-m", "poecli", "dev", "--port", "0", "--json"),
        cwd=project,
        env=clean_environment(**environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    reports: list[dict[str, Any]] = []
    ready = threading.Event()

    def read(lines: Iterator[str]) -> None:
        for line in lines:
            reports.append(json.loads(line))
            if reports[-1]["type"] in ("ready", "error"):
                ready.set()
        ready.set()

    reader = threading.Thread(target=read, args=(process.stdout,))
    reader.start()
    try:
        assert ready.wait(START_SECONDS), reports
        served = Served("", reports)
        assert served.of("ready"), reports
        served.url = served.of("ready")[0]["url"]
        yield served
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(START_SECONDS)
        reader.join()
        process.stdout.close()


def answer_to(example: dict[str, Any], served: Served, files: Path) -> dict[str, Any]:
    """What `poe chat --json` prints for an example."""
    url = served.url + example.get("path", "/")
    if "url_query" in example:
        url += f"?{example['url_query']}"
    arguments = ["chat", "--continue"] if example.get("goes_on") else ["chat", url]
    arguments += ["-m", example["say"], "--json", "--no-stdin"]
    for name in example.get("attach", ()):
        arguments += ["-a", str(make_file(files / name))]
    for name, value in example.get("parameters", {}).items():
        arguments += ["-p", f"{name}={value if isinstance(value, str) else json.dumps(value)}"]
    ran = poe(*arguments, env={"XDG_DATA_HOME": str(files / "data"), "HOME": str(files)})
    assert ran.stdout, ran.stderr
    answer: dict[str, Any] = json.loads(ran.stdout)
    return answer


def output_of(example: dict[str, Any], served: Served, project: Path) -> str:
    """What a script of the project prints."""
    done = subprocess.run(
        [sys.executable, *example["run"]],
        cwd=project,
        env=clean_environment(POE_BASE_URL=f"{served.url}/_poe"),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


def make_file(file: Path) -> Path:
    """A file to attach: a PDF of 12 pages, or a text."""
    if file.suffix == ".pdf":
        writer = PdfWriter()
        for _ in range(12):
            writer.add_blank_page(width=100, height=100)
        writer.write(str(file))
    else:
        file.write_text("Ducks swim, and sometimes they fly.")
    return file


class _Model(BaseHTTPRequestHandler):
    """Speaks OpenAI's protocol: says back what it was told."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for piece in ("You said: ", body["messages"][-1]["content"]):
            chunk = {"choices": [{"delta": {"content": piece}}]}
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextlib.contextmanager
def model_server() -> Iterator[str]:
    """The base URL of a model."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Model)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()
    thread.join()
