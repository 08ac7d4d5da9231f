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
    -- RingCentral has changed how it writes results: 'Call accepted' is old, so is 'Hang up'.
    LOWER("result") IN ('accepted', 'call accepted', 'call connected') AS is_answered,
    LOWER("result") IN ('abandoned', 'hang up') OR LOWER("reason") = 'hang up' AS is_hung_up
  FROM tap_ringcentral.current_calls
  WHERE "type" = 'Voice'
),

-- The record's own leg, which lasts from the first ring to the end, is the one marked as master, or
-- the first one where none is.
legs AS (
  SELECT
    records.conversation,
    records.is_answered,
    legs.*,
    legs."master" IS TRUE OR legs."legIndex" = 0 AND NOT BOOL_OR(legs."master" IS TRUE)
      OVER (PARTITION BY legs."accountId", legs."callId") AS is_own
  FROM tap_ringcentral.current_legs AS legs
  JOIN records ON records."accountId" = legs."accountId" AND records."id" = legs."callId"
),

-- A leg in which somebody talked. In a hunting leg, it is the queue that has accepted the call.
talks AS (
  SELECT
    "accountId",
    conversation,
    MIN("startTime") AS began,
    MAX("startTime" + CAST("duration" AS BIGINT) * INTERVAL '1 second') AS ended
  FROM legs
  WHERE is_answered AND NOT is_own AND COALESCE("legType", '') <> 'Hunting'
    AND LOWER("result") IN ('accepted', 'call accepted', 'call connected')
  GROUP BY "accountId", conversation
),

-- Both sides may tell of a transfer; it began once.
transfers AS (
  SELECT "accountId", conversation, COUNT(DISTINCT "startTime") AS transfers
  FROM legs
  WHERE "legType" = 'TransferCall' OR "action" = 'Transfer'
  GROUP BY "accountId", conversation
),

conversations AS (
  SELECT
    "accountId",
    conversation,
    MIN("startTime") AS began,
    MAX("startTime" + CAST("duration" AS BIGINT) * INTERVAL '1 second') AS ended,
    (ARRAY_AGG("direction" ORDER BY "startTime", "id"))[1] AS direction,
    COUNT(*) AS records,
    COALESCE(BOOL_OR(is_answered), FALSE) AS answered,
    COALESCE(BOOL_OR("result" = 'Voicemail'), FALSE) AS voicemail,
    COALESCE(BOOL_OR(is_hung_up), FALSE) AS hung_up,
    COALESCE(BOOL_OR("result" IN ('Missed', 'No Answer', 'Rejected', 'Declined', 'Busy')), FALSE)
      AS missed,
    MAX(CASE WHEN is_answered THEN "duration" END) AS longest_answered,
    -- An object that is absent is JSON's null in PostgreSQL: look for what is in it.
    COALESCE(BOOL_OR(CAST("transferTarget" AS VARCHAR) LIKE '%telephonySessionId%'), FALSE)
      AS transferred
  FROM records
  GROUP BY "accountId", conversation
),

-- Whoever answers in the end takes the call out of voicemail and of the abandoned.
judged AS (
  SELECT
    *,
    voicemail AND NOT answered AS is_voicemail,
    direction = 'Inbound' AND hung_up AND NOT voicemail AND NOT answered AS is_abandoned
  FROM conversations
)

SELECT
  one."accountId" AS "accountId",
  one.conversation AS "telephonySessionId",
  one.began AS "startTime",
  one.ended AS "endTime",
  one.direction AS "direction",
  one.records AS "records",
  one.answered AS "answered",
  one.is_voicemail AS "voicemail",
  one.is_abandoned AS "abandoned",
  CASE
    WHEN one.direction = 'Outbound' AND one.answered THEN 'Connected'
    WHEN one.direction = 'Outbound' THEN 'NotConnected'
    WHEN one.answered THEN 'Answered'
    ELSE 'NotAnswered'
  END AS "response",
  CASE
    WHEN one.answered THEN 'Completed'
    WHEN one.is_voicemail THEN 'Voicemail'
    WHEN one.is_abandoned THEN 'Abandoned'
    WHEN one.direction = 'Inbound' AND one.missed THEN 'Missed'
    ELSE 'Unknown'
  END AS "result",
  -- From the start to the first answer, announcements and the wait in a queue included.
  CASE WHEN one.answered THEN CAST(EXTRACT(EPOCH FROM talks.began - one.began) AS DOUBLE PRECISION)
  END AS "ringSeconds",
  -- From the first answer to the last word, holds included. Without such legs: the whole call.
  CASE
    WHEN NOT one.answered THEN 0
    ELSE COALESCE(
      CAST(EXTRACT(EPOCH FROM talks.ended - talks.began) AS DOUBLE PRECISION), one.longest_answered
    )
  END AS "talkSeconds",
  -- One that is made to another telephony session may have no leg here.
  GREATEST(COALESCE(transfers.transfers, 0), CASE WHEN one.transferred THEN 1 ELSE 0 END)
    AS "transfers"
FROM judged AS one
LEFT JOIN talks ON talks."accountId" = one."accountId" AND talks.conversation = one.conversation
LEFT JOIN transfers
  ON transfers."accountId" = one."accountId" AND transfers.conversation = one.conversation;
