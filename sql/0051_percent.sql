-- A percentage of exact counts said more of them than the rounded ones beside it: 16 of 30 in one country were about 15 of about 30, and 55 percent, which
-- 13, 14 and 15 are not; of the 26 of all, whom report.funnel() says, 10 were left for the other country, and how many completed later came out, too.
-- By language and country it is calculated from what is published, and so tells no more. What is published already stays. Changes that of 0043.

set local role waypost_owner;

do $$
declare
    v_publish text := pg_get_functiondef('core.publish_month(date, timestamptz)'::regprocedure);
    v_was constant text := 'max(s.n) filter';
begin
    if strpos(v_publish, v_was) = 0 then
        raise exception 'core.publish_month does not read as it did: %', v_was;
    end if;
    execute replace(v_publish, v_was, 'max(case s.by when ''all'' then s.n else s.shown end) filter');
end $$;

set local role report_owner;

comment on column public_report.months.percent_completed is
    'completed / started in percent, rounded to 5; of fewer than 30 people 5 to 95. By language or country of these rounded counts, of all people of the exact ones.';

reset role;
