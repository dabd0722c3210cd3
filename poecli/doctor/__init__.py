"""`poe doctor`: find the first thing that stands in the way.

steps     the table of all steps, which `examined` in step_results takes
machine, project, deployed   the steps themselves
context   what a step looks at
"""
