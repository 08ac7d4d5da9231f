"""The benchmark runs, and compares only what has read the same."""

from __future__ import annotations

import os
import subprocess
import sys

import psutil
import pytest
import yaml
from fixtures import ROOT

from benchmarks import __main__ as benchmark
from benchmarks.environments import pinned
from benchmarks.processes import deliver, measure
from benchmarks.readers import Reader, Readers

ROWS = [
    "bare loop",
    "plain SDK path",
    "tap-ringcentral",
    "tap-ringcentral with call_legs",
    "tap-ringcentral, 4,000 calls",
]
CALL = '{"type":"RECORD","stream":"call_log","record":{"id":"%s"}}'


def program(*lines: str, status: int = 0) -> list[str]:
    """Return a command that writes lines."""
    return [sys.executable, "-c", f"print({chr(10).join(lines)!r}); raise SystemExit({status})"]


@pytest.mark.prove
def test_the_benchmark_tells_all_that_needs_nothing_installed(tmp_path):
    """Every reader stands in the table once; no request was refused; a file gets the same."""
    out = tmp_path / "tables.md"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--smoke", "--out", str(out)],
        cwd=ROOT,
        # The lines that it runs are not what is tested.
        env={name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert out.read_text() == done.stdout
    tables = [line.strip("| ").split(" | ") for line in done.stdout.splitlines() if "| " in line]
    rows = [cells for cells in tables if "---" not in cells]
    names = [cells[0] for cells in rows]
    assert names[1:-2] == ROWS
    assert names[-1] == "10 in 1 s"
    figures = dict(zip(rows[-2], rows[-1], strict=True))
    assert figures["status 429"] == "0"
    assert int(figures["requests"]) >= int(figures["fewest"]) > 0
    for text in ("`--discover` takes", "`--about`", "pages take"):
        assert done.stdout.count(text) == 1


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        pytest.param(program(CALL % 1), "1 calls, 1 different ones, of 2", id="too few"),
        pytest.param(program(*(CALL % n for n in "123")), "3 calls, 3 different", id="too many"),
        pytest.param(program(CALL % 1, CALL % 1), "2 calls, 1 different", id="one of them twice"),
        pytest.param(program(CALL % 1, "{"), "1 calls, 1 different", id="half a line"),
        pytest.param(
            program(CALL % 1, CALL % 2, status=3), "ended with 3", id="all, but it has failed"
        ),
    ],
)
def test_a_reader_that_does_not_write_each_call_once_is_not_compared(command, complaint):
    """Whatever it does instead."""
    with pytest.raises(RuntimeError, match=complaint):
        deliver(command, 2)


@pytest.mark.parametrize(
    "line",
    [
        CALL,
        '{"record": {"id": "%s"}, "stream": "call_log", "type": "RECORD"}',
        '{"type":"RECORD","record":{"stream":"call_log","data":{"id":"%s"}}}',
    ],
)
def test_calls_are_counted_whoever_writes_them(line):
    """Singer's messages and Airbyte's, between others."""
    leg = '{"type":"RECORD","stream":"call_legs","record":{"id":"1"}}'
    legs, _ = deliver(program('{"type":"STATE"}', line % 1, leg, line % 2, leg, leg), 2)
    assert legs == 3


def test_a_failure_ends_the_benchmark_with_one_line(monkeypatch, capsys):
    """And with exit status 1, and no table."""
    liar = Reader("liar", program(CALL % 1))
    monkeypatch.setattr(Readers, "ours", lambda _: [liar] * 4)
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--smoke"])
    assert benchmark.main() == 1
    told = capsys.readouterr()
    assert not told.out
    assert told.err.splitlines()[-1].endswith("wrote 1 calls, 1 different ones, of 2,000")
    assert "Traceback" not in told.err


def test_memory_is_the_programs_own():
    """Not that of the benchmark, which starts it and may be larger."""
    large = b"x" * 200_000_000
    memory = measure([sys.executable, "-S", "-c", ""]).memory
    assert memory < 100 < psutil.Process().memory_info().rss >> 20
    del large


def test_the_target_is_the_projects():
    """The benchmark loads with the target that meltano.yml installs."""
    loaders = yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"]["loaders"]
    urls = {loader["name"]: loader["pip_url"] for loader in loaders}
    assert urls["target-postgres"] == pinned("target").replace(" ", "==")
