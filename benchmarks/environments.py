"""Virtual environments for the target and for the tools that the benchmark compares."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.processes import ROOT, tell

_KEPT = ROOT / ".benchmark"


def environment(name: str) -> Path:
    """Make an environment from the file with its name in `requirements/`, unless it exists.

    Args:
        name: its name.

    Returns:
        The path of its interpreter.

    Raises:
        RuntimeError: the environment cannot be made.
    """
    folder = _KEPT / name
    requirements = _requirements(name, "txt")
    wanted = requirements.read_text()
    made, python = folder / "made", folder / "bin" / "python"
    if made.exists() and made.read_text() == wanted:
        return python
    tell(f"installing {pinned(name)}")
    uv = str(Path(sys.executable).with_name("uv"))
    _run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)])
    install = [uv, "pip", "install", "--quiet", "--python", str(python)]
    _run([*install, "--requirement", str(requirements)])
    made.write_text(wanted)
    return python


def pinned(name: str) -> str:
    """Return the main package of an environment, with its version.

    Args:
        name: the environment's name.
    """
    return _requirements(name, "in").read_text().split()[-1].replace("==", " ")


def _requirements(name: str, kind: str) -> Path:
    return ROOT / "requirements" / f"benchmark-{name}.{kind}"


def _run(command: list[str]) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        msg = f"{' '.join(command[:3])} failed: {done.stderr.strip()}"
        raise RuntimeError(msg)
