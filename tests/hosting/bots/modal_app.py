"""Modal as it is today: the app is built inside a decorated function."""
import fastapi_poe as fp
from modal import App, Image, asgi_app


class EchoBot(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="echo: " + request.query[-1].content)


REQUIREMENTS = ["fastapi-poe"]
image = Image.debian_slim().pip_install(*REQUIREMENTS)
app = App(name="echo-poe", image=image)


@app.function(image=image)
@asgi_app()
def fastapi_app():
    return fp.make_app(EchoBot(), allow_without_key=True)
