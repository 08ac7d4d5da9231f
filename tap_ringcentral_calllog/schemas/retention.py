"""JSON schema of the stream `retention`: what RingCentral forgets next."""

from __future__ import annotations

from tap_ringcentral_calllog.schemas.parts import (
    Schema,
    boolean,
    integer,
    key,
    number,
    record,
    string,
    time,
)


def retention_schema() -> Schema:
    """Describe a record of `retention`: how a kind of data stands in a run.

    Returns:
        The JSON schema. The keys are `accountId`, `kind`, `checkedAt`.
    """
    return record(
        accountId=key("Id of the RingCentral account."),
        kind=key(
            "What is kept: callLog, automaticRecordings, onDemandRecordings, voiceMailAndFax, "
            "voiceMailAndFaxFiles, deletedVoiceMailAndFax or textMessages."
        ),
        checkedAt=key("When the run started, by RingCentral's clock.", format="date-time"),
        stream=string("The stream that archives it."),
        isArchived=boolean("Whether that stream was selected in this run."),
        keptForDays=number(
            "How many days RingCentral keeps it; null where only the number counts."
        ),
        keptForDaysSource=string(
            "Where keptForDays is known from. account: the account's own settings. default: what "
            "is usual for the setting account_type."
        ),
        keptAtMost=integer("How many RingCentral keeps; null where only time counts."),
        expected=integer(
            "How many RingCentral is expected to have for the account, user or folder with most of "
            "them; null where that is not known."
        ),
        archivedFrom=time("From where on it is archived, in UTC."),
        archivedTo=time("Up to where it is archived for good, in UTC."),
        nextToExpire=time(
            "When RingCentral forgets the first that may not be archived, in UTC; null where that "
            "is not known."
        ),
        waiting=integer(
            "How many are not archived and expire within 7 days, whether they are to be archived "
            "or not; null where that is not known."
        ),
        inDanger=boolean(
            "Whether RingCentral is about to forget, or has forgotten since the last run, what is "
            "not archived; null where that is not known."
        ),
        reason=string("What is in danger, and what is not known; null where nothing is."),
        gapFrom=time("Start of what was last forgotten before it was archived, in UTC."),
        gapTo=time("End of that, in UTC."),
    )
