"""An account full of bad records: each arrives as itself or made harmless, the others whole."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from string import ascii_lowercase
from typing import Any

import pytest
from expected import CALL_KEY, LEG_KEY, Row, Rows, by_key, differences, with_moments
from loaded import call_rows, deletion_rows, empty, leg_rows, settings

from sandbox import POISONS, Fault, Habits, Sandbox

pytestmark = pytest.mark.prove

NOW = "2026-03-13T16:00:00Z"
# A night in which nobody else calls; each case has a minute of its own.
NIGHT = datetime(2026, 3, 10, 6, 0, 0, 123_000, tzinfo=timezone.utc)

HABITS = Habits(
    poison=POISONS,
    unknown_fields=True,
    missing_fields=True,
    null_objects=True,
    numeric_ids=True,
    time_format="offset",
    deleted_records="sparse",
)
OBJECTS = {"from", "to", "extension", "billing", "recording", "message", "legs", "transferee"}
# What they do not do, and no JSON library would write.
_TOKEN = re.compile(rb'"@([^"]*)@"')
RAW_NUL = "\ue000"
NO_OBJECTS = [None, 5, "x", []]

LONG = "\U0001f4de" * 100_000
NOISE = "".join(random.Random(1).choices(ascii_lowercase, k=100_000))


@dataclass(frozen=True)
class Case:
    """A call that is wrong in some way.

    Attributes:
        name: what is wrong.
        sent: the fields that RingCentral sends in place of a sound call's.
        row: what then stands in their columns. None when there is no row.
        extra: what stands in `extra`, besides what a sound call has there.
        leg_extra: what stands in `extra` of the first leg's row.
        unwritable: why there is no row, as the log says.
    """

    name: str
    sent: Row
    row: Row | None = field(default_factory=dict)
    extra: Row = field(default_factory=dict)
    leg_extra: Row | None = None
    unwritable: str = ""


def token(text: str) -> str:
    """Return what is sent as it is, without quotes."""
    return f"@{text}@"


def nested(value: Any, levels: range) -> Any:
    """Put a value into lists in objects in lists."""
    for level in levels:
        value = [value] if level % 2 else {"d": value}
    return value


CASES = (
    Case(
        "half a surrogate pair in names",
        {"from": {"name": "Ad\ud83d"}, "to": {"name": "\udcdea", "location": "\U0001f4de"}},
        {"from": {"name": "Ad\ufffd"}, "to": {"name": "\ufffda", "location": "\U0001f4de"}},
    ),
    Case(
        "half a surrogate pair in keys",
        {"fut\udfffure": {"\ud800": ["\ud800"]}},
        extra={"fut\ufffdure": {"\ufffd": ["\ufffd"]}},
    ),
    Case(
        "U+0000 in values and keys",
        {"reason": "a\0b", "metadataCategories": ["\0"], "nul\0": "\0"},
        {"reason": "a\ufffdb", "metadataCategories": ["\ufffd"]},
        {"nul\ufffd": "\ufffd"},
    ),
    Case(
        "U+0000 that is not escaped",
        {"reason": f"a{RAW_NUL}b", f"nul{RAW_NUL}nul": 1},
        {"reason": "a\ufffdb"},
        {"nul\ufffdnul": 1},
    ),
    Case(
        "numbers for strings",
        {"result": 7, "reason": 7.5, "action": True, "from": {"extensionNumber": 10**30}},
        {
            "result": "7",
            "reason": "7.5",
            "action": "true",
            "from": {"extensionNumber": f"{10**30}"},
        },
    ),
    Case(
        "strings for numbers",
        {"duration": "61", "shortRecording": "true", "billing": {"costIncluded": "0.10"}},
        {"duration": 61, "shortRecording": None, "billing": {"costIncluded": 0.1}},
        {"shortRecording": "true"},
    ),
    Case(
        "words for numbers",
        {"duration": "long", "shortRecording": "yes", "billing": {"costIncluded": "free"}},
        {"duration": None, "shortRecording": None, "billing": {"costIncluded": None}},
        {"duration": "long", "shortRecording": "yes", "billing.costIncluded": "free"},
    ),
    Case(
        "objects, arrays and values in each other's place",
        {"result": {"a": 1}, "from": [1], "to": "x", "billing": 5, "legs": {"a": 1}},
        {"result": None, "from": None, "to": None, "billing": None, "legs": None},
        {"result": {"a": 1}, "from": [1], "to": "x", "billing": 5, "legs": {"a": 1}},
    ),
    Case(
        "integers above 2^63",
        {"durationMs": 2**63, "extension": {"id": 2**64}, "above": [2**70]},
        {"durationMs": None, "extension": {"id": f"{2**64}"}},
        {"durationMs": f"{2**63}", "above": [f"{2**70}"]},
    ),
    Case(
        "integers below -2^63",
        {"durationMs": -(2**63) - 1, "below": -(2**70)},
        {"durationMs": None},
        {"durationMs": f"{-(2**63) - 1}", "below": f"{-(2**70)}"},
    ),
    Case(
        "the largest and the smallest integer",
        {"durationMs": 2**63 - 1, "duration": -(2**63)},
        {"durationMs": 2**63 - 1, "duration": -(2**63)},
    ),
    Case(
        "numbers beyond floats",
        {"durationMs": token("1e400"), "billing": {"costIncluded": token("-1e400")}},
        {"durationMs": None, "billing": {"costIncluded": None}},
        {"durationMs": "inf", "billing.costIncluded": "-inf"},
    ),
    Case(
        "no numbers",
        {"duration": token("NaN"), "weight": [token("Infinity"), {"x": token("-Infinity")}]},
        {"duration": None},
        {"duration": "nan", "weight": ["inf", {"x": "-inf"}]},
    ),
    Case(
        "an impossible date",
        {"lastModifiedTime": "2026-02-30T25:61:00Z"},
        {"lastModifiedTime": None},
        {"lastModifiedTime": "2026-02-30T25:61:00Z"},
    ),
    Case(
        "a number for a time",
        {"lastModifiedTime": 1_773_417_600_000},
        {"lastModifiedTime": None},
        {"lastModifiedTime": 1_773_417_600_000},
    ),
    *(
        Case(f"the time {sent}", {"lastModifiedTime": sent}, {"lastModifiedTime": row})
        for sent, row in (
            ("2026-03-10T23:59:60Z", "2026-03-11T00:00:00Z"),
            ("2026-03-10 07:00:00,500+05:30", "2026-03-10T01:30:00.500Z"),
            ("2026-03-10T07:00:00.123456789", "2026-03-10T07:00:00.123456Z"),
            ("2026-03-10", "2026-03-10T00:00:00Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
        )
    ),
    Case(
        "200 levels",
        {"levels": nested("deep", range(200))},
        # No encoder or database is asked for so many: it is kept as text.
        extra={"levels": json.dumps(nested("deep", range(200)), separators=(",", ":"))},
    ),
    Case(
        "long strings and names",
        {"reasonDescription": LONG, "text": LONG, NOISE: 1},
        {"reasonDescription": LONG},
        {"text": LONG, NOISE: 1},
    ),
    Case(
        "names that the tap, the target or `extra` has a use for",
        {"extra": {"a": 1}, "accountId": "x", "legCount": 9, "from.name": 2, "_sdc_sequence": "x"},
        extra={
            "extra": {"a": 1},
            "accountId": "x",
            "legCount": 9,
            "from.name": 2,
            "_sdc_sequence": "x",
        },
    ),
    Case(
        "legs that are none, and bad ones",
        {
            "legs": [
                *(None, 5, [1]),
                {"duration": "x", "startTime": "24:00", "from": {"name": "\ud83d"}, "n": 2**70},
            ]
        },
        {"legs": [{"duration": None, "startTime": None, "from": {"name": "\ufffd"}}]},
        {
            "legs[0]": None,
            "legs[0]#2": 5,
            "legs[0]#3": [1],
            "legs[0].duration": "x",
            "legs[0].startTime": "24:00",
            "legs[0].n": f"{2**70}",
        },
        {"duration": "x", "startTime": "24:00", "n": f"{2**70}"},
    ),
    Case("no legs", {"legs": []}, {"legs": []}),
    Case(
        "empty ids",
        {"sessionId": "", "partyId": "", "extension": {"id": ""}},
        {"sessionId": "", "partyId": "", "extension": {"id": ""}},
    ),
    Case("U+0000 in the id", {"id": "a\0"}, {"id": r"a\u0000"}),
    Case("a fraction for the id", {"id": 12.5}, {"id": "12.5"}),
    Case("an empty id", {"id": ""}, None, unwritable="id is missing"),
    Case("null for the id", {"id": None}, None, unwritable="id is missing"),
    Case("an object for the id", {"id": {}}, None, unwritable="id has no usable value"),
    Case(
        "an impossible start",
        {"startTime": "2026-02-30T25:61:00Z"},
        None,
        unwritable="startTime has no usable value",
    ),
    Case("no start", {"startTime": ""}, None, unwritable="startTime is missing"),
    # One key, one row: the last that is written stays.
    Case("the older of two with one id", {"id": "twin", "legs": []}, {"id": "twin", "legs": []}),
    Case("the newer of two with one id", {"id": "twin", "legs": []}, None),
)


@dataclass(frozen=True)
class Loaded:
    """What a load leaves behind.

    Attributes:
        said: Meltano's output.
        calls: the rows of call_log.
        legs: the rows of call_legs.
        deletions: the rows of call_log_deletions.
    """

    said: str
    calls: Rows
    legs: Rows
    deletions: Rows


class Account:
    """The account, and what a target must make of it.

    Args:
        sandbox: where it is.

    Attributes:
        calls: the rows of call_log.
        legs: the rows of call_legs.
        deleted: ids of calls that come without their fields: as rows, they would empty archived
            ones.
        unwritable: for how many calls there is no row, by the reason.
        paths: what is kept in `extra`, as the log names it, and how often.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        cases = {}
        for minute, case in enumerate(CASES):
            start = NIGHT + timedelta(minutes=minute)
            sandbox.add_call(start_time=start)
            (call,) = sandbox.truth(start=start, end=start)
            cases[call["id"]] = case
        self._sent = {call_id: case.sent for call_id, case in cases.items()}
        truth = sandbox.truth()
        self.deleted = {str(call["id"]) for call in truth if "deleted" in call}
        calls, legs = [], []
        for call in truth:
            case = cases.get(call["id"], Case("", {}))
            if "deleted" not in call and case.row is not None:
                row, its_legs = self._rows(call, case)
                calls.append(row)
                legs += its_legs
        self.calls, self.legs = by_key(calls, CALL_KEY), by_key(legs, LEG_KEY)
        self.unwritable = Counter(case.unwritable for case in CASES if case.unwritable)
        self.unwritable["record is not an object"] = len(NO_OBJECTS)
        paths = {
            re.sub(r"\[\d+\](#\d)?", "[]", path) for row in calls for path in row["extra"] or ()
        }
        # A name that is none may be anything, and is not shown; nor is an endless one.
        self.paths = Counter("?" if "\ufffd" in path else path[:80] for path in paths)

    def _rows(self, call: Row, case: Case) -> tuple[Row, list[Row]]:
        """Return a call's row and those of its legs."""
        sound, of_legs = harmless({n: v for n, v in call.items() if n not in case.sent})
        row = {**sound, **case.row, "extra": {**sound["extra"], **case.extra} or None}
        legs = row.get("legs")
        row["accountId"] = self.sandbox.account_id
        row["legCount"] = None if legs is None else len(legs)
        added = {
            "accountId": row["accountId"],
            "callId": row["id"],
            "callStartTime": row["startTime"],
            "legCount": row["legCount"],
        }
        return row, [
            {**leg, **added, "legIndex": index, "extra": case.leg_extra or of_legs.get(index)}
            for index, leg in enumerate(legs or ())
        ]

    def poison(self, body: bytes) -> bytes:
        """Put the cases into an answer."""
        content = json.loads(body)
        records = content["records"]
        for record in records:
            record.update(self._sent.get(record["id"], {}))
        if any(record["id"] == "twin" for record in records):
            records[1:1] = NO_OBJECTS
        body = _TOKEN.sub(rb"\1", json.dumps(content).encode())
        return body.replace(json.dumps(RAW_NUL).strip('"').encode(), b"\0")


def harmless(call: Row) -> tuple[Row, dict[int, Row]]:
    """Return what the sandbox's own bad habits must become.

    Args:
        call: as the sandbox serves it.

    Returns:
        The call's row with all that is in `extra`, and the legs' `extra` by their index.
    """
    call, extra, of_legs = deepcopy(call), {}, {}

    def keep(part, name, path, into=extra):
        if name in (part or {}):
            into[path] = part.pop(name)

    for name in ("aiInsights", "region"):
        keep(call, name, name)
    for name, inner in (("from", "verified"), ("to", "verified"), ("extension", "site")):
        keep(call.get(name), inner, f"{name}.{inner}")
    if isinstance(call.get("reasonDescription"), dict):
        keep(call, "reasonDescription", "reasonDescription")
    if str(call.get("lastModifiedTime")).startswith("2026-02-30"):
        keep(call, "lastModifiedTime", "lastModifiedTime")
    if call.get("durationMs") == 2**64:
        extra["durationMs"] = str(call.pop("durationMs"))
    for index, leg in enumerate(call.get("legs") or ()):
        found = {}
        keep(leg, "codec", "codec", found)
        for name, inner in (("to", "presence"), ("billing", "currency")):
            keep(leg.get(name), inner, f"{name}.{inner}", found)
        of_legs[index] = found
        extra |= {f"legs[{index}].{path}": value for path, value in found.items()}
    return {**_fit("", call), "extra": extra}, of_legs


def _fit(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {n: _fit(n, v) for n, v in value.items() if v is not None or n not in OBJECTS}
    if isinstance(value, list):
        return [_fit("", one) for one in value]
    if name == "duration":
        return int(value)
    if name.endswith("Time"):
        utc = datetime.fromisoformat(value).astimezone(timezone.utc)
        return utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if name in {"result", "phoneNumber"} or name.endswith(("id", "Id")):
        return value and str(value)
    return re.sub("[\0\ud800-\udfff]", "\ufffd", value) if isinstance(value, str) else value


@pytest.fixture(scope="module")
def account():
    """The account."""
    free = {"Heavy": (100_000, 60.0)}
    with Sandbox(calls=300, days=10, now=NOW, running=False, habits=HABITS, limits=free) as sandbox:
        account = Account(sandbox)
        sandbox.fail(Fault("edit", on="/call-log", times=None, edit=account.poison))
        yield account


@pytest.fixture(scope="module")
def load(installed, account, tmp_path_factory):
    """Load the account into a target and return what is said meanwhile.

    The column `legs` of call_log is loaded as well, unlike by default.
    """
    project = installed.logged_in(account.sandbox, tmp_path_factory.mktemp("poison"))
    return lambda target, **options: project.meltano(
        "run",
        "tap-ringcentral",
        target,
        TAP_RINGCENTRAL_PAGE_SIZE="100",
        TAP_RINGCENTRAL__SELECT='["call_log.*", "call_legs.*", "call_log_deletions.*"]',
        **options,
    )


@pytest.fixture(scope="module")
def loaded(load, server):
    """What is said during a load into PostgreSQL, and what is there afterwards."""
    empty(server)
    said = load("target-postgres", **settings(server))
    return Loaded(said, call_rows(server), leg_rows(server), deletion_rows(server))


@pytest.mark.parametrize(
    ("start", "case"),
    [
        pytest.param(NIGHT + timedelta(minutes=minute), case, id=case.name)
        for minute, case in enumerate(CASES)
    ],
)
def test_what_becomes_of_it(loaded, account, start, case):
    """A bad value arrives as itself, or harmless as the table says; what has no key, does not."""
    start = start.replace(tzinfo=None)

    def of_case(rows):
        return {key: row for key, row in rows.items() if start == row["startTime"]}

    actual = of_case(loaded.calls)
    assert len(actual) == (case.row is not None)
    assert not differences(actual, of_case(with_moments(account.calls)))


def test_nothing_else_is_touched(loaded, account):
    """All rows are there, each with all of its values, and no other rows."""
    assert len(loaded.calls) > 300
    assert not differences(loaded.calls, with_moments(account.calls))
    assert not differences(loaded.legs, with_moments(account.legs))
    assert account.deleted
    assert {call_id for _, call_id in loaded.deletions} == account.deleted


def test_the_log_names_each_new_field_once(loaded, account):
    """One line for each new field or form of a field, and one for a page's unwritable calls."""
    said = [line.partition("tap-ringcentral ")[2] for line in loaded.said.splitlines()]
    new = "call_log: unknown field or type, kept in extra: "
    paths = Counter(line.removeprefix(new).strip() for line in said if line.startswith(new))
    assert paths == account.paths
    (line,) = (line for line in said if line.startswith("Calls that cannot be written: "))
    reasons = re.findall(r"[:,] ([^:,]*) \((\d+)\)", line)
    assert {reason: int(count) for reason, count in reasons} == account.unwritable


def test_json_lines_hold_the_same(load, account, tmp_path):
    """JSON lines hold the same."""
    load("target-jsonl", TARGET_JSONL_DESTINATION_PATH=str(tmp_path))
    for stream, key, expected in (
        ("call_log", CALL_KEY, account.calls),
        ("call_legs", LEG_KEY, account.legs),
    ):
        (file,) = tmp_path.glob(f"{stream}-*.jsonl")
        rows = map(json.loads, file.read_text(encoding="utf-8").splitlines())
        # Of one key, the later line counts.
        assert not differences({tuple(row[n] for n in key): row for row in rows}, expected)
