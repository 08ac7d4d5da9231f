{#-
  Extensions that are new, or whose name, kind or service level has changed since the last build. Empty in a
  full build.
-#}
{{ config(materialized='table') }}
{%- set partly = ringcentral.builds_partly() -%}
{%- set before = ringcentral.built('extensions') -%}
{%- set earlier = ringcentral.built('touched_extensions') -%}
{%- if partly and before is not none %}
select
  coalesce(now_known.account_id, before.account_id) as account_id,
  coalesce(now_known.extension_id, before.extension_id) as extension_id,
  coalesce(now_known.kind, '') <> coalesce(before.kind, '') as is_other_kind
from {{ ref('int_extensions') }} as now_known
full outer join {{ before }} as before
  on before.account_id = now_known.account_id and before.extension_id = now_known.extension_id
where coalesce(now_known.kind, '') <> coalesce(before.kind, '')
  {%- for name in ['name', 'department', 'site', 'sla_seconds', 'short_abandon_seconds', 'include_abandoned_calls'] %}
  or now_known.{{ name }} is distinct from before.{{ name }}
  {%- endfor %}
union all
{%- if earlier is not none %}
select account_id, extension_id, is_other_kind from {{ earlier }}
union all
{%- endif %}
{%- endif %}
select
  cast(null as {{ ringcentral.type_text() }}) as account_id,
  cast(null as {{ ringcentral.type_text() }}) as extension_id,
  cast(null as boolean) as is_other_kind
{%- if not (partly and before is not none) %}
from {{ ref('int_extensions') }}
{%- endif %}
where false
