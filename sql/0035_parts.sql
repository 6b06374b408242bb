-- Messages and sessions are no people, but a part of them may be one person's: of 12 who got an SMS one failed, and the row said so. The
-- parts of a row (delivered, failed, without a report; broken off, taken up again) are told where each is nobody's or that of 5 people and
-- more, and so are what they leave; failures that fewer met with go together with the rarest others.

set local role report_owner;

create function facts.change(p_function regprocedure, variadic p_changes text[]) returns void
language plpgsql
as $$
declare
    v_text text := pg_get_functiondef(p_function);
begin
    for i in 1 .. cardinality(p_changes) / 2 loop
        if strpos(v_text, p_changes[2 * i - 1]) = 0 then
            raise exception '% does not read as it did: %', p_function, p_changes[2 * i - 1];
        end if;
        v_text := replace(v_text, p_changes[2 * i - 1], p_changes[2 * i]);
    end loop;
    execute v_text;
end $$;

-- Nobody, or 5 people and more.
create function facts.is_whole(p_bits bigint) returns boolean
language sql immutable parallel safe
return coalesce(p_bits, 0) = 0 or core.is_of_five(p_bits);

select facts.change('fresh.delivery(text, text)',
    '             core.is_of_five(bit_or(core.person_bit(m.person))) AS is_enough
            FROM', '             core.is_of_five(bit_or(core.person_bit(m.person))) AS is_enough,
             facts.is_whole(bit_or(core.person_bit(m.person)) filter (where m.status in (''delivered'', ''read'')))
                 and facts.is_whole(bit_or(core.person_bit(m.person)) filter (where m.status in (''failed'', ''undelivered'', ''capped'', ''errored'')))
                 and facts.is_whole(bit_or(core.person_bit(m.person)) filter (where m.status in (''sent'', ''queued'', ''sending'', ''unknown'')))
                 and core.is_of_five(bit_or(core.person_bit(m.person))) as is_told
            FROM',
    'WHEN c.is_enough THEN c.n_delivered', 'WHEN c.is_told THEN c.n_delivered', 'WHEN c.is_enough THEN c.n_failed', 'WHEN c.is_told THEN c.n_failed',
    'WHEN c.is_enough THEN c.n_silent', 'WHEN c.is_told THEN c.n_silent', 'WHEN c.is_enough THEN round(((100.0', 'WHEN c.is_told THEN round(((100.0',
    'WHEN c.is_enough THEN c.seconds', 'WHEN c.is_told THEN c.seconds');

select facts.change('fresh.sessions(text)',
    '             core.is_of_five(bit_or(core.person_bit(s.person))) AS is_enough
            FROM', '             core.is_of_five(bit_or(core.person_bit(s.person)) filter (where s.what <> ''session_dropped'')) AS is_enough,
             facts.is_whole(bit_or(core.person_bit(s.person)) filter (where s.what = ''session_dropped'')) as is_told,
             facts.is_whole(bit_or(core.person_bit(s.person)) filter (where s.is_taken_up))
                 and facts.is_whole(bit_or(core.person_bit(s.person)) filter (where s.what = ''session_dropped'' and s.is_taken_up is not true)) as is_told_apart
            FROM',
    'WHEN c.is_enough THEN c.n_dropped', 'WHEN c.is_enough and c.is_told THEN c.n_dropped', 'WHEN c.is_enough THEN c.n_taken_up', 'WHEN c.is_enough and c.is_told and c.is_told_apart THEN c.n_taken_up',
    'WHEN c.is_enough THEN core.percent(', 'WHEN c.is_enough and c.is_told and c.is_told_apart THEN core.percent(');

select facts.change('fresh.session_lengths(text)',
    '             core.is_of_five(bit_or(core.person_bit(s.person))) AS is_enough
            FROM facts.session_lengths s', '             core.is_of_five(bit_or(core.person_bit(s.person))) AS is_enough,
             facts.is_whole(bit_or(core.person_bit(s.person)) filter (where s.is_dropped)) and facts.is_whole(bit_or(core.person_bit(s.person)) filter (where not s.is_dropped)) as is_told
            FROM facts.session_lengths s',
    'WHEN c.is_enough THEN (c.n - c.n_dropped)', 'WHEN c.is_enough and c.is_told THEN (c.n - c.n_dropped)', 'WHEN c.is_enough THEN c.n_dropped', 'WHEN c.is_enough and c.is_told THEN c.n_dropped',
    'WHEN c.is_enough THEN core.percent(', 'WHEN c.is_enough and c.is_told THEN core.percent(');

-- Beside what few met with the rarest of the others.
select facts.change('fresh.failures(text, text)',
    'WHEN core.is_of_five(e.bits) THEN e.code', 'WHEN core.is_of_five(e.bits) and not (e.is_rarest and not facts.is_whole(e.few)) THEN e.code',
    'FROM (ends e
              CROSS JOIN LATERAL', 'FROM ((select w.*, bit_or(w.bits) filter (where not core.is_of_five(w.bits)) over same as few,
                  row_number() over (partition by w.organisation, w.period, w.value, w.is_failed, core.is_of_five(w.bits) order by w.n, w.code) = 1 as is_rarest
                  from ends w window same as (partition by w.organisation, w.period, w.value, w.is_failed)) e
              CROSS JOIN LATERAL');
drop function facts.change(regprocedure, text[]);
revoke execute on function facts.is_whole(bigint) from public;

reset role;
