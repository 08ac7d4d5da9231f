{#- One row per conversation, combined from its records. -#}
{{ config(
    indexes=ringcentral.indexed(['account_id', 'conversation_id']) + ringcentral.indexed(['account_id', 'number', 'started_at']),
    pre_hook=["{{ ringcentral.forget_touched('int_conversations', 'started_at') }}"],
    post_hook=["{{ ringcentral.analyzed() }}"]
) }}
{#- RingOut rings the caller's own phone first: picking it up is not an answer. -#}
with own_phones as (
  select distinct turns.account_id, turns.log_extension_id, turns.record_id
  from {{ ref('int_turns') }} as turns
  {{ ringcentral.only_touched('turns', 'record_started_at') }}
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
  from {{ ref('int_records') }} as records
  {{ ringcentral.only_touched('records', 'started_at') }}
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
  select account_id, conversation_id, {{ ringcentral.rounded('sum(cost)') }} as cost
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
    {{ ringcentral.any_true("class in ('answered', 'answered_elsewhere') and not is_own_phone") }} as is_answered,
    {{ ringcentral.any_true("class = 'callback_requested'") }} as is_callback_requested,
    {{ ringcentral.any_true("class = 'voicemail'") }} as is_voicemail,
    {{ ringcentral.any_true("class = 'emergency'") }} as is_emergency,
    {{ ringcentral.any_true("class = 'abandoned'") }} as is_abandoned,
    {{ ringcentral.any_true("class in ('abandoned', 'hung_up') or (class = 'missed' and is_hung_up)") }} as is_hung_up,
    {{ ringcentral.any_true("class in ('missed', 'abandoned', 'hung_up') or (class = 'answered' and is_own_phone)") }} as is_missed,
    {{ ringcentral.any_true("class = 'blocked'") }} as is_blocked,
    {{ ringcentral.any_true("class = 'failed'") }} as is_failed,
    {{ ringcentral.any_true("class = 'fax'") }} as is_fax,
    {{ ringcentral.any_true("class = 'unknown' and not is_own_phone") }} as is_unknown,
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
    when first_one.direction = 'Outbound' then coalesce({{ ringcentral.digits('coalesce(first_one.to_number, first_one.to_dialed_number)') }}, '')
    else coalesce({{ ringcentral.digits('first_one.from_number') }}, '')
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
  on costs.account_id = together.account_id and costs.conversation_id = together.conversation_id
{{ ringcentral.in_order_of('together.started_at') }}
