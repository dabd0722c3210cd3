import fastapi_poe as fp
import surely_not_here
from modal import Image

image = Image.debian_slim().pip_install("fastapi-poe", "surely-not-here>=2")
