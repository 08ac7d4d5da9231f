{{ config(
    indexes=ringcentral.indexed(['account_id', 'local_hour']),
    pre_hook=["{{ ringcentral.forget({'touched_hours': {'account_id': 'queue_performance.account_id', 'local_hour': 'queue_performance.local_hour'}, 'touched_extensions': {'account_id': 'queue_performance.account_id', 'extension_id': 'queue_performance.queue_id'}}, ringcentral.within_touched_hours('queue_performance.local_hour', 'local_hour')) }}"],
    post_hook=["{{ ringcentral.analyzed() }}"]
) }}
with offers as (
  select
    visits.account_id,
    visits.queue_id,
    visits.local_hour,
    visits.outcome,
    visits.wait_seconds,
    visits.is_overflow,
    queues.name as queue_name,
    coalesce(queues.sla_seconds, {{ var('sla_seconds') }}) as sla_seconds,
    coalesce(queues.include_abandoned_calls, {{ var('include_abandoned_calls') }}) as include_abandoned_calls,
    coalesce(queues.short_abandon_seconds, {{ var('short_abandon_seconds') }}) as short_abandon_seconds
  from {{ ref('int_queue_visits') }} as visits
  left join {{ ref('extensions') }} as queues
    on queues.account_id = visits.account_id and queues.extension_id = visits.queue_id
  {%- if ringcentral.is_partial() %}
  where {{ ringcentral.within_touched_hours('visits.local_hour', 'local_hour') }} and (exists (
    select 1 from {{ ref('touched_hours') }} as hours
    where hours.account_id = visits.account_id and hours.local_hour = visits.local_hour
  )
  or exists (
    select 1 from {{ ref('touched_extensions') }} as others
    where others.account_id = visits.account_id and others.extension_id = visits.queue_id
  ))
{%- endif %}
)

select
  account_id,
  queue_id,
  queue_name,
  local_hour,
  count(*) as offered,
  {{ ringcentral.count_if("outcome = 'answered'") }} as answered,
  {{ ringcentral.count_if("outcome = 'voicemail'") }} as voicemail,
  {{ ringcentral.count_if("outcome = 'abandoned'") }} as abandoned,
  {{ ringcentral.count_if("outcome = 'abandoned' and wait_seconds < short_abandon_seconds") }} as abandoned_short,
  {{ ringcentral.count_if("outcome in ('missed', 'not_connected')") }} as missed,
  {{ ringcentral.count_if("outcome = 'callback_requested'") }} as callback_requested,
  {{ ringcentral.count_if("is_overflow") }} as overflow_in,
  {{ ringcentral.count_if("outcome = 'answered' and wait_seconds <= sla_seconds") }} as sla_in_time,
  -- Only calls whose wait is known. Otherwise, a queue whose waits are not in the log would have a service
  -- level of 0 as soon as it had a voicemail.
  {{ ringcentral.count_if("wait_seconds is not null and (outcome in ('answered', 'voicemail') or (outcome = 'abandoned' and include_abandoned_calls and wait_seconds >= short_abandon_seconds))") }} as sla_base,
  {{ ringcentral.rounded('sum(wait_seconds)') }} as wait_seconds_sum,
  max(wait_seconds) as wait_seconds_max,
  count(wait_seconds) as waits,
  sla_seconds,
  {{ ringcentral.count_if("outcome = 'unknown'") }} as unknown
from offers
group by account_id, queue_id, queue_name, local_hour, sla_seconds
