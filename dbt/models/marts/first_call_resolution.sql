{#-
  A view: whether a call is resolved shows only days later, without anything new in the archive. It counts
  as resolved only if all of these days were read.
-#}
{{ config(materialized='view') }}
{%- set window_ends = ringcentral.later('inbound.started_at', var('fcr_days') * 86400000) %}
with coverage as (
  select
    account_id,
    covered_from,
    covered_to,
    max(covered_to) over (
      partition by account_id order by covered_from, covered_to
      rows between unbounded preceding and 1 preceding
    ) as reached_to
  from {{ ref('int_coverage') }}
),

-- If the archive does not tell what was read, it was read until the latest call.
latest as (
  select account_id, max(started_at) as read_to
  from {{ ref('int_conversations') }}
  group by account_id
),

reached as (
  select latest.account_id, coalesce(max(coverage.covered_to), latest.read_to) as read_to
  from latest
  left join coverage on coverage.account_id = latest.account_id
  group by latest.account_id, latest.read_to
),

holes as (
  select account_id, reached_to as hole_from, covered_from as hole_to
  from coverage
  where covered_from > reached_to
),

inbound as (
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
  inbound.account_id,
  inbound.conversation_id,
  inbound.caller_number,
  inbound.started_at,
  inbound.local_started_at,
  inbound.again_at,
  case
    when inbound.again_at <= {{ window_ends }} or inbound.transfers > 0
      or inbound.outcome not in ('answered', 'unknown') then false
    when inbound.outcome = 'unknown' or inbound.transfers is null or {{ window_ends }} > {{ ringcentral.now() }} then null
    -- The same number may have called when nothing was read.
    when {{ window_ends }} > reached.read_to or exists (
      select 1 from holes
      where holes.account_id = inbound.account_id
        and holes.hole_from < {{ window_ends }}
        and holes.hole_to > inbound.started_at
    ) then null
    else true
  end as is_resolved
from inbound
inner join reached on reached.account_id = inbound.account_id
