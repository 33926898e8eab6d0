"""Real programs, recorded.

    recording  what runtime/record.c writes, and its way to a trace
    command    tools/record: any program
    inputs     what the programs of traces/ work on
    corpus     tools/record-corpus: those programs
"""
