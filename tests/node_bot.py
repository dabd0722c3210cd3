"""A bot server in another language."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.conformance.bots import KEY

NODE = """
const http = require("http");
const events = (words) => `event: text\\ndata: ${JSON.stringify({text: words})}\\n\\n`;
http.createServer((request, response) => {
  const answer = (status, value) => {
    response.writeHead(status, {"Content-Type": "application/json"});
    response.end(JSON.stringify(value));
  };
  if (request.method !== "POST") return answer(405, {});
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    if (request.headers.authorization !== `Bearer ${process.env.POE_ACCESS_KEY}`)
      return answer(401, {});
    let body;
    try { body = JSON.parse(Buffer.concat(parts).toString()); } catch { return answer(400, {}); }
    if (body.type === "settings") return answer(200, {response_version: 2});
    if (/^report_/.test(body.type)) return answer(200, {});
    if (body.type !== "query") return answer(501, {});
    if (!Array.isArray(body.query)) return answer(400, {});
    response.writeHead(200, {"Content-Type": "text/event-stream"});
    response.write(events(body.query[body.query.length - 1].content));
    if (process.env.FORGETS_DONE) return response.end();
    response.end("event: done\\ndata: {}\\n\\n");
  });
}).listen(0, "127.0.0.1", function () { console.log(this.address().port); });
"""


@asynccontextmanager
async def node(
    folder: Path, source: str = NODE, name: str = "bot.js", **env: str
) -> AsyncIterator[str]:
    """A bot in JavaScript that says its port, as the last word of a line; its URL."""
    (folder / name).write_text(source, encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        "node",
        str(folder / name),
        env={**os.environ, "POE_ACCESS_KEY": KEY, **env},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), 60)
        yield f"http://127.0.0.1:{int(line.split()[-1])}/"
    finally:
        process.kill()
        await process.wait()
