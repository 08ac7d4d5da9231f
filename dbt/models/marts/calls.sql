{{ config(
    indexes=ringcentral.indexed(['account_id', 'conversation_id']) + ringcentral.indexed(['local_started_at']) + ringcentral.indexed(['started_at']),
    pre_hook=["{{ ringcentral.forget_touched('calls') }}"],
    post_hook=["{{ ringcentral.analyzed() }}"]
) }}
with conversations as (
  select conversations.*
  from {{ ref('int_conversations') }} as conversations
  {{ ringcentral.only_touched('conversations') }}
),

turns as (
  select turns.*
  from {{ ref('int_turns') }} as turns
  {{ ringcentral.only_touched('turns') }}
),

queues as (
  select
    visits.account_id,
    visits.conversation_id,
    max(case when visits.place = 1 then visits.queue_id end) as queue_id,
    {{ ringcentral.joined('visits.queue_id', 'visits.place') }} as queue_ids,
    -- From the entry into the first queue to the first answer, or until the last queue let go.
    min(visits.answered_at) as answered_at,
    sum(visits.wait_seconds) as wait_seconds,
    count(*) as visits,
    count(visits.wait_seconds) as known_waits
  from {{ ref('int_queue_visits') }} as visits
  {{ ringcentral.only_touched('visits') }}
  group by visits.account_id, visits.conversation_id
),

talks as (
  select
    talks.account_id,
    talks.conversation_id,
    min(case when talks.role = 'answered' then talks.started_at end) as answered_at,
    min(talks.started_at) as talked_from,
    max(talks.ended_at) as talked_to
  from {{ ref('int_talks') }} as talks
  {{ ringcentral.only_touched('talks') }}
  group by talks.account_id, talks.conversation_id
),

answerers as (
  select
    talks.account_id,
    talks.conversation_id,
    talks.person_id,
    row_number() over (
      partition by talks.account_id, talks.conversation_id
      order by case when talks.started_at is null then 1 else 0 end, talks.started_at, talks.person_id
    ) as place
  from {{ ref('int_talks') }} as talks
  {{ ringcentral.only_touched('talks') }}
  where talks.role = 'answered'
),

rings as (
  select
    account_id,
    conversation_id,
    person_id,
    started_at,
    class,
    row_number() over (
      partition by account_id, conversation_id
      order by started_at, leg_index, record_id, log_extension_id
    ) as place
  from turns
  where not is_master
    and person_id is not null
    and leg_class not in ('entry', 'own_phone', 'dial', 'conference')
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

-- Whoever has a record of the call was rung, too, where no leg tells.
members as (
  select
    records.account_id,
    records.conversation_id,
    coalesce(records.delegate_id, records.extension_id) as person_id,
    row_number() over (
      partition by records.account_id, records.conversation_id
      order by records.started_at, records.record_id, records.log_extension_id
    ) as place
  from {{ ref('int_records') }} as records
  {{ ringcentral.only_touched('records') }}
  left join {{ ref('extensions') }} as own
    on own.account_id = records.account_id
    and own.extension_id = coalesce(records.delegate_id, records.extension_id)
  left join {{ ref('int_queue_visits') }} as of_queue
    on of_queue.account_id = records.account_id
    and of_queue.conversation_id = records.conversation_id
    and of_queue.queue_id = coalesce(records.delegate_id, records.extension_id)
  where not records.is_deleted
    and records.extension_id is not null
    and coalesce(own.kind, 'person') = 'person'
    and of_queue.queue_id is null
),

transfers as (
  select account_id, conversation_id, count(distinct started_at) as transfers
  from turns
  where is_transfer
  group by account_id, conversation_id
),

recordings as (
  select account_id, conversation_id, count(distinct recording_id) as recordings
  from (
    select account_id, conversation_id, recording_id from turns where recording_id is not null
    union all
    select records.account_id, records.conversation_id, records.recording_id
    from {{ ref('int_records') }} as records
    {{ ringcentral.only_touched('records') }}
    where records.recording_id is not null and not records.is_deleted
  ) as each_recording
  group by account_id, conversation_id
)

select
  conversations.account_id,
  conversations.conversation_id,
  conversations.started_at,
  {{ ringcentral.local('conversations.started_at') }} as local_started_at,
  conversations.ended_at,
  conversations.direction,
  conversations.is_internal,
  conversations.type,
  conversations.outcome,
  queues.queue_id,
  queues.queue_ids,
  answerers.person_id as answered_by_id,
  case
    when conversations.direction = 'Outbound' then coalesce(conversations.from_extension_id, conversations.extension_id)
    else coalesce(first_rings.person_id, members.person_id)
  end as first_person_id,
  conversations.caller_number,
  conversations.called_number,
  conversations.caller_name,
  case
    when queues.visits is null then null
    when queues.known_waits = queues.visits then queues.wait_seconds
  end as wait_seconds,
  case
    when talks.answered_at > first_rings.rang_at then {{ ringcentral.seconds_between('first_rings.rang_at', 'talks.answered_at') }}
    when queues.visits is null and conversations.to_extension_id is not null and callee.kind = 'person'
      and talks.answered_at > conversations.started_at
      then {{ ringcentral.seconds_between('conversations.started_at', 'talks.answered_at') }}
  end as ring_seconds,
  case
    when conversations.outcome = 'answered' then {{ ringcentral.seconds_between('talks.talked_from', 'talks.talked_to') }}
  end as talk_seconds,
  case
    when coalesce(transfers.transfers, 0) > conversations.transfer_targets then transfers.transfers
    else conversations.transfer_targets
  end as transfers,
  conversations.records,
  coalesce(recordings.recordings, 0) as recordings,
  conversations.cost,
  {{ ringcentral.is_after_hours(ringcentral.local('conversations.started_at')) }} as is_after_hours
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
left join members
  on members.account_id = conversations.account_id
  and members.conversation_id = conversations.conversation_id
  and members.place = 1
left join transfers
  on transfers.account_id = conversations.account_id
  and transfers.conversation_id = conversations.conversation_id
left join recordings
  on recordings.account_id = conversations.account_id
  and recordings.conversation_id = conversations.conversation_id
left join {{ ref('extensions') }} as callee
  on callee.account_id = conversations.account_id
  and callee.extension_id = conversations.to_extension_id
