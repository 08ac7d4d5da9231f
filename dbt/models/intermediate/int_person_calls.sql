{#- The part of each person in a conversation. -#}
{{ config(
    indexes=ringcentral.indexed(['account_id', 'conversation_id']) + ringcentral.indexed(['account_id', 'local_date']),
    pre_hook=["{{ ringcentral.forget_touched('int_person_calls', 'started_at') }}"],
    post_hook=["{{ ringcentral.analyzed() }}"]
) }}
with conversations as (
  select conversations.*
  from {{ ref('int_conversations') }} as conversations
  {{ ringcentral.only_touched('conversations', 'started_at') }}
  where conversations.type <> 'Fax'
),

parts as (
  select
    offers.account_id, offers.conversation_id, offers.person_id,
    1 as offered,
    case when offers.is_answered is null then 0 else 1 end as judged,
    case when offers.is_answered or offers.is_answered is null then 0 else 1 end as refused,
    0 as answered,
    0 as outbound,
    0 as connected,
    cast(null as {{ ringcentral.type_float() }}) as talk_seconds
  from {{ ref('int_member_offers') }} as offers
  {{ ringcentral.only_touched('offers', 'conversation_started_at') }}
  union all
  select
    talks.account_id, talks.conversation_id, talks.person_id,
    0, 0, 0,
    case when talks.role = 'answered' then 1 else 0 end,
    0,
    0,
    talks.talk_seconds
  from {{ ref('int_talks') }} as talks
  {{ ringcentral.only_touched('talks', 'record_started_at') }}
  union all
  select
    conversations.account_id,
    conversations.conversation_id,
    conversations.placed_by_id,
    0, 0, 0, 0,
    1,
    case when conversations.outcome = 'answered' then 1 else 0 end,
    null
  from conversations
  where conversations.direction = 'Outbound'
)

select
  parts.account_id,
  parts.conversation_id,
  parts.person_id,
  conversations.started_at,
  {{ ringcentral.truncated('day', ringcentral.local('conversations.started_at')) }} as local_date,
  {{ ringcentral.total('parts.offered') }} as offered,
  {{ ringcentral.total('parts.judged') }} as judged,
  {{ ringcentral.total('parts.refused') }} as refused,
  max(parts.answered) as answered,
  max(parts.outbound) as outbound,
  max(parts.connected) as connected,
  {{ ringcentral.rounded('sum(parts.talk_seconds)') }} as talk_seconds
from parts
inner join conversations
  on conversations.account_id = parts.account_id
  and conversations.conversation_id = parts.conversation_id
where parts.person_id is not null
group by parts.account_id, parts.conversation_id, parts.person_id, conversations.started_at
{{ ringcentral.in_order_of('conversations.started_at') }}
