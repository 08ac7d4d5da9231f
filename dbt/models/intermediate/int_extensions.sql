{#-
  Queues, people and other extensions, from the two lists that contain them. For an id that is in neither,
  legs may help: an id that a hunting leg names is a queue; one that takes a call and passes it on is not a
  person.
-#}
{{ config(materialized='table') }}
-- depends_on: {{ ref('load_marks') }} {{ ref('stg_call_legs') }}
{%- set partly = ringcentral.builds_partly() and ringcentral.built('extensions') is not none %}
with listed as (
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
      -- A shared line rings, but the log does not show who picked up.
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
),

told as (
  select
    account_id,
    case
      when leg_type = 'Hunting' and to_extension_id <> extension_id then to_extension_id
      else coalesce(extension_id, to_extension_id)
    end as extension_id,
    case when leg_type = 'Hunting' then 1 else 2 end as place
  from {{ ref('stg_call_legs') }}
  where (leg_type = 'Hunting' or (leg_type = 'Accept' and not is_master and result = 'Accepted'))
  {%- if partly %}
    and is_new
  union all
  select account_id, extension_id, case when kind = 'queue' then 1 else 2 end
  from {{ ringcentral.built('extensions') }}
  where type is null
  {%- endif %}
),

unlisted as (
  select
    told.account_id,
    told.extension_id,
    case when min(told.place) = 1 then 'queue' else 'other' end as kind
  from told
  left join listed
    on listed.account_id = told.account_id and listed.extension_id = told.extension_id
  where told.extension_id is not null and listed.extension_id is null
  group by told.account_id, told.extension_id
)

select
  account_id, extension_id, extension_number, name, type, kind, department, site, sla_seconds,
  short_abandon_seconds, include_abandoned_calls
from listed
union all
select
  account_id,
  extension_id,
  cast(null as {{ ringcentral.type_text() }}),
  cast(null as {{ ringcentral.type_text() }}),
  cast(null as {{ ringcentral.type_text() }}),
  kind,
  cast(null as {{ ringcentral.type_text() }}),
  cast(null as {{ ringcentral.type_text() }}),
  cast(null as {{ ringcentral.type_integer() }}),
  cast(null as {{ ringcentral.type_integer() }}),
  cast(null as boolean)
from unlisted
