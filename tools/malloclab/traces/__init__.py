"""Traces: their forms, their figures, their files.

    op_table    the operations that there are: driver/trace/operations.def
    rep         the text form, read, checked and written
    packed      the layout of mdriver's binary form
    arrays      operations and blocks as arrays of numpy, read by mdriver
    statistics  distributions over those arrays: live payload, lifetimes
    info        all figures of a trace, and their text
    stacks      the call stacks that operations have numbers of
    manifest    MANIFEST: the provenance of each trace of traces/
    places      finds the file of a trace by its name
    command     tools/traces
"""
