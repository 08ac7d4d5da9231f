"""Run a program, and write its exit status, seconds, processor time and memory as JSON.

    python benchmarks/measuring.py FILE PROGRAM ARGUMENT...

FILE receives the figures; the program reads standard input and writes to standard output.
This is a separate process because Linux counts the memory of the starting process as the
program's, and this process uses almost none.
"""

from __future__ import annotations

import json
import os
import sys
import time

_UNIT = 1 << 20 if sys.platform == "darwin" else 1 << 10


def main() -> None:
    """Run the program in the arguments."""
    file, *command = sys.argv[1:]
    began = time.perf_counter()
    process = os.posix_spawn(command[0], command, os.environ)
    # Only the program may hold the pipes' ends, so that it notices when the other program ends.
    for standard in (0, 1):
        os.close(standard)
    _, status, used = os.wait4(process, 0)
    wall = time.perf_counter() - began
    cpu, memory = used.ru_utime + used.ru_stime, used.ru_maxrss / _UNIT
    with open(file, "w") as figures:  # noqa: PTH123 - `pathlib` would take memory
        json.dump([os.waitstatus_to_exitcode(status), wall, cpu, memory], figures)


if __name__ == "__main__":
    main()
