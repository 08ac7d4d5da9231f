{#-
  Who talked in a conversation: the people who answered, and those who placed it. When is null where
  legs do not tell.
-#}
{{ config(
    indexes=ringcentral.indexed(['account_id', 'conversation_id']),
    pre_hook=["{{ ringcentral.forget_touched('int_talks') }}"],
    post_hook=["{{ ringcentral.analyzed() }}"]
) }}
with records as (
  select
    records.*,
    coalesce(own.kind, 'person') as extension_kind,
    coalesce(callee.kind, 'person') as to_kind
  from {{ ref('int_records') }} as records
  {{ ringcentral.only_touched('records') }}
  left join {{ ref('extensions') }} as own
    on own.account_id = records.account_id and own.extension_id = records.extension_id
  left join {{ ref('extensions') }} as callee
    on callee.account_id = records.account_id and callee.extension_id = records.to_extension_id
  where not records.is_deleted and records.class = 'answered' and coalesce(records.type, 'Voice') <> 'Fax'
),

-- The legs of answered records in which somebody talked; the record's own leg lasts from its start.
talks as (
  select
    turns.account_id,
    turns.conversation_id,
    turns.log_extension_id,
    turns.record_id,
    turns.person_id,
    turns.direction,
    turns.to_extension_id,
    turns.started_at,
    turns.ended_at
  from {{ ref('int_turns') }} as turns
  {{ ringcentral.only_touched('turns') }}
  where not turns.is_master
    and turns.record_class = 'answered'
    and turns.class = 'answered'
    and turns.leg_class not in ('queue', 'menu', 'entry', 'park', 'own_phone', 'monitoring', 'service', 'fax')
),

queues as (
  select distinct turns.account_id, turns.conversation_id, turns.queue_id
  from {{ ref('int_turns') }} as turns
  {{ ringcentral.only_touched('turns') }}
  where turns.queue_id is not null
),

each_talk as (
  select account_id, conversation_id, person_id, 'answered' as role, started_at, ended_at
  from talks
  where person_id is not null and (direction = 'Inbound' or to_extension_id is not null)
  union all
  select
    records.account_id,
    records.conversation_id,
    coalesce(records.from_extension_id, records.extension_id) as person_id,
    'placed' as role,
    talks.started_at,
    talks.ended_at
  from records
  left join talks
    on talks.account_id = records.account_id
    and talks.log_extension_id = records.log_extension_id
    and talks.record_id = records.record_id
  where records.direction = 'Outbound'
  union all
  -- Without such legs, the record alone says who answered.
  select
    records.account_id,
    records.conversation_id,
    coalesce(
      records.delegate_id,
      case when records.to_kind = 'person' and to_queue.queue_id is null then records.to_extension_id end,
      case when records.direction = 'Inbound' and records.extension_kind = 'person' and of_queue.queue_id is null then records.extension_id end
    ) as person_id,
    'answered' as role,
    cast(null as {{ ringcentral.type_moment() }}) as started_at,
    cast(null as {{ ringcentral.type_moment() }}) as ended_at
  from records
  left join talks
    on talks.account_id = records.account_id
    and talks.log_extension_id = records.log_extension_id
    and talks.record_id = records.record_id
    and talks.person_id is not null
  left join queues as to_queue
    on to_queue.account_id = records.account_id
    and to_queue.conversation_id = records.conversation_id
    and to_queue.queue_id = records.to_extension_id
  left join queues as of_queue
    on of_queue.account_id = records.account_id
    and of_queue.conversation_id = records.conversation_id
    and of_queue.queue_id = records.extension_id
  where talks.record_id is null
    and (records.direction = 'Inbound' or records.to_extension_id is not null)
),

-- Several records tell of one talk: what overlaps is one.
ordered as (
  select
    *,
    max(ended_at) over (
      partition by account_id, conversation_id, person_id, role
      order by started_at, ended_at
      rows between unbounded preceding and 1 preceding
    ) as talked_until
  from each_talk
  where person_id is not null
)

select
  account_id,
  conversation_id,
  person_id,
  role,
  min(started_at) as started_at,
  max(ended_at) as ended_at,
  sum(
    case when talked_until is null or talked_until < ended_at then
      {{ ringcentral.seconds_between(
          'case when talked_until is null or talked_until < started_at then started_at else talked_until end',
          'ended_at') }}
    else case when started_at is not null then 0 end end
  ) as talk_seconds
from ordered
group by account_id, conversation_id, person_id, role
