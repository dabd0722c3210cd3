"""The folder that goes to PYTHONPATH of a bot's own server, for its sitecustomize.py."""
