"""Whatever stands in place of answers, settings, state and catalog: one line, and no harm."""

from __future__ import annotations

import copy
import io
import json
import logging
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import figures
import pytest
import requests
from fixtures import NOW
from harness import Collector, Output, run_tap
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from urllib3 import HTTPResponse

from sandbox import Sandbox
from tap_ringcentral_calllog import cli
from tap_ringcentral_calllog.config.schema import SCHEMA
from tap_ringcentral_calllog.errors import TapRingCentralError
from tap_ringcentral_calllog.tap import TapRingCentral

# Planted wherever text may stand; it must show nowhere but in records.
SECRET = "geheim-4711"
pytestmark = pytest.mark.prove

MOST_REQUESTS = 300
EXAMPLES = 35 if settings.get_current_profile_name() == "short" else 4000

TEXT = st.sampled_from([SECRET, "", "~", "\x00", "\ud83d", "NaN", "2026-03-19T10:00:00Z"]) | (
    st.text(max_size=8)
)
NUMBERS = st.integers(-(2**70), 2**70) | st.floats() | st.sampled_from([0, -1, 1e400, 2**63])
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


@cache
def sample() -> tuple[list[dict[str, Any]], str]:
    """Return real records, and the account's id."""
    with Sandbox(seed=71, calls=60, days=2, now=NOW) as sandbox:
        return sandbox.truth(), sandbox.account_id


@st.composite
def mutated(draw: Any, document: Any, most: int = 3) -> Any:
    """Return a document with some of its parts replaced, left out or added to."""
    document = copy.deepcopy(document)
    for _ in range(draw(st.integers(0, most))):
        part = document
        for _ in range(draw(st.integers(0, 6))):
            inner = [one for one in _values(part) if isinstance(one, (dict, list)) and one]
            if not inner:
                break
            part = draw(st.sampled_from(inner))
        if isinstance(part, dict) and part:
            name = draw(st.sampled_from(sorted(part)) | TEXT)
            if draw(st.booleans()):
                part[name] = draw(JSON)
            else:
                part.pop(name, None)
        elif isinstance(part, list) and part:
            part[draw(st.integers(0, len(part) - 1))] = draw(JSON)
    return document


def _values(part: Any) -> list[Any]:
    if isinstance(part, dict):
        return list(part.values())
    return part if isinstance(part, list) else []


@st.composite
def bodies(draw: Any) -> bytes:
    """Return an answer's body: a page with damaged parts, any JSON, or damaged bytes."""
    records, account_id = sample()
    size = draw(st.integers(0, 5))
    start = draw(st.integers(0, len(records) - 5))
    page = {
        "uri": f"https://platform.example/restapi/v1.0/account/{account_id}/call-log",
        "records": records[start : start + size],
        "navigation": {"nextPage": {"uri": "https://elsewhere.example"}},
    }
    if draw(st.booleans()):
        del page["navigation"]["nextPage"]
    content = draw(mutated(page) | mutated(page) | mutated(page) | JSON)
    body = json.dumps(content).encode()
    damage = draw(st.sampled_from(["", "", "", "", "cut", "bytes", "html"]))
    if damage == "cut":
        return body[: draw(st.integers(0, len(body)))]
    if damage == "bytes":
        at = draw(st.integers(0, len(body)))
        return body[:at] + draw(st.binary(max_size=3)) + body[at + 1 :]
    return b"<html>" if damage == "html" else body


HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "X-Rate-Limit-Group",
            "X-Rate-Limit-Limit",
            "X-Rate-Limit-Remaining",
            "X-Rate-Limit-Window",
            "Retry-After",
            "Date",
            "Content-Type",
        ]
    ),
    st.sampled_from(
        ["", "0", "1", "10", "-1", "1e9", "nan", "heavy", "Fri, 20 Mar 2026 12:00:00 GMT", "soon"]
    ),
    max_size=4,
)
STATUS = st.sampled_from([*[200] * 12, 204, 302, 400, 401, 403, 404, 418, 429, 500, 503])
ANSWERS = st.lists(st.tuples(STATUS, bodies(), HEADERS), max_size=6)
LOGIN = {"access_token": "t", "expires_in": 3600, "scope": "ReadCallLog", "owner_id": "400001"}


class Heard(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


class Account:
    """Stands in for an account, with the answers that a test gives it."""

    url, client_id, client_secret, jwt = "http://127.0.0.1:9", "client", SECRET, SECRET

    def __init__(self, answers: list[Any], login: Any = None) -> None:
        self.answers, self.login, self.asked = list(answers), login, 0

    def send(self, request: Any) -> requests.Response:
        status, body, headers = self.answer(urlsplit(request.url).path)
        response = requests.Response()
        response.status_code, response.request, response.url = status, request, request.url
        response.raw = HTTPResponse(io.BytesIO(body), preload_content=False)
        response.headers.update(headers)
        return response

    def answer(self, path: str) -> tuple[int, bytes, dict[str, str]]:
        date = {"Date": "Fri, 20 Mar 2026 12:00:00 GMT"}
        if "oauth" in path:
            login = LOGIN if self.login is None else self.login
            return 200, json.dumps(login).encode(), date
        self.asked += 1
        assert self.asked <= MOST_REQUESTS, "asks without end"
        if self.answers:
            return self.answers.pop(0)
        account_id = sample()[1]
        uri = f"https://platform.example/restapi/v1.0/account/{account_id}/call-log"
        return 200, json.dumps({"uri": uri, "records": []}).encode(), date


def run(account: Account, **options: Any) -> tuple[Output, str]:
    """Run, and return the output and the error's line."""
    output, heard, error = Output(), Heard(), ""
    root = logging.getLogger()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requests.adapters.HTTPAdapter, "send", lambda _, one, **__: account.send(one))
        root.addHandler(heard)
        try:
            run_tap(output, account, writer=Collector(output), **options)
        except TapRingCentralError as problem:
            error = str(problem)
            assert error
            assert "\n" not in error
            figures.count("runs that ended with one line")
        finally:
            root.removeHandler(heard)
    assert SECRET not in error
    assert not [line for line in heard.lines if SECRET in line]
    # What a user put into the state is the user's.
    assert options.get("state") or SECRET not in json.dumps(output.states)
    check_records(output)
    return output, error


def check_records(output: Output) -> None:
    """Check that every record fits its schema, and a database."""
    validators = {}
    for message in output.messages:
        if message["type"] == "SCHEMA":
            validators[message["stream"]] = Draft202012Validator(message["schema"])
        elif message["type"] == "RECORD":
            validators[message["stream"]].validate(message["record"])
            check_storable(message["record"])


def check_storable(value: Any) -> None:
    if isinstance(value, dict):
        for name, item in value.items():
            check_storable(name)
            check_storable(item)
    elif isinstance(value, list):
        for item in value:
            check_storable(item)
    elif isinstance(value, str):
        assert "\x00" not in value
        value.encode()
    elif isinstance(value, int):
        assert -(2**63) <= value < 2**63


@settings(max_examples=EXAMPLES, deadline=None)
@given(answers=ANSWERS, level=st.sampled_from(["account", "extension"]), tracking=st.booleans())
def test_any_answers_end_well_or_with_one_line(answers, level, tracking):
    """Any of them: the run ends well or with one line, and asks no more than it should."""
    figures.count("answers tried", len(answers))
    tracking = tracking and level == "account"
    account = Account(answers)
    run(account, start_date="2026-03-17", call_log_level=level, change_tracking=tracking)


@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data())
def test_a_sound_call_is_written_whatever_stands_beside_it(data):
    """Damaged records take no other with them, and the window counts as read."""
    records, account_id = sample()
    sound = records[:4]
    damaged = [data.draw(mutated(record)) for record in records[10:13]]
    page = {
        "uri": f"https://platform.example/restapi/v1.0/account/{account_id}/call-log",
        "records": [*sound, *damaged],
    }
    figures.count("damaged records tried", 3)
    output, error = run(Account([(200, json.dumps(page).encode(), {})]), start_date="2026-03-17")
    assert not error
    assert {call["id"] for call in sound} <= {record["id"] for record in output.records()}


@settings(max_examples=EXAMPLES, deadline=None)
@given(login=mutated(LOGIN) | JSON)
def test_any_login_ends_well_or_with_one_line(login):
    """A login's answer without what is needed is an error, anything else is done without."""
    figures.count("login answers tried")
    run(Account([], login), start_date="2026-03-19")


NAMES = sorted(name for name in SCHEMA["properties"] if not name.startswith("stream_map"))


@settings(max_examples=EXAMPLES * 2, deadline=None)
@given(config=st.dictionaries(st.sampled_from(NAMES) | TEXT, JSON, max_size=5))
def test_wrong_settings_are_named_before_any_request(config):
    """Wrong settings are named before any request."""
    figures.count("configurations tried")
    config.pop("token_store", None)
    account, error = Account([]), ""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requests.adapters.HTTPAdapter, "send", lambda _, one, **__: account.send(one))
        try:
            TapRingCentral(config={"client_id": "c", "client_secret": SECRET, "jwt": "j", **config})
        except TapRingCentralError as problem:
            error = str(problem)
    if error:
        figures.count("configurations refused")
        assert "\n" not in error
        assert SECRET not in error
        assert any(name in error for name in NAMES)
    assert not account.asked


@cache
def good_state() -> dict[str, Any]:
    return run(Account([]), start_date="2026-03-17", call_log_level="extension")[0].state


@settings(max_examples=EXAMPLES * 2, deadline=None)
@given(data=st.data())
def test_any_state_is_refused_or_harmless(data):
    """A state that is not this run's is refused, or harmless."""
    figures.count("states tried")
    state = data.draw(mutated(good_state()) | st.dictionaries(TEXT, JSON, max_size=3))
    try:
        state = cli.read_object(as_file(state), "--state")
    except TapRingCentralError:
        figures.count("states refused")
        return
    run(Account([]), state=state, start_date="2026-03-17", call_log_level="extension")


def as_file(content: Any) -> io.TextIOWrapper:
    """Return JSON as the command line's open file."""
    return io.TextIOWrapper(io.BytesIO(json.dumps(content).encode()), encoding="utf-8")


@cache
def good_catalog() -> dict[str, Any]:
    return json.loads(TapRingCentral(config=None, validate_config=False).catalog_json_text)


@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data())
def test_any_catalog_selects_or_is_refused(data):
    """A catalog selects; what it can't do is refused."""
    figures.count("catalogs tried")
    document = data.draw(mutated(good_catalog(), 5) | JSON)
    try:
        catalog = cli.read_catalog(as_file(document))
    except TapRingCentralError:
        figures.count("catalogs refused")
        return
    run(Account([]), catalog=catalog, start_date="2026-03-17")
