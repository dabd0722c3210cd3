"""Nothing of a bot."""
import fastapi_poe as fp

ANSWER = 42


def helper(x):
    return x
