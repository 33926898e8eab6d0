#!/bin/sh
# setup.sh - Gradescope runs it once, when it builds the image: install what
# grading needs, and build the lab.

set -eu
source=${AUTOGRADER:-/autograder}/source

"$source/malloclab/tools/start" grade
