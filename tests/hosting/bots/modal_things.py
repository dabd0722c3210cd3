"""Functions and classes given to Modal, for the tests of the stand-in."""
import os

import modal

ENTERED = []
NAMES = ("MODAL_A", "MODAL_B", "MODAL_C", "MODAL_D")
app = modal.App("a", secrets=[modal.Secret.from_dict({"MODAL_A": "app", "MODAL_B": "app"})])
image = modal.Image.debian_slim().env({"MODAL_B": "image", "MODAL_D": None})


@app.function(gpu="any", timeout=60)
def double(x):
    return 2 * x


@app.function
async def later():
    return "later"


@app.function(image=image, secrets=[modal.Secret.from_dotenv()])
def read():
    return [os.environ[name] for name in NAMES]


@app.local_entrypoint()
def main():
    return "entry"


@app.cls(scaledown_window=10)
class Model:
    size: int = modal.parameter(default=1)

    @modal.enter()
    def load(self):
        ENTERED.append(self.size)

    @modal.method()
    def tell(self):
        return self.size

    @modal.batched(max_batch_size=2)
    @modal.method()
    def twice(self):
        return 2 * self.size
