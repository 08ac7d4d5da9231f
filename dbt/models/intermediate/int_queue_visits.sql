{#- One row for each queue that a conversation entered: when, after which queue, and with what result. -#}
{{ config(
    indexes=ringcentral.indexed(['account_id', 'conversation_id']) + ringcentral.indexed(['account_id', 'local_hour']),
    pre_hook=["{{ ringcentral.forget_touched('int_queue_visits', 'conversation_started_at') }}"],
    post_hook=["{{ ringcentral.analyzed() }}"]
) }}
with conversations as (
  select conversations.*
  from {{ ref('int_conversations') }} as conversations
  {{ ringcentral.only_touched('conversations', 'started_at') }}
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
  from {{ ref('int_turns') }} as turns
  {{ ringcentral.only_touched('turns', 'record_started_at') }}
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
  from {{ ref('int_records') }} as records
  {{ ringcentral.only_touched('records', 'started_at') }}
  inner join {{ ref('extensions') }} as extensions
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
  from {{ ref('int_records') }} as records
  {{ ringcentral.only_touched('records', 'started_at') }}
  inner join {{ ref('extensions') }} as extensions
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
    {{ ringcentral.any_true('mentions.is_voicemail') }} as is_voicemail
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
  from {{ ref('int_talks') }} as talks
  {{ ringcentral.only_touched('talks', 'record_started_at') }}
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
  {{ ringcentral.seconds_between('entered_at', 'waited_until') }} as wait_seconds,
  coalesce(lag(outcome) over (
    partition by account_id, conversation_id order by place
  ) = 'overflow', false) as is_overflow,
  {{ ringcentral.truncated('hour', ringcentral.local('seen_at')) }} as local_hour
from judged
{{ ringcentral.in_order_of('conversation_started_at') }}
