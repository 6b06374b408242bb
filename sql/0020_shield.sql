-- What people read of the facts: rows without times, without a pseudonym that lasts, and without those who were erased.

set local role report_owner;

-- The row view of a schema that people read, from the one of facts: days in place of times, a pseudonym that p_salt
-- makes another one, nothing that somebody wrote without being asked, nobody who was erased;
-- for exports nothing that somebody wrote at all and no role that few have. Rows with answers come
-- newest first, so that the answers just given can be asked for without their times.
create function facts.open_view(p_schema text, p_name text, p_salt text) returns void
language plpgsql
as $$
declare
    v_facts regclass := format('facts.%I', p_name);
    v_column record;
    v_list text;
begin
    select string_agg(coalesce(case
            when a.attname = 'learner_id' then format('md5(%s || f.learner_id)::uuid as learner_id', p_salt)
            when a.attname = 'session' then format('(''x'' || left(md5(%s || f.session), 15))::bit(60)::bigint as session', p_salt)
            when a.attname = 'words' then 'null::text as words'
            when p_schema <> 'report_rows' then null
            when a.attname = 'role_choice' then 'case when f.role_choice = any (array(select c.role_choice from facts.contacts c group by 1 having count(*) >= 10))'
                ' then f.role_choice end as role_choice'
            when a.attname = 'answer_text' then format('case when f.choice is not null or f.choices is not null%s then f.answer_text end as answer_text',
                case when p_name = 'survey_answers' then ' or f.number is not null' else '' end)
            end, case
            when a.atttypid = 'timestamptz'::regtype then format('(f.%1$I at time zone f.zone)::date as %1$I', a.attname)
            else format('f.%I', a.attname) end), ', ' order by a.attnum) into v_list
    from pg_attribute a
    where a.attrelid = v_facts and a.attnum > 0 and not a.attisdropped and a.attname not in ('zone', 'is_erased', 'person');
    execute format('create or replace view %I.%I with (security_barrier) as select %s from %s f where not coalesce(f.is_erased, false)%s%s',
        p_schema, p_name, v_list, v_facts, case p_schema when 'report_rows' then format(' and %s is not null', p_salt) end, case when v_list ~ ' as answered_at' then ' order by (f.answered_at at time zone f.zone)::date desc, f.answered_at desc' else '' end);
    execute format('comment on view %I.%I is %L', p_schema, p_name, obj_description(v_facts));
    for v_column in
        select a.attname, a.atttypid, col_description(v_facts, a.attnum) as says from pg_attribute a
        where a.attrelid = v_facts and a.attnum > 0 and not a.attisdropped and a.attname not in ('zone', 'is_erased', 'person')
    loop
        execute format('comment on column %I.%I.%I is %L', p_schema, p_name, v_column.attname, v_column.says || case
            when v_column.attname in ('learner_id', 'session') then
                case p_schema when 'report' then ' Another one in each transaction.' else ' Another one in each export.' end
            when v_column.attname = 'words' then ' Always empty: report.unmatched_words() says those of ten people and more.'
            when v_column.atttypid = 'timestamptz'::regtype then ' Only the day.'
            else '' end);
    end loop;
end $$;
comment on function facts.open_view(text, text, text) is 'Makes the row view that people read from the one of facts.';
revoke execute on function facts.open_view(text, text, text) from public;

-- The day and backend are no secret: who knows no learner_id finds none.
select facts.open_view('report', c.relname, '(select now()::text || pg_backend_pid())')
from pg_class c
where c.relnamespace = 'facts'::regnamespace and c.relkind = 'v' and c.relname <> 'deletion_times';

grant select on all tables in schema report to coordinator;
