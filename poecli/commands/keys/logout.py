"""`poe logout`: forget the stored API key."""

from __future__ import annotations

from poecli.config.credentials import API_KEY_VARIABLE, forget_api_key
from poecli.config.paths import user_folders
from poecli.poe_pages import API_KEY_PAGE
from poecli.terminal.console import Console


def logout(console: Console) -> None:
    """Forget the API key that `poe login` stored.

    Examples:
      poe logout
    """
    places = forget_api_key(user_folders(console.env).config)
    if places:
        console.say(f"Removed: {', '.join(places)}.")
        console.say(f"To make the key useless everywhere, revoke it at {API_KEY_PAGE}.")
    else:
        console.say("No key was stored.")
    if console.env.get(API_KEY_VARIABLE):
        console.warn(f"{API_KEY_VARIABLE} is still set in the environment.")
