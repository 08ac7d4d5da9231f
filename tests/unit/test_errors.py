"""A refusal is told in words that help, and repeats nothing that a server wrote freely."""

from __future__ import annotations

import json

import pytest

from tap_ringcentral_calllog.errors import AccessError, Problem, RequestError, refusal


def body(code: str, **details: str) -> bytes:
    error = {"errorCode": code, "message": "Call of Jane Doe +16505550100", **details}
    return json.dumps({"errorCode": code, "message": "Jane Doe", "errors": [error]}).encode()


@pytest.mark.parametrize(
    ("status", "answer", "kind", "words"),
    [
        (
            403,
            body("CMN-401", permissionName="ReadCallLog"),
            AccessError,
            ["the app lacks the permission ReadCallLog", "developer console", "CMN-401"],
        ),
        (
            403,
            body("CMN-408", permissionName="FullCompanyCallLog"),
            AccessError,
            ["the user lacks the permission FullCompanyCallLog", "call_log_level", "'extension'"],
        ),
        (403, body("CMN-402"), AccessError, ["FullCompanyCallLog", "call_log_level"]),
        (403, body("CMN-404"), AccessError, ["another extension", "extension_ids"]),
        (403, body("CMN-419"), AccessError, ["another extension", "extension_ids"]),
        (403, body("NEW-1", permissionName="ReadX"), AccessError, ["a permission ReadX"]),
        (403, b"<html>", AccessError, ["lacks a permission:"]),
        (404, body("CMN-102"), AccessError, ["account_id", "extension_ids", "api_url"]),
        (401, body("TokenInvalid"), RequestError, ["accepted neither the login nor a new one"]),
        (400, body("CMN-101", parameterName="dateFrom"), RequestError, ["parameter dateFrom"]),
        (400, b"[]", RequestError, ["refused the request"]),
        (302, b"", RequestError, ["refused the request", "HTTP 302"]),
    ],
)
def test_a_refusal_says_what_to_do(status, answer, kind, words):
    """Stream, missing right, setting and code stand in one line; free text does not."""
    error = refusal(Problem.from_answer(status, answer), "call_log")
    assert type(error) is kind
    assert error.problem.status == status
    message = str(error)
    assert message.startswith("call_log: ")
    assert all(word in message for word in words), message
    assert "\n" not in message
    assert "Jane" not in message
    assert "555" not in message


def test_a_parameter_that_was_not_sent_is_not_repeated():
    """Whatever stands there, it is the server's text, and no word on the request."""
    for name in ("JaneDoe", "dateFromJaneDoe", "messageType"):
        error = refusal(Problem.from_answer(400, body("CMN-101", parameterName=name)), "call_log")
        assert str(error) == "call_log: RingCentral refused the request (HTTP 400 CMN-101)"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\xff",
        b"null",
        b'{"errorCode": 5, "errors": "x"}',
        b'{"errorCode": "Call +1 650", "errors": [1, null]}',
    ],
)
def test_what_is_no_error_object_tells_nothing(answer):
    """Whatever a broken proxy sends, only the status is known."""
    assert Problem.from_answer(503, answer) == Problem(503)


def test_oauth_errors_are_read_too():
    """The login answers in OAuth's form."""
    problem = Problem.from_answer(400, b'{"error": "invalid_grant", "error_description": "secret"}')
    assert problem.codes == ("invalid_grant",)
    assert str(problem) == "HTTP 400 invalid_grant"


@pytest.mark.parametrize(
    ("status", "answer", "of", "words"),
    [
        (403, body("CMN-401"), "", ["the app lacks the permission ReadAccounts", "or deselect"]),
        (403, body("CMN-401", permissionName="ReadX"), "", ["the app lacks the permission ReadX"]),
        (403, body("CMN-408"), "", ["the user lacks the permission ReadExtensions", "or deselect"]),
        (403, body("CMN-402"), "", ["log in as a user whose role has the permission"]),
        (403, body("CMN-404"), "queue 5", ["of queue 5: ", "another extension's data", "deselect"]),
        (403, b"", "", ["lacks a permission: check both", "or deselect the stream"]),
        (404, body("CMN-102"), "", ["no such account, or no such list for it", "account_id"]),
        (404, body("CMN-102"), "queue 5", ["of queue 5: ", "no longer has it"]),
    ],
)
def test_a_refusal_of_another_stream_speaks_of_that(status, answer, of, words):
    """The call log's settings would not help; leaving the stream out does."""
    error = refusal(
        Problem.from_answer(status, answer),
        "extensions",
        of=of,
        app_permission="ReadAccounts",
        user_permission="ReadExtensions",
    )
    assert type(error) is AccessError
    assert str(error).startswith("extensions")
    assert all(word in str(error) for word in words), str(error)
    assert "call_log_level" not in str(error)
    assert "extension_ids" not in str(error)


def test_a_refusal_without_any_name_still_says_what_to_do():
    """Some routes document no permission."""
    problem = Problem.from_answer(403, body("CMN-408"))
    error = refusal(problem, "directory_entries", user_permission="")
    assert "the user lacks the permission that the stream needs" in str(error)
