{#- The valid legs of records that are not deleted: who was rung, by which queue, with what result. -#}
{{ config(
    indexes=ringcentral.indexed(['account_id', 'conversation_id']),
    pre_hook=["{{ ringcentral.forget_touched('int_turns') }}"],
    post_hook=["{{ ringcentral.analyzed() }}"]
) }}
with records as (
  select records.*
  from {{ ref('int_records') }} as records
  {{ ringcentral.only_touched('records') }}
  where not records.is_deleted
),

legs as (
  select
    records.account_id,
    records.conversation_id,
    records.log_extension_id,
    records.record_id,
    records.class as record_class,
    records.direction,
    legs.leg_index,
    legs.is_master,
    legs.started_at,
    {{ ringcentral.later('legs.started_at', 'coalesce(legs.duration_ms, 0)') }} as ended_at,
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
  left join {{ ref('leg_types') }} as leg_types on leg_types.leg_type = legs.leg_type
  left join {{ ref('call_results') }} as results on lower(results.result) = lower(legs.result)
  left join {{ ref('extensions') }} as own
    on own.account_id = legs.account_id and own.extension_id = legs.extension_id
  left join {{ ref('extensions') }} as callee
    on callee.account_id = legs.account_id and callee.extension_id = legs.to_extension_id
),

-- Whom the lists do not know, and a hunting leg names, is a queue.
unlisted as (
  select distinct
    account_id,
    conversation_id,
    coalesce(extension_id, to_extension_id) as queue_id
  from legs
  where leg_class = 'queue'
    and coalesce(extension_kind, '') <> 'queue' and coalesce(to_kind, '') <> 'queue'
    and case when extension_id is not null then extension_kind is null else to_kind is null end
    and coalesce(extension_id, to_extension_id) is not null
),

kinds as (
  select
    legs.*,
    legs.extension_kind = 'queue' or own.queue_id is not null as is_of_queue,
    legs.to_kind = 'queue' or callee.queue_id is not null as is_to_queue
  from legs
  left join unlisted as own
    on own.account_id = legs.account_id and own.conversation_id = legs.conversation_id
    and own.queue_id = legs.extension_id
  left join unlisted as callee
    on callee.account_id = legs.account_id and callee.conversation_id = legs.conversation_id
    and callee.queue_id = legs.to_extension_id
)

select
  account_id,
  conversation_id,
  log_extension_id,
  record_id,
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
    when is_of_queue and (direction = 'Inbound' or to_extension_id is not null) then extension_id
    when is_to_queue then to_extension_id
  end as queue_id,
  case
    when leg_class in ('queue', 'menu', 'park', 'monitoring', 'service', 'fax') then null
    when delegate_id is not null then delegate_id
    when to_extension_id is not null and not coalesce(is_to_queue, false) and coalesce(to_kind, 'person') = 'person' then to_extension_id
    when extension_id is not null and not coalesce(is_of_queue, false) and coalesce(extension_kind, 'person') = 'person' then extension_id
  end as person_id
from kinds
