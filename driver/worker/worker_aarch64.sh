#!/bin/sh
# The worker of MODE=aarch64: run it, emulated unless this machine is one. It
# inherits the files of the channel and the heap from the judge.

worker=${0%/*}/work/worker
[ "$(uname -m)" = aarch64 ] && exec "$worker"
exec qemu-aarch64 -L /usr/aarch64-linux-gnu "$worker"
