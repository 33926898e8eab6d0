"""Many hand-ins, graded by one assignment: tools/grade."""
