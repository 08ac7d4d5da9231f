{#-
  An incremental build also looks again at missed calls that a touched call may follow, as a callback or as an
  answered call of the caller: those of its number to which this has not happened yet, or only later than it
  began. Callers who hide their number cannot be called back.
-#}
{{ config(
    unique_key=['account_id', 'conversation_id'],
    incremental_strategy='delete+insert',
    indexes=ringcentral.indexed(['started_at']) + ringcentral.indexed(['account_id', 'caller_number']) + ringcentral.indexed(['account_id', 'conversation_id']),
    pre_hook=["{{ ringcentral.forget_touched('missed_calls', 'started_at') }}"],
    post_hook=["{{ ringcentral.analyzed() }}"]
) }}
-- depends_on: {{ ref('touched_numbers') }}
with missed as (
  select
    conversations.account_id,
    conversations.conversation_id,
    conversations.started_at,
    conversations.ended_at,
    calls.queue_id,
    calls.first_person_id as person_id,
    nullif(conversations.number, '') as caller_number,
    conversations.outcome
  from {{ ref('int_conversations') }} as conversations
  {{ ringcentral.only_touched('conversations', 'started_at') }}
  inner join {{ ref('calls') }} as calls
    on calls.account_id = conversations.account_id
    and calls.conversation_id = conversations.conversation_id
    {%- if ringcentral.is_partial() %}
    and {{ ringcentral.not_before_touched('calls.started_at') }}
    {%- endif %}
  where conversations.direction = 'Inbound'
    and conversations.outcome in ('missed', 'voicemail', 'abandoned', 'callback_requested')
    and conversations.number is not null
  {%- if ringcentral.is_partial() %}
  union all
  select
    missed.account_id,
    missed.conversation_id,
    missed.started_at,
    missed.ended_at,
    missed.queue_id,
    missed.person_id,
    missed.caller_number,
    missed.outcome
  from {{ this }} as missed
  inner join {{ ref('touched_numbers') }} as numbers
    on numbers.account_id = missed.account_id
    and numbers.number = missed.caller_number
  where missed.called_back_at is null
    or missed.called_back_at >= numbers.first_at
    or missed.got_through_at is null
    or missed.got_through_at >= numbers.first_at
  {%- endif %}
),

-- Calls to the caller, and calls of the caller that were answered.
replies as (
  select
    conversations.account_id,
    conversations.number,
    conversations.started_at,
    conversations.direction,
    min(conversations.conversation_id) as conversation_id
  from {{ ref('int_conversations') }} as conversations
  {%- if ringcentral.is_partial() %}
  inner join {{ ref('touched_numbers') }} as numbers
    on numbers.account_id = conversations.account_id
    and numbers.number = conversations.number
  {%- endif %}
  where conversations.number <> ''
    and (conversations.direction = 'Outbound' or conversations.outcome = 'answered')
  group by
    conversations.account_id, conversations.number, conversations.started_at, conversations.direction
),

-- For each call, the first of each that began after its end. They are searched from the last call backwards,
-- so that the database does not look at all later calls for each one.
followed as (
  select
    *,
    min(case when reply = 'Outbound' then happened_at end) over (
      partition by account_id, number
      order by happened_at desc, case when reply is null then 0 else 1 end desc
      rows between unbounded preceding and 1 preceding
    ) as called_back_at,
    min(case when reply = 'Inbound' then happened_at end) over (
      partition by account_id, number
      order by happened_at desc, case when reply is null then 0 else 1 end desc
      rows between unbounded preceding and 1 preceding
    ) as got_through_at
  from (
    select
      account_id,
      caller_number as number,
      coalesce(ended_at, started_at) as happened_at,
      conversation_id,
      cast(null as {{ ringcentral.type_text() }}) as reply
    from missed
    union all
    select account_id, number, started_at, conversation_id, direction from replies
  ) as calls_of_number
)

select
  missed.account_id,
  missed.conversation_id,
  missed.started_at,
  missed.ended_at,
  missed.queue_id,
  missed.person_id,
  missed.caller_number,
  missed.outcome,
  callbacks.started_at as called_back_at,
  {{ ringcentral.rounded(ringcentral.seconds_between('missed.started_at', 'callbacks.started_at') ~ ' / 60') }} as callback_minutes,
  callbacks.conversation_id as callback_conversation_id,
  followed.got_through_at
from missed
-- Each has one. With an inner join, PostgreSQL expects almost none, and then looks for each one's callback in
-- a list of all calls.
left join followed
  on followed.account_id = missed.account_id
  and followed.conversation_id = missed.conversation_id
  and followed.reply is null
left join replies as callbacks
  on callbacks.account_id = missed.account_id
  and callbacks.number = missed.caller_number
  and callbacks.started_at = followed.called_back_at
  and callbacks.direction = 'Outbound'
