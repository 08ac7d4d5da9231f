"""What RingCentral deletes, and when: its retention per kind of data and of account.

Calls are kept for twelve months, recordings for 90 days (30 on accounts under HIPAA), voicemail and
faxes for 30, deleted ones for 5. Some are also limited by number; then the oldest are deleted
first. An account may have limits of its own for recordings: see `call_recording_settings`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tap_ringcentral_calllog.config.schema import HIPAA
from tap_ringcentral_calllog.times import later

if TYPE_CHECKING:
    from collections.abc import Mapping

DAY = timedelta(days=1)

#: How long voicemail and faxes are kept; and those that were deleted.
MESSAGES_KEPT = 30 * DAY
DELETED_MESSAGES_KEPT = 5 * DAY

#: Data that expires within this time is in danger if it is not archived.
SOON = 7 * DAY
# More days than this cannot be a retention period that an account has set.
_MOST_DAYS = 36_500

AUTOMATIC = "automaticRecordings"
ON_DEMAND = "onDemandRecordings"
MESSAGES = "voiceMailAndFax"
MESSAGE_FILES = "voiceMailAndFaxFiles"
DELETED_MESSAGES = "deletedVoiceMailAndFax"
TEXTS = "textMessages"

#: Where a retention period comes from: the account's own settings, or the usual period.
ACCOUNT = "account"
DEFAULT = "default"

_WORDS = {
    "callLog": "calls",
    AUTOMATIC: "automatic recordings",
    ON_DEMAND: "on-demand recordings",
    MESSAGES: "voicemail and fax messages",
    MESSAGE_FILES: "files of voicemail and fax messages",
    DELETED_MESSAGES: "deleted voicemail and fax messages",
    TEXTS: "text messages",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of data that RingCentral deletes.

    Attributes:
        name: what it is called in the stream `retention`.
        stream: the stream that archives it.
        kept: how long it is kept; None if only its number is limited.
        most: how many are kept; None without such a limit.
        per: what that number is counted for, such as "account".
        by_runs: whether data becomes of this kind at any age, as an old message does that somebody
            deletes today. Then the time of the last run counts, and not the bookmark.
        source: where `kept` comes from: `account` or `default`.
    """

    name: str
    stream: str
    kept: timedelta | None
    most: int | None = None
    per: str = ""
    by_runs: bool = False
    source: str = DEFAULT

    @property
    def words(self) -> str:
        """What it is called in the log."""
        return _WORDS[self.name]


def kinds_for(account_type: str, own: Mapping[str, object] | None = None) -> tuple[Kind, ...]:
    """Return what RingCentral deletes, and when.

    Args:
        account_type: the setting of that name.
        own: the account's own settings of call recording, as `call_recording_settings` has them.

    Returns:
        The kinds. A HIPAA account has no text messages.
    """
    days = 30 if account_type == HIPAA else 90
    folder = "folder of a user"
    kinds = [
        Kind("callLog", "call_log", 365 * DAY),
        _with_own(
            Kind(AUTOMATIC, "recording_files", days * DAY, 100_000, "account"),
            (own or {}).get("automatic"),
        ),
        _with_own(
            Kind(ON_DEMAND, "recording_files", days * DAY, 200, "user"), (own or {}).get("onDemand")
        ),
        Kind(MESSAGES, "messages", MESSAGES_KEPT, 200, folder),
        Kind(MESSAGE_FILES, "message_files", MESSAGES_KEPT),
        Kind(DELETED_MESSAGES, "messages", DELETED_MESSAGES_KEPT, 200, "user", by_runs=True),
    ]
    if account_type != HIPAA:
        kinds.append(Kind(TEXTS, "messages", None, 5_000, folder))
    return tuple(kinds)


def _with_own(kind: Kind, settings: object) -> Kind:
    """Put the account's own limits in the place of the usual ones."""
    if not isinstance(settings, dict):
        return kind
    days, most = settings.get("retentionPeriod"), settings.get("maxNumberLimit")
    if isinstance(days, int) and 0 < days < _MOST_DAYS:
        kind = replace(kind, kept=days * DAY, source=ACCOUNT)
    if isinstance(most, int) and most > 0:
        kind = replace(kind, most=most)
    return kind


def kind_of_recording(recording_type: object) -> str:
    """Return the name of the kind that a recording is of.

    Args:
        recording_type: its type; one that is unknown counts as automatic.
    """
    return ON_DEMAND if recording_type == "OnDemand" else AUTOMATIC


def expires(start: datetime, recording_type: object, kinds: tuple[Kind, ...]) -> datetime | None:
    """Return when RingCentral deletes a recording.

    Args:
        start: when its call began; a recording is made later, so it may live a little longer.
        recording_type: its type.
        kinds: what is kept for how long.
    """
    kept = kept_as(recording_type, kinds).kept
    return later(start, kept) if kept else None


def kept_as(recording_type: object, kinds: tuple[Kind, ...]) -> Kind:
    """Return the kind that a recording is of.

    Args:
        recording_type: its type; one that is unknown counts as automatic.
        kinds: what is kept for how long.
    """
    name = kind_of_recording(recording_type)
    return next(kind for kind in kinds if kind.name == name)
