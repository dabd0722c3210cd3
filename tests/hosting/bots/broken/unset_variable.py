import os

import fastapi_poe as fp

KEY = os.environ["POE_CLI_TEST_UNSET"]
