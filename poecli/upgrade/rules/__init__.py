"""The rules, in `catalog`, with where each is written down; a module for each thing they change."""
