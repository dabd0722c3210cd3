import fastapi_poe as fp
from PIL_not_here import Image
