{#- Members whose phones rang for a call of a queue: one row per conversation, queue and person. -#}
{{ config(
    indexes=ringcentral.indexed(['account_id', 'conversation_id']),
    pre_hook=["{{ ringcentral.forget_touched('int_member_offers', 'conversation_started_at') }}"],
    post_hook=["{{ ringcentral.analyzed() }}"]
) }}
with visits as (
  select visits.*, max(visits.place) over (partition by visits.account_id, visits.conversation_id) as places
  from {{ ref('int_queue_visits') }} as visits
  {{ ringcentral.only_touched('visits', 'conversation_started_at') }}
),

rings as (
  select rings.*
  from {{ ref('int_rings') }} as rings
  {{ ringcentral.only_touched('rings', 'record_started_at') }}
  where not rings.is_transfer and rings.person_id is not null
),

talks as (
  select talks.*
  from {{ ref('int_talks') }} as talks
  {{ ringcentral.only_touched('talks', 'record_started_at') }}
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
    when {{ ringcentral.any_true("talks.person_id is not null and not talks.is_by_transfer and visits.outcome = 'answered' and (
      talks.began_at is null or visits.entered_at is null
      or (coalesce(talks.started_at, talks.began_at) >= visits.entered_at
        and (visits.next_entered_at is null or coalesce(talks.started_at, talks.began_at) < visits.next_entered_at)))") }} then true
    when {{ ringcentral.any_true("rings.class in ('missed', 'answered_elsewhere')") }} then false
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
  visits.outcome, first_answers.people, rings.person_id
{{ ringcentral.in_order_of('visits.conversation_started_at') }}
