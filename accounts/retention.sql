-- Lists what needs attention in the archives of all accounts, according to the newest rows of the
-- table retention. For PostgreSQL and DuckDB. Each row has an account, a kind of data (null for the
-- account as a whole), a state and a text:
--
-- stopped  no run wrote to the table for two days (change the number below)
-- danger   RingCentral is about to delete data that is not archived, or has begun to
-- unknown  it is not known if data is in danger: a stream was never selected, or an older version
--          of the tap did not count files
-- lost     RingCentral has deleted data that was not archived; listed for 30 days after it was found
WITH clock AS (
    SELECT timezone('UTC', now()) AS moment, 2 AS silent_days
),

runs AS (
    SELECT "accountId", max("checkedAt") AS "checkedAt"
    FROM tap_ringcentral.retention
    GROUP BY "accountId"
),

newest AS (
    SELECT
        retention.*,
        moment,
        -- Warn later for short retention periods: data kept for a week would always be in danger.
        CASE
            WHEN "nextToExpire" < moment THEN 'RingCentral has been deleting unarchived data since '
            WHEN "nextToExpire"
                < moment + INTERVAL '1 day' * CAST(least(7, "keptForDays" / 2) AS integer)
                THEN 'RingCentral starts to delete unarchived data on '
        END || CAST(CAST("nextToExpire" AS date) AS varchar) AS next
    FROM tap_ringcentral.retention
    INNER JOIN runs USING ("accountId", "checkedAt")
    CROSS JOIN clock
),

losses AS (
    SELECT "accountId", kind, "gapFrom", max("gapTo") AS "gapTo", min("checkedAt") AS found_at
    FROM tap_ringcentral.retention
    WHERE "gapFrom" IS NOT NULL
    GROUP BY "accountId", kind, "gapFrom"
)

SELECT
    "accountId",
    NULL AS kind,
    'stopped' AS state,
    'no run since ' || CAST(CAST("checkedAt" AS timestamp(0)) AS varchar) AS text
FROM runs
CROSS JOIN clock
WHERE "checkedAt" < moment - INTERVAL '1 day' * silent_days

UNION ALL

SELECT
    "accountId",
    kind,
    CASE WHEN "inDanger" OR next IS NOT NULL THEN 'danger' ELSE 'unknown' END,
    coalesce(
        nullif(
            concat_ws('; ', next, coalesce(reason, CAST(nullif(waiting, 0) AS varchar) || ' not archived')), ''
        ),
        'see the log of the run at ' || CAST(CAST("checkedAt" AS timestamp(0)) AS varchar)
    )
FROM newest
WHERE "inDanger" OR "inDanger" IS NULL OR waiting IS NULL OR next IS NOT NULL

UNION ALL

SELECT
    "accountId",
    kind,
    'lost',
    CAST(CAST("gapFrom" AS date) AS varchar) || ' to ' || CAST(CAST("gapTo" AS date) AS varchar)
    || ' was deleted before it was archived'
FROM losses
CROSS JOIN clock
WHERE found_at > moment - INTERVAL '30 days'

ORDER BY 1, 2, 3
