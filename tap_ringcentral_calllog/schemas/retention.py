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
            "How many days RingCentral keeps it; null where only the number counts."
        ),
        keptForDaysSource=string(
            "Source of keptForDays. account: the account's own settings. default: the usual period "
            "for the setting account_type."
        ),
        keptAtMost=integer("How many RingCentral keeps; null where only time counts."),
        expected=integer(
            "How many RingCentral is expected to have for the account, user or folder with most of "
            "them; null where that is not known."
        ),
        arrivePerDay=number(
            "How many recordings of the kind came in a day, on average of the last 7 days; null "
            "where that is not known, and for other kinds."
        ),
        fetchablePerDay=number(
            "How many recordings RingCentral's rate limit allows to fetch in a day, with all "
            "logins; null where no file was fetched in the run."
        ),
        loginsNeeded=integer(
            "How many logins it takes to fetch all recordings that come in; null where that is not "
            "known."
        ),
        firstLossAt=time(
            "When RingCentral forgets the first recording before its turn comes, in UTC, because "
            "more come in than may be fetched; null where that will not happen or is not known."
        ),
        archivedFrom=time("From where on it is archived, in UTC."),
        archivedTo=time("The data is archived for good up to this time, in UTC."),
        nextToExpire=time(
            "When RingCentral deletes the first data that may not be archived, in UTC; null if "
            "unknown."
        ),
        waiting=integer(
            "How many are not archived and expire within 7 days, whether they are to be archived "
            "or not; null where that is not known."
        ),
        inDanger=boolean(
            "Whether RingCentral is about to delete data that is not archived, or has deleted some "
            "since the last run; null if unknown."
        ),
        reason=string("What is in danger and what is unknown; null if nothing is."),
        gapFrom=time("Start of the last range that was deleted before it was archived, in UTC."),
        gapTo=time("End of that, in UTC."),
    )
