{#- The numbers of the touched conversations, now and in the previous build. Empty in a full build. -#}
{{ config(materialized='table', post_hook=["{{ ringcentral.analyzed() }}"]) }}
{%- if ringcentral.builds_partly() %}
select account_id, number from {{ ref('touched') }} where number is not null
union {% if target.type == 'bigquery' %}distinct{% endif %}
select conversations.account_id, conversations.number
from {{ ref('int_conversations') }} as conversations
{{ ringcentral.only_touched('conversations') }}
where conversations.number is not null
{%- else %}
select account_id, number from {{ ref('touched') }}
-- depends_on: {{ ref('int_conversations') }}
where false
{%- endif %}
