{#-
  Recordings that were loaded since the last build, or whose files were, and recordings that RingCentral has
  deleted since. Empty in a full build.
-#}
{{ config(materialized='table', post_hook=["{{ ringcentral.analyzed() }}"]) }}
-- depends_on: {{ ref('load_marks') }}
{%- set files = ringcentral.archived('recording_files') -%}
{%- set earlier = ringcentral.built('recordings') -%}
{%- if ringcentral.builds_partly() and earlier is not none %}
{%- for table in ['call_recordings', 'recording_files'] if ringcentral.archived(table) is not none %}
select {{ ringcentral.column('accountId') }} as account_id, {{ ringcentral.column('id') }} as recording_id
from {{ ringcentral.archived(table) }}
where {{ ringcentral.loaded_since(table) }}
union {% if target.type == 'bigquery' %}distinct{% endif %}
{%- endfor %}
select account_id, recording_id
from {{ earlier }}
where
  {%- if files is none %}
  status = 'waiting'
  {%- else %}
  (status = 'not_archived' and account_id in (select {{ ringcentral.column('accountId') }} from {{ files }}))
  {%- endif %}
  or (status in ('waiting', 'not_archived') and expires_at <= {{ ringcentral.now() }})
{%- else %}
select
  cast(null as {{ ringcentral.type_text() }}) as account_id,
  cast(null as {{ ringcentral.type_text() }}) as recording_id
where false
{%- endif %}
