"""Every way to call what an app holds, for the tests of the stand-in."""
import asyncio

import modal
from modal import App, Image
from modal.exception import FunctionTimeoutError

image = Image.debian_slim().pip_install("x").run_function(print).env({"A": "1"})
with image.imports():
    import a_package_that_only_the_container_has
with image.run_inside():
    import another_that_only_the_container_has

app = App("calls", image=image)
ORDER = []
if app.is_inside():
    ORDER.append("in a container")


@app.function()
def double(x):
    return 2 * x


@app.function()
async def later(x):
    await asyncio.sleep(0)
    return 2 * x


@app.function()
def count(n):
    yield from range(n)


@app.function()
async def count_later(n):
    for i in range(n):
        yield i


@app.function()
def fails(x: modal.Queue[int] | None = None, y: "modal.FunctionCall[int]" = None):
    raise ValueError("out of cheese")


class Base:
    @modal.enter()
    def open_it(self):
        ORDER.append("base")

    @modal.enter()
    def refined(self):
        ORDER.append("never")

    @modal.exit()
    def close_it(self):
        ORDER.append("closed")


class Middle(Base):
    @modal.enter()
    def refined(self):
        ORDER.append("refined")


@app.cls(image=image)
class Model(Middle):
    size: int = modal.parameter(default=1)

    @modal.build()
    @modal.enter()
    async def load(self):
        await asyncio.sleep(0)
        ORDER.append("own")

    @modal.method()
    def ask(self, x):
        return x * self.size

    @modal.method()
    async def stream(self, n):
        for i in range(n):
            yield i * self.size

    @modal.exit()
    async def leave(self):
        ORDER.append("left")

    @modal.exit()
    def breaks(self):
        raise OSError("no way out")


@app.cls()
class Older:
    def __enter__(self):
        ORDER.append("entered")

    def __exit__(self, *error):
        ORDER.append("exited")

    @modal.method()
    def ask(self):
        return list(ORDER)
