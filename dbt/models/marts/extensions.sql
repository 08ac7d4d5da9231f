{#- The person, queue or other extension for each id. Empty if neither list is loaded. -#}
{{ config(materialized='table', post_hook=["{{ ringcentral.analyzed() }}"]) }}
-- depends_on: {{ ref('touched_extensions') }}
select * from {{ ref('int_extensions') }}
