"""Nothing leaves the machine unless the author says so."""
