{#-
  What a build has finished: up to when rows were loaded that the marts hold. It is the last model, so
  that one that failed leaves it as it was.
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
