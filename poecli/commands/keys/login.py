"""`poe login`: keep the API key of a user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from poecli.config.credentials import (
    API_KEY_VARIABLE,
    checked_key,
    keep_api_key,
)
from poecli.config.paths import user_folders
from poecli.errors import MissingChoice
from poecli.poe_pages import API_KEY_PAGE
from poecli.terminal.console import Console
from poecli.terminal.prompts import ask_secret, why_silent


@dataclass(frozen=True)
class LoginFlags:
    from_stdin: Annotated[bool, typer.Option("--stdin", help="Read the key from stdin.")] = False


def login(console: Console, flags: LoginFlags) -> None:
    """Store your Poe API key.

    It is asked for without being shown, and kept in the system's keyring where the extra
    `poecli[keyring]` is installed, else in a file that only you can read.

    Examples:
      poe login
      pass show poe | poe login --stdin
    """
    if flags.from_stdin:
        text = console.stdin.readline()
    elif not console.can_ask:
        raise MissingChoice(
            "No key was given, and poe can't ask for it.",
            why=f"{why_silent(console)}; a key is never a flag, where other programs could see it.",
            hint=f"Copy your key from {API_KEY_PAGE}, then either set {API_KEY_VARIABLE} "
            "(nothing to store), or pipe it in: pass show poe | poe login --stdin",
        )
    else:
        console.say(f"Your key is at {API_KEY_PAGE}.")
        text = ask_secret(console, "API key:", flag="--stdin")
    key = checked_key(text, source="stdin" if flags.from_stdin else "the prompt")
    place = keep_api_key(key, user_folders(console.env).config)
    console.say(f"Stored {key} in {place}.")
    if console.env.get(API_KEY_VARIABLE):
        console.warn(f"{API_KEY_VARIABLE} is set in the environment, and takes precedence.")
    console.say("Any bot you use can spend the points of this account.", style="dim")
