import fastapi_poe as fp

first = fp.PoeBot()
second = fp.PoeBot()
