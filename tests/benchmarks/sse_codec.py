"""From bytes to events: our decoder and httpx-sse's (the SDK's), side by side in one run.

    python -m tests.benchmarks.sse_codec [EVENTS]

CPU time of one text event in microseconds, the best of several rounds. The goal: at most 5 with
chunks of 64 kB.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence

from httpx_sse._decoders import SSEDecoder, SSELineDecoder

from poecli.protocol.events import event_from_frame
from poecli.protocol.sse import SseDecoder

ROUNDS = 20
CHUNK_BYTES = (65_536, 1_400, 48, 16)


def ours(chunks: Sequence[bytes]) -> Sequence[object]:
    decoder = SseDecoder()
    return [event_from_frame(frame) for chunk in chunks for frame in decoder.feed(chunk)]


def theirs(chunks: Sequence[bytes]) -> Sequence[object]:
    lines, decoder = SSELineDecoder(), SSEDecoder()
    # The chunks hold ASCII only, so that each can be decoded by itself.
    frames = [decoder.decode(line) for chunk in chunks for line in lines.decode(chunk.decode())]
    return [json.loads(frame.data) for frame in frames if frame is not None]


def cpu_us(decode: Callable[[Sequence[bytes]], Sequence[object]], chunks: Sequence[bytes]) -> float:
    """CPU microseconds of one event."""
    best, events = float("inf"), 1
    for _ in range(ROUNDS):
        start = time.process_time()
        events = len(decode(chunks))
        best = min(best, time.process_time() - start)
    return best / events * 1e6


def main(events: int) -> None:
    """Write one table."""
    stream = b"".join(
        b'event: text\r\ndata: {"text": "word %d "}\r\n\r\n' % number for number in range(events)
    )
    sys.stdout.write("   chunk    poecli  httpx-sse and json   µs CPU an event\n")
    for size in CHUNK_BYTES:
        chunks = [stream[at : at + size] for at in range(0, len(stream), size)]
        sys.stdout.write(
            f"{size:>8}  {cpu_us(ours, chunks):8.2f}  {cpu_us(theirs, chunks):18.2f}\n"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000)
