import fastapi_poe as fp
import also_missing
