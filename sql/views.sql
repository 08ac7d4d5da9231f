-- Views on what target-postgres or target-duckdb has loaded at account level, in PostgreSQL and in
-- DuckDB alike. Run it once, after the first load; it may be run again at any time.

CREATE SCHEMA IF NOT EXISTS tap_ringcentral;

-- The target makes this table with its first row, which may never come; the views need it.
CREATE TABLE IF NOT EXISTS tap_ringcentral.call_log_deletions (
  "accountId" VARCHAR NOT NULL,
  "id" VARCHAR NOT NULL,
  PRIMARY KEY ("accountId", "id")
);

-- The calls that RingCentral still shows, or would if it did not forget.
CREATE OR REPLACE VIEW tap_ringcentral.current_calls AS
SELECT calls.*
FROM tap_ringcentral.call_log AS calls
LEFT JOIN tap_ringcentral.call_log_deletions AS gone
  ON gone."accountId" = calls."accountId" AND gone."id" = calls."id"
WHERE calls."deleted" IS NOT TRUE AND gone."id" IS NULL;

-- Their legs. A call that shrank leaves rows behind, whose index is beyond its number of legs.
CREATE OR REPLACE VIEW tap_ringcentral.current_legs AS
SELECT legs.*
FROM tap_ringcentral.call_legs AS legs
JOIN tap_ringcentral.current_calls AS calls
  ON calls."accountId" = legs."accountId" AND calls."id" = legs."callId"
WHERE legs."legIndex" < calls."legCount";

-- Conversations. One leaves several records: a queue one for each member that it rang, a transfer
-- one for each side. They share the telephony session; older records have the session id only.
CREATE OR REPLACE VIEW tap_ringcentral.calls AS
WITH records AS (
  SELECT
    *,
    COALESCE("telephonySessionId", "sessionId", "id") AS conversation,
    "result" IN ('Accepted', 'Call connected', 'Answered Elsewhere') AS is_answered
  FROM tap_ringcentral.current_calls
  WHERE "type" = 'Voice'
),

-- Legs that reached somebody. The first leg stands for the record as a whole: its time runs from
-- the first ring on.
answered_legs AS (
  SELECT
    records."accountId",
    records.conversation,
    legs."startTime" AS began,
    legs."startTime" + CAST(legs."duration" AS BIGINT) * INTERVAL '1 second' AS ended
  FROM tap_ringcentral.current_legs AS legs
  JOIN records ON records."accountId" = legs."accountId" AND records."id" = legs."callId"
  WHERE legs."legIndex" > 0 AND legs."result" IN ('Accepted', 'Call connected')
),

talks AS (
  SELECT "accountId", conversation, MIN(began) AS began, MAX(ended) AS ended
  FROM answered_legs
  GROUP BY "accountId", conversation
),

transfers AS (
  SELECT records."accountId", records.conversation, COUNT(*) AS transfers
  FROM tap_ringcentral.current_legs AS legs
  JOIN records ON records."accountId" = legs."accountId" AND records."id" = legs."callId"
  WHERE legs."legType" LIKE '%Transfer%' OR legs."action" LIKE '%Transfer%'
  GROUP BY records."accountId", records.conversation
),

conversations AS (
  SELECT
    "accountId",
    conversation,
    MIN("startTime") AS began,
    MAX("startTime" + CAST("duration" AS BIGINT) * INTERVAL '1 second') AS ended,
    (ARRAY_AGG("direction" ORDER BY "startTime", "id"))[1] AS direction,
    COUNT(*) AS records,
    BOOL_OR(is_answered) AS answered,
    BOOL_OR("result" = 'Voicemail') AS voicemail,
    BOOL_OR("result" IN ('Abandoned', 'Hang Up')) AS hung_up,
    SUM(CASE WHEN is_answered THEN "duration" ELSE 0 END) AS answered_seconds
  FROM records
  GROUP BY "accountId", conversation
)

SELECT
  one."accountId" AS "accountId",
  one.conversation AS "telephonySessionId",
  one.began AS "startTime",
  one.ended AS "endTime",
  one.direction AS "direction",
  one.records AS "records",
  one.answered AS "answered",
  -- Somebody who answers after all takes the call out of both of these.
  one.voicemail AND NOT one.answered AS "voicemail",
  one.direction = 'Inbound' AND one.hung_up AND NOT one.voicemail AND NOT one.answered AS "abandoned",
  CASE
    WHEN one.answered THEN 'Answered'
    WHEN one.voicemail THEN 'Voicemail'
    WHEN one.direction = 'Outbound' THEN 'Not connected'
    WHEN one.hung_up THEN 'Abandoned'
    ELSE 'Missed'
  END AS "outcome",
  -- From the first ring, announcements included, to the first answer.
  CASE WHEN one.answered THEN CAST(EXTRACT(EPOCH FROM talks.began - one.began) AS DOUBLE PRECISION)
  END AS "ringSeconds",
  -- From the first answer to the last word, holds included. Without such legs: the records' length.
  CASE
    WHEN NOT one.answered THEN 0
    ELSE COALESCE(
      CAST(EXTRACT(EPOCH FROM talks.ended - talks.began) AS DOUBLE PRECISION), one.answered_seconds
    )
  END AS "talkSeconds",
  COALESCE(transfers.transfers, 0) AS "transfers"
FROM conversations AS one
LEFT JOIN talks ON talks."accountId" = one."accountId" AND talks.conversation = one.conversation
LEFT JOIN transfers
  ON transfers."accountId" = one."accountId" AND transfers.conversation = one.conversation;
