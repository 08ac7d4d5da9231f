{#- The quarters of an hour in which a call was in progress, each with its part of the call. -#}
{{ config(
    indexes=ringcentral.indexed(['account_id', 'conversation_id']) + ringcentral.indexed(['account_id', 'quarter']),
    pre_hook=["{{ ringcentral.forget_touched('int_presence', 'began_at') }}"],
    post_hook=["{{ ringcentral.analyzed() }}"]
) }}
with conversations as (
  select
    conversations.account_id,
    conversations.conversation_id,
    conversations.started_at,
    -- A call that seems to last a week has a wrong duration.
    case
      when conversations.ended_at > {{ ringcentral.later('conversations.started_at', 7 * 24 * 3600 * 1000) }}
        then {{ ringcentral.later('conversations.started_at', 7 * 24 * 3600 * 1000) }}
      else conversations.ended_at
    end as ended_at
  from {{ ref('int_conversations') }} as conversations
  {{ ringcentral.only_touched('conversations', 'started_at') }}
  where conversations.type <> 'Fax' and conversations.ended_at > conversations.started_at
),

spans as (
  select
    conversations.account_id,
    conversations.conversation_id,
    conversations.started_at,
    conversations.ended_at,
    {{ ringcentral.slot() }} as quarter
  from conversations
  {{ ringcentral.quarters_of(ringcentral.quarter('conversations.started_at'), 'conversations.ended_at') }}
)

select
  account_id,
  conversation_id,
  quarter,
  case when started_at > quarter then started_at else quarter end as began_at,
  case
    when ended_at < {{ ringcentral.later('quarter', 900000) }} then ended_at
    else {{ ringcentral.later('quarter', 900000) }}
  end as ended_at
from spans
where ended_at > quarter
{{ ringcentral.in_order_of('began_at') }}
