"""Completion scripts for four shells, made from the command tree. No Python runs at a TAB."""
