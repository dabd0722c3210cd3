"""The developer toolkit for Poe server bots. Importing this package costs nothing."""

__version__ = "0.1.0"
