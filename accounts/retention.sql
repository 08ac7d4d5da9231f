-- What needs attention in the archives of all accounts, by what their newest runs have told the table
-- retention. For PostgreSQL and DuckDB. Each row has an account, a kind of data (none where it is
-- the account as a whole), a state and a text:
--
-- stopped  no run has told anything for two days (change the number below)
-- danger   RingCentral is about to forget what is not archived, or has begun to
-- unknown  nobody knows whether it is: a stream was never selected, or older runs did not count
-- lost     RingCentral has forgotten what was not archived; listed for 30 days after it was found
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
        -- What is kept for a week only is not in danger all the time.
        CASE
            WHEN "nextToExpire" < moment THEN 'RingCentral has forgotten the first since '
            WHEN "nextToExpire"
                < moment + INTERVAL '1 day' * CAST(least(7, "keptForDays" / 2) AS integer)
                THEN 'RingCentral forgets the first on '
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
    'no run has told anything since ' || CAST(CAST("checkedAt" AS timestamp(0)) AS varchar) AS text
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
            concat_ws('; ', next, coalesce(reason, CAST(nullif(waiting, 0) AS varchar) || ' wait')), ''
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
    || ' was forgotten before it was archived'
FROM losses
CROSS JOIN clock
WHERE found_at > moment - INTERVAL '30 days'

ORDER BY 1, 2, 3
