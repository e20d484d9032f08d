"""The command line: one thin file per command group, and no logic of its own."""
