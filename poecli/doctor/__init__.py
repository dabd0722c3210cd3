"""`poe doctor`: find the first thing that stands in the way.

steps     the table of all steps, and the examination
machine, project, deployed   the steps themselves
context   what a step looks at; what it finds is in poecli/step_results
"""
