{#- A view: whether a call is resolved shows only days later, without anything new in the archive. -#}
{{ config(materialized='view') }}
{%- set window_ends = ringcentral.later('started_at', var('fcr_days') * 86400000) %}
with inbound as (
  select
    conversations.account_id,
    conversations.conversation_id,
    conversations.number as caller_number,
    conversations.started_at,
    calls.local_started_at,
    conversations.outcome,
    calls.transfers,
    lead(conversations.started_at) over (
      partition by conversations.account_id, conversations.number
      order by conversations.started_at, conversations.conversation_id
    ) as again_at
  from {{ ref('int_conversations') }} as conversations
  inner join {{ ref('calls') }} as calls
    on calls.account_id = conversations.account_id
    and calls.conversation_id = conversations.conversation_id
  where conversations.direction = 'Inbound'
    and conversations.type <> 'Fax'
    and not coalesce(conversations.is_internal, false)
    -- Callers who hide their number cannot be recognized when they call again.
    and conversations.number <> ''
)

select
  account_id,
  conversation_id,
  caller_number,
  started_at,
  local_started_at,
  again_at,
  case
    when again_at <= {{ window_ends }} or transfers > 0 or outcome not in ('answered', 'unknown') then false
    when outcome = 'unknown' or transfers is null or {{ window_ends }} > {{ ringcentral.now() }} then null
    else true
  end as is_resolved
from inbound
