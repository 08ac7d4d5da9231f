{#- The valid legs of records that are not deleted: whose phone rang, for which queue, and the result. -#}
{{ config(
    indexes=ringcentral.indexed(['account_id', 'conversation_id']) + ringcentral.indexed(['is_unknown_word']),
    pre_hook=["{{ ringcentral.forget_touched('int_turns', 'record_started_at') }}"],
    post_hook=["{{ ringcentral.analyzed() }}"]
) }}
with records as (
  select records.*
  from {{ ref('int_records') }} as records
  {{ ringcentral.only_touched('records', 'started_at') }}
  where not records.is_deleted
),

legs as (
  select
    records.account_id,
    records.conversation_id,
    records.log_extension_id,
    records.record_id,
    records.started_at as record_started_at,
    records.class as record_class,
    records.direction,
    legs.leg_index,
    legs.is_master,
    legs.started_at,
    {{ ringcentral.later('legs.started_at', 'legs.duration_ms') }} as ended_at,
    coalesce(leg_types.class, 'unknown') as leg_class,
    legs.leg_type is not null and leg_types.class is null as is_unknown_word,
    legs.leg_type,
    coalesce(results.class, 'unknown') as class,
    coalesce(leg_types.class = 'transfer' or legs.action = 'Transfer', false) as is_transfer,
    legs.extension_id,
    legs.to_extension_id,
    legs.delegate_id,
    legs.recording_id,
    own.kind as extension_kind,
    callee.kind as to_kind
  from records
  inner join {{ ref('stg_call_legs') }} as legs
    on legs.account_id = records.account_id
    and legs.log_extension_id = records.log_extension_id
    and legs.record_id = records.record_id
    and legs.leg_index < records.leg_count
    {%- if ringcentral.is_partial() %}
    and {{ ringcentral.not_before_touched('legs.record_started_at') }}
    {%- endif %}
  left join {{ ref('leg_types') }} as leg_types on leg_types.leg_type = legs.leg_type
  left join {{ ref('call_results') }} as results on lower(results.result) = lower(legs.result)
  left join {{ ref('extensions') }} as own
    on own.account_id = legs.account_id and own.extension_id = legs.extension_id
  left join {{ ref('extensions') }} as callee
    on callee.account_id = legs.account_id and callee.extension_id = legs.to_extension_id
)

select
  account_id,
  conversation_id,
  log_extension_id,
  record_id,
  record_started_at,
  record_class,
  direction,
  leg_index,
  is_master,
  started_at,
  ended_at,
  leg_class,
  leg_type,
  is_unknown_word,
  class,
  is_transfer,
  extension_id,
  to_extension_id,
  delegate_id,
  recording_id,
  case
    when extension_kind = 'queue' and (direction = 'Inbound' or to_extension_id is not null) then extension_id
    when to_kind = 'queue' then to_extension_id
  end as queue_id,
  case
    when leg_class in ('queue', 'menu', 'park', 'monitoring', 'service', 'fax') then null
    when delegate_id is not null then delegate_id
    when to_extension_id is not null and coalesce(to_kind, 'person') = 'person' then to_extension_id
    when extension_id is not null and coalesce(extension_kind, 'person') = 'person' then extension_id
  end as person_id
from legs
{{ ringcentral.in_order_of('record_started_at') }}
