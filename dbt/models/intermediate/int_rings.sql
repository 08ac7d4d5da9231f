{#-
  The people whose phones rang in a conversation, and when the ringing began. Either is null if the log does
  not show it. A person's record of a call begins with the ring, unless the call went through a menu or queue.
-#}
{{ config(
    indexes=ringcentral.indexed(['account_id', 'conversation_id']),
    pre_hook=["{{ ringcentral.forget_touched('int_rings', 'record_started_at') }}"],
    post_hook=["{{ ringcentral.analyzed() }}"]
) }}
with turns as (
  select turns.*
  from {{ ref('int_turns') }} as turns
  {{ ringcentral.only_touched('turns', 'record_started_at') }}
),

records as (
  select
    records.*,
    coalesce(records.delegate_id, records.from_extension_id, records.extension_id) as placed_by_id
  from {{ ref('int_records') }} as records
  {{ ringcentral.only_touched('records', 'started_at') }}
  where not records.is_deleted
),

detours as (
  select distinct account_id, log_extension_id, record_id
  from turns
  where not is_master and (leg_class in ('queue', 'menu', 'entry') or queue_id is not null)
),

of_records as (
  select
    records.account_id,
    records.conversation_id,
    records.log_extension_id,
    records.record_id,
    records.started_at,
    records.class,
    case
      when records.direction = 'Inbound' then coalesce(records.delegate_id, records.extension_id)
      else records.to_extension_id
    end as person_id
  from records
)

select
  turns.account_id,
  turns.conversation_id,
  turns.record_started_at,
  turns.person_id,
  turns.started_at,
  turns.is_transfer,
  false as is_of_record,
  turns.class
from turns
inner join records
  on records.account_id = turns.account_id
  and records.log_extension_id = turns.log_extension_id
  and records.record_id = turns.record_id
where not turns.is_master
  and turns.person_id is not null
  and turns.leg_class not in ('entry', 'own_phone', 'dial', 'conference')
  and not (records.direction = 'Outbound' and turns.person_id = records.placed_by_id)
union all
select
  of_records.account_id,
  of_records.conversation_id,
  of_records.started_at as record_started_at,
  case when coalesce(people.kind, 'person') = 'person' then of_records.person_id end as person_id,
  case when detours.record_id is null then of_records.started_at end as started_at,
  false as is_transfer,
  true as is_of_record,
  of_records.class
from of_records
left join detours
  on detours.account_id = of_records.account_id
  and detours.log_extension_id = of_records.log_extension_id
  and detours.record_id = of_records.record_id
left join {{ ref('extensions') }} as people
  on people.account_id = of_records.account_id and people.extension_id = of_records.person_id
where of_records.person_id is not null
  and coalesce(people.kind, 'person') in ('person', 'line')
{{ ringcentral.in_order_of('record_started_at') }}
