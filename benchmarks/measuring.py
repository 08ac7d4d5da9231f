"""Run a program, and write its exit status, seconds, processor time and memory as JSON.

    python benchmarks/measuring.py FILE PROGRAM ARGUMENT...

FILE receives the figures; the program reads the standard input and writes to the standard output.
This is a separate process because Linux counts the memory of the process that starts a program as
the program's memory, and this one uses next to none.
"""

from __future__ import annotations

import json
import os
import sys
import time

_UNIT = 1 << 20 if sys.platform == "darwin" else 1 << 10


def main() -> None:
    """Run what the arguments say."""
    file, *command = sys.argv[1:]
    began = time.perf_counter()
    process = os.posix_spawn(command[0], command, os.environ)
    # The program alone shall hold the pipes' ends: it must see when the other program has ended.
    for standard in (0, 1):
        os.close(standard)
    _, status, used = os.wait4(process, 0)
    wall = time.perf_counter() - began
    cpu, memory = used.ru_utime + used.ru_stime, used.ru_maxrss / _UNIT
    with open(file, "w") as figures:  # noqa: PTH123 - `pathlib` would take memory
        json.dump([os.waitstatus_to_exitcode(status), wall, cpu, memory], figures)


if __name__ == "__main__":
    main()
