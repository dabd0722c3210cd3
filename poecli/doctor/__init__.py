"""`poe doctor`: find the first thing that stands in the way.

steps     the table of all steps, and the examination
machine, project, deployed   the steps themselves
finding   what a step looks at, and what it finds
"""
