{#- The ranges of start times that were read completely. -#}
{% if ringcentral.archived('call_log_coverage') is none -%}
select
  cast(null as {{ ringcentral.type_text() }}) as account_id,
  cast(null as {{ ringcentral.type_text() }}) as log_extension_id,
  cast(null as {{ ringcentral.type_moment() }}) as covered_from,
  cast(null as {{ ringcentral.type_moment() }}) as covered_to,
  cast(null as {{ ringcentral.type_moment() }}) as settled_to,
  cast(null as {{ ringcentral.type_integer() }}) as calls,
  cast(null as {{ ringcentral.type_moment() }}) as read_at
where false
{%- else -%}
select
  {{ ringcentral.column('accountId') }} as account_id,
  {{ ringcentral.log_extension('call_log_coverage') }} as log_extension_id,
  {{ ringcentral.moment('dateFrom') }} as covered_from,
  {{ ringcentral.moment('dateTo') }} as covered_to,
  {{ ringcentral.moment('settledTo') }} as settled_to,
  -- Archives of older versions do not contain the number of calls in a range.
  cast({{ ringcentral.column('calls') if not execute or 'calls' in ringcentral.archived_columns('call_log_coverage') else 'null' }} as {{ ringcentral.type_integer() }}) as calls,
  {{ ringcentral.moment('readAt') }} as read_at
from {{ ringcentral.newest('call_log_coverage', ['accountId'] + (['extensionId'] if ringcentral.has_logs() else []) + ['dateFrom', 'readAt']) }} as coverage
{%- endif %}
