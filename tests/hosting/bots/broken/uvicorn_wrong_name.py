import fastapi_poe as fp
import uvicorn

app = fp.make_app(fp.PoeBot(), allow_without_key=True)
uvicorn.run("uvicorn_wrong_name:ap")
