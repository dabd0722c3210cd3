"""`modal`, `fly` and `docker` on loopback: started by one of these names.

They take what the real ones take, keep what they were told in $CLOUD, and have the datacenter there
run what they deploy. Only the standard library is imported: each start is a test's time.

    $CLOUD/calls.jsonl    each call: its words and its environment
    $CLOUD/mood           half: a deploy fails in the middle; old: it says all is well, and is not;
                          cut off: whoever runs it is interrupted before the new container starts
    $CLOUD/NAME.json      what is known of an app, or of all containers
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CLOUD = Path(os.environ["CLOUD"])
BUILD = "POE_BUILD"


# --- what all of them have ---


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def kept(name: str, **first: Any) -> dict[str, Any]:
    file = CLOUD / f"{name}.json"
    return json.loads(file.read_text()) if file.exists() else first


def keep(name: str, state: Mapping[str, Any]) -> None:
    (CLOUD / f"{name}.json").write_text(json.dumps(state))


def mood() -> str:
    file = CLOUD / "mood"
    return file.read_text() if file.exists() else ""


def arguments(words: list[str], *names: str) -> argparse.Namespace:
    """Options by their names; one with a * may be repeated, one with a ? takes no value."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in names:
        action = {"*": "append", "?": "store_true"}.get(name[-1], "store")
        parser.add_argument(name.rstrip("*?"), action=action)
    return parser.parse_args(words)


def copied() -> str:
    """The project as it is now, in a folder of its own."""
    folder = CLOUD / f"files-{len(list(CLOUD.iterdir()))}"
    shutil.copytree(Path.cwd(), folder, ignore=shutil.ignore_patterns(".env", ".git", ".poe"))
    return str(folder)


def ordered(**order: Any) -> Any:
    """The datacenter's answer to an order."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.connect(str(CLOUD / "socket"))
        connection.send(json.dumps(order).encode())
        answer = json.loads(connection.recv(1 << 20))
    if "error" in answer:
        sys.exit(f"it does not start: {answer['error']}")
    return answer


# --- modal and fly: versions of an app, the new one in the place of the old ---


def release(app: str, version: dict[str, Any]) -> str:
    """Have a version answer; the app's URL."""
    state = kept(app, versions=[], secrets={}, runs="")
    number = len(state["versions"]) + 1
    name, old = f"{app}-{number}", state["runs"]
    env = {**state["secrets"], BUILD: version["build"], "PATH": os.environ["PATH"]}
    answer = ordered(start=name, app=app, port=0, folder=version["folder"], env=env)
    keep(app, {**state, "versions": [*state["versions"], version], "runs": name})
    if old:
        ordered(stop=old, wait=False)
    return str(answer["url"])


def deploy(app: str, build: str) -> str:
    """As `release`, of the project here, in the mood that it is in."""
    if mood() == "half":
        sys.exit("the builder has lost its connection")
    if mood() == "old":
        return "http://127.0.0.1:9"
    return release(app, {"folder": copied(), "build": build})


def modal(words: list[str]) -> None:
    if words[:2] == ["app", "history"]:
        given = arguments(words[2:], "app", "--json?")
        versions = kept(given.app, versions=[])["versions"]
        if not versions:
            sys.exit(f"No App with name '{given.app}' found in the 'main' environment.")
        rows = [{"Version": f"v{n}", "Tag": each["build"]} for n, each in enumerate(versions, 1)]
        say(json.dumps(rows[::-1]))
    elif words[:2] == ["secret", "create"]:
        given = arguments(words[2:], "name", "--from-json", "--force?")
        state = kept(given.name, versions=[], secrets={}, runs="")
        keep(given.name, {**state, "secrets": json.loads(Path(given.from_json).read_text())})
        say(f"Created a new secret '{given.name}'")
    elif words[:1] == ["deploy"]:
        given = arguments(words[1:], "file", "--name", "--tag")
        assert Path(given.file).is_file()
        say("✓ Created objects.")
        url = deploy(given.name, os.environ[BUILD])
        say(f"├── 🔨 Created web function fastapi_app => {url}")
        say(f"View Deployment: https://modal.com/apps/me/main/deployed/{given.name}")
    else:
        assert words[:2] == ["app", "rollback"], words
        given = arguments(words[2:], "app", "version")
        release(given.app, kept(given.app)["versions"][int(given.version[1:]) - 1])


def fly(words: list[str]) -> None:
    if words[:1] == ["releases"]:
        given = arguments(words[1:], "--app", "--image?", "--json?")
        versions = kept(given.app, versions=[])["versions"]
        rows = [{"Status": "complete", "ImageRef": f"image:{n}"} for n in range(len(versions))]
        say(json.dumps(rows[::-1]))
    elif words[:2] == ["secrets", "import"]:
        given = arguments(words[2:], "--app", "--stage?")
        pairs = (line.split("=", 1) for line in sys.stdin.read().splitlines())
        secrets = {name: value.strip('"') for name, value in pairs}
        keep(given.app, {**kept(given.app, versions=[], runs=""), "secrets": secrets})
    else:
        assert words[:1] == ["deploy"], words
        given = arguments(words[1:], "--app", "--config", "--env*", "--image", "--yes?")
        build = dict(pair.split("=", 1) for pair in given.env)[BUILD]
        if given.image:
            folder = kept(given.app)["versions"][int(given.image.split(":")[1])]["folder"]
            url = release(given.app, {"folder": folder, "build": build})
        else:
            url = deploy(given.app, build)
        say(f"Visit your newly deployed app at {url}/")


# --- docker: containers by name ---


def docker(words: list[str]) -> None:
    state = kept("docker", images={}, containers={})
    containers = state["containers"]
    verb = words[0]
    if verb == "ps":
        given = arguments(words[1:], "--filter", "--format")
        names = [n for n, each in containers.items() if each["up"] and passes(each, [given.filter])]
        say("\n".join(names))
    elif verb == "build":
        given = arguments(words[1:], "--tag", "folder")
        state["images"][given.tag] = copied()
    elif words[:2] == ["container", "prune"]:
        given = arguments(words[2:], "--force?", "--filter*")
        down = [n for n, each in containers.items() if not each["up"]]
        for name in [n for n in down if passes(containers[n], given.filter)]:
            del containers[name]
    elif verb == "stop":
        given = arguments(words[1:], "-t", "name")
        ordered(stop=given.name, wait=True)
        containers[given.name]["up"] = False
    elif verb == "run" and mood() == "cut off":
        os.kill(os.getppid(), signal.SIGINT)
        time.sleep(0.2)  # the signal arrives before the end
    elif verb == "run":
        given = arguments(
            words[1:], "--detach?", "--name", "--label*", "--env-file", "--env*", "--publish",
            "--restart", "--stop-timeout", "image",
        )  # fmt: skip
        lines = [*Path(given.env_file).read_text().splitlines(), *given.env]
        env = {**dict(line.split("=", 1) for line in lines), "PATH": os.environ["PATH"]}
        port = int(given.publish.split(":")[0])
        made = {"folder": state["images"][given.image], "env": env, "port": port, "up": True}
        assert given.name not in containers, "the name is in use"
        containers[given.name] = {**made, "labels": given.label}
        started(given.name, made)
    elif verb == "start":
        containers[words[1]]["up"] = True
        started(words[1], containers[words[1]])
    else:
        assert words[:2] == ["rm", "--force"], words
        ordered(stop=words[2], wait=False)
        containers.pop(words[2], None)
    keep("docker", state)


def passes(container: Mapping[str, Any], filters: list[str]) -> bool:
    """As `docker container prune --filter` has it: label=NAME=VALUE, label!=NAME=VALUE."""
    words = [each.removeprefix("label").partition("=") for each in filters]
    return all((label in container["labels"]) == (not sign) for sign, _, label in words)


def started(name: str, made: Mapping[str, Any]) -> None:
    port = made["port"]
    ordered(start=name, app=f"port-{port}", port=port, folder=made["folder"], env=made["env"])


if __name__ == "__main__":
    name, words = Path(sys.argv[0]).name, sys.argv[1:]
    with (CLOUD / "calls.jsonl").open("a") as file:
        file.write(json.dumps({"program": name, "words": words, "env": dict(os.environ)}) + "\n")
    {"modal": modal, "fly": fly, "docker": docker}[name](words)
