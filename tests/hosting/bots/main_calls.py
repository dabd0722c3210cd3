"""The main block calls main(), which starts the server."""
import fastapi_poe as fp


class Named(fp.PoeBot):
    def __init__(self, name):
        super().__init__()
        self.name = name

    async def get_response(self, request):
        yield fp.PartialResponse(text=f"{self.name}: {request.query[-1].content}")


def serve(bot):
    import uvicorn

    uvicorn.Server(uvicorn.Config(fp.make_app(bot, allow_without_key=True))).run()


def main():
    serve(Named("called"))


if __name__ == "__main__":
    main()
