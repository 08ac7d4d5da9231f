"""Run a program, and print as JSON what it took: its exit status, seconds, processor time, memory.

    python benchmarks/measuring.py PROGRAM ARGUMENT...

What it writes goes to /dev/null. A process of its own, because Linux counts the memory of whoever
starts a program as the program's: this one has next to none.
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
