-- The marts of docs/analytics.md for PostgreSQL, as plain SQL. `make pages` writes it.
-- At account level. Run it after each load: it rebuilds all tables of the schema ringcentral in one
-- transaction. First replace Etc/UTC with the company's time zone:
--   sed 's#Etc/UTC#America/New_York#g' sql/marts_postgres.sql | psql --set ON_ERROR_STOP=1 postgresql://…


BEGIN;

CREATE SCHEMA IF NOT EXISTS tap_ringcentral;

CREATE SCHEMA IF NOT EXISTS ringcentral;

CREATE SCHEMA IF NOT EXISTS ringcentral_internal;

CREATE TABLE IF NOT EXISTS tap_ringcentral.call_log_deletions (
  "accountId" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  PRIMARY KEY ("accountId", "id")
);

CREATE TABLE IF NOT EXISTS tap_ringcentral.call_log_coverage (
  "accountId" TEXT NOT NULL,
  "dateFrom" TIMESTAMP NOT NULL,
  "readAt" TIMESTAMP NOT NULL,
  "dateTo" TIMESTAMP,
  "settledTo" TIMESTAMP,
  "calls" BIGINT,
  PRIMARY KEY ("accountId", "dateFrom", "readAt")
);

CREATE TABLE IF NOT EXISTS tap_ringcentral.call_recordings (
  "accountId" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "telephonySessionId" TEXT,
  "sessionId" TEXT,
  "callId" TEXT,
  "type" TEXT,
  "startTime" TIMESTAMP,
  "expiresAt" TIMESTAMP,
  PRIMARY KEY ("accountId", "id")
);

CREATE TABLE IF NOT EXISTS tap_ringcentral.recording_files (
  "accountId" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "telephonySessionId" TEXT,
  "sessionId" TEXT,
  "callId" TEXT,
  "type" TEXT,
  "startTime" TIMESTAMP,
  "expiresAt" TIMESTAMP,
  "status" TEXT,
  "path" TEXT,
  PRIMARY KEY ("accountId", "id")
);

CREATE TABLE IF NOT EXISTS tap_ringcentral.extensions (
  "accountId" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "extensionNumber" TEXT,
  "name" TEXT,
  "type" TEXT,
  "contact" JSONB,
  "site" JSONB,
  "callQueueInfo" JSONB,
  PRIMARY KEY ("accountId", "id")
);

CREATE TABLE IF NOT EXISTS tap_ringcentral.call_queues (
  "accountId" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "extensionNumber" TEXT,
  "name" TEXT,
  "site" JSONB,
  "serviceLevelSettings" JSONB,
  PRIMARY KEY ("accountId", "id")
);

DROP TABLE IF EXISTS ringcentral_internal.call_results;
CREATE TABLE ringcentral_internal.call_results (result TEXT, class TEXT, documented TEXT);
INSERT INTO ringcentral_internal.call_results VALUES
  ('911', 'emergency', 'true'),
  ('933', 'emergency', 'true'),
  ('Abandoned', 'abandoned', 'true'),
  ('Accepted', 'answered', 'true'),
  ('Answered Not Accepted', 'missed', 'true'),
  ('Blocked', 'blocked', 'true'),
  ('Busy', 'missed', 'true'),
  ('Call Failed', 'failed', 'true'),
  ('Call Failure', 'failed', 'true'),
  ('Call connected', 'answered', 'true'),
  ('Carrier is not active', 'failed', 'true'),
  ('Declined', 'missed', 'true'),
  ('EDGE trunk misconfigured', 'failed', 'true'),
  ('Fax Not Sent', 'fax', 'true'),
  ('Fax Partially Sent', 'fax', 'true'),
  ('Fax Poor Line', 'fax', 'true'),
  ('Fax Receipt Error', 'fax', 'true'),
  ('Fax on Demand', 'fax', 'true'),
  ('Hang Up', 'hung_up', 'true'),
  ('IP Phone Offline', 'missed', 'true'),
  ('In Progress', 'unknown', 'true'),
  ('Internal Error', 'failed', 'true'),
  ('International Disabled', 'blocked', 'true'),
  ('International Restricted', 'blocked', 'true'),
  ('Missed', 'missed', 'true'),
  ('No Answer', 'missed', 'true'),
  ('No Calling Credit', 'failed', 'true'),
  ('Not Allowed', 'blocked', 'true'),
  ('Partial Receive', 'fax', 'true'),
  ('Phone Login', 'unknown', 'true'),
  ('Receive Error', 'fax', 'true'),
  ('Received', 'fax', 'true'),
  ('Rejected', 'missed', 'true'),
  ('Reply', 'unknown', 'true'),
  ('Restricted Number', 'blocked', 'true'),
  ('Send Error', 'fax', 'true'),
  ('Sent', 'fax', 'true'),
  ('Sent to Voicemail', 'voicemail', 'true'),
  ('Stopped', 'failed', 'true'),
  ('Suspended account', 'failed', 'true'),
  ('Unknown', 'unknown', 'true'),
  ('Voicemail', 'voicemail', 'true'),
  ('Wrong Number', 'failed', 'true'),
  ('Answered Elsewhere', 'answered_elsewhere', 'true'),
  ('Callback requested', 'callback_requested', 'true'),
  ('Call accepted', 'answered', 'false');

DROP TABLE IF EXISTS ringcentral_internal.leg_types;
CREATE TABLE ringcentral_internal.leg_types (leg_type TEXT, class TEXT);
INSERT INTO ringcentral_internal.leg_types VALUES
  ('SipForwarding', 'forwarding'),
  ('ServiceMinus2', 'service'),
  ('ServiceMinus3', 'service'),
  ('PstnToSip', 'ring'),
  ('Accept', 'entry'),
  ('FindMe', 'ring'),
  ('FollowMe', 'ring'),
  ('TestCall', 'service'),
  ('FaxSent', 'fax'),
  ('CallBack', 'ring'),
  ('CallingCard', 'service'),
  ('RingDirectly', 'ring'),
  ('RingOutWebToSubscriber', 'dial'),
  ('RingOutWebToCaller', 'own_phone'),
  ('SipToPstnMetered', 'dial'),
  ('RingOutClientToSubscriber', 'dial'),
  ('RingOutClientToCaller', 'own_phone'),
  ('RingMe', 'ring'),
  ('TransferCall', 'transfer'),
  ('SipToPstnUnmetered', 'dial'),
  ('RingOutDeviceToSubscriber', 'dial'),
  ('RingOutDeviceToCaller', 'own_phone'),
  ('RingOutOneLegToCaller', 'own_phone'),
  ('ExtensionToExtension', 'ring'),
  ('CallPark', 'park'),
  ('PagingServer', 'service'),
  ('Hunting', 'queue'),
  ('OutgoingFreeSpDl', 'dial'),
  ('ParkLocation', 'park'),
  ('CallMeCallOut', 'dial'),
  ('ConferenceCall', 'conference'),
  ('MobileApp', 'ring'),
  ('MoveToConference', 'conference'),
  ('Unknown', 'unknown'),
  ('MeetingsCall', 'conference'),
  ('SilentMonitoring', 'monitoring'),
  ('Monitoring', 'monitoring'),
  ('Pickup', 'ring'),
  ('ImsCall', 'ring'),
  ('JoinCall', 'conference'),
  ('TextRelay', 'service'),
  ('IvaCall', 'menu'),
  ('VoiceChat', 'ring');

DROP TABLE IF EXISTS ringcentral_internal.int_extensions;
CREATE TABLE ringcentral_internal.int_extensions AS
with  __dbt__cte__stg_call_legs as (
select
  "accountId" as account_id,
  '' as log_extension_id,
  "callId" as record_id,
  cast("callStartTime" as timestamp) as record_started_at,
  cast("legIndex" as bigint) as leg_index,
  cast("startTime" as timestamp) as started_at,
  cast(coalesce("durationMs", "duration" * 1000) as bigint) as duration_ms,
  "legType" as leg_type,
  "action" as action,
  "result" as result,
  "direction" as direction,
  coalesce("master", false) as is_master,
  -- RingCentral may send the leg's own extensionId instead of the object.
  coalesce(
    nullif("extension" ->> 'id', ''),
    nullif("extensionId", '')
  ) as extension_id,
  nullif("to" ->> 'extensionId', '') as to_extension_id,
  nullif("from" ->> 'extensionId', '') as from_extension_id,
  nullif("delegate" ->> 'id', '') as delegate_id,
  nullif("recording" ->> 'id', '') as recording_id,
  cast(null as timestamp) as loaded_at,
  true as is_new
from tap_ringcentral.call_legs as legs
),  __dbt__cte__stg_extensions as (
select
  "accountId" as account_id,
  "id" as extension_id,
  "extensionNumber" as extension_number,
  "name" as name,
  "type" as type,
  nullif("contact" ->> 'department', '') as department,
  nullif("site" ->> 'name', '') as site,
  cast(nullif("callQueueInfo" ->> 'slaThresholdSeconds', '') as bigint) as sla_seconds,
  cast(nullif("callQueueInfo" ->> 'abandonedThresholdSeconds', '') as bigint) as short_abandon_seconds,
  cast(nullif("callQueueInfo" ->> 'includeAbandonedCalls', '') as boolean) as include_abandoned_calls
from tap_ringcentral.extensions as extensions
),  __dbt__cte__stg_call_queues as (
select
  "accountId" as account_id,
  "id" as extension_id,
  "extensionNumber" as extension_number,
  "name" as name,
  nullif("site" ->> 'name', '') as site,
  cast(nullif("serviceLevelSettings" ->> 'slaThresholdSeconds', '') as bigint) as sla_seconds,
  cast(nullif("serviceLevelSettings" ->> 'abandonedThresholdSeconds', '') as bigint) as short_abandon_seconds,
  cast(nullif("serviceLevelSettings" ->> 'includeAbandonedCalls', '') as boolean) as include_abandoned_calls
from tap_ringcentral.call_queues as queues
), listed as (
  select
    coalesce(extensions.account_id, queues.account_id) as account_id,
    coalesce(extensions.extension_id, queues.extension_id) as extension_id,
    coalesce(extensions.extension_number, queues.extension_number) as extension_number,
    coalesce(extensions.name, queues.name) as name,
    coalesce(extensions.type, 'Department') as type,
    case
      when extensions.type = 'Department' or queues.extension_id is not null then 'queue'
      when extensions.type in (
        'User', 'DigitalUser', 'VirtualUser', 'FlexibleUser', 'FaxUser', 'Limited', 'Room', 'Unknown'
      ) or extensions.type is null then 'person'
      -- A shared line rings, but the log does not show who picked up.
      when extensions.type = 'SharedLinesGroup' then 'line'
      else 'other'
    end as kind,
    extensions.department,
    coalesce(extensions.site, queues.site) as site,
    coalesce(extensions.sla_seconds, queues.sla_seconds) as sla_seconds,
    coalesce(extensions.short_abandon_seconds, queues.short_abandon_seconds) as short_abandon_seconds,
    coalesce(extensions.include_abandoned_calls, queues.include_abandoned_calls) as include_abandoned_calls
  from __dbt__cte__stg_extensions as extensions
  full outer join __dbt__cte__stg_call_queues as queues
    on queues.account_id = extensions.account_id and queues.extension_id = extensions.extension_id
),
told as (
  select
    account_id,
    case
      when leg_type = 'Hunting' and to_extension_id <> extension_id then to_extension_id
      else coalesce(extension_id, to_extension_id)
    end as extension_id,
    case when leg_type = 'Hunting' then 1 else 2 end as place
  from __dbt__cte__stg_call_legs
  where (leg_type = 'Hunting' or (leg_type = 'Accept' and not is_master and result = 'Accepted'))
),
unlisted as (
  select
    told.account_id,
    told.extension_id,
    case when min(told.place) = 1 then 'queue' else 'other' end as kind
  from told
  left join listed
    on listed.account_id = told.account_id and listed.extension_id = told.extension_id
  where told.extension_id is not null and listed.extension_id is null
  group by told.account_id, told.extension_id
)
select
  account_id, extension_id, extension_number, name, type, kind, department, site, sla_seconds,
  short_abandon_seconds, include_abandoned_calls
from listed
union all
select
  account_id,
  extension_id,
  cast(null as text),
  cast(null as text),
  cast(null as text),
  kind,
  cast(null as text),
  cast(null as text),
  cast(null as bigint),
  cast(null as bigint),
  cast(null as boolean)
from unlisted;
ANALYZE ringcentral_internal.int_extensions;

DROP TABLE IF EXISTS ringcentral_internal.int_records;
CREATE TABLE ringcentral_internal.int_records AS
with __dbt__cte__stg_call_log as (
select
  log."accountId" as account_id,
  '' as log_extension_id,
  log."id" as record_id,
  -- '0' and empty ids do not connect records: such a record is a conversation by itself.
  coalesce(
    nullif(nullif(log."telephonySessionId", ''), '0'),
    nullif(nullif(log."sessionId", ''), '0'),
    log."id"
  ) as conversation_id,
  cast("startTime" as timestamp) as started_at,
  cast(coalesce("durationMs", "duration" * 1000) as bigint) as duration_ms,
  "direction" as direction,
  "type" as type,
  "action" as action,
  "result" as result,
  "reason" as reason,
  "transport" as transport,
  nullif("from" ->> 'phoneNumber', '') as from_number,
  nullif("from" ->> 'extensionNumber', '') as from_extension_number,
  nullif("from" ->> 'extensionId', '') as from_extension_id,
  nullif("from" ->> 'name', '') as from_name,
  nullif("to" ->> 'phoneNumber', '') as to_number,
  nullif("to" ->> 'dialedPhoneNumber', '') as to_dialed_number,
  nullif("to" ->> 'extensionNumber', '') as to_extension_number,
  nullif("to" ->> 'extensionId', '') as to_extension_id,
  nullif("extension" ->> 'id', '') as extension_id,
  nullif("delegate" ->> 'id', '') as delegate_id,
  nullif("recording" ->> 'id', '') as recording_id,
  cast(nullif("billing" ->> 'costIncluded', '') as double precision) as cost_included,
  cast(nullif("billing" ->> 'costPurchased', '') as double precision) as cost_purchased,
  nullif("transferTarget" ->> 'telephonySessionId', '') as transfer_target_id,
  cast(coalesce("legCount", 0) as bigint) as leg_count,
  coalesce(log."deleted", false) or exists (
    select 1 from tap_ringcentral.call_log_deletions as gone
    where gone."accountId" = log."accountId"
      and gone."id" = log."id"
  ) as is_deleted,
  cast(null as timestamp) as loaded_at
from tap_ringcentral.call_log as log
) 
select
  log.account_id,
  log.log_extension_id,
  log.record_id,
  log.conversation_id,
  log.started_at,
  (log.started_at + (log.duration_ms) * interval '1 millisecond') as ended_at,
  log.direction,
  log.type,
  coalesce(results.class, 'unknown') as class,
  lower(log.reason) = 'hang up' as is_hung_up,
  log.result is not null and results.class is null as is_unknown_word,
  log.result,
  log.transport,
  log.from_number,
  log.from_extension_number,
  log.from_extension_id,
  log.from_name,
  log.to_number,
  log.to_dialed_number,
  log.to_extension_number,
  log.to_extension_id,
  log.extension_id,
  log.delegate_id,
  log.recording_id,
  coalesce(log.cost_included, log.cost_purchased) is not null as has_cost,
  coalesce(log.cost_included, 0) + coalesce(log.cost_purchased, 0) as cost,
  log.transfer_target_id,
  log.leg_count,
  log.is_deleted
from __dbt__cte__stg_call_log as log
left join ringcentral_internal.call_results as results on lower(results.result) = lower(log.result);
ANALYZE ringcentral_internal.int_records;

DROP TABLE IF EXISTS ringcentral.archive_health;
CREATE TABLE ringcentral.archive_health AS
with  __dbt__cte__stg_coverage as (
select
  "accountId" as account_id,
  '' as log_extension_id,
  cast("dateFrom" as timestamp) as covered_from,
  cast("dateTo" as timestamp) as covered_to,
  cast("settledTo" as timestamp) as settled_to,
  -- Archives of older versions do not contain the number of calls in a range.
  cast("calls" as bigint) as calls,
  cast("readAt" as timestamp) as read_at
from tap_ringcentral.call_log_coverage as coverage
), final as (
  select
    account_id,
    log_extension_id,
    cast(date_trunc('day', covered_from) as timestamp) as day_at,
    covered_from,
    covered_to,
    calls,
    read_at
  from __dbt__cte__stg_coverage
  where settled_to >= covered_to and calls is not null
),
-- Ranges that were partly read again later, for example by a run with another state.
older as (
  select distinct one.account_id, one.log_extension_id, one.covered_from, one.read_at
  from final as one
  inner join final as later
    on later.account_id = one.account_id
    and later.log_extension_id = one.log_extension_id
    and later.day_at = one.day_at
    and later.read_at > one.read_at
    and later.covered_from < one.covered_to
    and later.covered_to > one.covered_from
    and later.calls > 0
),
found as (
  select
    final.account_id,
    final.log_extension_id,
    final.covered_from,
    final.read_at,
    count(records.record_id) as calls_found
  from final
  -- A range with calls never crosses the end of a UTC day.
  left join ringcentral_internal.int_records as records
    on records.account_id = final.account_id
    and records.log_extension_id = final.log_extension_id
    and cast(date_trunc('day', records.started_at) as timestamp) = final.day_at
    and records.started_at >= final.covered_from
    and records.started_at < final.covered_to
  where final.calls > 0
  group by final.account_id, final.log_extension_id, final.covered_from, final.read_at
),
counted as (
  select
    final.account_id,
    cast(date_trunc('month', final.covered_from) as timestamp) as month_from,
    cast(sum(case when older.read_at is null then final.calls else 0 end) as bigint) as calls_read,
    cast(sum(case when older.read_at is null then found.calls_found else 0 end) as bigint) as calls_found,
    (coalesce(max(case when older.read_at is not null then 1 else 0 end), 0) = 1) as is_read_again,
    (coalesce(max(case when found.calls_found < final.calls then 1 else 0 end), 0) = 1) as is_short
  from final
  inner join found
    on found.account_id = final.account_id
    and found.log_extension_id = final.log_extension_id
    and found.covered_from = final.covered_from
    and found.read_at = final.read_at
  left join older
    on older.account_id = final.account_id
    and older.log_extension_id = final.log_extension_id
    and older.covered_from = final.covered_from
    and older.read_at = final.read_at
  where final.calls > 0
  group by 1, 2
),
reached as (
  select
    *,
    max(covered_to) over (
      partition by account_id, log_extension_id order by covered_from, covered_to
      rows between unbounded preceding and 1 preceding
    ) as reached_to
  from final
),
islands as (
  select
    *,
    sum(case when reached_to >= covered_from then 0 else 1 end) over (
      partition by account_id, log_extension_id order by covered_from, covered_to
      rows between unbounded preceding and current row
    ) as island
  from reached
),
covered as (
  select
    account_id,
    log_extension_id,
    min(covered_from) as covered_from,
    max(covered_to) as covered_to
  from islands
  group by account_id, log_extension_id, island
),
logs as (
  select account_id, log_extension_id, min(covered_from) as first_covered
  from __dbt__cte__stg_coverage
  group by account_id, log_extension_id
),
-- Start with everything that RingCentral keeps, even if the archive begins later.
days as (
  select
    logs.account_id,
    logs.log_extension_id,
    spread.slot as day_at
  from logs
  cross join lateral generate_series(case when logs.first_covered < (cast(timezone('UTC', current_timestamp) as timestamp) + (-31536000000) * interval '1 millisecond') then cast(date_trunc('day', logs.first_covered) as timestamp) else cast(date_trunc('day', (cast(timezone('UTC', current_timestamp) as timestamp) + (-31536000000) * interval '1 millisecond')) as timestamp) end, cast(timezone('UTC', current_timestamp) as timestamp), interval '1440 minutes') as spread(slot)
),
months as (
  select distinct
    account_id,
    log_extension_id,
    cast(date_trunc('month', day_at) as timestamp) as month_from,
    cast(date_trunc('month', (cast(date_trunc('month', day_at) as timestamp) + (2764800000) * interval '1 millisecond')) as timestamp) as month_to
  from days
),
parts as (
  select
    months.account_id,
    months.log_extension_id,
    months.month_from,
    months.month_to,
    case when covered.covered_from > months.month_from then covered.covered_from else months.month_from end as covered_from,
    case when covered.covered_to < months.month_to then covered.covered_to else months.month_to end as covered_to
  from months
  inner join covered
    on covered.account_id = months.account_id
    and covered.log_extension_id = months.log_extension_id
    and covered.covered_from < months.month_to
    and covered.covered_to > months.month_from
),
each_log as (
  select
    months.account_id,
    months.log_extension_id,
    months.month_from,
    months.month_to,
    min(parts.covered_from) as covered_from,
    max(parts.covered_to) as covered_to,
    min(case when parts.covered_from = months.month_from then parts.covered_to end) as reached_to,
    max(case when parts.covered_to = months.month_to then parts.covered_from end) as resumed_from
  from months
  left join parts
    on parts.account_id = months.account_id
    and parts.log_extension_id = months.log_extension_id
    and parts.month_from = months.month_from
  group by months.account_id, months.log_extension_id, months.month_from, months.month_to
),
-- Everything in the month that was not read for good lies between these moments.
ended as (
  select
    each_log.*,
    case when each_log.reached_to is null or each_log.reached_to < each_log.month_to
      then coalesce(each_log.reached_to, each_log.month_from) end as hole_from,
    case when each_log.reached_to is null or each_log.reached_to < each_log.month_to
      then coalesce(each_log.resumed_from, each_log.month_to) end as hole_to
  from each_log
),
there as (
  select
    account_id,
    cast(date_trunc('month', started_at) as timestamp) as month_from,
    count(*) as calls_there
  from ringcentral_internal.int_records
  group by 1, 2
)
select
  ended.account_id,
  cast(ended.month_from as date) as month,
  not (coalesce(max(case when ended.hole_from is not null then 1 else 0 end), 0) = 1)
    and not coalesce((coalesce(max(case when counted.is_short then 1 else 0 end), 0) = 1), false) as is_whole,
  min(ended.covered_from) as covered_from,
  max(ended.covered_to) as covered_to,
  -- If a part was read again, calls that only the older reading covers count as they are.
  cast(case
    when min(ended.covered_from) is null then null
    when (coalesce(max(case when counted.is_read_again then 1 else 0 end), 0) = 1)
      then coalesce(max(there.calls_there), 0) + max(counted.calls_read) - max(counted.calls_found)
    else coalesce(max(counted.calls_read), 0)
  end as bigint) as calls_read,
  coalesce(max(there.calls_there), 0) as calls_there,
  min(ended.hole_from) as hole_from,
  max(ended.hole_to) as hole_to
from ended
left join there
  on there.account_id = ended.account_id and there.month_from = ended.month_from
left join counted
  on counted.account_id = ended.account_id and counted.month_from = ended.month_from
group by ended.account_id, ended.month_from;
ANALYZE ringcentral.archive_health;

DROP TABLE IF EXISTS ringcentral.extensions;
CREATE TABLE ringcentral.extensions AS
select * from ringcentral_internal.int_extensions;
ANALYZE ringcentral.extensions;

DROP TABLE IF EXISTS ringcentral_internal.int_turns;
CREATE TABLE ringcentral_internal.int_turns AS
with  __dbt__cte__stg_call_legs as (
select
  "accountId" as account_id,
  '' as log_extension_id,
  "callId" as record_id,
  cast("callStartTime" as timestamp) as record_started_at,
  cast("legIndex" as bigint) as leg_index,
  cast("startTime" as timestamp) as started_at,
  cast(coalesce("durationMs", "duration" * 1000) as bigint) as duration_ms,
  "legType" as leg_type,
  "action" as action,
  "result" as result,
  "direction" as direction,
  coalesce("master", false) as is_master,
  -- RingCentral may send the leg's own extensionId instead of the object.
  coalesce(
    nullif("extension" ->> 'id', ''),
    nullif("extensionId", '')
  ) as extension_id,
  nullif("to" ->> 'extensionId', '') as to_extension_id,
  nullif("from" ->> 'extensionId', '') as from_extension_id,
  nullif("delegate" ->> 'id', '') as delegate_id,
  nullif("recording" ->> 'id', '') as recording_id,
  cast(null as timestamp) as loaded_at,
  true as is_new
from tap_ringcentral.call_legs as legs
), records as (
  select records.*
  from ringcentral_internal.int_records as records
  where not records.is_deleted
),
legs as (
  select
    records.account_id,
    records.conversation_id,
    records.log_extension_id,
    records.record_id,
    records.started_at as record_started_at,
    records.class as record_class,
    records.direction,
    legs.leg_index,
    legs.is_master,
    legs.started_at,
    (legs.started_at + (legs.duration_ms) * interval '1 millisecond') as ended_at,
    coalesce(leg_types.class, 'unknown') as leg_class,
    legs.leg_type is not null and leg_types.class is null as is_unknown_word,
    legs.leg_type,
    coalesce(results.class, 'unknown') as class,
    coalesce(leg_types.class = 'transfer' or legs.action = 'Transfer', false) as is_transfer,
    legs.extension_id,
    legs.to_extension_id,
    legs.delegate_id,
    legs.recording_id,
    own.kind as extension_kind,
    callee.kind as to_kind
  from records
  inner join __dbt__cte__stg_call_legs as legs
    on legs.account_id = records.account_id
    and legs.log_extension_id = records.log_extension_id
    and legs.record_id = records.record_id
    and legs.leg_index < records.leg_count
  left join ringcentral_internal.leg_types as leg_types on leg_types.leg_type = legs.leg_type
  left join ringcentral_internal.call_results as results on lower(results.result) = lower(legs.result)
  left join ringcentral.extensions as own
    on own.account_id = legs.account_id and own.extension_id = legs.extension_id
  left join ringcentral.extensions as callee
    on callee.account_id = legs.account_id and callee.extension_id = legs.to_extension_id
)
select
  account_id,
  conversation_id,
  log_extension_id,
  record_id,
  record_started_at,
  record_class,
  direction,
  leg_index,
  is_master,
  started_at,
  ended_at,
  leg_class,
  leg_type,
  is_unknown_word,
  class,
  is_transfer,
  extension_id,
  to_extension_id,
  delegate_id,
  recording_id,
  case
    when extension_kind = 'queue' and (direction = 'Inbound' or to_extension_id is not null) then extension_id
    when to_kind = 'queue' then to_extension_id
  end as queue_id,
  case
    when leg_class in ('queue', 'menu', 'park', 'monitoring', 'service', 'fax') then null
    when delegate_id is not null then delegate_id
    when to_extension_id is not null and coalesce(to_kind, 'person') = 'person' then to_extension_id
    when extension_id is not null and coalesce(extension_kind, 'person') = 'person' then extension_id
  end as person_id
from legs;
ANALYZE ringcentral_internal.int_turns;

DROP TABLE IF EXISTS ringcentral_internal.int_conversations;
CREATE TABLE ringcentral_internal.int_conversations AS
with own_phones as (
  select distinct turns.account_id, turns.log_extension_id, turns.record_id
  from ringcentral_internal.int_turns as turns
  where turns.is_master and turns.leg_class = 'own_phone'
),
records as (
  select
    records.*,
    own_phones.record_id is not null as is_own_phone,
    -- Whether the other party is an extension too. A call from the public network is external.
    case
      when records.direction = 'Inbound' and records.transport = 'PSTN' then false
      when records.direction = 'Inbound'
        and coalesce(records.from_extension_id, records.from_extension_number) is not null then true
      when records.direction = 'Outbound'
        and coalesce(records.to_extension_id, records.to_extension_number) is not null then true
      when records.transport = 'PSTN' then false
      when records.direction = 'Inbound' and records.from_number is not null then false
      when records.direction = 'Outbound'
        and coalesce(records.to_number, records.to_dialed_number) is not null then false
    end as is_internal
  from ringcentral_internal.int_records as records
  left join own_phones
    on own_phones.account_id = records.account_id
    and own_phones.log_extension_id = records.log_extension_id
    and own_phones.record_id = records.record_id
  where not records.is_deleted
),
numbered as (
  select
    records.*,
    row_number() over (
      partition by account_id, conversation_id
      order by
        started_at,
        case when is_own_phone then 1 else 0 end,
        case when coalesce(is_internal, false) = (direction = 'Outbound') then 0 else 1 end,
        record_id,
        log_extension_id
    ) as place
  from records
),
-- The same record may be in the logs of several extensions.
costs as (
  select account_id, conversation_id, cast(round(cast(sum(cost) as decimal(38, 6)), 3) as double precision) as cost
  from (
    select account_id, conversation_id, record_id, max(cost) as cost
    from records
    where has_cost
    group by account_id, conversation_id, record_id
  ) as each_record
  group by account_id, conversation_id
),
together as (
  select
    account_id,
    conversation_id,
    min(started_at) as started_at,
    max(ended_at) as ended_at,
    count(distinct record_id) as records,
    (coalesce(max(case when class in ('answered', 'answered_elsewhere') and not is_own_phone then 1 else 0 end), 0) = 1) as is_answered,
    (coalesce(max(case when class = 'callback_requested' then 1 else 0 end), 0) = 1) as is_callback_requested,
    (coalesce(max(case when class = 'voicemail' then 1 else 0 end), 0) = 1) as is_voicemail,
    (coalesce(max(case when class = 'emergency' then 1 else 0 end), 0) = 1) as is_emergency,
    (coalesce(max(case when class = 'abandoned' then 1 else 0 end), 0) = 1) as is_abandoned,
    (coalesce(max(case when class in ('abandoned', 'hung_up') or (class = 'missed' and is_hung_up) then 1 else 0 end), 0) = 1) as is_hung_up,
    (coalesce(max(case when class in ('missed', 'abandoned', 'hung_up') or (class = 'answered' and is_own_phone) then 1 else 0 end), 0) = 1) as is_missed,
    (coalesce(max(case when class = 'blocked' then 1 else 0 end), 0) = 1) as is_blocked,
    (coalesce(max(case when class = 'failed' then 1 else 0 end), 0) = 1) as is_failed,
    (coalesce(max(case when class = 'fax' then 1 else 0 end), 0) = 1) as is_fax,
    (coalesce(max(case when class = 'unknown' and not is_own_phone then 1 else 0 end), 0) = 1) as is_unknown,
    count(distinct transfer_target_id) as transfer_targets
  from records
  group by account_id, conversation_id
)
select
  together.account_id,
  together.conversation_id,
  together.started_at,
  -- Without the length of its first record, the end of the call is unknown.
  case when first_one.ended_at is not null then together.ended_at end as ended_at,
  first_one.direction,
  first_one.is_internal,
  coalesce(first_one.type, 'Voice') as type,
  case
    when first_one.type = 'Fax' then 'fax'
    when together.is_answered then 'answered'
    when together.is_callback_requested then 'callback_requested'
    when together.is_voicemail then 'voicemail'
    when together.is_emergency then 'emergency'
    -- Somebody may have taken it: a result that is not known may say so.
    when together.is_unknown and not together.is_abandoned then 'unknown'
    when first_one.direction = 'Outbound' and together.is_missed then 'not_connected'
    when together.is_hung_up then 'abandoned'
    when together.is_missed then 'missed'
    when together.is_blocked then 'blocked'
    when together.is_failed then 'failed'
    when together.is_fax then 'fax'
    else 'unknown'
  end as outcome,
  coalesce(first_one.from_number, first_one.from_extension_number) as caller_number,
  coalesce(first_one.to_number, first_one.to_dialed_number, first_one.to_extension_number) as called_number,
  first_one.from_name as caller_name,
  -- The number of the other party; empty if it is masked or missing, null for a fax.
  case
    when first_one.type = 'Fax' then null
    when first_one.direction = 'Outbound' then coalesce(case
    when coalesce(first_one.to_number, first_one.to_dialed_number) is null or not coalesce(first_one.to_number, first_one.to_dialed_number) ~ '^[+]?[0-9() ./-]+$' then null
    when length(regexp_replace(coalesce(first_one.to_number, first_one.to_dialed_number), '[^0-9]', '', 'g')) < 7 then null
    when coalesce(first_one.to_number, first_one.to_dialed_number) like '+%' then '+' || regexp_replace(coalesce(first_one.to_number, first_one.to_dialed_number), '[^0-9]', '', 'g')
    when regexp_replace(coalesce(first_one.to_number, first_one.to_dialed_number), '[^0-9]', '', 'g') like '011%' and length(regexp_replace(coalesce(first_one.to_number, first_one.to_dialed_number), '[^0-9]', '', 'g')) > 11 then '+' || substr(regexp_replace(coalesce(first_one.to_number, first_one.to_dialed_number), '[^0-9]', '', 'g'), 4)
    when length(regexp_replace(coalesce(first_one.to_number, first_one.to_dialed_number), '[^0-9]', '', 'g')) = 10 then '+1' || regexp_replace(coalesce(first_one.to_number, first_one.to_dialed_number), '[^0-9]', '', 'g')
    else '+' || regexp_replace(coalesce(first_one.to_number, first_one.to_dialed_number), '[^0-9]', '', 'g')
  end, '')
    else coalesce(case
    when first_one.from_number is null or not first_one.from_number ~ '^[+]?[0-9() ./-]+$' then null
    when length(regexp_replace(first_one.from_number, '[^0-9]', '', 'g')) < 7 then null
    when first_one.from_number like '+%' then '+' || regexp_replace(first_one.from_number, '[^0-9]', '', 'g')
    when regexp_replace(first_one.from_number, '[^0-9]', '', 'g') like '011%' and length(regexp_replace(first_one.from_number, '[^0-9]', '', 'g')) > 11 then '+' || substr(regexp_replace(first_one.from_number, '[^0-9]', '', 'g'), 4)
    when length(regexp_replace(first_one.from_number, '[^0-9]', '', 'g')) = 10 then '+1' || regexp_replace(first_one.from_number, '[^0-9]', '', 'g')
    else '+' || regexp_replace(first_one.from_number, '[^0-9]', '', 'g')
  end, '')
  end as number,
  case when first_one.direction = 'Outbound' then
    coalesce(first_one.delegate_id, first_one.from_extension_id, first_one.extension_id)
  end as placed_by_id,
  first_one.to_extension_id,
  together.records,
  together.transfer_targets,
  costs.cost
from together
inner join numbered as first_one
  on first_one.account_id = together.account_id
  and first_one.conversation_id = together.conversation_id
  and first_one.place = 1
left join costs
  on costs.account_id = together.account_id and costs.conversation_id = together.conversation_id;
ANALYZE ringcentral_internal.int_conversations;

DROP TABLE IF EXISTS ringcentral.callers;
CREATE TABLE ringcentral.callers AS
with conversations as (
  select
    conversations.account_id,
    conversations.number,
    conversations.started_at,
    conversations.outcome,
    lag(conversations.started_at) over (
      partition by conversations.account_id, conversations.number
      order by conversations.started_at, conversations.conversation_id
    ) as before_at
  from ringcentral_internal.int_conversations as conversations
  where conversations.number is not null
    and conversations.direction = 'Inbound'
    and not coalesce(conversations.is_internal, false)
)
select
  account_id,
  nullif(number, '') as number,
  min(started_at) as first_at,
  max(started_at) as last_at,
  count(*) as calls,
  cast(sum(case when outcome = 'answered' then 1 else 0 end) as bigint) as answered,
  -- Callers who hide their number cannot be recognized when they call again.
  case when number <> '' then
    sum(case when started_at <= (before_at + (86400000) * interval '1 millisecond') then 1 else 0 end)
  end as repeats_within_1d,
  -- Callers who hide their number cannot be recognized when they call again.
  case when number <> '' then
    sum(case when started_at <= (before_at + (259200000) * interval '1 millisecond') then 1 else 0 end)
  end as repeats_within_3d,
  -- Callers who hide their number cannot be recognized when they call again.
  case when number <> '' then
    sum(case when started_at <= (before_at + (604800000) * interval '1 millisecond') then 1 else 0 end)
  end as repeats_within_7d
from conversations
group by account_id, number;
ANALYZE ringcentral.callers;

DROP TABLE IF EXISTS ringcentral_internal.int_talks;
CREATE TABLE ringcentral_internal.int_talks AS
with turns as (
  select turns.*
  from ringcentral_internal.int_turns as turns
  where turns.record_class = 'answered'
),
own_phones as (
  select distinct account_id, log_extension_id, record_id
  from turns
  where is_master and leg_class = 'own_phone'
),
-- `answered_by_id`: the person who answered according to the record alone.
records as (
  select
    records.account_id,
    records.conversation_id,
    records.log_extension_id,
    records.record_id,
    records.started_at,
    records.ended_at,
    records.direction,
    records.to_extension_id,
    records.extension_id,
    case when records.direction = 'Outbound' then
      coalesce(records.delegate_id, records.from_extension_id, records.extension_id)
    end as placed_by_id,
    case
      when records.direction = 'Inbound' and records.delegate_id is not null then records.delegate_id
      when records.to_extension_id is not null and coalesce(callee.kind, 'person') = 'person'
        then records.to_extension_id
      when records.direction = 'Inbound' and coalesce(own.kind, 'person') = 'person'
        then records.extension_id
    end as answered_by_id
  from ringcentral_internal.int_records as records
  left join own_phones
    on own_phones.account_id = records.account_id
    and own_phones.log_extension_id = records.log_extension_id
    and own_phones.record_id = records.record_id
  left join ringcentral.extensions as own
    on own.account_id = records.account_id and own.extension_id = records.extension_id
  left join ringcentral.extensions as callee
    on callee.account_id = records.account_id and callee.extension_id = records.to_extension_id
  where not records.is_deleted
    and records.class = 'answered'
    and coalesce(records.type, 'Voice') <> 'Fax'
    and own_phones.record_id is null
),
-- The legs of answered records in which someone talked. The record's own leg begins with the record.
legs as (
  select
    records.account_id,
    records.conversation_id,
    records.log_extension_id,
    records.record_id,
    records.direction,
    records.to_extension_id,
    records.placed_by_id,
    records.started_at as record_started_at,
    turns.leg_index,
    turns.leg_type,
    turns.is_transfer,
    turns.person_id,
    turns.started_at as began_at,
    turns.ended_at
  from records
  inner join turns
    on turns.account_id = records.account_id
    and turns.log_extension_id = records.log_extension_id
    and turns.record_id = records.record_id
  where not turns.is_master
    and turns.class = 'answered'
    and turns.leg_class not in ('queue', 'menu', 'entry', 'park', 'own_phone', 'monitoring', 'service', 'fax')
),
-- A queue's leg ends when someone takes the call.
taken as (
  select account_id, conversation_id, started_at, ended_at
  from turns
  where leg_class = 'queue' and class = 'answered' and not is_master
),
-- Other sources for the start of a talk: a queue's leg, the person's own record, and what came before in the
-- record.
told as (
  select
    legs.account_id,
    legs.log_extension_id,
    legs.record_id,
    legs.leg_index,
    min(taken.ended_at) as taken_at,
    count(case when own.started_at = legs.began_at then 1 end) as own_records,
    count(case when own.started_at < legs.began_at and own.record_id <> legs.record_id then 1 end) as earlier_records,
    count(before.record_id) as earlier_legs
  from legs
  left join taken
    on taken.account_id = legs.account_id
    and taken.conversation_id = legs.conversation_id
    and taken.started_at <= legs.began_at
    and taken.ended_at >= legs.began_at
    and (taken.ended_at <= legs.ended_at or legs.ended_at is null)
  left join records as own
    on own.account_id = legs.account_id
    and own.conversation_id = legs.conversation_id
    and own.extension_id = legs.person_id
    and own.started_at <= legs.began_at
  left join turns as before
    on before.account_id = legs.account_id
    and before.log_extension_id = legs.log_extension_id
    and before.record_id = legs.record_id
    and not before.is_master
    and before.started_at < legs.began_at
  group by legs.account_id, legs.log_extension_id, legs.record_id, legs.leg_index
),
timed as (
  select
    legs.*,
    case
      when legs.leg_type = 'Pickup' then legs.began_at
      when told.taken_at is not null then told.taken_at
      -- A person's own record begins with the ring. A leg that begins with it does not show the answer.
      when legs.began_at <= legs.record_started_at or told.own_records > 0 then null
      -- The first leg of a record, such as of a direct call, would begin with it if it began with the ring. So
      -- would the person's own record. A leg after a menu or another phone may begin with either.
      when told.earlier_legs = 0 or told.earlier_records > 0 then legs.began_at
    end as started_at
  from legs
  inner join told
    on told.account_id = legs.account_id
    and told.log_extension_id = legs.log_extension_id
    and told.record_id = legs.record_id
    and told.leg_index = legs.leg_index
),
each_talk as (
  select
    account_id,
    conversation_id,
    record_started_at,
    person_id,
    'answered' as role,
    coalesce(started_at, began_at) as seen_at,
    (coalesce(started_at, began_at) + (1) * interval '1 millisecond') as answered_before,
    began_at,
    started_at,
    ended_at,
    is_transfer
  from timed
  where direction = 'Inbound'
    or (to_extension_id is not null and (person_id <> placed_by_id or person_id is null))
  union all
  select
    records.account_id,
    records.conversation_id,
    records.started_at,
    records.placed_by_id,
    'placed',
    records.started_at,
    records.ended_at,
    timed.began_at,
    timed.started_at,
    timed.ended_at,
    coalesce(timed.is_transfer, false)
  from records
  left join timed
    on timed.account_id = records.account_id
    and timed.log_extension_id = records.log_extension_id
    and timed.record_id = records.record_id
  where records.direction = 'Outbound'
  union all
  -- Without such legs, only the record shows who answered.
  select
    records.account_id,
    records.conversation_id,
    records.started_at,
    records.answered_by_id,
    'answered',
    records.started_at,
    records.ended_at,
    cast(null as timestamp),
    cast(null as timestamp),
    cast(null as timestamp),
    false
  from records
  left join legs
    on legs.account_id = records.account_id
    and legs.log_extension_id = records.log_extension_id
    and legs.record_id = records.record_id
  where legs.record_id is null
    and (records.direction = 'Inbound' or records.to_extension_id is not null)
),
-- Several records may show the same talk: count overlaps once.
ordered as (
  select
    *,
    max(case when started_at is not null then ended_at end) over (
      partition by account_id, conversation_id, person_id, role
      order by started_at, ended_at
      rows between unbounded preceding and 1 preceding
    ) as talked_until
  from each_talk
)
select
  account_id,
  conversation_id,
  person_id,
  role,
  min(record_started_at) as record_started_at,
  min(seen_at) as seen_at,
  min(answered_before) as answered_before,
  min(began_at) as began_at,
  min(started_at) as started_at,
  max(ended_at) as ended_at,
  cast(round(cast(sum(case when talked_until is null or talked_until < ended_at then round(cast(extract(epoch from (ended_at) - (case when talked_until is null or talked_until < started_at then started_at else talked_until end)) as numeric), 3)::double precision when started_at is not null and ended_at is not null then 0 end) as decimal(38, 6)), 3) as double precision) as talk_seconds,
  coalesce(min(case when is_transfer then seen_at end) <= min(seen_at), false) as is_by_transfer
from ordered
group by account_id, conversation_id, person_id, role;
ANALYZE ringcentral_internal.int_talks;

DROP TABLE IF EXISTS ringcentral_internal.int_queue_visits;
CREATE TABLE ringcentral_internal.int_queue_visits AS
with conversations as (
  select conversations.*
  from ringcentral_internal.int_conversations as conversations
  where conversations.type <> 'Fax'
    and (conversations.direction = 'Inbound' or coalesce(conversations.is_internal, false))
),
mentions as (
  select
    turns.account_id,
    turns.conversation_id,
    turns.queue_id,
    turns.started_at as seen_at,
    -- A hunting leg lasts as long as the call is in the queue. Other legs of the queue may be its
    -- voicemail. The record's own leg begins with the record and includes announcements and menus.
    case when turns.leg_class = 'queue' then turns.started_at end as entered_at,
    case when turns.leg_class = 'queue' then turns.ended_at end as left_at,
    case when not turns.is_master and turns.class <> 'voicemail' then turns.started_at end as seen_from,
    case when not turns.is_master and turns.class <> 'voicemail' then turns.ended_at end as seen_to,
    not turns.is_master and turns.class = 'voicemail' as is_voicemail
  from ringcentral_internal.int_turns as turns
  where turns.queue_id is not null
  union all
  select
    records.account_id,
    records.conversation_id,
    records.extension_id,
    records.started_at,
    null,
    null,
    null,
    null,
    false
  from ringcentral_internal.int_records as records
  inner join ringcentral.extensions as extensions
    on extensions.account_id = records.account_id
    and extensions.extension_id = records.extension_id
    and extensions.kind = 'queue'
  where not records.is_deleted
  union all
  select
    records.account_id,
    records.conversation_id,
    records.to_extension_id,
    records.started_at,
    null,
    null,
    null,
    null,
    false
  from ringcentral_internal.int_records as records
  inner join ringcentral.extensions as extensions
    on extensions.account_id = records.account_id
    and extensions.extension_id = records.to_extension_id
    and extensions.kind = 'queue'
  where not records.is_deleted
),
visits as (
  select
    mentions.account_id,
    mentions.conversation_id,
    mentions.queue_id,
    coalesce(min(mentions.entered_at), min(mentions.seen_from)) as entered_at,
    -- If the end of a leg is unknown, so is the moment when the call left.
    case
      when count(mentions.entered_at) > 0
        then case when count(mentions.left_at) = count(mentions.entered_at) then max(mentions.left_at) end
      when count(mentions.seen_to) = count(mentions.seen_from) then max(mentions.seen_to)
    end as left_at,
    coalesce(min(mentions.entered_at), min(mentions.seen_from), min(mentions.seen_at)) as seen_at,
    (coalesce(max(case when mentions.is_voicemail then 1 else 0 end), 0) = 1) as is_voicemail
  from mentions
  group by mentions.account_id, mentions.conversation_id, mentions.queue_id
),
placed as (
  select
    visits.*,
    conversations.outcome as conversation_outcome,
    conversations.started_at as conversation_started_at,
    conversations.ended_at as conversation_ended_at,
    row_number() over (
      partition by visits.account_id, visits.conversation_id order by visits.seen_at, visits.queue_id
    ) as place,
    count(*) over (partition by visits.account_id, visits.conversation_id) as places,
    lead(visits.entered_at) over (
      partition by visits.account_id, visits.conversation_id order by visits.seen_at, visits.queue_id
    ) as next_entered_at
  from visits
  inner join conversations
    on conversations.account_id = visits.account_id
    and conversations.conversation_id = visits.conversation_id
),
talks as (
  select talks.*
  from ringcentral_internal.int_talks as talks
  where talks.role = 'answered'
),
answers as (
  select
    placed.account_id,
    placed.conversation_id,
    placed.queue_id,
    min(talks.started_at) as answered_at,
    count(*) as answers
  from placed
  inner join talks
    on talks.account_id = placed.account_id
    and talks.conversation_id = placed.conversation_id
    and (
      (coalesce(talks.started_at, talks.began_at) >= placed.entered_at
        and (placed.next_entered_at is null or coalesce(talks.started_at, talks.began_at) < placed.next_entered_at))
      -- If the time is unknown, the last queue counts.
      or ((talks.began_at is null or placed.entered_at is null) and placed.place = placed.places)
    )
  group by placed.account_id, placed.conversation_id, placed.queue_id
),
-- When the last person of a conversation took it; null if that is unknown of any of them.
last_talks as (
  select
    account_id,
    conversation_id,
    case when count(coalesce(started_at, began_at)) = count(*) then max(coalesce(started_at, began_at)) end as last_at
  from talks
  group by account_id, conversation_id
),
judged as (
  select
    placed.*,
    answers.answered_at,
    case
      when answers.answers > 0 then 'answered'
      when placed.place < placed.places then 'overflow'
      -- Everybody who took it did so before it came to this queue, so nobody in this one did.
      when placed.conversation_outcome = 'answered' and last_talks.last_at < placed.entered_at
        then case when placed.is_voicemail then 'voicemail' else 'missed' end
      else placed.conversation_outcome
    end as outcome,
    case
      when answers.answers > 0 then answers.answered_at
      else coalesce(
        case when placed.next_entered_at < placed.left_at then placed.next_entered_at else placed.left_at end,
        placed.next_entered_at,
        case when placed.conversation_outcome in ('abandoned', 'missed') then placed.conversation_ended_at end
      )
    end as waited_until
  from placed
  left join last_talks
    on last_talks.account_id = placed.account_id
    and last_talks.conversation_id = placed.conversation_id
  left join answers
    on answers.account_id = placed.account_id
    and answers.conversation_id = placed.conversation_id
    and answers.queue_id = placed.queue_id
)
select
  account_id,
  conversation_id,
  conversation_started_at,
  queue_id,
  place,
  seen_at,
  entered_at,
  next_entered_at,
  answered_at,
  outcome,
  round(cast(extract(epoch from (waited_until) - (entered_at)) as numeric), 3)::double precision as wait_seconds,
  coalesce(lag(outcome) over (
    partition by account_id, conversation_id order by place
  ) = 'overflow', false) as is_overflow,
  cast(date_trunc('hour', timezone('Etc/UTC', timezone('UTC', seen_at))) as timestamp) as local_hour
from judged;
ANALYZE ringcentral_internal.int_queue_visits;

DROP TABLE IF EXISTS ringcentral_internal.int_rings;
CREATE TABLE ringcentral_internal.int_rings AS
with turns as (
  select turns.*
  from ringcentral_internal.int_turns as turns
),
records as (
  select
    records.*,
    coalesce(records.delegate_id, records.from_extension_id, records.extension_id) as placed_by_id
  from ringcentral_internal.int_records as records
  where not records.is_deleted
),
detours as (
  select distinct account_id, log_extension_id, record_id
  from turns
  where not is_master and (leg_class in ('queue', 'menu', 'entry') or queue_id is not null)
),
of_records as (
  select
    records.account_id,
    records.conversation_id,
    records.log_extension_id,
    records.record_id,
    records.started_at,
    records.class,
    case
      when records.direction = 'Inbound' then coalesce(records.delegate_id, records.extension_id)
      else records.to_extension_id
    end as person_id
  from records
)
select
  turns.account_id,
  turns.conversation_id,
  turns.record_started_at,
  turns.person_id,
  turns.started_at,
  turns.is_transfer,
  false as is_of_record,
  turns.class
from turns
inner join records
  on records.account_id = turns.account_id
  and records.log_extension_id = turns.log_extension_id
  and records.record_id = turns.record_id
where not turns.is_master
  and turns.person_id is not null
  and turns.leg_class not in ('entry', 'own_phone', 'dial', 'conference')
  and not (records.direction = 'Outbound' and turns.person_id = records.placed_by_id)
union all
select
  of_records.account_id,
  of_records.conversation_id,
  of_records.started_at as record_started_at,
  case when coalesce(people.kind, 'person') = 'person' then of_records.person_id end as person_id,
  case when detours.record_id is null then of_records.started_at end as started_at,
  false as is_transfer,
  true as is_of_record,
  of_records.class
from of_records
left join detours
  on detours.account_id = of_records.account_id
  and detours.log_extension_id = of_records.log_extension_id
  and detours.record_id = of_records.record_id
left join ringcentral.extensions as people
  on people.account_id = of_records.account_id and people.extension_id = of_records.person_id
where of_records.person_id is not null
  and coalesce(people.kind, 'person') in ('person', 'line');
ANALYZE ringcentral_internal.int_rings;

DROP TABLE IF EXISTS ringcentral.calls;
CREATE TABLE ringcentral.calls AS
with  __dbt__cte__stg_call_recordings as (
select
  "accountId" as account_id,
  "id" as recording_id,
  coalesce(
    nullif(nullif("telephonySessionId", ''), '0'),
    nullif(nullif("sessionId", ''), '0'),
    "callId"
  ) as conversation_id,
  "callId" as record_id,
  "type" as type,
  cast("startTime" as timestamp) as started_at,
  cast("expiresAt" as timestamp) as expires_at,
  cast(null as timestamp) as loaded_at
from tap_ringcentral.call_recordings as recordings
), conversations as (
  select conversations.*
  from ringcentral_internal.int_conversations as conversations
),
turns as (
  select turns.*
  from ringcentral_internal.int_turns as turns
),
queues as (
  select
    visits.account_id,
    visits.conversation_id,
    max(case when visits.place = 1 then visits.queue_id end) as queue_id,
    array_agg(visits.queue_id order by visits.place) as queue_ids,
    -- From the entry into the first queue to the first answer, or until the call left the last queue.
    min(visits.answered_at) as answered_at,
    sum(visits.wait_seconds) as wait_seconds,
    count(*) as visits,
    count(visits.wait_seconds) as known_waits
  from ringcentral_internal.int_queue_visits as visits
  group by visits.account_id, visits.conversation_id
),
all_talks as (
  select
    talks.account_id,
    talks.conversation_id,
    min(talks.started_at) as first_known,
    min(case when talks.started_at is null then talks.began_at end) as first_unknown,
    max(talks.ended_at) as talked_to
  from ringcentral_internal.int_talks as talks
  group by talks.account_id, talks.conversation_id
),
-- If the start of an earlier talk is unknown, the time of the answer is unknown too.
talks as (
  select
    account_id,
    conversation_id,
    case when first_unknown is null or first_unknown >= first_known then first_known end as answered_at,
    talked_to
  from all_talks
),
answerers as (
  select
    talks.account_id,
    talks.conversation_id,
    talks.person_id,
    row_number() over (
      partition by talks.account_id, talks.conversation_id
      order by talks.seen_at, talks.person_id
    ) as place
  from ringcentral_internal.int_talks as talks
  where talks.role = 'answered' and talks.person_id is not null
),
rings as (
  select
    rings.account_id,
    rings.conversation_id,
    rings.person_id,
    rings.started_at,
    row_number() over (
      partition by rings.account_id, rings.conversation_id
      order by
        case when rings.person_id is null then 1 else 0 end,
        case when rings.started_at is null then 1 else 0 end,
        rings.started_at,
        case when rings.is_of_record then 0 else 1 end,
        rings.person_id
    ) as place
  from ringcentral_internal.int_rings as rings
),
first_rings as (
  select
    account_id,
    conversation_id,
    max(case when place = 1 then person_id end) as person_id,
    min(started_at) as rang_at
  from rings
  group by account_id, conversation_id
),
transfers as (
  select
    account_id,
    conversation_id,
    count(distinct case when is_transfer then started_at end) as transfers,
    (coalesce(max(case when record_class = 'answered' then 1 else 0 end), 0) = 1) as shows_answer
  from turns
  group by account_id, conversation_id
),
recordings as (
  select account_id, conversation_id, count(distinct recording_id) as recordings
  from (
    select account_id, conversation_id, recording_id from turns where recording_id is not null
    union all
    select records.account_id, records.conversation_id, records.recording_id
    from ringcentral_internal.int_records as records
    where records.recording_id is not null and not records.is_deleted
    union all
    -- Once RingCentral has deleted a recording, the record of its call no longer names it.
    select known.account_id, known.conversation_id, known.recording_id
    from __dbt__cte__stg_call_recordings as known
    inner join ringcentral_internal.int_records as their_records
      on their_records.account_id = known.account_id
      and their_records.conversation_id = known.conversation_id
      and their_records.record_id = known.record_id
    where not their_records.is_deleted
  ) as each_recording
  group by account_id, conversation_id
)
select
  conversations.account_id,
  conversations.conversation_id,
  conversations.started_at,
  timezone('Etc/UTC', timezone('UTC', conversations.started_at)) as local_started_at,
  conversations.ended_at,
  conversations.direction,
  conversations.is_internal,
  conversations.type,
  conversations.outcome,
  queues.queue_id,
  coalesce(queues.queue_ids, cast(array[] as text[])) as queue_ids,
  answerers.person_id as answered_by_id,
  case
    when conversations.direction = 'Outbound' then conversations.placed_by_id
    else first_rings.person_id
  end as first_person_id,
  conversations.caller_number,
  conversations.called_number,
  conversations.caller_name,
  case
    when queues.visits is null then null
    when queues.known_waits = queues.visits then queues.wait_seconds
  end as wait_seconds,
  case when talks.answered_at > first_rings.rang_at then
    round(cast(extract(epoch from (talks.answered_at) - (first_rings.rang_at)) as numeric), 3)::double precision
  end as ring_seconds,
  case
    when conversations.outcome = 'answered' then round(cast(extract(epoch from (talks.talked_to) - (talks.answered_at)) as numeric), 3)::double precision
  end as talk_seconds,
  -- Without legs, only a transfer to another session is known. So it is if only the phones that did not
  -- answer have legs.
  case
    when transfers.transfers > conversations.transfer_targets then transfers.transfers
    when conversations.transfer_targets > 0 then conversations.transfer_targets
    when transfers.transfers is null or (conversations.outcome = 'answered' and not transfers.shows_answer) then null
    else conversations.transfer_targets
  end as transfers,
  conversations.records,
  coalesce(recordings.recordings, 0) as recordings,
  conversations.cost,
  cast(null as boolean) as is_after_hours,
  nullif(conversations.number, '') as other_number
from conversations
left join queues
  on queues.account_id = conversations.account_id
  and queues.conversation_id = conversations.conversation_id
left join talks
  on talks.account_id = conversations.account_id
  and talks.conversation_id = conversations.conversation_id
left join answerers
  on answerers.account_id = conversations.account_id
  and answerers.conversation_id = conversations.conversation_id
  and answerers.place = 1
left join first_rings
  on first_rings.account_id = conversations.account_id
  and first_rings.conversation_id = conversations.conversation_id
left join transfers
  on transfers.account_id = conversations.account_id
  and transfers.conversation_id = conversations.conversation_id
left join recordings
  on recordings.account_id = conversations.account_id
  and recordings.conversation_id = conversations.conversation_id;
ANALYZE ringcentral.calls;

DROP TABLE IF EXISTS ringcentral_internal.int_presence;
CREATE TABLE ringcentral_internal.int_presence AS
with conversations as (
  select
    conversations.account_id,
    conversations.conversation_id,
    conversations.started_at,
    -- A call that seems to last a week has a wrong duration.
    case
      when conversations.ended_at > (conversations.started_at + (604800000) * interval '1 millisecond')
        then (conversations.started_at + (604800000) * interval '1 millisecond')
      else conversations.ended_at
    end as ended_at
  from ringcentral_internal.int_conversations as conversations
  where conversations.type <> 'Fax' and conversations.ended_at > conversations.started_at
),
spans as (
  select
    conversations.account_id,
    conversations.conversation_id,
    conversations.started_at,
    conversations.ended_at,
    spread.slot as quarter
  from conversations
  cross join lateral generate_series((date_trunc('hour', conversations.started_at) + floor(extract(minute from conversations.started_at) / 15) * interval '15 minutes'), conversations.ended_at, interval '15 minutes') as spread(slot)
)
select
  account_id,
  conversation_id,
  quarter,
  case when started_at > quarter then started_at else quarter end as began_at,
  case
    when ended_at < (quarter + (900000) * interval '1 millisecond') then ended_at
    else (quarter + (900000) * interval '1 millisecond')
  end as ended_at
from spans
where ended_at > quarter;
ANALYZE ringcentral_internal.int_presence;

DROP TABLE IF EXISTS ringcentral.concurrency;
CREATE TABLE ringcentral.concurrency AS
with presence as (
  select
    presence.account_id,
    presence.quarter,
    presence.began_at,
    presence.ended_at,
    timezone('Etc/UTC', timezone('UTC', presence.quarter)) as local_quarter
  from ringcentral_internal.int_presence as presence
),
chosen as (
  select presence.*
  from presence
),
-- A call that ends when another one begins does not overlap it.
steps as (
  select account_id, quarter, local_quarter, began_at as step_at, 1 as change from chosen
  union all
  select account_id, quarter, local_quarter, ended_at, -1 from chosen
),
heights as (
  select
    account_id,
    local_quarter,
    sum(change) over (
      partition by account_id, quarter order by step_at, change
      rows between unbounded preceding and current row
    ) as height
  from steps
),
peaks as (
  select account_id, local_quarter, cast(max(height) as bigint) as peak_calls
  from heights
  group by account_id, local_quarter
),
lengths as (
  select
    account_id,
    local_quarter,
    cast(round(cast(sum(round(cast(extract(epoch from (ended_at) - (began_at)) as numeric), 3)::double precision) as decimal(38, 6)), 3) as double precision) as call_seconds
  from chosen
  group by account_id, local_quarter
)
select peaks.account_id, peaks.local_quarter, peaks.peak_calls, lengths.call_seconds
from peaks
inner join lengths
  on lengths.account_id = peaks.account_id and lengths.local_quarter = peaks.local_quarter;
ANALYZE ringcentral.concurrency;

DROP TABLE IF EXISTS ringcentral.missed_calls;
CREATE TABLE ringcentral.missed_calls AS
with missed as (
  select
    conversations.account_id,
    conversations.conversation_id,
    conversations.started_at,
    conversations.ended_at,
    calls.queue_id,
    calls.first_person_id as person_id,
    nullif(conversations.number, '') as caller_number,
    conversations.outcome
  from ringcentral_internal.int_conversations as conversations
  inner join ringcentral.calls as calls
    on calls.account_id = conversations.account_id
    and calls.conversation_id = conversations.conversation_id
  where conversations.direction = 'Inbound'
    and conversations.outcome in ('missed', 'voicemail', 'abandoned', 'callback_requested')
    and conversations.number is not null
),
-- Calls to the caller, and calls of the caller that were answered.
replies as (
  select
    conversations.account_id,
    conversations.number,
    conversations.started_at,
    conversations.direction,
    min(conversations.conversation_id) as conversation_id
  from ringcentral_internal.int_conversations as conversations
  where conversations.number <> ''
    and (conversations.direction = 'Outbound' or conversations.outcome = 'answered')
  group by
    conversations.account_id, conversations.number, conversations.started_at, conversations.direction
),
-- For each call, the first of each that began after its end. They are searched from the last call backwards,
-- so that the database does not look at all later calls for each one.
followed as (
  select
    *,
    min(case when reply = 'Outbound' then happened_at end) over (
      partition by account_id, number
      order by happened_at desc, case when reply is null then 0 else 1 end desc
      rows between unbounded preceding and 1 preceding
    ) as called_back_at,
    min(case when reply = 'Inbound' then happened_at end) over (
      partition by account_id, number
      order by happened_at desc, case when reply is null then 0 else 1 end desc
      rows between unbounded preceding and 1 preceding
    ) as got_through_at
  from (
    select
      account_id,
      caller_number as number,
      coalesce(ended_at, started_at) as happened_at,
      conversation_id,
      cast(null as text) as reply
    from missed
    union all
    select account_id, number, started_at, conversation_id, direction from replies
  ) as calls_of_number
)
select
  missed.account_id,
  missed.conversation_id,
  missed.started_at,
  missed.ended_at,
  missed.queue_id,
  missed.person_id,
  missed.caller_number,
  missed.outcome,
  callbacks.started_at as called_back_at,
  cast(round(cast(round(cast(extract(epoch from (callbacks.started_at) - (missed.started_at)) as numeric), 3)::double precision / 60 as decimal(38, 6)), 3) as double precision) as callback_minutes,
  callbacks.conversation_id as callback_conversation_id,
  followed.got_through_at
from missed
-- Each has one. With an inner join, PostgreSQL expects almost none, and then looks for each one's callback in
-- a list of all calls.
left join followed
  on followed.account_id = missed.account_id
  and followed.conversation_id = missed.conversation_id
  and followed.reply is null
left join replies as callbacks
  on callbacks.account_id = missed.account_id
  and callbacks.number = missed.caller_number
  and callbacks.started_at = followed.called_back_at
  and callbacks.direction = 'Outbound';
ANALYZE ringcentral.missed_calls;

DROP TABLE IF EXISTS ringcentral_internal.int_member_offers;
CREATE TABLE ringcentral_internal.int_member_offers AS
with visits as (
  select visits.*, max(visits.place) over (partition by visits.account_id, visits.conversation_id) as places
  from ringcentral_internal.int_queue_visits as visits
),
rings as (
  select rings.*
  from ringcentral_internal.int_rings as rings
  where not rings.is_transfer and rings.person_id is not null
),
talks as (
  select talks.*
  from ringcentral_internal.int_talks as talks
  where talks.role = 'answered'
),
-- A phone that rang after the answer rang because of a transfer.
first_answers as (
  select
    account_id,
    conversation_id,
    min(answered_before) as answered_before,
    count(person_id) as people
  from talks
  group by account_id, conversation_id
)
select
  visits.account_id,
  visits.conversation_id,
  visits.conversation_started_at,
  visits.queue_id,
  rings.person_id,
  -- Not a part of the join: DuckDB would compare each ring with each talk of the whole archive.
  case
    when (coalesce(max(case when talks.person_id is not null and not talks.is_by_transfer and visits.outcome = 'answered' and (
      talks.began_at is null or visits.entered_at is null
      or (coalesce(talks.started_at, talks.began_at) >= visits.entered_at
        and (visits.next_entered_at is null or coalesce(talks.started_at, talks.began_at) < visits.next_entered_at))) then 1 else 0 end), 0) = 1) then true
    when (coalesce(max(case when rings.class in ('missed', 'answered_elsewhere') then 1 else 0 end), 0) = 1) then false
    -- If the log shows neither whether someone took it nor who, it may have been this member.
    when visits.outcome = 'unknown' then null
    when visits.outcome = 'answered' and coalesce(first_answers.people, 0) = 0 then null
    else false
  end as is_answered
from visits
left join first_answers
  on first_answers.account_id = visits.account_id
  and first_answers.conversation_id = visits.conversation_id
inner join rings
  on rings.account_id = visits.account_id
  and rings.conversation_id = visits.conversation_id
  and (
    (rings.started_at >= visits.entered_at
      and (visits.next_entered_at is null or rings.started_at < visits.next_entered_at)
      and (visits.answered_at is null or rings.started_at <= visits.answered_at))
    or ((rings.started_at is null or visits.entered_at is null)
      and visits.place = visits.places
      and (rings.started_at is null or first_answers.answered_before is null
        or rings.started_at < first_answers.answered_before))
  )
left join talks
  on talks.account_id = rings.account_id
  and talks.conversation_id = rings.conversation_id
  and talks.person_id = rings.person_id
group by
  visits.account_id, visits.conversation_id, visits.conversation_started_at, visits.queue_id,
  visits.outcome, first_answers.people, rings.person_id;
ANALYZE ringcentral_internal.int_member_offers;

DROP TABLE IF EXISTS ringcentral_internal.int_person_calls;
CREATE TABLE ringcentral_internal.int_person_calls AS
with conversations as (
  select conversations.*
  from ringcentral_internal.int_conversations as conversations
  where conversations.type <> 'Fax'
),
parts as (
  select
    offers.account_id, offers.conversation_id, offers.person_id,
    1 as offered,
    case when offers.is_answered is null then 0 else 1 end as judged,
    case when offers.is_answered or offers.is_answered is null then 0 else 1 end as refused,
    0 as answered,
    0 as outbound,
    0 as connected,
    cast(null as double precision) as talk_seconds
  from ringcentral_internal.int_member_offers as offers
  union all
  select
    talks.account_id, talks.conversation_id, talks.person_id,
    0, 0, 0,
    case when talks.role = 'answered' then 1 else 0 end,
    0,
    0,
    talks.talk_seconds
  from ringcentral_internal.int_talks as talks
  union all
  select
    conversations.account_id,
    conversations.conversation_id,
    conversations.placed_by_id,
    0, 0, 0, 0,
    1,
    case when conversations.outcome = 'answered' then 1 else 0 end,
    null
  from conversations
  where conversations.direction = 'Outbound'
)
select
  parts.account_id,
  parts.conversation_id,
  parts.person_id,
  conversations.started_at,
  cast(date_trunc('day', timezone('Etc/UTC', timezone('UTC', conversations.started_at))) as timestamp) as local_date,
  cast(sum(parts.offered) as bigint) as offered,
  cast(sum(parts.judged) as bigint) as judged,
  cast(sum(parts.refused) as bigint) as refused,
  max(parts.answered) as answered,
  max(parts.outbound) as outbound,
  max(parts.connected) as connected,
  cast(round(cast(sum(parts.talk_seconds) as decimal(38, 6)), 3) as double precision) as talk_seconds
from parts
inner join conversations
  on conversations.account_id = parts.account_id
  and conversations.conversation_id = parts.conversation_id
where parts.person_id is not null
group by parts.account_id, parts.conversation_id, parts.person_id, conversations.started_at;
ANALYZE ringcentral_internal.int_person_calls;

DROP TABLE IF EXISTS ringcentral.people_performance;
CREATE TABLE ringcentral.people_performance AS
select
  parts.account_id,
  parts.person_id,
  people.name as person_name,
  people.department,
  people.site,
  cast(parts.local_date as date) as local_date,
  cast(sum(parts.offered) as bigint) as offered,
  cast(sum(parts.answered) as bigint) as answered,
  case when sum(parts.judged) > 0 or sum(parts.offered) = 0 then cast(sum(parts.refused) as bigint) end as refused,
  cast(sum(parts.outbound) as bigint) as outbound,
  cast(sum(parts.connected) as bigint) as connected,
  cast(round(cast(sum(parts.talk_seconds) as decimal(38, 6)), 3) as double precision) as talk_seconds,
  min(case when parts.answered + parts.outbound > 0 then parts.started_at end) as first_call_at,
  max(case when parts.answered + parts.outbound > 0 then parts.started_at end) as last_call_at,
  cast(sum(parts.judged) as bigint) as judged_offers
from ringcentral_internal.int_person_calls as parts
left join ringcentral.extensions as people
  on people.account_id = parts.account_id and people.extension_id = parts.person_id
group by
  parts.account_id, parts.person_id, people.name, people.department, people.site, parts.local_date;
ANALYZE ringcentral.people_performance;

DROP TABLE IF EXISTS ringcentral.queue_performance;
CREATE TABLE ringcentral.queue_performance AS
with offers as (
  select
    visits.account_id,
    visits.queue_id,
    visits.local_hour,
    visits.outcome,
    visits.wait_seconds,
    visits.is_overflow,
    queues.name as queue_name,
    coalesce(queues.sla_seconds, 20) as sla_seconds,
    coalesce(queues.include_abandoned_calls, False) as include_abandoned_calls,
    coalesce(queues.short_abandon_seconds, 5) as short_abandon_seconds
  from ringcentral_internal.int_queue_visits as visits
  left join ringcentral.extensions as queues
    on queues.account_id = visits.account_id and queues.extension_id = visits.queue_id
)
select
  account_id,
  queue_id,
  queue_name,
  local_hour,
  count(*) as offered,
  cast(sum(case when outcome = 'answered' then 1 else 0 end) as bigint) as answered,
  cast(sum(case when outcome = 'voicemail' then 1 else 0 end) as bigint) as voicemail,
  cast(sum(case when outcome = 'abandoned' then 1 else 0 end) as bigint) as abandoned,
  cast(sum(case when outcome = 'abandoned' and wait_seconds < short_abandon_seconds then 1 else 0 end) as bigint) as abandoned_short,
  cast(sum(case when outcome in ('missed', 'not_connected') then 1 else 0 end) as bigint) as missed,
  cast(sum(case when outcome = 'callback_requested' then 1 else 0 end) as bigint) as callback_requested,
  cast(sum(case when is_overflow then 1 else 0 end) as bigint) as overflow_in,
  cast(sum(case when outcome = 'answered' and wait_seconds <= sla_seconds then 1 else 0 end) as bigint) as sla_in_time,
  -- Only calls whose wait is known. Otherwise, a queue whose waits are not in the log would have a service
  -- level of 0 as soon as it had a voicemail.
  cast(sum(case when wait_seconds is not null and (outcome in ('answered', 'voicemail') or (outcome = 'abandoned' and include_abandoned_calls and wait_seconds >= short_abandon_seconds)) then 1 else 0 end) as bigint) as sla_base,
  cast(round(cast(sum(wait_seconds) as decimal(38, 6)), 3) as double precision) as wait_seconds_sum,
  max(wait_seconds) as wait_seconds_max,
  count(wait_seconds) as waits,
  sla_seconds,
  cast(sum(case when outcome = 'unknown' then 1 else 0 end) as bigint) as unknown
from offers
group by account_id, queue_id, queue_name, local_hour, sla_seconds;
ANALYZE ringcentral.queue_performance;

DROP TABLE IF EXISTS ringcentral.recordings;
CREATE TABLE ringcentral.recordings AS
-- Accounts whose files are downloaded.
with  __dbt__cte__stg_recording_files as (
select
  "accountId" as account_id,
  "id" as recording_id,
  coalesce(
    nullif(nullif("telephonySessionId", ''), '0'),
    nullif(nullif("sessionId", ''), '0'),
    "callId"
  ) as conversation_id,
  "type" as type,
  cast("startTime" as timestamp) as started_at,
  cast("expiresAt" as timestamp) as expires_at,
  "status" as status,
  "path" as path,
  cast(null as timestamp) as loaded_at
from tap_ringcentral.recording_files as files
),  __dbt__cte__stg_call_recordings as (
select
  "accountId" as account_id,
  "id" as recording_id,
  coalesce(
    nullif(nullif("telephonySessionId", ''), '0'),
    nullif(nullif("sessionId", ''), '0'),
    "callId"
  ) as conversation_id,
  "callId" as record_id,
  "type" as type,
  cast("startTime" as timestamp) as started_at,
  cast("expiresAt" as timestamp) as expires_at,
  cast(null as timestamp) as loaded_at
from tap_ringcentral.call_recordings as recordings
), collected as (
  select distinct account_id from __dbt__cte__stg_recording_files
),
ids as (
  select account_id, recording_id from __dbt__cte__stg_call_recordings
  union 
  select account_id, recording_id from __dbt__cte__stg_recording_files
),
known as (
  select
    ids.account_id,
    ids.recording_id,
    coalesce(recordings.conversation_id, files.conversation_id) as conversation_id,
    coalesce(recordings.type, files.type) as type,
    coalesce(recordings.started_at, files.started_at) as started_at,
    coalesce(recordings.expires_at, files.expires_at) as expires_at,
    files.status,
    files.path
  from ids
  left join __dbt__cte__stg_call_recordings as recordings
    on recordings.account_id = ids.account_id and recordings.recording_id = ids.recording_id
  left join __dbt__cte__stg_recording_files as files
    on files.account_id = ids.account_id and files.recording_id = ids.recording_id
)
select
  known.account_id,
  known.recording_id,
  known.conversation_id,
  known.type,
  known.started_at,
  known.expires_at,
  case
    when known.status in ('archived', 'gone') then known.status
    when known.expires_at <= cast(timezone('UTC', current_timestamp) as timestamp) then 'gone'
    when collected.account_id is not null then 'waiting'
    else 'not_archived'
  end as status,
  known.path
from known
left join collected on collected.account_id = known.account_id;
ANALYZE ringcentral.recordings;

DROP TABLE IF EXISTS ringcentral_internal.int_day_volume;
CREATE TABLE ringcentral_internal.int_day_volume AS
with conversations as (
  select
    account_id,
    direction,
    outcome,
    started_at,
    cast(date_trunc('hour', timezone('Etc/UTC', timezone('UTC', started_at))) as timestamp) as local_hour,
    cast(date_trunc('day', timezone('Etc/UTC', timezone('UTC', started_at))) as timestamp) as local_date
  from ringcentral_internal.int_conversations
)
select
  conversations.account_id,
  conversations.local_date,
  conversations.local_hour,
  conversations.direction,
  conversations.outcome,
  count(*) as calls
from conversations
group by
  conversations.account_id,
  conversations.local_date,
  conversations.local_hour,
  conversations.direction,
  conversations.outcome;
ANALYZE ringcentral_internal.int_day_volume;

DROP TABLE IF EXISTS ringcentral.volume;
CREATE TABLE ringcentral.volume AS
select
  account_id,
  cast(extract(isodow from local_date) as integer) as local_weekday,
  cast(extract(hour from local_hour) as bigint) as local_hour,
  direction,
  outcome,
  cast(sum(calls) as bigint) as calls
from ringcentral_internal.int_day_volume
group by 1, 2, 3, 4, 5;
ANALYZE ringcentral.volume;

DROP TABLE IF EXISTS ringcentral_internal.int_coverage;
CREATE TABLE ringcentral_internal.int_coverage AS
with __dbt__cte__stg_coverage as (
select
  "accountId" as account_id,
  '' as log_extension_id,
  cast("dateFrom" as timestamp) as covered_from,
  cast("dateTo" as timestamp) as covered_to,
  cast("settledTo" as timestamp) as settled_to,
  -- Archives of older versions do not contain the number of calls in a range.
  cast("calls" as bigint) as calls,
  cast("readAt" as timestamp) as read_at
from tap_ringcentral.call_log_coverage as coverage
) select distinct account_id, covered_from, covered_to
from __dbt__cte__stg_coverage;
ANALYZE ringcentral_internal.int_coverage;

DROP TABLE IF EXISTS ringcentral.first_call_resolution;
CREATE TABLE ringcentral.first_call_resolution AS
with coverage as (
  select
    account_id,
    covered_from,
    covered_to,
    max(covered_to) over (
      partition by account_id order by covered_from, covered_to
      rows between unbounded preceding and 1 preceding
    ) as reached_to
  from ringcentral_internal.int_coverage
),
-- If the archive does not tell what was read, it was read until the latest call.
latest as (
  select account_id, max(started_at) as read_to
  from ringcentral_internal.int_conversations
  group by account_id
),
reached as (
  select latest.account_id, coalesce(max(coverage.covered_to), latest.read_to) as read_to
  from latest
  left join coverage on coverage.account_id = latest.account_id
  group by latest.account_id, latest.read_to
),
holes as (
  select account_id, reached_to as hole_from, covered_from as hole_to
  from coverage
  where covered_from > reached_to
),
inbound as (
  select
    conversations.account_id,
    conversations.conversation_id,
    conversations.number as caller_number,
    conversations.started_at,
    calls.local_started_at,
    conversations.outcome,
    calls.transfers,
    lead(conversations.started_at) over (
      partition by conversations.account_id, conversations.number
      order by conversations.started_at, conversations.conversation_id
    ) as again_at
  from ringcentral_internal.int_conversations as conversations
  inner join ringcentral.calls as calls
    on calls.account_id = conversations.account_id
    and calls.conversation_id = conversations.conversation_id
  where conversations.direction = 'Inbound'
    and conversations.type <> 'Fax'
    and not coalesce(conversations.is_internal, false)
    -- Callers who hide their number cannot be recognized when they call again.
    and conversations.number <> ''
)
select
  inbound.account_id,
  inbound.conversation_id,
  inbound.caller_number,
  inbound.started_at,
  inbound.local_started_at,
  inbound.again_at,
  case
    when inbound.again_at <= (inbound.started_at + (604800000) * interval '1 millisecond') or inbound.transfers > 0
      or inbound.outcome not in ('answered', 'unknown') then false
    when inbound.outcome = 'unknown' or inbound.transfers is null or (inbound.started_at + (604800000) * interval '1 millisecond') > cast(timezone('UTC', current_timestamp) as timestamp) then null
    -- The same number may have called when nothing was read.
    when (inbound.started_at + (604800000) * interval '1 millisecond') > reached.read_to or exists (
      select 1 from holes
      where holes.account_id = inbound.account_id
        and holes.hole_from < (inbound.started_at + (604800000) * interval '1 millisecond')
        and holes.hole_to > inbound.started_at
    ) then null
    else true
  end as is_resolved
from inbound
inner join reached on reached.account_id = inbound.account_id;
ANALYZE ringcentral.first_call_resolution;

COMMIT;
