import sys

import fastapi_poe as fp

sys.exit("no key")
