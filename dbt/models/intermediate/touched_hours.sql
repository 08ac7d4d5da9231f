{#- The local hours of the touched conversations, now and in the previous build. Empty in a full build. -#}
{{ config(materialized='table', post_hook=["{{ ringcentral.analyzed() }}"]) }}
{%- if ringcentral.builds_partly() %}
with spans as (
  select account_id, started_at, ended_at from {{ ref('touched') }} where started_at is not null
  union all
  select conversations.account_id, conversations.started_at, conversations.ended_at
  from {{ ref('int_conversations') }} as conversations
  {{ ringcentral.join_touched('conversations', 'started_at') }}
),

hours as (
  select
    account_id,
    {{ ringcentral.truncated('hour', ringcentral.local('started_at')) }} as first_hour,
    {{ ringcentral.truncated('hour', ringcentral.local('ended_at')) }} as last_hour,
    {{ ringcentral.truncated('hour', ringcentral.local(ringcentral.later('started_at', 7 * 24 * 3600 * 1000))) }} as week_later
  from spans
)

select distinct
  hours.account_id,
  {{ ringcentral.slot() }} as local_hour,
  {{ ringcentral.truncated('day', ringcentral.slot()) }} as local_date
from hours
{{ ringcentral.hours_of('hours.first_hour', 'case when hours.last_hour is null or hours.last_hour < hours.first_hour then hours.first_hour when hours.last_hour > hours.week_later then hours.week_later else hours.last_hour end') }}
{%- else %}
select
  account_id,
  started_at as local_hour,
  started_at as local_date
from {{ ref('touched') }}
-- depends_on: {{ ref('int_conversations') }}
where false
{%- endif %}
