"""Stream maps that could do nothing unnoticed are refused, by stream and key, never by value."""

from __future__ import annotations

import pytest

from tap_ringcentral_calllog.config.stream_maps import Shape, check_stream_maps
from tap_ringcentral_calllog.errors import SettingsError

STREAMS = {
    "call_log": Shape(
        frozenset({"accountId", "id", "from", "legs"}), frozenset({"accountId", "id"})
    ),
    "call_legs": Shape(
        frozenset({"accountId", "callId", "from"}), frozenset({"accountId", "callId"})
    ),
    "messages": Shape(frozenset({"accountId", "id", "subject"}), frozenset({"accountId", "id"})),
}
SECRET = "+16505550100"


def refusal(maps, values=None):
    with pytest.raises(SettingsError) as caught:
        check_stream_maps(maps, values, STREAMS)
    assert SECRET not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "maps",
    [
        None,
        {},
        {"messages": None, "call_log": "__NULL__"},
        {"__else__": None, "call_log": {}},
        {"call_log": {"from": None, "legs": "__NULL__", "caller": f"md5('{SECRET}')"}},
        {"call_log": {"__filter__": "bool(id != '1')", "__alias__": "calls", "__else__": None}},
        {"calls": {"__source__": "call_log", "from": None}},
        {"call_l*": {"from": None, "legs": None}},
        {"*": {"subject": None}},
        {"call_log": {"id": None, "number": "id", "__key_properties__": ["accountId", "number"]}},
        {"call_log": {"one": "config['one']", "two": "config.get('two')"}},
        {"call_log": {"__key_properties__": ["accountId"]}},
        {"call_log": {"caller": "record['from'] + record.get('to')"}},
    ],
)
def test_maps_that_work_are_left_alone(maps):
    """Streams and fields that exist may be removed, renamed, filtered and computed."""
    check_stream_maps(maps, {"one": 1, "two": "$2 and more"}, STREAMS)


@pytest.mark.parametrize(
    ("maps", "message"),
    [
        (
            {"cal_log": {"from": None}},
            "stream_maps names cal_log, but there is no such stream: did you mean call_log?",
        ),
        ({"nobody": None}, "stream_maps names nobody, but there is no such stream"),
        ({"video_*": None}, "stream_maps names video_*, but there is no such stream"),
        (
            {"calls": {"__source__": "call_logs"}},
            "stream_maps names call_logs, but there is no such stream: did you mean call_log?",
        ),
        ({"__source__": {}}, "stream_maps names __source__, but there is no such stream"),
        (
            {"call_log": {"form": None}},
            "stream_maps.call_log.form removes a field that does not exist: did you mean from?",
        ),
        (
            {"call_legs": {"legs": "__NULL__"}},
            "stream_maps.call_legs.legs removes a field that does not exist",
        ),
        ({"messages": {"id": None}}, "stream_maps.messages.id removes a field of the key"),
        (
            {"messages": {"__fliter__": SECRET}},
            "stream_maps.messages.__fliter__ is not an option of stream maps",
        ),
        (
            {"messages": {"__filter__": f"subject == '{SECRET}"}},
            "stream_maps.messages.__filter__ must be an expression",
        ),
        (
            {"messages": {"subject": ""}},
            "stream_maps.messages.subject must be an expression or null",
        ),
        (
            {"messages": {"subject": f"x = '{SECRET}'"}},
            "stream_maps.messages.subject must be an expression or null",
        ),
        (
            {"messages": {"id": None, "__key_properties__": ["id", "subject"]}},
            "stream_maps.messages.__key_properties__ names id, which is not among the fields",
        ),
        (
            {"call_log": {"a\nb": None}},
            "stream_maps.call_log.ab removes a field that does not exist",
        ),
    ],
)
def test_maps_that_could_do_nothing_are_refused(maps, message):
    """Each by the name that is wrong, with the nearest one that is right."""
    assert refusal(maps) == message


@pytest.mark.parametrize("value", [None, "", " ", "$PEPPER", "${PEPPER}"])
@pytest.mark.parametrize("expression", ["config['pepper']", "config.get('pepper', 'x')"])
def test_a_pepper_that_is_not_set_is_named(value, expression):
    """A hash with no pepper, or with the name of a variable for one, is no secret."""
    maps = {"call_log": {"caller": f"sha256({expression} + '{SECRET}')"}}
    message = (
        "stream_maps.call_log.caller needs stream_map_config.pepper, which is not set: if it "
        "comes from an environment variable, set that"
    )
    assert refusal(maps, {"pepper": value}) == message
    assert refusal(maps, None) == message
    check_stream_maps(maps, {"pepper": "secret"}, STREAMS)


@pytest.mark.parametrize(
    ("maps", "message"),
    [
        ([SECRET], "stream_maps must be an object"),
        (SECRET, "stream_maps must be an object"),
        ({"__else__": SECRET}, "stream_maps.__else__ must be null"),
        ({"call_log": 5}, "stream_maps.call_log must be an object or null"),
        ({"call_log": SECRET}, "stream_maps.call_log must be an object or null"),
        ({"call_log": {"from": 5}}, "stream_maps.call_log.from must be an expression or null"),
        ({"call_log": {"from": {}}}, "stream_maps.call_log.from must be an expression or null"),
        (
            {"call_log": {"__filter__": ["x"]}},
            "stream_maps.call_log.__filter__ must be an expression",
        ),
        (
            {"call_log": {"__filter__": None}},
            "stream_maps.call_log.__filter__ must be an expression",
        ),
        ({"call_log": {"__else__": "x"}}, "stream_maps.call_log.__else__ must be null"),
        ({"call_log": {"__alias__": 5}}, "stream_maps.call_log.__alias__ must be a name"),
        ({"call_log": {"__source__": None}}, "stream_maps.call_log.__source__ must be a name"),
        (
            {"call_log": {"__key_properties__": "id"}},
            "stream_maps.call_log.__key_properties__ must be a list of fields",
        ),
        (
            {"call_log": {"__key_properties__": [5]}},
            "stream_maps.call_log.__key_properties__ must be a list of fields",
        ),
    ],
)
def test_a_map_of_another_kind_is_refused_with_its_place(maps, message):
    """It says what stream maps take there."""
    assert refusal(maps) == message
