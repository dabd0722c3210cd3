"""A project: helpers beside it, a data file, a dataclass that is pickled."""
import pickle
from dataclasses import dataclass
from pathlib import Path

import fastapi_poe as fp
from helper import decorate


@dataclass
class Memory:
    text: str


KEPT = pickle.loads(pickle.dumps(Memory(Path("data/greeting.txt").read_text().strip())))


class EchoBot(fp.PoeBot):
    async def get_response(self, request):
        import main

        assert main.KEPT is KEPT
        yield fp.PartialResponse(text=decorate(f"{KEPT.text}: {request.query[-1].content}"))
