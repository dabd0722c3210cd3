"""`poe deploy`: the bots of a project brought to where Poe can ask them, by their own providers.

deployment   which bots go to one place together, and the variables they get
build        what tells one state of the files from another
runner       one deploy: its steps, and the way back
progress     how a step is taken, and where the deploy is taken up
steps        how they are told, and planned
exposed      keys in files that git tracks
providers/   what each provider's own program is told
program      such a program, run to its end
live         what answers at the URL: the new code, or still the old
record       what was deployed last, and how far the present one came; one deploy at a time
status       `poe status`: what of a project is live
"""
