import fastapi_poe as fp
from bad_helper import x
