"""The Python side of the laboratory: traces, recordings, recipes."""
