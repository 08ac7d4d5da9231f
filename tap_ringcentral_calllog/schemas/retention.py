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
        isArchived=boolean("Whether that stream is selected."),
        keptForDays=number(
            "How many days RingCentral keeps it; null where only the number counts."
        ),
        keptAtMost=integer("How many RingCentral keeps; null where only time counts."),
        expected=integer("How many there are to be expected for the owner with most of them."),
        archivedFrom=time("From where on it is archived, in UTC."),
        archivedTo=time("Up to where it is archived for good, in UTC."),
        nextToExpire=time("When RingCentral forgets the first that may not be archived, in UTC."),
        waiting=integer("How many are known not to be archived and to expire within 7 days."),
        inDanger=boolean("Whether someone should do something. The log says what."),
        gapFrom=time("Start of what was forgotten before it was archived, in UTC."),
        gapTo=time("End of that, in UTC."),
    )
