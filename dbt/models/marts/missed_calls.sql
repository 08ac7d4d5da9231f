{{ config(
    indexes=ringcentral.indexed(['started_at']) + ringcentral.indexed(['account_id', 'caller_number']),
    pre_hook=["{{ ringcentral.forget({'touched_numbers': {'account_id': 'missed_calls.account_id', 'number': 'missed_calls.caller_number'}, 'touched': {'account_id': 'missed_calls.account_id', 'conversation_id': 'missed_calls.conversation_id'}}) }}"],
    post_hook=["{{ ringcentral.analyzed() }}"]
) }}
with conversations as (
  select
    conversations.account_id,
    conversations.conversation_id,
    conversations.started_at,
    conversations.ended_at,
    conversations.direction,
    conversations.outcome,
    conversations.number
  from {{ ref('int_conversations') }} as conversations
  {{ ringcentral.only_touched_numbers('conversations') }}
  where conversations.number <> ''
  -- Callers who hide their number cannot be called back.
  union all
  select
    conversations.account_id,
    conversations.conversation_id,
    conversations.started_at,
    conversations.ended_at,
    conversations.direction,
    conversations.outcome,
    conversations.number
  from {{ ref('int_conversations') }} as conversations
  {{ ringcentral.only_touched('conversations') }}
  where conversations.number = ''
),

-- For each call, the first outbound call to its number, and the first answered call from its number, that
-- began after its end. They are searched from the last call backwards, so that the database does not look
-- at all later calls for each one.
followed as (
  select
    *,
    min(case when direction = 'Outbound' then started_at end) over (
      partition by account_id, number
      order by
        case when direction = 'Outbound' or outcome = 'answered' then started_at else ended_at end desc,
        case when direction = 'Outbound' or outcome = 'answered' then 1 else 0 end desc
      rows between unbounded preceding and 1 preceding
    ) as called_back_at,
    min(case when direction = 'Inbound' and outcome = 'answered' then started_at end) over (
      partition by account_id, number
      order by
        case when direction = 'Outbound' or outcome = 'answered' then started_at else ended_at end desc,
        case when direction = 'Outbound' or outcome = 'answered' then 1 else 0 end desc
      rows between unbounded preceding and 1 preceding
    ) as got_through_at
  from conversations
),

callbacks as (
  select account_id, number, started_at, min(conversation_id) as conversation_id
  from conversations
  where direction = 'Outbound'
  group by account_id, number, started_at
)

select
  followed.account_id,
  followed.conversation_id,
  followed.started_at,
  calls.queue_id,
  calls.first_person_id as person_id,
  nullif(followed.number, '') as caller_number,
  followed.outcome,
  callbacks.started_at as called_back_at,
  {{ ringcentral.rounded(ringcentral.seconds_between('followed.started_at', 'callbacks.started_at') ~ ' / 60') }} as callback_minutes,
  callbacks.conversation_id as callback_conversation_id,
  case when followed.number <> '' then followed.got_through_at end as got_through_at
from followed
inner join {{ ref('calls') }} as calls
  on calls.account_id = followed.account_id and calls.conversation_id = followed.conversation_id
left join callbacks
  on callbacks.account_id = followed.account_id
  and callbacks.number = followed.number
  and callbacks.started_at = followed.called_back_at
  and followed.number <> ''
where followed.direction = 'Inbound'
  and followed.outcome in ('missed', 'voicemail', 'abandoned', 'callback_requested')
