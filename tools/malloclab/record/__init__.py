"""Real programs, recorded.

    recording  what runtime/record.c writes, and its way to a trace
    symbols    names of the addresses in its call stacks
    command    tools/record: any program
    inputs     what the programs of traces/ work on
    large_inputs  ... in which large blocks decide
    corpus     tools/record-corpus: those programs
"""
