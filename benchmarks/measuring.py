"""Run a program and print its exit status, seconds, processor time and memory as JSON.

    python benchmarks/measuring.py PROGRAM ARGUMENT...

The program's output goes to /dev/null. This is a separate process because Linux counts the memory
of the process that starts a program as the program's memory, and this one uses next to none.
"""

from __future__ import annotations

import json
import os
import sys
import time

_UNIT = 1 << 20 if sys.platform == "darwin" else 1 << 10


def main() -> None:
    """Run what the arguments say."""
    began = time.perf_counter()
    nowhere = (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)
    process = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[nowhere])
    _, status, used = os.wait4(process, 0)
    wall = time.perf_counter() - began
    cpu, memory = used.ru_utime + used.ru_stime, used.ru_maxrss / _UNIT
    print(json.dumps([os.waitstatus_to_exitcode(status), wall, cpu, memory]))  # noqa: T201 - what it is started for


if __name__ == "__main__":
    main()
