"""Modal with a class: enter, method and asgi_app; and what other modules of Modal offer."""
import fastapi_poe as fp
import modal
from modal.exception import TimeoutError as ModalTimeout

app = modal.App("class-poe")


@app.function(gpu=modal.gpu.A100())
def shout(text):
    return text.upper()


@app.cls(secrets=[modal.Secret.from_name("poe-keys")], scaledown_window=300)
class Server:
    greeting: str = modal.parameter(default="class")

    @modal.enter()
    def load(self):
        self.loaded = "loaded"

    @modal.method()
    def greet(self):
        return f"{self.greeting} {self.loaded}"

    @modal.asgi_app()
    def web(self):
        server = self

        class EchoBot(fp.PoeBot):
            async def get_response(self, request):
                try:
                    loud = await shout.remote.aio(request.query[-1].content)
                except ModalTimeout:
                    loud = "late"
                yield fp.PartialResponse(text=f"{server.greet.remote()}: {loud}")

        return fp.make_app(EchoBot(), allow_without_key=True)
