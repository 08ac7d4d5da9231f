{% macro name_unknown_words() -%}
  {#- After a build: warns about RingCentral's words that are not in the seeds. -#}
  {%- if execute and flags.WHICH in ('build', 'run', 'test') -%}
    {%- for name, column in [('int_records', 'result'), ('int_turns', 'leg_type')] -%}
      {%- set model = ringcentral.built(name) -%}
      {%- if model is not none -%}
        {%- for row in run_query('select ' ~ column ~ ', count(*) from ' ~ model ~ ' where is_unknown_word group by ' ~ column ~ ' order by 2 desc').rows -%}
          {%- do exceptions.warn("RingCentral's " ~ column ~ " '" ~ row[0] ~ "' is not known to this package: " ~ row[1] ~ ' of them count as unknown') -%}
        {%- endfor -%}
      {%- endif -%}
    {%- endfor -%}
  {%- endif -%}
{%- endmacro %}
