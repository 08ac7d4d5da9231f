"""Starts processes and ends them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess

_SECONDS_TO_STOP = 20


def free_port() -> int:
    """Return a loopback port that nobody listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def run_group(command: list[str], *, cwd: str | os.PathLike[str], env: dict[str, str]) -> int:
    """Run a command to its end, and leave none of its processes behind if that is not awaited.

    Args:
        command: the program and its arguments.
        cwd: the working directory.
        env: the whole environment.

    Returns:
        The exit status.
    """
    process = subprocess.Popen(command, cwd=cwd, env=env, start_new_session=True)
    try:
        return process.wait()
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGTERM)
            stop(process)


def stop(process: subprocess.Popen[bytes], how: signal.Signals = signal.SIGTERM) -> None:
    """End a process, gently at first.

    Args:
        process: the process.
        how: what it takes as a request to end.
    """
    if process.poll() is None:
        process.send_signal(how)
    try:
        process.wait(_SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
