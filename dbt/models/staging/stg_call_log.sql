{#- One row per record of the call log, as last loaded. Deleted records are marked. -#}
{%- set log = ringcentral.newest('call_log', ['accountId'] + (['extensionId'] if ringcentral.has_logs() else []) + ['id']) -%}
{%- set deletions = ringcentral.archived('call_log_deletions') -%}
select
  log.{{ ringcentral.column('accountId') }} as account_id,
  {{ ringcentral.log_extension('call_log') }} as log_extension_id,
  log.{{ ringcentral.column('id') }} as record_id,
  -- '0' and empty ids do not connect records: such a record is a conversation by itself.
  coalesce(
    nullif(nullif(log.{{ ringcentral.column('telephonySessionId') }}, ''), '0'),
    nullif(nullif(log.{{ ringcentral.column('sessionId') }}, ''), '0'),
    log.{{ ringcentral.column('id') }}
  ) as conversation_id,
  {{ ringcentral.moment('startTime') }} as started_at,
  cast(coalesce({{ ringcentral.column('durationMs') }}, {{ ringcentral.column('duration') }} * 1000) as {{ ringcentral.type_integer() }}) as duration_ms,
  {{ ringcentral.column('direction') }} as direction,
  {{ ringcentral.column('type') }} as type,
  {{ ringcentral.column('action') }} as action,
  {{ ringcentral.column('result') }} as result,
  {{ ringcentral.column('reason') }} as reason,
  {{ ringcentral.column('transport') }} as transport,
  {{ ringcentral.field('from', 'phoneNumber') }} as from_number,
  {{ ringcentral.field('from', 'extensionNumber') }} as from_extension_number,
  {{ ringcentral.field('from', 'extensionId') }} as from_extension_id,
  {{ ringcentral.field('from', 'name') }} as from_name,
  {{ ringcentral.field('to', 'phoneNumber') }} as to_number,
  {{ ringcentral.field('to', 'dialedPhoneNumber') }} as to_dialed_number,
  {{ ringcentral.field('to', 'extensionNumber') }} as to_extension_number,
  {{ ringcentral.field('to', 'extensionId') }} as to_extension_id,
  {{ ringcentral.field('extension', 'id') }} as extension_id,
  {{ ringcentral.field('delegate', 'id') }} as delegate_id,
  {{ ringcentral.field('recording', 'id') }} as recording_id,
  cast({{ ringcentral.field('billing', 'costIncluded') }} as {{ ringcentral.type_float() }}) as cost_included,
  cast({{ ringcentral.field('billing', 'costPurchased') }} as {{ ringcentral.type_float() }}) as cost_purchased,
  {{ ringcentral.field('transferTarget', 'telephonySessionId') }} as transfer_target_id,
  cast(coalesce({{ ringcentral.column('legCount') }}, 0) as {{ ringcentral.type_integer() }}) as leg_count,
  {% if deletions is none -%}
  coalesce(log.{{ ringcentral.column('deleted') }}, false) as is_deleted,
  {% else -%}
  coalesce(log.{{ ringcentral.column('deleted') }}, false) or exists (
    select 1 from {{ deletions }} as gone
    where gone.{{ ringcentral.column('accountId') }} = log.{{ ringcentral.column('accountId') }}
      {% if ringcentral.has_logs() -%}
      and gone.{{ ringcentral.column('extensionId') }} = log.{{ ringcentral.column('extensionId') }}
      {% endif -%}
      and gone.{{ ringcentral.column('id') }} = log.{{ ringcentral.column('id') }}
  ) as is_deleted,
  {% endif -%}
  {{ ringcentral.loaded_at('call_log') }} as loaded_at
from {{ log }} as log
