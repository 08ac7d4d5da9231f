{#-
  What the last complete build contains: for each table, the load time of the newest row in the marts. It
  is the last model of a build, so a failed build does not change it.
-#}
{{ config(
    materialized='table',
    post_hook=[
      "delete from {{ ref('touched_records') }}",
      "delete from {{ ref('touched_extensions') }}",
      "delete from {{ ref('touched') }}"
    ]
) }}
{%- for mart in ['calls', 'queue_performance', 'people_performance', 'missed_calls', 'callers', 'volume', 'concurrency', 'recordings', 'archive_health', 'extensions'] %}
-- depends_on: {{ ref(mart) }}
{%- endfor %}
select
  account_id,
  table_name,
  loaded_to,
  cast('{{ ringcentral.fingerprint() }}' as {{ ringcentral.type_text() }}) as fingerprint,
  {{ ringcentral.now() }} as built_at
from {{ ref('load_marks') }}
