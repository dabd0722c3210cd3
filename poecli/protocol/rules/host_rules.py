"""Rules for where a bot runs: what its host allows an answer, and what becomes of it at a restart.

The figures of the hosts, each with its page:

    Modal        300 s a call by default            https://modal.com/docs/guide/timeouts
    Cloud Run    300 s a request, 3600 at most      https://cloud.google.com/run/docs/configuring/request-timeout
    Fly.io       5 s to end, 300 on shared CPUs     https://fly.io/docs/reference/configuration/
    Render       30 s to end, 300 at most           https://render.com/docs/blueprint-spec
"""

from __future__ import annotations

from poecli.protocol.rules.rule import SPEC, Level, Rule, Topic

HOST_RULES = (
    Rule(
        "host-timeout-short",
        Level.SHOULD,
        "The host lets an answer run for 600 seconds, as Poe does.",
        "Modal: timeout=660 in @app.function; Cloud Run: timeoutSeconds: 660 in service.yaml.",
        source=SPEC,
        topic=Topic.HOSTING,
    ),
    Rule(
        "host-grace-short",
        Level.SHOULD,
        "At a restart the host waits for running answers: 600 seconds, or the most that it can.",
        "uvicorn: --timeout-graceful-shutdown 600; gunicorn: --graceful-timeout 600; fly.toml: "
        "kill_timeout = 300; render.yaml: maxShutdownDelaySeconds: 300.",
        source=SPEC,
        topic=Topic.HOSTING,
    ),
    Rule(
        "host-one-at-a-time",
        Level.ADVICE,
        "A container answers many users at a time; most of an answer is waiting.",
        "Modal: @modal.concurrent(max_inputs=100) below @app.function; Cloud Run: "
        "containerConcurrency: 100.",
        source="https://modal.com/docs/guide/concurrent-inputs",
        topic=Topic.HOSTING,
    ),
    Rule(
        "host-proxy-auth",
        Level.MUST,
        "The host lets requests through that carry the bot's own key and no login of the host's.",
        "Leave requires_proxy_auth out, and serve with @modal.asgi_app() in place of @app.server: "
        "the access key tells Poe from others.",
        source="https://modal.com/docs/guide/webhook-proxy-auth",
        topic=Topic.HOSTING,
    ),
    Rule(
        "quick-tunnel-url",
        Level.SHOULD,
        "A bot's server URL is one that lasts.",
        "The URL of a quick tunnel ends with the tunnel: deploy the bot, and name that URL.",
        source="https://developers.cloudflare.com/cloudflare-one/networks/connectors/"
        "cloudflare-tunnel/do-more-with-tunnels/trycloudflare/",
        topic=Topic.HOSTING,
    ),
    Rule(
        "restart-cuts-answers",
        Level.SHOULD,
        "At SIGTERM the server lets running answers end, so that a deploy cuts none.",
        "Start it with `poe serve`, or where the app is made: `from sse_starlette.sse import "
        "AppStatus` and `AppStatus.enable_automatic_graceful_drain = False`.",
        source="sse_starlette 3.7 (observed behaviour)",
        topic=Topic.HOSTING,
    ),
)
