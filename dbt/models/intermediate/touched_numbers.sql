{#-
  The numbers of the touched conversations, now and in the previous build, with the earliest start of these
  conversations. Empty in a full build.
-#}
{{ config(materialized='table', post_hook=["{{ ringcentral.analyzed() }}"]) }}
{%- if ringcentral.builds_partly() %}
select account_id, number, min(started_at) as first_at
from (
  select account_id, number, started_at from {{ ref('touched') }} where number is not null
  union all
  select conversations.account_id, conversations.number, conversations.started_at
  from {{ ref('int_conversations') }} as conversations
  {{ ringcentral.join_touched('conversations', 'started_at') }}
  where conversations.number is not null
) as numbers
group by account_id, number
{%- else %}
select account_id, number, first_at
from {{ ref('touched') }}
-- depends_on: {{ ref('int_conversations') }}
where false
{%- endif %}
