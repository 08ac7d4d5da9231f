"""JSON schema of the stream `retention`: what RingCentral deletes next."""

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
    """Describe a record of `retention`: the retention of a kind of data in a run.

    Returns:
        The JSON schema. The keys are `accountId`, `kind`, `checkedAt`.
    """
    return record(
        accountId=key("Id of the RingCentral account."),
        kind=key(
            "Kind of data: callLog, automaticRecordings, onDemandRecordings, voiceMailAndFax, "
            "voiceMailAndFaxFiles, deletedVoiceMailAndFax or textMessages."
        ),
        checkedAt=key("When the run started, by RingCentral's clock.", format="date-time"),
        stream=string("The stream that archives it."),
        isArchived=boolean("Whether that stream was selected in this run."),
        keptForDays=number(
            "How many days RingCentral keeps it; null if only the number is limited."
        ),
        keptForDaysSource=string(
            "Source of keptForDays. account: the account's own settings. default: the usual period "
            "for the setting account_type."
        ),
        keptAtMost=integer("How many RingCentral keeps; null if only the time is limited."),
        expected=integer(
            "How many RingCentral is expected to have for the account, user or folder with most of "
            "them; null if unknown."
        ),
        arrivePerDay=number(
            "How many recordings of the kind came in per day, on average over the last 7 days; "
            "null if unknown, and for other kinds of data."
        ),
        fetchablePerDay=number(
            "How many recordings per day RingCentral's rate limit allows all logins to download; "
            "null if the run downloaded no file."
        ),
        loginsNeeded=integer(
            "How many logins are needed to download all recordings that come in; null if unknown."
        ),
        firstLossAt=time(
            "When RingCentral will delete the first recording that could not be downloaded in "
            "time, because more come in than the rate limit allows, in UTC; null if that will not "
            "happen, or if unknown."
        ),
        archivedFrom=time("Start of the archive of this data, in UTC."),
        archivedTo=time("All data up to this time is archived and final, in UTC."),
        nextToExpire=time(
            "When RingCentral deletes the first data that may be unarchived, in UTC; null if "
            "unknown."
        ),
        waiting=integer(
            "How many are not archived and expire within 7 days, whether or not a selected stream "
            "archives them; null if unknown."
        ),
        inDanger=boolean(
            "Whether RingCentral is about to delete data that is not archived, or has deleted some "
            "since the last run; null if unknown."
        ),
        reason=string("What is in danger and what is unknown; null if nothing is."),
        gapFrom=time("Start of the last range that was deleted before it was archived, in UTC."),
        gapTo=time("End of that range, in UTC."),
    )
