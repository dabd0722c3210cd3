from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from poecli.errors import UsageError
from poecli.protocol.sse import Frame
from poecli.turns.chat_toml import write_test
from poecli.turns.exporting import export_turns
from poecli.turns.kept import (
    KeptAnswer,
    KeptCall,
    KeptCost,
    KeptFault,
    KeptFile,
    KeptPrint,
    KeptTurn,
    RecordedEvent,
)
from poecli.turns.reading import read_exported
from poecli.turns.wire import KeptWire

URL = f"http://127.0.0.1:8080/_poe/files/{'a' * 32}/a.txt"
ANSWER = f'event: file\ndata: {{"url": "{URL}", "name": "a.txt", "content_type": "text/plain"}}\n\n'
TURN = KeptTurn(
    number=4,
    id="run-9",
    at_ms=5,
    bot="Bot",
    request={"type": "query", "query": [{"role": "user", "content": "Hi"}]},
    wire=KeptWire("POST / HTTP/1.1\r\n\r\n", "compact", keys=((1, "api_key", "****"),)),
    answer=KeptAnswer(ANSWER, total_ms=3.5),
    calls=(KeptCall("A", "live", {"query": []}, (RecordedEvent(1.0, Frame("done", "{}")),), 0.5),),
    costs=(KeptCost("capture", 5, ok=False, at_ms=1.0),),
    prints=(KeptPrint("seen", "stderr", 2.0),),
    faults=(KeptFault("raised", "ouch"),),
    stored=(KeptFile(URL, "a.txt", "text/plain", b"bytes"),),
)


def test_turns_come_back_from_a_file_as_they_were(tmp_path: Path) -> None:
    """With number, id and the bytes of their files, whatever folder the file is in."""
    other = replace(TURN, number=5, id="run-10")

    export_turns([TURN, other], tmp_path / "turns.jsonl")

    assert read_exported(tmp_path / "turns.jsonl") == [TURN, other]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes among the files")
def test_a_pipe_and_a_link_stay_what_they_are(tmp_path: Path) -> None:
    """So do devices: /dev/stdout is both, and root may replace it."""
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to("turns.jsonl")
    reader = os.open(pipe, os.O_RDWR)
    for file in (pipe, link):
        export_turns([TURN], file)

    (tmp_path / "piped").write_bytes(os.read(reader, 1 << 16))
    os.close(reader)
    assert (pipe.is_fifo(), link.is_symlink()) == (True, True)
    assert read_exported(tmp_path / "piped") == read_exported(tmp_path / "turns.jsonl") == [TURN]


def test_a_file_that_is_gone_is_left_out(tmp_path: Path) -> None:
    """The rest of the turn is worth as much."""
    gone = KeptFile(URL, "a.txt", "text/plain", tmp_path / "gone")

    export_turns([replace(TURN, stored=(gone,))], tmp_path / "turns.jsonl")

    assert read_exported(tmp_path / "turns.jsonl") == [replace(TURN, stored=())]


def test_a_test_that_does_not_fit_on_the_disk_leaves_no_half(tmp_path: Path) -> None:
    """The next try would find a file of that name."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, hard))
    try:
        with pytest.raises(UsageError):
            write_test(tmp_path / "long.chat.toml", "x" * 100)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert list(tmp_path.iterdir()) == []
