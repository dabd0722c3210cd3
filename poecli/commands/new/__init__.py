"""`poe new`: flags and help (command), what a bare `poe new` asks a person (questions)."""
