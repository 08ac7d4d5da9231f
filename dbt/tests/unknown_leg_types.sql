{#- RingCentral adds words: each leg type that is not in the seed leg_types. -#}
{{ config(severity='warn') }}
select leg_type, count(*) as legs
from {{ ref('int_turns') }}
where is_unknown_word
group by leg_type
