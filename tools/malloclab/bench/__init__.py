"""tools/bench: figures of allocators on this machine."""
