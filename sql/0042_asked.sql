-- What is asked for is looked at before it is counted: a day or a number that no report can be counted by is refused with its name, and
-- the month of a page is that of the organisation, not of the reader's TimeZone.

set local role waypost_owner;

create function core.report_must_fit(p_key text, p_value text, p_type text) returns void
language plpgsql stable
as $$
declare
    v_known text := case p_type when 'date' then 'days of the calendar, written like 2026-03-15' when 'timestamp with time zone' then 'days like 2026-03-15, or a time of one'
        when 'integer' then 'whole numbers from 1 to 9999' when 'boolean' then 'yes, no' end;
    v_is_good boolean;
begin
    case p_type -- one branch alone reads the value
        when 'date' then v_is_good := p_value ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' and p_value::date is not null;
        when 'timestamp with time zone' then v_is_good := p_value::timestamptz between '0001-01-01' and '9999-12-31';
        when 'integer' then v_is_good := p_value ~ '^[1-9][0-9]{0,3}$';
        when 'boolean' then v_is_good := p_value::boolean is not null;
        else v_is_good := true;
    end case;
    if p_value is not null and not v_is_good then
        perform core.refuse(p_key, p_value, v_known);
    end if;
exception
    when invalid_text_representation or invalid_datetime_format or datetime_field_overflow then
        perform core.refuse(p_key, p_value, v_known);
end $$;
comment on function core.report_must_fit(text, text, text) is 'Refuses a value that no report can be counted by. Absent, it is not asked for.';

-- The same for who calls a report by its name in SQL.
create function core.known_day(p_what text, p_day date) returns date
language sql immutable parallel safe
return case when p_day is null or p_day between '0001-01-01' and '9999-12-31' then p_day
    when core.refuse(p_what, p_day::text, 'days from 0001-01-01 to 9999-12-31') is null then p_day end;
comment on function core.known_day(text, date) is 'A day that can be counted by; any other is refused. Absent stays absent.';
revoke all on function core.report_must_fit(text, text, text), core.known_day(text, date) from public;
grant execute on function core.known_day(text, date) to report_owner;

do $$
declare
    v_query text := pg_get_functiondef('core.report_query(text, jsonb)'::regprocedure);
    v_given text := 'v_given := v_given || format';
    v_known text := 'perform core.report_must_know(v_key, arguments ->> v_key);';
begin
    if strpos(v_query, v_given) = 0 or strpos(v_query, v_known) = 0 then
        raise exception 'core.report_query is not what it was';
    end if;
    execute replace(replace(v_query, v_given, 'perform core.report_must_fit(v_key, arguments ->> v_key, (string_to_array(v.argument_types, '', ''))[v_place]);
            ' || v_given), v_known, v_known || '
            perform core.report_must_fit(v_key, arguments ->> v_key, case when v_key in (''from'', ''to'') then ''date'' end);');
end $$;

reset role;
set local role report_owner;

do $$
declare
    v_month text := pg_get_functiondef('report.month(date, text)'::regprocedure);
    v_default text := 'month date DEFAULT ((CURRENT_DATE - ''1 mon''::interval))::date';
    v_is text := '(date_trunc(''month''::text, (month.month)::timestamp without time zone))::date AS m';
begin
    if strpos(v_month, v_default) = 0 or strpos(v_month, v_is) = 0 then
        raise exception 'report.month is not what it was';
    end if;
    execute replace(replace(v_month, v_default, 'month date DEFAULT NULL::date'), v_is,
        'date_trunc(''month'', coalesce(core.known_day(''month'', month.month)::timestamp, (now() at time zone n.time_zone) - interval ''1 month''))::date AS m');
end $$;
comment on function report.month(date, text) is
'The month as a page, in words: what each figure means and what not to conclude from it, in the language of the organisation (or lang). month: a day in it; left out, the last month that is over where the organisation is. `waypost report month` prints it. place: order; kind: title, section, figure, chart, bar, means, not, note.';

reset role;
