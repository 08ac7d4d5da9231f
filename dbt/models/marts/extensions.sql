{#- Who is behind the ids: people, queues and the rest. Empty where neither list is loaded. -#}
{{ config(materialized='table', post_hook=["{{ ringcentral.analyzed() }}"]) }}
-- depends_on: {{ ref('touched_extensions') }}
select * from {{ ref('int_extensions') }}
