-- A message to many goes to each in his or her own language, or it is said in which it is missing: who read French got it in English, and
-- who read Arabic and for whom there was no English text got nothing, without a word. And a report that is limited to a course or an
-- organisation that there is not says so, in place of no rows.
-- Replaces core.broadcast_people, core.start_broadcast of 0018 and core.report_query of 0017.

set local role waypost_owner;

-- Who a message of that name and filter {group, organisation, lang, reached, dormant} is for: in the course, agreed to
-- reminders, said neither STOP nor DELETE; lang: which they read; text: absent where there is none in it.
create or replace function core.broadcast_people(p_name text, p_filter jsonb)
returns table (learner bigint, lang text, text text)
language sql stable
as $$
select l.learner, coalesce(l.lang, 'en'), t.text
from core.learner l
    join core.number_state s on s.learner = l.learner
    join core.organisation o on o.org_id = l.org_id
    left join core.cohort c on c.cohort_id = l.cohort_id
    join lateral (select * from core.enrolment n where n.learner = l.learner order by n.consent_at desc nulls last limit 1) e on true
    left join core.broadcast_text t on t.name = p_name and t.approved_by is not null and t.lang = coalesce(l.lang, 'en')
    cross join lateral (select g.is_given from core.consent g where g.learner = l.learner and g.purpose = 'reminders'
        order by g.seq desc, g.n desc limit 1) g
where not l.is_test and l.erased_at is null and e.consent_at is not null and e.stopped_at is null and g.is_given
    and not core.is_suppressed(s.number_id)
    and (p_filter ->> 'group' is null or c.join_code = (p_filter ->> 'group')::integer)
    and (p_filter ->> 'organisation' is null or o.code = p_filter ->> 'organisation')
    and (p_filter ->> 'lang' is null or coalesce(l.lang, 'en') = p_filter ->> 'lang')
    and (p_filter ->> 'reached' is null or exists (select from core.learner_unit u join core.unit x on x.course_id = u.course_id
        and x.unit = u.unit where u.learner = l.learner and x.module = p_filter ->> 'reached'))
    and (p_filter ->> 'dormant' is null or e.last_at < now() - interval '14 days')
$$;
comment on function core.preview_broadcast(text, jsonb) is 'How many people would get which text; without one: in this language there is none.';

create or replace function core.start_broadcast(p_name text, p_filter jsonb, p_by text) returns text
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_id integer;
    v_missing text;
begin
    select string_agg(format('%s (%s people)', b.lang, b.people), ', ' order by b.lang) into v_missing
    from core.preview_broadcast(p_name, p_filter) b where b.text is null;
    if v_missing is not null then
        raise exception '% has no text in %; write and approve it by `waypost broadcast text % TEXT --lang CODE`, or send one language at a time by --lang',
            p_name, v_missing, p_name using errcode = 'check_violation';
    end if;
    insert into core.broadcast (name, filter, sent_by) values (p_name, p_filter, p_by) returning broadcast_id into v_id;
    insert into core.broadcast_target (broadcast_id, learner) select v_id, b.learner from core.broadcast_people(p_name, p_filter) b;
    return v_id::text;
end $$;

-- What a report is limited to must be there: a course, an organisation of who asks.
create function core.report_must_know(p_key text, p_value text) returns void
language plpgsql stable
as $$
declare
    v_known text[] := case p_key
        when 'course' then array(select distinct v.course from core.course_version v order by 1)
        when 'organisation' then array(select o.code from core.member m join core.organisation o using (org_id)
            where m.login = core.reader() order by 1) end;
begin
    if cardinality(v_known) > 0 and p_value <> all (v_known) then
        perform core.refuse(p_key, p_value, array_to_string(v_known, ', '));
    end if;
end $$;
comment on function core.report_must_know(text, text) is 'Refuses a course that there is not, or an organisation that who asks does not read.';

create or replace function core.report_query(name text, arguments jsonb) returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v report.catalogue;
    v_columns text[];
    v_known text[];
    v_salt text := gen_random_uuid();
    v_given text[] := '{}';
    v_where text[] := '{}';
    v_list text := '*';
    v_key text;
    v_place integer;
begin
    select * into v from report.catalogue c where c.name = report_query.name;
    if not found then
        perform core.refuse('report', name, (select string_agg(c.name, ', ' order by c.name) from report.catalogue c));
    end if;
    v_columns := string_to_array(v.columns, ', ');
    v_known := string_to_array(v.arguments, ', ');
    for v_key in select k from jsonb_object_keys(arguments) k order by k loop
        v_place := array_position(v_known, v_key);
        if v_place is not null then
            v_given := v_given || format('%I => %L::%s', v_key, arguments ->> v_key, (string_to_array(v.argument_types, ', '))[v_place]);
        elsif v_key = any (string_to_array(v.filters, ', ')) then
            perform core.report_must_know(v_key, arguments ->> v_key);
            v_where := v_where || core.report_condition(v_key, arguments ->> v_key, v_columns);
        else
            perform core.refuse('option of ' || name, v_key, concat_ws(', ', nullif(v.arguments, ''), nullif(v.filters, '')));
        end if;
    end loop;
    if v.kind = 'sheet' then -- of the only course there is, unless one is named
        return core.wide_query(coalesce(arguments ->> 'course', (select max(s.course) from core.course_version s where s.hash is not null
            having count(distinct s.course) = 1)), v_salt);
    elsif v.kind = 'view' then
        select string_agg(core.export_column(u.name, u.type, v_columns, v_salt), ', ' order by u.place) into v_list
        from unnest(v_columns, string_to_array(v.column_types, ', ')) with ordinality as u (name, type, place);
    end if;
    return format('select %s from report.%I%s r%s', v_list, v.name, case v.kind when 'function' then '(' || array_to_string(v_given, ', ') || ')' end,
        coalesce(' where ' || nullif(array_to_string(v_where, ' and '), ''), ''));
end $$;
