{#-
  The people who talked in a conversation: those who answered and those who placed it. The person is null if
  the log does not show who it was (a shared line). `began_at` is the start of their leg. `started_at` is the
  start of the talk; it is null if the legs do not show it, because some legs begin with the ring.
-#}
{{ config(
    indexes=ringcentral.indexed(['account_id', 'conversation_id']),
    pre_hook=["{{ ringcentral.forget_touched('int_talks', 'record_started_at') }}"],
    post_hook=["{{ ringcentral.analyzed() }}"]
) }}
with turns as (
  select turns.*
  from {{ ref('int_turns') }} as turns
  {{ ringcentral.only_touched('turns', 'record_started_at') }}
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
  from {{ ref('int_records') }} as records
  {{ ringcentral.only_touched('records', 'started_at') }}
  left join own_phones
    on own_phones.account_id = records.account_id
    and own_phones.log_extension_id = records.log_extension_id
    and own_phones.record_id = records.record_id
  left join {{ ref('extensions') }} as own
    on own.account_id = records.account_id and own.extension_id = records.extension_id
  left join {{ ref('extensions') }} as callee
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
    {{ ringcentral.later('coalesce(started_at, began_at)', 1) }} as answered_before,
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
    cast(null as {{ ringcentral.type_moment() }}),
    cast(null as {{ ringcentral.type_moment() }}),
    cast(null as {{ ringcentral.type_moment() }}),
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
  {{ ringcentral.rounded("sum(case when talked_until is null or talked_until < ended_at then "
      ~ ringcentral.seconds_between(
          'case when talked_until is null or talked_until < started_at then started_at else talked_until end',
          'ended_at')
      ~ " when started_at is not null and ended_at is not null then 0 end)") }} as talk_seconds,
  coalesce(min(case when is_transfer then seen_at end) <= min(seen_at), false) as is_by_transfer
from ordered
group by account_id, conversation_id, person_id, role
{{ ringcentral.in_order_of('record_started_at') }}
