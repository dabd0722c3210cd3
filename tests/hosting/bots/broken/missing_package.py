import fastapi_poe as fp
import surely_not_installed.part
