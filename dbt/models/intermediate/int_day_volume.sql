{#- Number of calls of each outcome that began in an hour of a day; `volume` adds them up. -#}
{{ config(
    pre_hook=["{{ ringcentral.forget({'touched_hours': {'account_id': 'int_day_volume.account_id', 'local_date': 'int_day_volume.local_date'}}) }}"],
    post_hook=["{{ ringcentral.analyzed() }}"]
) }}
with conversations as (
  select
    account_id,
    direction,
    outcome,
    started_at,
    {{ ringcentral.truncated('hour', ringcentral.local('started_at')) }} as local_hour,
    {{ ringcentral.truncated('day', ringcentral.local('started_at')) }} as local_date
  from {{ ref('int_conversations') }}
  {{ ringcentral.within_touched_days('started_at') }}
)

select
  conversations.account_id,
  conversations.local_date,
  conversations.local_hour,
  conversations.direction,
  conversations.outcome,
  count(*) as calls
from conversations
{{ ringcentral.only_touched_days('conversations') }}
group by
  conversations.account_id,
  conversations.local_date,
  conversations.local_hour,
  conversations.direction,
  conversations.outcome
