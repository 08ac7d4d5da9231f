{#- RingCentral's words grow: each kind of leg that the seed leg_types does not know. -#}
{{ config(severity='warn') }}
select leg_type, count(*) as legs
from {{ ref('int_turns') }}
where is_unknown_word
group by leg_type
