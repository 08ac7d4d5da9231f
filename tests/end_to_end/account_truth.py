"""What the streams beside the call log must hold: what the sandbox knows, as rows by their keys.

What it does not tell by its controls, it is asked for over HTTP, as any client would.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import requests
from expected import by_key, moment

if TYPE_CHECKING:
    from expected import Row, Rows

    from sandbox import Sandbox

KEYS = {
    "call_recordings": ("accountId", "id"),
    "recording_files": ("accountId", "id"),
    "messages": ("accountId", "extensionId", "id"),
    "message_files": ("accountId", "extensionId", "messageId", "id"),
    "extensions": ("accountId", "id"),
    "directory_entries": ("accountId", "id"),
    "call_queues": ("accountId", "id"),
    "call_queue_members": ("accountId", "callQueueId", "id"),
    "active_calls": ("accountId", "id", "snapshotAt"),
    "call_recording_settings": ("accountId",),
}
#: Those whose rows tell what the account has at one moment.
SNAPSHOTS = (
    "extensions",
    "directory_entries",
    "call_queues",
    "call_queue_members",
    "active_calls",
    "call_recording_settings",
)

_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_RECORDINGS_KEPT, _MESSAGES_KEPT, _DELETED_KEPT = 90, 30, 5
_SECONDS = 10


@dataclass
class Truth:
    """What an account shows at a moment; its clock stands still.

    Args:
        account: the sandbox.
    """

    account: Sandbox

    def __post_init__(self) -> None:
        self._session = requests.Session()
        answer = self._session.post(
            f"{self.account.url}/restapi/oauth/token",
            data={"grant_type": _GRANT, "assertion": self.account.jwt},
            auth=(self.account.client_id, self.account.client_secret),
            timeout=_SECONDS,
        )
        answer.raise_for_status()
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def rows(self) -> dict[str, Rows]:
        """Return the rows of each stream. Snapshots are of the account's time."""
        recordings, messages = self._recordings(), self._messages()
        queues = self.account.queues_truth()
        found = {
            "call_recordings": recordings,
            "recording_files": [self._with_audio(row) for row in recordings],
            "messages": messages,
            "message_files": [file for one in messages for file in self._files(one)],
            "extensions": self.account.extensions_truth(),
            "directory_entries": self._list("directory/entries"),
            "call_queues": queues,
            "call_queue_members": [
                {"callQueueId": queue["id"], **member}
                for queue in queues
                for member in self._list(f"call-queues/{queue['id']}/members")
            ],
            "active_calls": [
                {**call, "isOver": False} for call in self.account.active_calls_truth()
            ],
            "call_recording_settings": [self._get("call-recording").json()],
        }
        return {
            name: by_key([self._stored(name, row) for row in rows], KEYS[name])
            for name, rows in found.items()
        }

    def _stored(self, name: str, row: Row) -> Row:
        """Return a row as a database holds it."""
        row = {"accountId": self.account.account_id, **texts(row)}
        if name in SNAPSHOTS:
            row["snapshotAt"] = self.account.clock.now().isoformat()
        return {
            column: moment(value) if column.endswith(("Time", "At")) else value
            for column, value in row.items()
        }

    def _recordings(self) -> list[Row]:
        found: dict[str, Row] = {}
        for call in self.account.truth():
            for part in (call, *call["legs"]):
                if recording := part.get("recording"):
                    copied = ("sessionId", "telephonySessionId", "startTime", "duration")
                    found.setdefault(
                        str(recording["id"]),
                        {
                            **recording,
                            "callId": call["id"],
                            **{name: call[name] for name in copied},
                            "expiresAt": later(call["startTime"], _RECORDINGS_KEPT),
                            "expiresAtSource": "account",
                        },
                    )
        return list(found.values())

    def _with_audio(self, row: Row) -> Row:
        known = {str(one["id"]) for one in self.account.recordings_truth()}
        if row["id"] in known:
            return {**row, **self._content(row["contentUri"])}
        reason = "RingCentral no longer has it (HTTP 404 CMN-102)"
        return {**row, "status": "gone", "reason": reason}

    def _messages(self) -> list[Row]:
        return [
            {**message, "extensionId": str(one["id"])}
            for one in self.account.extensions_truth()
            for message in self.account.messages_truth(str(one["id"]))
            if message["availability"] != "Purged"
        ]

    def _files(self, message: Row) -> list[Row]:
        return [
            {
                "extensionId": message["extensionId"],
                "messageId": message["id"],
                "messageType": message["type"],
                "creationTime": message["creationTime"],
                "expiresAt": _end_of(message),
                "id": one["id"],
                "type": one["type"],
                "fileName": one.get("fileName"),
                "contentUri": one["uri"],
                **self._content(one["uri"]),
            }
            for one in message["attachments"]
            if one["type"] != "Text"
        ]

    def _content(self, url: str) -> Row:
        answer = self._session.get(url, timeout=_SECONDS)
        answer.raise_for_status()
        return {
            "status": "archived",
            "size": len(answer.content),
            "sha256": sha256(answer.content).hexdigest(),
            "contentType": answer.headers["Content-Type"].partition(";")[0],
        }

    def _list(self, path: str) -> list[Row]:
        answer = self._get(path).json()
        assert answer["paging"]["totalPages"] <= 1
        records: list[Row] = answer["records"]
        return records

    def _get(self, path: str) -> requests.Response:
        url = f"{self.account.url}/restapi/v1.0/account/~/{path}"
        answer = self._session.get(url, params={"perPage": 1000}, timeout=_SECONDS)
        answer.raise_for_status()
        return answer


def _end_of(message: Row) -> str | None:
    """Return when voicemail and faxes are forgotten; text messages are not."""
    if message["type"] not in {"VoiceMail", "Fax"}:
        return None
    ends = [later(message["creationTime"], _MESSAGES_KEPT)]
    if message["availability"] == "Deleted":
        ends.append(later(message["lastModifiedTime"], _DELETED_KEPT))
    return min(ends)


def later(time: str, days: int) -> str:
    """Return the time so many days later, in ISO 8601."""
    when = moment(time)
    assert when
    return (when + timedelta(days=days)).isoformat()


def texts(value: Any, name: str = "") -> Any:
    """Return JSON with all ids as text: RingCentral mixes both."""
    if isinstance(value, dict):
        return {inner: texts(one, inner) for inner, one in value.items()}
    if isinstance(value, list):
        return [texts(one) for one in value]
    return str(value) if isinstance(value, int) and name.endswith(("id", "Id")) else value
