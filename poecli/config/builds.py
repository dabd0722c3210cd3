"""How a bot's server tells which build it is: `poe deploy` gives it one, and a path names it."""

BUILD_VARIABLE = "POE_BUILD"
HEALTH_PATH = "/health"
