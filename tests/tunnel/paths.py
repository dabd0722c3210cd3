"""What is asked of a tunnel's door, by whom, and is not there."""

from __future__ import annotations

from tests.tunnel.outside import KEY

LOCAL = "Host: 127.0.0.1:{port}"
CALLERS = [
    ("Host: abc.trycloudflare.com",),
    (LOCAL,),
    ("Host: localhost", "Origin: http://localhost", f"Authorization: Bearer {KEY}"),
    (LOCAL, "Origin: http://127.0.0.1:{port}", "X-Forwarded-For: 127.0.0.1"),
    ("Host: evil.example", "Origin: https://evil.example", f"Authorization: Bearer {KEY}"),
]
GONE = [
    *(("GET", path) for path in (
        "/_poe", "/_poe/", "/_poe/status", "/_poe/api/v1/feed", "/_poe/page/main.js",
        "/_poe/v1/models", "/_poe/usage/current_balance", "/_poe/files", "/_poe/files/",
        "/_poe/files/0", f"/_poe/files/{'0' * 32}", f"/_poe/files/{'0' * 32}/a.txt",
        "/_poe/files/../status", "/_poe/%66iles/x/y", "/%5Fpoe/status", "/_POE/status",
        "//_poe/status", "/./_poe/status", "/two/../_poe/status", "/admin", "/two/", "/three",
        "http://127.0.0.1/_poe/status", "/_poe/status?x=/",
        "/docs", "/openapi.json", "/favicon.ico", "/.env", "/main.py", "/robots.txt",
    )),
    *(("POST", path) for path in (
        "/_poe/reload", "/_poe/bot/GPT-4o", "/_poe/v1/chat/completions", "/_poe/v1/responses",
        "/_poe/poe_api/file_upload_3RD_PARTY_POST", "/_poe/bot/update_settings/b/k/1",
        "/_poe/bot/cost/capture/1", "/_poe/api/v1/chats", "/admin", "/three",
    )),
    *((method, "/") for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE")),
    ("HEAD", "/_poe/status"), ("DELETE", f"/_poe/files/{'0' * 32}/a.txt"), ("POST", "/_poe/files/"),
]  # fmt: skip
