-- For PostgreSQL: with these indexes, a query by time does not read the whole table. (DuckDB stores the
-- minimum and maximum of each block anyway.) CONCURRENTLY allows a load at the same time.
CREATE INDEX CONCURRENTLY IF NOT EXISTS call_log_start_time
  ON tap_ringcentral.call_log ("accountId", "startTime");
CREATE INDEX CONCURRENTLY IF NOT EXISTS call_log_telephony_session
  ON tap_ringcentral.call_log ("accountId", "telephonySessionId");
