{{ config(
    indexes=ringcentral.indexed(['account_id', 'number']),
    pre_hook=["{{ ringcentral.forget({'touched_numbers': {'account_id': 'callers.account_id', 'number': ringcentral.number_or_none('callers.number')}}) }}"],
    post_hook=["{{ ringcentral.analyzed() }}"]
) }}
with conversations as (
  select
    conversations.account_id,
    conversations.number,
    conversations.started_at,
    conversations.outcome,
    lag(conversations.started_at) over (
      partition by conversations.account_id, conversations.number
      order by conversations.started_at, conversations.conversation_id
    ) as before_at
  from {{ ref('int_conversations') }} as conversations
  {{ ringcentral.only_touched_numbers('conversations') }}
  where conversations.number is not null
    and conversations.direction = 'Inbound'
    and not coalesce(conversations.is_internal, false)
)

select
  account_id,
  nullif(number, '') as number,
  min(started_at) as first_at,
  max(started_at) as last_at,
  count(*) as calls,
  {{ ringcentral.count_if("outcome = 'answered'") }} as answered,
  {%- for days in [1, 3, 7] %}
  -- Callers who hide their number cannot be recognized when they call again.
  case when number <> '' then
    sum(case when started_at <= {{ ringcentral.later('before_at', days * 86400000) }} then 1 else 0 end)
  end as repeats_within_{{ days }}d{{ ',' if not loop.last }}
  {%- endfor %}
from conversations
group by account_id, number
