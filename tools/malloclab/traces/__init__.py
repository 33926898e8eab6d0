"""What a trace is.

    rep         the text form, read, checked and written
    packed      mdriver's binary form: what its numbers mean
    arrays      operations and blocks as arrays of numpy, read through mdriver
    statistics  of those arrays: distributions, what is live, lifetimes
    info        all figures of a trace, and their text
    manifest    where each trace of traces/ comes from
    places      where traces lie
    command     tools/traces
"""
