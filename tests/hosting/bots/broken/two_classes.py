import fastapi_poe as fp


class A(fp.PoeBot): ...


class B(fp.PoeBot): ...
