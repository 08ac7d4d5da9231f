{#- How a queue's call rang its members: one row for each conversation, queue and person. -#}
{{ config(
    indexes=ringcentral.indexed(['account_id', 'conversation_id']),
    pre_hook=["{{ ringcentral.forget_touched('int_member_offers') }}"],
    post_hook=["{{ ringcentral.analyzed() }}"]
) }}
with visits as (
  select visits.*, max(visits.place) over (partition by visits.account_id, visits.conversation_id) as places
  from {{ ref('int_queue_visits') }} as visits
  {{ ringcentral.only_touched('visits') }}
),

told as (
  select distinct turns.account_id, turns.log_extension_id, turns.record_id
  from {{ ref('int_turns') }} as turns
  {{ ringcentral.only_touched('turns') }}
  where not turns.is_master and turns.person_id is not null
),

rings as (
  select turns.account_id, turns.conversation_id, turns.person_id, turns.started_at
  from {{ ref('int_turns') }} as turns
  {{ ringcentral.only_touched('turns') }}
  where not turns.is_master
    and not turns.is_transfer
    and turns.person_id is not null
    and turns.leg_class not in ('entry', 'own_phone', 'dial', 'conference')
  union all
  -- A member who did not answer has a record, which may have no such leg.
  select
    records.account_id,
    records.conversation_id,
    coalesce(records.delegate_id, records.extension_id) as person_id,
    cast(null as {{ ringcentral.type_moment() }}) as started_at
  from {{ ref('int_records') }} as records
  {{ ringcentral.only_touched('records') }}
  left join {{ ref('extensions') }} as own
    on own.account_id = records.account_id
    and own.extension_id = coalesce(records.delegate_id, records.extension_id)
  left join {{ ref('int_queue_visits') }} as of_queue
    on of_queue.account_id = records.account_id
    and of_queue.conversation_id = records.conversation_id
    and of_queue.queue_id = coalesce(records.delegate_id, records.extension_id)
  left join told
    on told.account_id = records.account_id
    and told.log_extension_id = records.log_extension_id
    and told.record_id = records.record_id
  where not records.is_deleted
    and records.direction = 'Inbound'
    and records.class in ('missed', 'answered_elsewhere', 'answered')
    and records.extension_id is not null
    and coalesce(own.kind, 'person') = 'person'
    and of_queue.queue_id is null
    and told.record_id is null
)

select
  visits.account_id,
  visits.conversation_id,
  visits.queue_id,
  rings.person_id,
  {{ ringcentral.any_true("talks.person_id is not null and visits.outcome = 'answered'") }} as is_answered
from visits
inner join rings
  on rings.account_id = visits.account_id
  and rings.conversation_id = visits.conversation_id
  and (
    (rings.started_at >= visits.entered_at
      and (visits.next_entered_at is null or rings.started_at < visits.next_entered_at)
      and (visits.answered_at is null or rings.started_at <= visits.answered_at))
    or ((rings.started_at is null or visits.entered_at is null) and visits.place = visits.places)
  )
left join {{ ref('int_talks') }} as talks
  on talks.account_id = rings.account_id
  and talks.conversation_id = rings.conversation_id
  and talks.person_id = rings.person_id
  and talks.role = 'answered'
  and (
    talks.started_at is null or visits.entered_at is null
    or (talks.started_at >= visits.entered_at
      and (visits.next_entered_at is null or talks.started_at < visits.next_entered_at))
  )
group by visits.account_id, visits.conversation_id, visits.queue_id, rings.person_id
