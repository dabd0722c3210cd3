import fastapi_poe as fp

{}["POE_CLI_TEST_UNSET"]
