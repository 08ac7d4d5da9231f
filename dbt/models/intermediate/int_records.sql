{#- The records with the classes of RingCentral's words. Deleted records remain, marked as deleted. -#}
{{ config(
    indexes=ringcentral.indexed(['account_id', 'conversation_id']) + ringcentral.indexed(['is_unknown_word']) + ringcentral.indexed(['account_id', 'record_id']),
    pre_hook=["{{ ringcentral.forget({'touched_records': {'account_id': 'int_records.account_id', 'log_extension_id': 'int_records.log_extension_id', 'record_id': 'int_records.record_id'}}, ringcentral.not_before_touched_records('int_records.started_at')) }}"],
    post_hook=["{{ ringcentral.analyzed() }}"]
) }}
-- depends_on: {{ ref('touched') }}
select
  log.account_id,
  log.log_extension_id,
  log.record_id,
  log.conversation_id,
  log.started_at,
  {{ ringcentral.later('log.started_at', 'log.duration_ms') }} as ended_at,
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
from {{ ref('stg_call_log') }} as log
{%- if ringcentral.is_partial() %}
inner join {{ ref('touched_records') }} as touched_records
  on touched_records.account_id = log.account_id
  and touched_records.log_extension_id = log.log_extension_id
  and touched_records.record_id = log.record_id
{%- endif %}
left join {{ ref('call_results') }} as results on lower(results.result) = lower(log.result)
{%- if ringcentral.is_partial() %}
where {{ ringcentral.not_before_touched_records('log.started_at') }}
{%- endif %}
{{ ringcentral.in_order_of('log.started_at') }}
