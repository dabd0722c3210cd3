"""Answers where nobody types: text, JSON, and files."""
