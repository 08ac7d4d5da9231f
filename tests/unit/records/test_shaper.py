"""What is emitted fits the schema and loses nothing, whatever the server sends."""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from singer_sdk.helpers._flattening import flatten_record, flatten_schema

from tap_ringcentral_calllog.records.legs import Legs, complete_call
from tap_ringcentral_calllog.records.shaper import MalformedError, Shaper, needs_cleaning
from tap_ringcentral_calllog.records.typed import leave_out
from tap_ringcentral_calllog.schemas.call_log import (
    ADDED_TO_CALL,
    NUMERIC_IN_CALL,
    call_legs_schema,
    call_log_schema,
)

SCHEMA = call_log_schema("account")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)
SHAPER = Shaper(SCHEMA, ADDED_TO_CALL)


def party(number):
    """Return the party of a call or leg."""
    return {
        "phoneNumber": f"+1650555{number:04}",
        "extensionNumber": str(number),
        "extensionId": f"4001330{number}",
        "name": "Zoë Example",
        "location": "San Mateo, CA",
        "device": {"id": "802", "uri": "https://platform.example/device/802"},
    }


def leg(**fields):
    """Return a leg as RingCentral gives it."""
    return {
        "telephonySessionId": "s-6666d1d2",
        "startTime": "2026-03-10T18:07:52.534Z",
        "duration": 312,
        "type": "Voice",
        "direction": "Inbound",
        "from": party(101),
        "to": party(102),
        "extension": {"id": "400133008", "uri": "https://platform.example/extension/400133008"},
        "billing": {"costIncluded": 0, "costPurchased": 0.25},
        "legType": "Accept",
        "master": True,
        **fields,
    }


def call(**fields):
    """Return a call as RingCentral gives it."""
    return {
        "id": "UPlyOgA",
        "uri": "https://platform.example/call-log/UPlyOgA",
        "sessionId": "12345678901",
        "startTime": "2026-03-10T18:07:52.534Z",
        "duration": 312,
        "durationMs": 312456,
        "type": "Voice",
        "from": party(101),
        "to": party(102),
        "recording": {"id": "7002384004", "type": "Automatic", "contentUri": "https://media/7"},
        "shortRecording": False,
        "metadataCategories": ["one"],
        "lastModifiedTime": "2026-03-10T18:13:12Z",
        "legs": [leg(), leg(master=False)],
        **fields,
    }


def shape(record, **options):
    """Shape a copy of a record."""
    return SHAPER.shape(copy.deepcopy(record), **options)


def test_a_record_that_fits_stays_as_it_is():
    """A record that fits stays as it is, and gets an empty `extra`."""
    for clean in (False, True):
        record = call()
        shaped = SHAPER.shape(record, clean=clean)
        assert shaped is record
        assert shaped == {**call(), "extra": None}


def test_a_clean_page_is_still_repaired():
    """Where the page says that there is nothing to clean, other faults are still repaired."""
    record = call(newField=1, extension={"id": 5}, duration=None, delegate=None)
    shaped = SHAPER.shape(record, clean=False)
    expected = {**call(extension={"id": "5"}, duration=None), "extra": {"newField": 1}}
    assert shaped == expected


def test_numeric_ids_become_text():
    """Numbers where ids are declared become text, at any depth, on a page with nothing to clean."""
    given = {"extension": {"id": 5}, "from": {"extensionId": 2**53 + 1, "device": {"id": 6}}}
    text = {
        "extension": {"id": "5"},
        "from": {"extensionId": str(2**53 + 1), "device": {"id": "6"}},
    }
    shaped = SHAPER.shape(call(**given, legs=[copy.deepcopy(given), {}]), clean=False)
    assert shaped == {**call(**text, legs=[text, {}]), "extra": None}


@pytest.mark.parametrize("plain", [True, False])
def test_documented_numbers_take_the_short_way(plain):
    """Ids that RingCentral's definitions give as numbers become text, at once."""
    shaper = Shaper(SCHEMA, ADDED_TO_CALL, numeric=NUMERIC_IN_CALL)
    given = call(extension={"id": 5}, legs=[leg(extension={"id": 2**53 + 1}), {}])
    text = call(extension={"id": "5"}, legs=[leg(extension={"id": str(2**53 + 1)}), {}])
    read = shaper.read(json.dumps(given).encode(), plain=plain)
    assert json.loads(msgspec.json.encode(read)) == {**text, "extra": None}
    # Text in their place is as good.
    assert shaper.read(json.dumps(text).encode(), plain=True) == {**text, "extra": None}


@pytest.mark.parametrize(
    "fields", [{"sessionId": 5}, {"newField": 1}, {"from": {"extensionId": 7}}, {"legs": 7}]
)
def test_whatever_else_does_not_fit_takes_the_long_way(fields):
    """A record is never half right: `read` takes it whole, or leaves it to `shape`."""
    shaper = Shaper(SCHEMA, ADDED_TO_CALL, numeric=NUMERIC_IN_CALL)
    assert shaper.read(json.dumps(call(**fields)).encode(), plain=True) is None


@pytest.mark.parametrize(
    ("fields", "extra"),
    [
        ({"newField": None}, {"newField": None}),
        ({"newField": {"a": [1, {}]}}, {"newField": {"a": [1, {}]}}),
        ({"from": {"device": {"b": 1}}}, {"from.device.b": 1}),
        ({"legs": [{}, {"to": {"b": 1}, "c": 2}]}, {"legs[1].to.b": 1, "legs[1].c": 2}),
        ({"legs": [7, None, {"c": 2}]}, {"legs[0]": 7, "legs[0]#2": None, "legs[0].c": 2}),
        ({"metadataCategories": [None, "a"]}, {"metadataCategories[0]": None}),
        ({"legs": {"a": 1}}, {"legs": {"a": 1}}),
        ({"from": "x"}, {"from": "x"}),
        ({"type": ["x"]}, {"type": ["x"]}),
        ({"from.x": 1, "from": {"x": 2}}, {"from.x": 2, "from.x#2": 1}),
        ({"legs[0].a": 1, "legs": [{"a": 2}]}, {"legs[0].a": 2, "legs[0].a#2": 1}),
        (dict.fromkeys(ADDED_TO_CALL, "5"), dict.fromkeys(ADDED_TO_CALL, "5")),
        ({"a\0": 1, "a\ud800": 2}, {"a\ufffd": 1, "a\ufffd#2": 2}),
        ({"a": {"b\0": "c\0"}}, {"a": {"b\ufffd": "c\ufffd"}}),
        ({"a": [2**63, -(2**63), 1.5]}, {"a": ["9223372036854775808", -(2**63), 1.5]}),
        ({"a": [float("nan"), float("-inf"), True]}, {"a": ["nan", "-inf", True]}),
    ],
)
def test_what_has_no_place_is_kept_in_extra(fields, extra):
    """What has no place is kept by its path, fit for encoders and databases."""
    assert shape(call(**fields))["extra"] == extra


@pytest.mark.parametrize("levels", [31, 100, 500])
@pytest.mark.parametrize("encoded", [False, True])
def test_a_field_too_deep_is_kept_as_text(levels, encoded):
    """A field too deep for encoders is kept as text, which is its JSON; at 30 levels it is none."""
    text = '{"a":[' * (levels // 2) + "[]" * (levels % 2) + "]}" * (levels // 2)
    if encoded:
        body = json.dumps(call()).encode()[:-1] + b', "newField": ' + text.encode() + b"}"
        shaped = SHAPER.shape(msgspec.Raw(body))
    else:
        deep: Any = [] if levels % 2 else None
        for _ in range(levels // 2):
            deep = {"a": [] if deep is None else [deep]}
        shaped = SHAPER.shape(call(newField=deep))
    assert shaped["extra"] == {"newField": text}
    assert orjson.dumps(shaped)
    assert msgspec.json.encode(shaped)


def test_a_field_deeper_than_python_encodes_makes_its_record_malformed():
    """No document of RingCentral's nests a hundredth of it."""
    deep: Any = []
    for _ in range(50_000):
        deep = [deep]
    with pytest.raises(MalformedError, match="record nests too deep"):
        SHAPER.shape(call(newField=deep))


def test_all_that_is_deep_is_in_the_text():
    """Names and values of all kinds; what no database stores is replaced as ever."""
    deep: Any = {"a": 1, "b\x00": [None, True, 0.5, "\ud800", 2**70]}
    for _ in range(40):
        deep = [deep, "x"]
    (text,) = SHAPER.shape(call(newField=deep))["extra"].values()
    assert json.loads(text) == deep
    assert not re.search("[\x00\ud800-\udfff]", text)


def test_thirty_levels_are_kept():
    """Thirty levels are kept as they are."""
    deep: Any = "end"
    for _ in range(15):
        deep = {"a": [deep]}
    assert SHAPER.shape(call(newField=deep))["extra"] == {"newField": deep}


def test_a_null_object_is_left_out():
    """A null object or array is left out, a null of a simple type stays."""
    shaped = shape(call(**dict.fromkeys(["from", "legs", "metadataCategories", "reason"])))
    assert not {"from", "legs", "metadataCategories"} & set(shaped)
    assert shaped["reason"] is None
    assert shaped["extra"] is None


def test_each_new_path_is_reported_once():
    """Each new path is reported once, in a form that may be logged, and not without end."""
    reported = []
    shaper = Shaper(SCHEMA, ADDED_TO_CALL, reported.append)
    for _ in range(2):
        shaper.shape(call(legs=[leg(foo="secret"), leg(foo="secret")], duration="secret"))
        shaper.shape(call(**{"a\x1b[31m\n": "secret", "b" * 100: "secret"}))
    assert reported == ["duration", "legs[].foo", "?", "b" * 80]
    for number in range(200):
        shaper.shape(call(**{f"field{number}": 1}))
    assert len(reported) == 100


BIG = 2**63


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("sessionId", 12345678901234567890123, "12345678901234567890123"),
        ("sessionId", 1.5, "1.5"),
        ("sessionId", True, "true"),
        ("sessionId", False, "false"),
        ("sessionId", "a\0b\udfff", "a\ufffdb\ufffd"),
        ("duration", "12", 12),
        ("duration", "-12", -12),
        ("duration", "0", 0),
        ("duration", BIG - 1, BIG - 1),
        ("duration", str(-BIG), -BIG),
        ("deleted", False, False),
    ],
)
def test_a_value_is_converted_where_nothing_is_lost(field, value, expected):
    """A value of another type is converted where nothing is lost."""
    shaped = shape(call(**{field: value}))
    assert shaped[field] == expected
    assert type(shaped[field]) is type(expected)
    assert shaped["extra"] is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1.50", 1.5), ("-2e-3", -0.002), ("9007199254740993", 9007199254740993), (3, 3), (0.1, 0.1)],
)
def test_a_cost_is_a_number(value, expected):
    """A cost is a number even when it comes as a string."""
    shaped = shape(call(billing={"costIncluded": value}))
    assert shaped["billing"] == {"costIncluded": expected}
    assert shaped["extra"] is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("duration", 12.0),
        ("deleted", "true"),
        ("sessionId", {"a": 1}),
        ("duration", "012"),
        ("duration", "+1"),
        ("duration", "1.0"),
        ("duration", "١"),  # noqa: RUF001 - a digit, though not one of JSON's
        ("duration", 1.5),
        ("duration", 4.932382325975907e16),
        ("duration", True),
        ("deleted", 1),
        ("deleted", "True"),
        ("lastModifiedTime", 1710094072),
        ("lastModifiedTime", "yesterday"),
    ],
)
def test_a_misfit_is_kept_in_extra(field, value):
    """A value that can't be converted exactly is kept in `extra`, and null stands in its place."""
    for clean in (False, True):
        shaped = shape(call(**{field: value}), clean=clean)
        assert shaped[field] is None
        assert shaped["extra"] == {field: value}


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (float("inf"), "inf"),
        (float("nan"), "nan"),
        ("0.12345678901234567890", "0.12345678901234567890"),
        ("1e999", "1e999"),
        ("0e99999999999999999999", "0e99999999999999999999"),
        (2**70, str(2**70)),
        (True, True),
    ],
)
def test_a_cost_that_is_no_number_is_kept_in_extra(value, kept):
    """A cost that is no exact number is kept in `extra`."""
    for clean in (False, True):
        shaped = shape(call(billing={"costIncluded": value}), clean=clean)
        assert shaped["billing"] == {"costIncluded": None}
        assert shaped["extra"] == {"billing.costIncluded": kept}


def test_a_long_integer_is_kept_as_a_string():
    """An integer beyond 64 bits is kept as a string."""
    shaped = shape(call(duration=BIG))
    assert shaped["duration"] is None
    assert shaped["extra"] == {"duration": str(BIG)}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-10T18:07:52Z", "2026-03-10T18:07:52Z"),
        ("2026-03-10T18:07:52.5340Z", "2026-03-10T18:07:52.5340Z"),
        ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
        ("2026-03-10T18:07:52.1234567899Z", "2026-03-10T18:07:52.123456Z"),
        ("2026-03-10T18:07:52.534+02:00", "2026-03-10T16:07:52.534Z"),
        ("2026-03-10T18:07:52-0530", "2026-03-10T23:37:52Z"),
        ("2026-03-10T18:07:52+00", "2026-03-10T18:07:52Z"),
        ("2026-12-31T23:59:60Z", "2027-01-01T00:00:00Z"),
        ("2026-12-31T23:59:60.7Z", "2027-01-01T00:00:00.7Z"),
        ("2026-03-10T24:00:00.0Z", "2026-03-11T00:00:00.0Z"),
        ("2026-03-10 18:07:52", "2026-03-10T18:07:52Z"),
        ("2026-03-10t18:07z", "2026-03-10T18:07:00Z"),
        ("2026-03-10T18:07:52,5 Z", "2026-03-10T18:07:52.5Z"),
        ("2026-03-10", "2026-03-10T00:00:00Z"),
        ("0999-03-10T00:00:00Z", "0999-03-10T00:00:00Z"),
    ],
)
def test_a_time_has_one_form(value, expected):
    """A time is emitted in the one form that every database reads alike, in UTC."""
    for clean in (False, True):
        shaped = shape(call(startTime=value, legs=[leg(startTime=value)]), clean=clean)
        assert shaped["startTime"] == shaped["legs"][0]["startTime"] == expected
        assert shaped["extra"] is None


IMPOSSIBLE = [
    "2026-02-29T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "2026-03-10T24:00:01Z",
    "2026-03-10T25:00:00Z",
    "2026-03-10T18:60:00Z",
    "2026-03-10T18:07:61Z",
    "2026-03-10T18:07:52+24:00",
    "2026-03-10T18:07:52+05:75",
    "2026-03-10T18:07:52Z\n",
    "٢٠٢٦-03-10T18:07:52Z",
    "20260310T180752Z",
    "0001-01-01T00:00:00+01:00",
    "9999-12-31T23:59:60Z",
    " ",
]


@pytest.mark.parametrize("value", IMPOSSIBLE)
def test_an_impossible_time_is_kept_in_extra(value):
    """A time that can't be is kept in `extra`, so that no target stops at it."""
    for clean in (False, True):
        shaped = shape(call(lastModifiedTime=value, legs=[leg(startTime=value)]), clean=clean)
        assert shaped["lastModifiedTime"] is None
        assert shaped["legs"][0]["startTime"] is None
        assert shaped["extra"] == {"lastModifiedTime": value, "legs[0].startTime": value}


@pytest.mark.parametrize(
    ("record", "field", "reason"),
    [
        (None, "record", "is not an object"),
        ([call()], "record", "is not an object"),
        ({}, "id", "is missing"),
        (call(id=None), "id", "is missing"),
        (call(id=""), "id", "is missing"),
        (call(id=["secret"]), "id", "has no usable value"),
        (call(startTime=""), "startTime", "is missing"),
        (call(startTime=1710094072), "startTime", "has no usable value"),
        *[(call(startTime=value), "startTime", "has no usable value") for value in IMPOSSIBLE],
    ],
)
def test_a_record_without_a_key_is_refused_by_name(record, field, reason):
    """A record without a key or time is refused by name, without its values, and left whole."""
    for clean in (False, True):
        before = copy.deepcopy(record)
        with pytest.raises(MalformedError) as caught:
            SHAPER.shape(record, clean=clean)
        assert (caught.value.field, caught.value.reason) == (field, reason)
        assert str(caught.value) == f"{field} {reason}"
        assert record == before


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (rb'{"name": "Zo\u00eb \ud55c"}', False),
        (b'{"name": "plain"}', False),
        (rb'{"name": "\u0000"}', True),
        (rb'{"name": "\uD800"}', True),
        (rb'{"name": "\udfff"}', True),
        (b'{"name": "\0"}', True),
    ],
)
def test_a_page_without_escapes_needs_no_cleaning(page, expected):
    """A page without escapes of what can't be stored needs no second look."""
    assert needs_cleaning(page) is expected


@given(st.text(alphabet=st.characters(codec=None, categories=None)))
def test_needs_cleaning_finds_all(text):
    """No character that can't be stored passes unseen."""
    page = json.dumps(text).encode()
    if re.search("[\0\ud800-\udfff]", json.loads(page)):
        assert needs_cleaning(page)


@pytest.mark.parametrize("log", [{"accountId": "1"}, {"accountId": "1", "extensionId": "2"}])
def test_a_legs_row_holds_the_leg_and_the_calls_key(log):
    """A leg's row holds the leg, the call's key and what was unknown about the leg."""
    level = "extension" if "extensionId" in log else "account"
    schema = call_log_schema(level)
    record = Shaper(schema, ADDED_TO_CALL).shape(
        call(
            foo=1,
            legs=[
                leg(callId="x", foo=[1], extensionId="9", **{"from": {"bar": 2}}),
                leg(),
            ],
        )
    )
    complete_call(record, log)
    assert record["legCount"] == 2
    before = copy.deepcopy(record)
    first, second = Legs(schema).rows(record)
    assert record == before
    added = {
        **log,
        "callId": "UPlyOgA",
        "callStartTime": "2026-03-10T18:07:52.534Z",
        "legCount": 2,
    }
    own = {"legExtensionId" if level == "extension" else "extensionId": "9"}
    extra = {"callId": "x", "foo": [1], "from.bar": 2}
    assert first == {**leg(**{"from": {}}), **own, **added, "legIndex": 0, "extra": extra}
    assert second == {**leg(), **added, "legIndex": 1, "extra": None}
    for row in (first, second):
        Draft7Validator(call_legs_schema(level)).validate(row)
        assert set(row) <= set(call_legs_schema(level)["properties"])


def test_what_is_taken_from_a_row_stays_in_the_call():
    """What is taken out of a row, as the SDK does with deselected properties, stays in the call."""
    record = shape(call())
    complete_call(record, {"accountId": "1"})
    before = copy.deepcopy(record)
    for row in Legs(SCHEMA).rows(record):
        del row["from"]["device"]["id"], row["to"]["name"], row["billing"]["costIncluded"]
        row.clear()
    assert record == before


@pytest.mark.parametrize(("legs", "count"), [([], 0), (None, None)])
def test_a_call_without_legs_has_no_rows(legs, count):
    """A call without legs has no rows; none were sent is not the same as there are none."""
    record = shape(call(legs=legs))
    complete_call(record, {"accountId": "1"})
    assert record["legCount"] == count
    assert Legs(SCHEMA).rows(record) == []


def test_leg_paths_of_others():
    """A server's field that looks like a leg's path makes no row, nor breaks one."""
    record = shape(call(legs=[leg()], **{"legs[7].a": 1, f"legs[{'9' * 5000}].a": 2}))
    complete_call(record, {"accountId": "1"})
    assert [row["extra"] for row in Legs(SCHEMA).rows(record)] == [None]


TEXT = st.text(alphabet=st.characters(codec=None, categories=None), max_size=8)
NAMES = (
    st.sampled_from([*SCHEMA["properties"], *SCHEMA["properties"]["from"]["properties"], "master"])
    | TEXT
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | TEXT
    | st.sampled_from(
        ["12", "1.50", "true", "2026-03-10T18:07:52+01:00", "2026-03-10", "2026-02-30T00:00:00Z"]
    )
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=25,
)


def places(value, path=()):
    """Yield the path of every value inside a value."""
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for name, item in items:
        yield (*path, name)
        yield from places(item, (*path, name))


@st.composite
def mutated(draw):
    """Return a call in which some values, at any depth, are replaced or joined by others."""
    record = call()
    for _ in range(draw(st.integers(1, 4))):
        *path, last = draw(st.sampled_from([*places(record)]))
        inside = record
        for name in path:
            inside = inside[name]
        inside[last] = draw(JSON)
        if isinstance(inside, dict):
            inside[draw(NAMES)] = draw(JSON)
    return record


def scalars(value):
    """Count the scalars in a value, converted ones as one, without nulls."""
    if isinstance(value, dict):
        return sum(map(scalars, value.values()), Counter())
    if isinstance(value, list):
        return sum(map(scalars, value), Counter())
    return Counter() if value is None else Counter([normal(value)])


def normal(value):
    """Return a form that exact conversions leave alone."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    text = re.sub("[\0\ud800-\udfff]", "\ufffd", text)
    try:
        return Decimal(text).normalize() if Decimal(text).is_finite() else text.lower()
    except InvalidOperation:
        return {"2026-03-10T18:07:52+01:00": "2026-03-10T17:07:52Z"}.get(
            text, re.sub(r"^2026-03-10$", "2026-03-10T00:00:00Z", text)
        )


def assert_known(value, schema, path=""):
    """Assert that no name at any depth is unknown to the schema."""
    if path == ".extra":
        return
    if isinstance(value, dict):
        assert set(value) <= set(schema["properties"]), path
        for name, item in value.items():
            field = schema["properties"][name]
            assert item is not None or not {"object", "array"} & {*field["type"]} or name == "extra"
            if field.get("format") == "date-time" and item is not None:
                assert TIME.fullmatch(item)
            assert_known(item, field, f"{path}.{name}")
    elif isinstance(value, list):
        for item in value:
            assert_known(item, schema["items"], f"{path}[]")


FLAT = flatten_schema(SCHEMA, max_level=5)


@settings(deadline=None)
@given(record=JSON | mutated(), clean=st.booleans())
@example(record=call(**{"from.x": 1, "from": {"x": 2}}), clean=False)
def test_any_json_comes_out_fitting_or_is_refused(record, clean):
    """Whatever the server sends comes out fitting, encodable and whole, or is refused."""
    clean = clean or needs_cleaning(json.dumps(record).encode())
    before = copy.deepcopy(record)
    try:
        shaped = SHAPER.shape(record, clean=clean)
    except MalformedError:
        return
    lost = scalars(before) - scalars(shaped)
    assert not lost, lost
    complete_call(shaped, {"accountId": "1"})
    Draft7Validator(SCHEMA).validate(shaped)
    assert_known(shaped, SCHEMA)
    assert json.loads(orjson.dumps(shaped)) == json.loads(msgspec.json.encode(shaped)) == shaped
    assert not needs_cleaning(orjson.dumps(shaped))
    assert set(flatten_record(shaped, FLAT, 5)) <= set(FLAT["properties"])

    for row in Legs(SCHEMA).rows(shaped):
        Draft7Validator(call_legs_schema("account")).validate(row)
        assert_known(row, call_legs_schema("account"))

    decoder = Shaper(SCHEMA, ADDED_TO_CALL)
    encoded = json.dumps(before).encode()
    decoder.shape(msgspec.Raw(encoded), clean=False)
    read = None if needs_cleaning(encoded) else decoder.read(encoded, plain=True)
    if read is not None:
        complete_call(read, {"accountId": "1"})
        assert read == SHAPER.shape(copy.deepcopy(before), clean=False) | {
            name: read[name] for name in ("accountId", "legCount")
        }

    again = {name: item for name, item in shaped.items() if name not in ADDED_TO_CALL}
    for quickly in (False, True):
        assert shape(again, clean=not quickly) == {**again, "extra": None}


@pytest.mark.parametrize("identity", ["x" * 256, float("nan"), float("inf"), True])
@pytest.mark.parametrize("clean", [True, False])
def test_what_could_not_be_a_key_is_malformed(identity, clean):
    """Too long for an index, or no id at all."""
    with pytest.raises(MalformedError, match="id has no usable value"):
        Shaper(SCHEMA, ADDED_TO_CALL).shape(call(id=identity), clean=clean)


def test_keys_that_cannot_be_stored_stay_different():
    """What is replaced elsewhere is written out in a key: two calls must not become one row."""
    shaper = Shaper(SCHEMA, ADDED_TO_CALL)
    ids = [shaper.shape(call(id=f"a{odd}"))["id"] for odd in ("\0", "\ud83d", "\ud83e", "")]
    assert ids == [r"a\u0000", r"a\ud83d", r"a\ud83e", "a"]
    assert shaper.shape(call(id="x" * 255), clean=False)["id"] == "x" * 255


def test_a_record_that_fits_is_asked_as_a_dictionary_is():
    """What is not there is missing, and can be set."""
    record = b'{"id": "1", "startTime": "2026-03-01T00:00:00Z"}'
    row = Shaper(SCHEMA, ADDED_TO_CALL).read(record, plain=False)
    assert row is not None
    assert (row["id"], row.get("duration"), "duration" in row) == ("1", None, False)
    with pytest.raises(KeyError, match="duration"):
        row["duration"]
    row.update({"duration": 5, "accountId": "401"})
    assert (row["duration"], row["accountId"], "accountId" in row) == (5, "401", True)


@pytest.mark.parametrize("plain", [True, False])
def test_a_property_that_is_deselected_is_left_out(plain):
    """Also of an object inside, which others may hold as it was."""
    encoded = json.dumps(call()).encode()
    shaper = Shaper(SCHEMA, ADDED_TO_CALL)
    row = next(filter(None, (shaper.read(encoded, plain=plain) for _ in range(2))))
    caller = row["from"]
    for path in (("duration",), ("from", "name"), ("from", "device", "id"), ("message", "id")):
        leave_out(row, path)
    assert "duration" not in row
    assert "name" not in row["from"]
    assert "id" not in row["from"]["device"]
    assert (caller["name"], caller["device"]["id"]) == ("Zoë Example", "802")


def test_a_servers_field_of_a_name_that_the_tap_gives_is_kept_aside():
    """It takes the long way, and stands in `extra`."""
    record = b'{"id": "1", "startTime": "2026-03-01T00:00:00Z", "legCount": 7}'
    assert Shaper(SCHEMA, ADDED_TO_CALL).read(record, plain=False) is None
    assert SHAPER.shape(json.loads(record))["extra"] == {"legCount": 7}
