"""uvicorn.run with the app by its name."""
import fastapi_poe as fp
import uvicorn


class EchoBot(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="echo: " + request.query[-1].content)


app = fp.make_app(EchoBot(), allow_without_key=True)

if __name__ == "__main__":
    uvicorn.run("uvicorn_by_name:app", host="0.0.0.0", port=8080, reload=True)
