import fastapi_poe as fp

app = fp.make_app(fp.PoeBot(), access_key="short")
