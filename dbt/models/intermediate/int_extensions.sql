{#- Queues, people and what is neither, from the two lists that know them. -#}
{{ config(materialized='ephemeral') }}
select
  coalesce(extensions.account_id, queues.account_id) as account_id,
  coalesce(extensions.extension_id, queues.extension_id) as extension_id,
  coalesce(extensions.extension_number, queues.extension_number) as extension_number,
  coalesce(extensions.name, queues.name) as name,
  coalesce(extensions.type, 'Department') as type,
  case
    when extensions.type = 'Department' or queues.extension_id is not null then 'queue'
    when extensions.type in (
      'User', 'DigitalUser', 'VirtualUser', 'FlexibleUser', 'FaxUser', 'Limited', 'Room', 'Unknown'
    ) or extensions.type is null then 'person'
    -- It rings, but who picked up is not told.
    when extensions.type = 'SharedLinesGroup' then 'line'
    else 'other'
  end as kind,
  extensions.department,
  coalesce(extensions.site, queues.site) as site,
  coalesce(extensions.sla_seconds, queues.sla_seconds) as sla_seconds,
  coalesce(extensions.short_abandon_seconds, queues.short_abandon_seconds) as short_abandon_seconds,
  coalesce(extensions.include_abandoned_calls, queues.include_abandoned_calls) as include_abandoned_calls
from {{ ref('stg_extensions') }} as extensions
full outer join {{ ref('stg_call_queues') }} as queues
  on queues.account_id = extensions.account_id and queues.extension_id = extensions.extension_id
