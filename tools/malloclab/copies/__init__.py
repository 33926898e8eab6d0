"""Traces like another one, and how alike two traces are.

    model     a trace's blocks, dealt out anew, a session at a time
    outlet    where sessions are written to
    copying   tools/generate --like: read, fit, write
    likeness  distances between the distributions of two traces
    picture   of them
    command   tools/likeness
"""
