"""Completion scripts for four shells, made from the command tree. No Python runs at a TAB.

spec      what there is to complete: commands, flags, the kind of each value
bash, zsh, fish, powershell   a script each
install   where a shell finds it, and taken away again
"""
