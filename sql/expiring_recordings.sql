-- The recordings that RingCentral deletes within the next seven days, soonest first. For PostgreSQL and
-- DuckDB.
--
-- The retention period comes from the newest rows of `retention`, because the account may have changed it
-- since a row of `call_recordings` was written. Without such rows, it comes from the row itself.
--
-- If the stream `recording_files` is loaded too, remove "--archived" from the five lines that begin with
-- it. Then the query lists only recordings that are not archived.
WITH kept AS (
    SELECT
        "accountId",
        kind,
        CAST("keptForDays" AS integer) AS days,
        row_number() OVER (PARTITION BY "accountId", kind ORDER BY "checkedAt" DESC) AS age
    FROM tap_ringcentral.retention
),

expiring AS (
    SELECT
        found."accountId",
        found.id,
        found."callId",
        found."startTime",
        found.type,
        coalesce(found."startTime" + INTERVAL '1 day' * kept.days, found."expiresAt") AS "expiresAt"
    FROM tap_ringcentral.call_recordings AS found
    LEFT JOIN kept
        ON
            kept."accountId" = found."accountId"
            AND kept.age = 1
            AND kept.kind = CASE
                WHEN found.type = 'OnDemand' THEN 'onDemandRecordings' ELSE 'automaticRecordings'
            END
)

SELECT *
FROM expiring
WHERE
    "expiresAt" >= timezone('UTC', now())
    AND "expiresAt" < timezone('UTC', now()) + INTERVAL '7 days'
    --archived AND NOT EXISTS (
    --archived     SELECT 1 FROM tap_ringcentral.recording_files AS file
    --archived     WHERE file."accountId" = expiring."accountId"
    --archived     AND file.id = expiring.id AND file.status = 'archived'
    --archived )
ORDER BY "expiresAt", "accountId", id
