"""fp.run in the main block, the bot made there with arguments."""
import argparse

import fastapi_poe as fp


class Named(fp.PoeBot):
    def __init__(self, name):
        super().__init__()
        self.name = name

    async def get_response(self, request):
        yield fp.PartialResponse(text=f"{self.name}: {request.query[-1].content}")


if __name__ == "__main__":
    argparse.ArgumentParser().parse_args()
    fp.run(Named("main"), allow_without_key=True)
