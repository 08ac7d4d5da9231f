{{ config(
    indexes=ringcentral.indexed(['account_id', 'conversation_id']) + ringcentral.indexed(['local_started_at']) + ringcentral.indexed(['started_at']),
    pre_hook=["{{ ringcentral.forget_touched('calls', 'started_at') }}"],
    post_hook=["{{ ringcentral.analyzed() }}"]
) }}
with conversations as (
  select conversations.*
  from {{ ref('int_conversations') }} as conversations
  {{ ringcentral.only_touched('conversations', 'started_at') }}
),

turns as (
  select turns.*
  from {{ ref('int_turns') }} as turns
  {{ ringcentral.only_touched('turns', 'record_started_at') }}
),

queues as (
  select
    visits.account_id,
    visits.conversation_id,
    max(case when visits.place = 1 then visits.queue_id end) as queue_id,
    {{ ringcentral.listed('visits.queue_id', 'visits.place') }} as queue_ids,
    -- From the entry into the first queue to the first answer, or until the call left the last queue.
    min(visits.answered_at) as answered_at,
    sum(visits.wait_seconds) as wait_seconds,
    count(*) as visits,
    count(visits.wait_seconds) as known_waits
  from {{ ref('int_queue_visits') }} as visits
  {{ ringcentral.only_touched('visits', 'conversation_started_at') }}
  group by visits.account_id, visits.conversation_id
),

all_talks as (
  select
    talks.account_id,
    talks.conversation_id,
    min(talks.started_at) as first_known,
    min(case when talks.started_at is null then talks.began_at end) as first_unknown,
    max(talks.ended_at) as talked_to
  from {{ ref('int_talks') }} as talks
  {{ ringcentral.only_touched('talks', 'record_started_at') }}
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
  from {{ ref('int_talks') }} as talks
  {{ ringcentral.only_touched('talks', 'record_started_at') }}
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
  from {{ ref('int_rings') }} as rings
  {{ ringcentral.only_touched('rings', 'record_started_at') }}
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
    {{ ringcentral.any_true("record_class = 'answered'") }} as shows_answer
  from turns
  group by account_id, conversation_id
),

recordings as (
  select account_id, conversation_id, count(distinct recording_id) as recordings
  from (
    select account_id, conversation_id, recording_id from turns where recording_id is not null
    union all
    select records.account_id, records.conversation_id, records.recording_id
    from {{ ref('int_records') }} as records
    {{ ringcentral.only_touched('records', 'started_at') }}
    where records.recording_id is not null and not records.is_deleted
    union all
    -- Once RingCentral has deleted a recording, the record of its call no longer names it.
    select known.account_id, known.conversation_id, known.recording_id
    from {{ ref('stg_call_recordings') }} as known
    {{ ringcentral.only_touched('known', 'started_at') }}
    inner join {{ ref('int_records') }} as their_records
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
  {{ ringcentral.local('conversations.started_at') }} as local_started_at,
  conversations.ended_at,
  conversations.direction,
  conversations.is_internal,
  conversations.type,
  conversations.outcome,
  queues.queue_id,
  {{ ringcentral.list_or_empty('queues.queue_ids') }} as queue_ids,
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
    {{ ringcentral.seconds_between('first_rings.rang_at', 'talks.answered_at') }}
  end as ring_seconds,
  case
    when conversations.outcome = 'answered' then {{ ringcentral.seconds_between('talks.answered_at', 'talks.talked_to') }}
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
  {{ ringcentral.is_after_hours(ringcentral.local('conversations.started_at')) }} as is_after_hours,
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
  and recordings.conversation_id = conversations.conversation_id
{{ ringcentral.in_order_of('conversations.started_at') }}
