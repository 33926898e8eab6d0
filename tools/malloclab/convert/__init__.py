"""tools/convert: logs of malloc in, traces between, profiles out."""
