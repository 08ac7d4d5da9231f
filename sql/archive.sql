-- Is the archive complete? Views on call_log_coverage and call_log for PostgreSQL and DuckDB, at account
-- level. At extension level, put the extension beside each account:
--   sed 's/"accountId"/"accountId", "extensionId"/g' sql/archive.sql
-- Run it once, after the first load. You can run it again at any time.

-- One row for each account and UTC day in the months of the archive. A day before or after those months
-- has no row, so a query for a period must also count the days.
CREATE OR REPLACE VIEW tap_ringcentral.archive_days AS
WITH final AS (
  -- Ranges that no later run reads again. A range with calls ends with the UTC day.
  SELECT
    "accountId",
    CAST("dateFrom" AS DATE) AS "day",
    "dateFrom" AS range_from,
    "dateTo" AS range_to,
    "calls" AS calls,
    "readAt" AS read_at
  FROM tap_ringcentral.call_log_coverage
  WHERE "settledTo" >= "dateTo" AND "calls" IS NOT NULL
),

-- Adjacent ranges, merged into one.
reached AS (
  SELECT
    "accountId", range_from, range_to,
    MAX(range_to) OVER (
      PARTITION BY "accountId" ORDER BY range_from, range_to
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS range_before
  FROM final
),

numbered AS (
  SELECT
    "accountId", range_from, range_to,
    SUM(CASE WHEN range_from <= range_before THEN 0 ELSE 1 END) OVER (
      PARTITION BY "accountId" ORDER BY range_from, range_to
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS island
  FROM reached
),

islands AS (
  SELECT "accountId", MIN(range_from) AS island_from, MAX(range_to) AS island_to
  FROM numbered
  GROUP BY "accountId", island
),

digits AS (
  SELECT n FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS ten (n)
),

months AS (
  SELECT
    "accountId",
    CAST(DATE_TRUNC('month', MIN(island_from)) AS DATE) AS first_day,
    CAST(
      DATE_TRUNC('month', MAX(island_to) - INTERVAL '1 millisecond') + INTERVAL '1 month' AS DATE
    ) AS day_after
  FROM islands
  GROUP BY "accountId"
),

days AS (
  SELECT "accountId", first_day + one.n + 10 * ten.n + 100 * hundred.n + 1000 * thousand.n AS "day"
  FROM months
  CROSS JOIN digits AS one
  CROSS JOIN digits AS ten
  CROSS JOIN digits AS hundred
  CROSS JOIN digits AS thousand
  WHERE first_day + one.n + 10 * ten.n + 100 * hundred.n + 1000 * thousand.n < day_after
),

covered AS (
  SELECT
    "accountId", "day",
    MIN(GREATEST(island_from, CAST("day" AS TIMESTAMP))) AS covered_from,
    MAX(LEAST(island_to, CAST("day" + 1 AS TIMESTAMP))) AS covered_to,
    MIN(LEAST(island_to, CAST("day" + 1 AS TIMESTAMP))) AS first_end,
    MAX(GREATEST(island_from, CAST("day" AS TIMESTAMP))) AS last_start,
    COUNT(*) AS islands
  FROM days
  JOIN islands USING ("accountId")
  WHERE island_from < CAST("day" + 1 AS TIMESTAMP) AND island_to > CAST("day" AS TIMESTAMP)
  GROUP BY "accountId", "day"
),

archived AS (
  SELECT "accountId", CAST("startTime" AS DATE) AS "day", "startTime" AS started
  FROM tap_ringcentral.call_log
),

there AS (
  SELECT "accountId", "day", COUNT(*) AS calls_there
  FROM archived
  GROUP BY "accountId", "day"
),

found AS (
  SELECT "accountId", "day", range_from, read_at, COUNT(*) AS calls_found
  FROM final
  JOIN archived USING ("accountId", "day")
  WHERE started >= range_from AND started < range_to
  GROUP BY "accountId", "day", range_from, read_at
),

-- Ranges that were partly read again later, for example by a run with another state.
older AS (
  SELECT DISTINCT "accountId", "day", one.range_from, one.read_at, TRUE AS is_older
  FROM final AS one
  JOIN final AS later USING ("accountId", "day")
  WHERE later.read_at > one.read_at
    AND later.range_from < one.range_to AND later.range_to > one.range_from
    AND later.calls > 0
),

counted AS (
  SELECT
    "accountId", "day",
    SUM(CASE WHEN is_older THEN 0 ELSE calls END) AS calls_read,
    SUM(CASE WHEN is_older THEN 0 ELSE COALESCE(calls_found, 0) END) AS calls_found,
    BOOL_OR(COALESCE(is_older, FALSE)) AS is_read_again,
    BOOL_OR(COALESCE(calls_found, 0) < calls) AS is_short
  FROM final
  LEFT JOIN found USING ("accountId", "day", range_from, read_at)
  LEFT JOIN older USING ("accountId", "day", range_from, read_at)
  WHERE calls > 0
  GROUP BY "accountId", "day"
),

joined AS (
  SELECT
    "accountId", "day", covered_from, covered_to, first_end, last_start,
    CAST("day" AS TIMESTAMP) AS day_from,
    CAST("day" + 1 AS TIMESTAMP) AS day_to,
    COALESCE(
      islands = 1 AND covered_from = CAST("day" AS TIMESTAMP)
        AND covered_to = CAST("day" + 1 AS TIMESTAMP),
      FALSE
    ) AS is_covered,
    COALESCE(is_short, FALSE) AS is_short,
    COALESCE(is_read_again, FALSE) AS is_read_again,
    COALESCE(calls_there, 0) AS calls_there,
    COALESCE(calls_read, 0) AS calls_read,
    COALESCE(counted.calls_found, 0) AS calls_found
  FROM days
  LEFT JOIN covered USING ("accountId", "day")
  LEFT JOIN there USING ("accountId", "day")
  LEFT JOIN counted USING ("accountId", "day")
)

SELECT
  "accountId",
  "day",
  is_covered AND NOT is_short AS "isWhole",
  covered_from AS "coveredFrom",
  covered_to AS "coveredTo",
  -- If a part of the day was read again, calls that only the older reading covers count as they are.
  CAST(
    CASE WHEN is_read_again AND is_covered THEN calls_there + calls_read - calls_found
    ELSE calls_read END AS BIGINT
  ) AS "callsRead",
  calls_there AS "callsThere",
  -- Everything in the day that was not read lies between these moments.
  CASE
    WHEN is_covered THEN NULL
    WHEN covered_from = day_from THEN first_end
    ELSE day_from
  END AS "holeFrom",
  CASE
    WHEN is_covered THEN NULL
    WHEN covered_to = day_to THEN last_start
    ELSE day_to
  END AS "holeTo"
FROM joined;

-- The same for UTC months.
CREATE OR REPLACE VIEW tap_ringcentral.archive_months AS
SELECT
  "accountId",
  CAST(DATE_TRUNC('month', CAST("day" AS TIMESTAMP)) AS DATE) AS "month",
  BOOL_AND("isWhole") AS "isWhole",
  MIN("coveredFrom") AS "coveredFrom",
  MAX("coveredTo") AS "coveredTo",
  CAST(SUM("callsRead") AS BIGINT) AS "callsRead",
  CAST(SUM("callsThere") AS BIGINT) AS "callsThere",
  MIN("holeFrom") AS "holeFrom",
  MAX("holeTo") AS "holeTo"
FROM tap_ringcentral.archive_days
GROUP BY "accountId", CAST(DATE_TRUNC('month', CAST("day" AS TIMESTAMP)) AS DATE);
