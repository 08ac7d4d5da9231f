-- For PostgreSQL. What is asked for by time need not read the whole table. (DuckDB knows the least
-- and greatest time of each block by itself.) CONCURRENTLY: a load may be under way.
CREATE INDEX CONCURRENTLY IF NOT EXISTS call_log_start_time
  ON tap_ringcentral.call_log ("accountId", "startTime");
CREATE INDEX CONCURRENTLY IF NOT EXISTS call_log_telephony_session
  ON tap_ringcentral.call_log ("accountId", "telephonySessionId");
