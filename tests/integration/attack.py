#!/usr/bin/env python3
"""attack.py OWNER READER PEOPLE SEED...: what somebody finds out who reads every count of schema report and calculates.

Makes a population for each seed in the database of OWNER (with the functions of tests/sql/lib/make.sql), asks every
report with counts in every grain and by two properties (the seed draws them) as READER, an analyst, and writes down
what is known of these counts: those that are shown, that totals are the sums of their parts, and that some people are
among others. A rate is no more than what is shown beside it: it is empty where a count of it is. From this it narrows
down every count, shown or not, and every difference of two, as long as it can. One that is 1 to 4 and comes out exactly
is a leak. A report that is in none of the tables here is one, too. Beside the reports stand the tables that are published of each
month, with what rounding leaves open. With --solve also what comes out of several sums at once. Prints "good ..." or "bad ..." lines.
"""
import collections
import csv
import datetime
import io
import random
import subprocess
import sys

OWNER, READER, PEOPLE = sys.argv[1], sys.argv[2], int(sys.argv[3])
BYS = ()  # drawn with the seed
PROPERTIES = ('language', 'role', 'cohort', 'country', 'channel', 'via')
TODAY = ''  # of reports that say how it stands: a day of the week after the last events; the seed draws it
GRAINS = ('all', 'quarter', 'month', 'week', 'day')
K = 5


def run(conninfo, sql):
    return subprocess.run(['psql', conninfo, '-XqAt', '-v', 'ON_ERROR_STOP=1'], input=sql, check=True, stdout=subprocess.PIPE,
                          text=True).stdout


def people(seed):
    """PEOPLE learners of a few languages, roles, channels and groups, who join over some weeks and leave on the way."""
    return f"""
    set client_min_messages = warning;
    set search_path = make, public;
    set session_replication_role = replica;
    truncate core.public_figure;
    reset session_replication_role;
    truncate core.learner, core.event, core.enrolment, core.consent, core.learner_unit, core.unit_cohort, core.active_day,
        core.number_state, core.vault, core.unknown_input, core.free_text, core.message, core.certificate, core.membership,
        core.erasure_time cascade;
    select setseed({seed % 1000000} / 1000000.0);
    create temp table p as
    select i, timestamptz '2026-03-02 06:00Z' + floor(random() * 45) * interval '1 day' + random() * interval '8 hours' as at,
        case when random() < 0.7 then 5 when random() < 0.6 then 3 else 1 end as far, random() < 0.1 as stops, random() < 0.6 as ends, floor(random() * 60) * interval '1 day' as takes,
        (array['en', 'en', 'en', 'fr', 'fr', 'ar', 'sw'])[1 + floor(random() * 7)::int] as lang, (array['KE', 'KE', 'KE', 'UG'])[1 + floor(random() * 4)::int] as country,
        floor(random() * 4)::int as role, (array['at', 'at', 'kannel'])[1 + floor(random() * 3)::int] as channel, (array['sms', 'sms', 'ussd'])[1 + floor(random() * 3)::int] as via,
        (array['g1', 'g1', 'g2', null])[1 + floor(random() * 4)::int] as cohort, random() < 0.7 as recalls, random() < 0.5 as catches,
        floor(random() * 5)::int as reminders, random() < 0.2 as is_withheld, random() < 0.4 as heeds, random() < 0.3 as is_back, floor(random() * 5)::int as errs
    from generate_series(1, {PEOPLE}) i;
    select count(core.ingest(case when far = 1 then jsonb_build_array(make.step(i, 1, at, '[{{"kind":"contact"}},{{"kind":"consent_asked"}}]', make.vault(i)))
        else (select jsonb_agg(s) from jsonb_array_elements(make.module(i, at)) with ordinality as x (s, n) where far = 5 or n <= 3) end)) from p;
    select count(core.ingest(make.ending(i, at + takes))) from p where far = 5 and ends;
    -- old questions again, a module in short, reminders and what came of them, sessions, people who come back in the last weeks
    select count(core.ingest(jsonb_build_array(make.step(i, 11, at + takes + interval '30 days', '[{{"kind":"answered","unit":"m1q1","phase":"recall","choice":3,"correct":true}},{{"kind":"followup_sent"}}]'::jsonb
        || case when i % 5 = 0 then '[]' when i % 7 < 4 then jsonb_build_array('{{"kind":"answered","unit":"w1","phase":"followup","choice":1}}'::jsonb)
            || case when i % 11 = 0 then '[]' else jsonb_build_array(jsonb_build_object('kind', 'answered', 'unit', 'w2', 'phase', 'followup', 'choice', 1 + i % 3)) end
        else jsonb_build_array('{{"kind":"answered","unit":"w1","phase":"followup","choice":2}}'::jsonb, jsonb_build_object('kind', 'answered', 'unit', 'w3', 'phase', 'followup', 'choice', 1 + i % 4)) end))))
    from p where far = 5 and ends and recalls;
    select count(core.ingest(jsonb_build_array(make.step(i, 12, at + interval '9 days', '[{{"kind":"answered","unit":"m1q1","phase":"catchup","choice":3,"correct":true,"attempt":1}},
        {{"kind":"module_completed","unit":"m1","value":3,"attempt":4,"phase":"catchup"}}]')))) from p where far = 3 and catches;
    select count(core.ingest(jsonb_build_array(make.step(i, 12 + n, at + interval '10 days' + n * interval '6 days', jsonb_build_array(jsonb_build_object('kind',
        case when is_withheld and n = 2 then 'reminder_withheld' else 'reminded' end, 'value', (array[2, 5, 12, 2])[n])))))) from p, generate_series(1, 4) n where n <= reminders and far > 1;
    select count(core.ingest(jsonb_build_array(make.step(i, 17, at + interval '17 days', '[{{"kind":"lesson_read","unit":"m1l1","value":0}}]')))) from p where heeds and far = 5;
    select count(core.ingest(jsonb_build_array(make.step(i, 18, at + interval '20 days', '[{{"kind":"session_opened"}},{{"kind":"session_dropped"}}]')))) from p where i % 4 = 0;
    select count(core.ingest(jsonb_build_array(make.step(i, 19, timestamptz '{TODAY}' - (i % 40) * interval '1 day' - interval '20 hours', '[{{"kind":"lesson_read","unit":"m1l1","value":0}}]')))) from p where is_back and far = 5;
    select count(core.ingest(jsonb_build_array(make.step(i, 20, timestamptz '{TODAY}' - interval '19 hours', '[{{"kind":"stopped"}}]')))) from p where stops;
    select count(core.ingest(jsonb_build_array(make.step(i, 21, '{TODAY}', jsonb_build_array(jsonb_build_object('kind', 'unknown_input', 'text', case errs when 1 then 'hm' else 'what' end)))))) from p where errs > 0 and i % 3 > 0;
    select count(core.ingest(jsonb_build_array(jsonb_build_object('type', 'message', 'message_id', i || '-1-0', 'number_id', make.number_id(i), 'learner_id', make.learner(i), 'seq', 1,
        'at', at, 'channel', channel, 'class', 'reply', 'status', case when i % 9 = 0 then 'failed' else 'delivered' end, 'country', country, 'network', via)))) from p;
    select count(core.ingest(jsonb_build_array(jsonb_build_object('type', 'message', 'message_id', i || '-2-0', 'number_id', make.number_id(i), 'learner_id', make.learner(i), 'seq', 2,
        'at', timestamptz '{TODAY}' - interval '20 hours', 'channel', channel, 'class', 'push', 'purpose', (array['reminder', 'gate'])[1 + i % 2], 'status', 'delivered', 'country', country)))) from p where i % 3 > 0;
    select count(core.ingest(jsonb_build_array(make.step(i, 22, timestamptz '{TODAY}' + interval '9 days', '[{{"kind":"rejoined"}}]')))) from p where stops and i % 4 = 0;
    insert into core.erasure_time (org_id, asked_on, hours) select o.org_id, at::date, 30 * i from p, core.organisation o where o.is_default and i % 4 = 0;
    update core.number_state s set number_id = decode(make.number_id(i - 1), 'hex') from p where s.learner = make.key(i) and i % 7 = 0 and errs > 0;
    insert into core.cohort (org_id, code, name) select o.org_id, c, c from core.organisation o, unnest(array['g1', 'g2']) c where o.is_default on conflict do nothing;
    update core.learner l set lang = p.lang, country = p.country, role_choice = p.role, first_channel = p.channel, first_via = p.via::core.via,
        cohort_id = (select c.cohort_id from core.cohort c where c.org_id = l.org_id and c.code = p.cohort)
    from p where l.learner_id = make.learner(p.i);
    update core.learner_unit u set lang = p.lang from p where u.learner = make.key(p.i);
    update core.active_day a set n_ussd = a.n_sms, n_sms = 0 where learner % 5 = 0;
    """


# Every count before anything is hidden: the reports with a core.safe that hides nothing.
BARE = """begin;
create or replace function core.safe(p_rows core.cell[], p_is_chain boolean default true, p_added integer[] default null, p_grain text default 'all',
    p_is_added_up boolean default true, p_near integer default 0, p_near_of integer default 1) returns setof core.cell language sql immutable as $$
    select organisation, course, item, p, value, bool_and(is_mature), array(select sum((p_rows[r]).cells[c])::bigint from unnest(array_agg(i)) r
        cross join generate_series(1, array_length((p_rows[1]).cells, 1) - 2 * p_near) c group by c order by c), 0, part
    from (select k.*, case when p_is_added_up then core.period_of(p_grain, k.period) else k.period end as p
        from unnest(p_rows) with ordinality as k (organisation, course, item, period, value, is_mature, cells, n_hidden, part, i)) x
    group by organisation, course, item, p, value, part $$;
create or replace function core.safe_series(p_n bigint[], p_is_near boolean[] default '{}') returns bigint[] language sql immutable as 'select p_n';
create or replace function core.near_by(p_n bigint, p_m bigint) returns boolean language sql immutable as 'select false';
"""


def asked():
    """(name, key columns, count columns, SQL) of every table of counts."""
    day = f"as_of => '{TODAY}'"
    for by in ('all',) + BYS:
        for grain in GRAINS:
            yield ('funnel', by, grain, ('course', 'period_start', 'value'), ('enrolled', 'started', 'completed', 'certified'), f"report.funnel('{grain}', '{by}', {day})")
            yield ('mature', by, grain, ('course', 'period_start', 'value'), ('enrolled', 'started', 'completed', 'certified'), f"report.funnel('{grain}', '{by}', true, {day})")
            yield ('contacts', by, grain, ('period_start', 'value'), ('contacts', 'asked', 'opted_in'), f"report.contact_counts('{grain}', '{by}')")
            yield ('activity', by, grain, ('period_start', 'value'), ('active', 'sms_only', 'ussd_only', 'mixed', 'ever_active'), f"report.activity('{grain}', '{by}')")
            yield ('opt_outs', by, grain, ('period_start', 'value'), ('stopped', 'over_90_days', 'came_back'), f"report.opt_outs('{grain}', '{by}')")
            yield ('reminder_load', by, grain, ('period_start', 'value'), ('reminded', 'reminded_three_times', 'quiet_since'), f"report.reminder_load('{grain}', '{by}')")
        for name, keys, columns, arguments in (('leaving', ('course', 'value'), ('enrolled', 'stopped'), ''),
                ('standing', ('course', 'value', 'standing'), ('learners',), day), ('survey', ('course', 'value'), ('invited', 'answered', 'complete'), ''),
                ('time_to_complete', ('course', 'value'), ('completed', 'started'), day), ('at_work', ('course', 'value'), ('asked', 'answered', 'used'), ''),
                ('modules', ('course', 'module', 'value'), ('reached', 'completed', 'passed'), ''), ('caught_up', ('course', 'module', 'value'), ('caught_up',), ''),
                ('module_rates', ('course', 'module', 'value'), ('started', 'reached', 'completed'), ''),
                ('at_work_answers', ('course', 'question', 'value', 'choice'), ('n',), ''),
                ('hazard', ('course', 'unit', 'value'), ('reached', 'left_here'), ''), ('items', ('course', 'unit', 'value'), ('answered', 'n_right'), ''),
                ('distractors', ('course', 'unit', 'value', 'choice'), ('n',), ''), ('scores', ('course', 'value', 'band'), ('learners',), ''),
                ('gain', ('course', 'version', 'value'), ('n', 'n_without_post'), ''), ('effort', ('course', 'module', 'value'), ('learners',), ''),
                ('retention', ('course', 'value'), ('n',), ''),
                ('reminders', ('course', 'quiet_days', 'value', 'outcome'), ('reminded', 'reminded_did', 'not_reminded', 'not_reminded_did'), '')):
            yield (name, by, 'all', keys, columns, f"report.{name}('{by}'{', ' if arguments else ''}{arguments})")
        for days in (7, 28):
            yield (f'rolling {days}', by, 'all', ('value',), ('active',), f"report.rolling({days}, '{by}', {day})")
    for grain in GRAINS:
        yield ('opt_outs', 'last_message', grain, ('period_start', 'value'), ('stopped', 'over_90_days', 'came_back'), f"report.opt_outs('{grain}', 'last_message')")
    for by in ('all', 'country'):
        yield ('cost', by, 'all', ('value',), ('completed',), f"report.cost('{by}')")
    yield ('numbers', 'all', 'all', (), ('numbers', 'asked', 'opted_in'), 'report.numbers()')
    for by in ('all', 'language', 'unit', 'channel'):
        yield ('unmatched', by, 'all', ('value',), ('not_understood', 'learners'), f"report.unmatched('{by}')")
    for grain in GRAINS:
        yield ('deletions', 'all', grain, ('period_start',), ('ended', 'over_72_hours', 'over_30_days'), f"report.deletions('{grain}')")
    yield ('completion_rate', 'version', 'week', ('course', 'cohort_week', 'version'), ('enrolled', 'started', 'completed', 'certified'), 'report.completion_rate')
    yield ('drop_off', 'version', 'all', ('course', 'version', 'unit'), ('reached', 'left_here'), 'report.drop_off')
    yield ('groups', 'group', 'all', ('course', 'learned'), ('enrolled', 'completed', 'n_gain'), 'report.groups()')
    yield ('shared_numbers', 'all', 'all', (), ('numbers', 'shared'), 'report.shared_numbers')
    yield ('unmatched_words', 'words', 'all', ('lang', 'words'), ('learners',), 'report.unmatched_words()')
    for period in ('day', 'week', 'month'):
        yield ('active_learners', 'all', period, ('period_start',), ('active_learners', 'ever_active'), f"(select * from report.active_learners where period = '{period}')")


# Reports with other counts than of people, or none. Those made of other reports read nothing but these.
OF_REPORTS = {'month', 'data_values', 'equity'}
OF_MESSAGES = {'delivery', 'failures', 'sessions', 'session_lengths'}  # where few people are behind a row it is empty
OF_TEN = {'statements'}                 # of those who agreed, if they are ten
ROWS = {'contacts', 'active_days', 'units_done', 'messages', 'not_understood', 'session_steps', 'enrolments', 'module_completions', 'quiz_answers',
        'survey_answers', 'reminder_steps', 'recall_answers', 'effort_steps', 'deletion_times', 'group_answers', 'sharing'}
NO_PEOPLE = {'help', 'catalogue', 'query', 'begin_export', 'end_export', 'words', 'organisations', 'months'}


def unknown_reports():
    """What schema report has and nothing here knows."""
    known = {t.split(' ')[0] for t, _, _, _, _, _ in asked()} - {'mature', 'contacts'} | {'funnel', 'contact_counts'}
    known |= OF_REPORTS | OF_MESSAGES | OF_TEN | ROWS | NO_PEOPLE
    names = run(OWNER, "select relname from pg_class where relnamespace = 'report'::regnamespace and relkind in ('v', 'm', 'r') union select proname"
                       " from pg_proc where pronamespace = 'report'::regnamespace").split()
    for name in sorted(set(names) - known):
        yield ('not known here', name)
    # By OID: whatever a report of reports names is in report, or a function of core.
    for line in run(OWNER, "select distinct p.proname, c.oid::regclass from pg_proc p join pg_depend d on d.objid = p.oid join pg_class c on"
                           " d.refobjid = c.oid where d.refclassid = 'pg_class'::regclass and p.pronamespace = 'report'::regnamespace and"
                           " c.relnamespace <> 'report'::regnamespace").split():
        if line.split('|')[0] in OF_REPORTS:
            yield ('reads more than reports', line)


def answers(conninfo, before=''):
    """Of each table its rows, all asked in one go."""
    parts = [before]
    for _, _, _, _, _, sql in asked():
        parts.append(f'\\echo ----\ncopy (select * from {sql} x) to stdout csv header;\n')
    return [list(csv.DictReader(io.StringIO(t))) for t in run(conninfo, ''.join(parts)).split('----\n')[1:]]


def days(grain, period):
    """First day of a period and of the one after it."""
    if grain == 'all':
        return datetime.date.min, datetime.date.max
    a = datetime.date.fromisoformat(period)
    n = {'day': 1, 'week': 7}.get(grain)
    if n:
        return a, a + datetime.timedelta(n)
    months = {'month': 1, 'quarter': 3}[grain]
    return a, datetime.date(a.year + (a.month + months - 1) // 12, (a.month + months - 1) % 12 + 1, 1)


# What a rate, a mean or a median can be calculated from: it is empty where one of these is.
RATES = {'contacts': {'percent_opted_in': ('asked', 'opted_in'), 'percent_low': ('asked', 'opted_in')},
         'leaving': {'percent_stopped': ('enrolled', 'stopped')}, 'modules': {'percent_completed': ('reached', 'completed')},
         'hazard': {'percent_left': ('reached', 'left_here')}, 'items': {'p': ('answered', 'n_right')},
         'survey': dict({'percent_answered': ('invited', 'answered')}, **{c: ('invited', 'answered') for c in ('csat', 'mean_good',
                    'recommendation', 'mean_useful', 'mean_sure_now', 'mean_sure_before', 'mean_sure_gain')}),
         'at_work': {'percent_of_asked': ('asked', 'answered', 'used'), 'percent_of_answered': ('answered', 'used')},
         'opt_outs': {'per_1000_delivered': ('stopped',), 'percent_came_back': ('over_90_days', 'came_back')}, 'cost': {'segments_per_completed': ('completed',)},
         'module_rates': {'percent_of_reached': ('reached', 'completed'), 'percent_of_started': ('started', 'completed')}, 'at_work_answers': {'percent': ('n',)},
         'numbers': {'percent_opted_in': ('asked', 'opted_in')},
         'time_to_complete': {'median_days': ('completed',), 'kaplan_meier_median_days': ('started',)}, 'distractors': {'percent': ('n',)},
         'scores': {'percent': ('learners',)}, 'gain': {c: ('n',) for c in ('pre_mean', 'post_mean', 'gain', 'percent_higher')},
         'effort': {'median_minutes': ('learners',)}, 'reminder_load': {'reminders': ('reminded',), 'per_active': ('reminded', 'active'),
                    'percent_quiet': ('reminded_three_times', 'quiet_since')},
         'reminders': {'percent_reminded': ('reminded', 'reminded_did'), 'percent_not_reminded': ('not_reminded', 'not_reminded_did'),
                       'effect': ('reminded', 'reminded_did', 'not_reminded', 'not_reminded_did'), 'effect_low': ('reminded_did', 'not_reminded_did')},
         'retention': {c: ('n',) for c in ('post_percent', 'recall_percent', 'change', 'change_plus_minus')},
         'deletions': {c: ('ended',) for c in ('median_hours', 'longest_hours')}, 'shared_numbers': {'percent_shared': ('numbers', 'shared')}, 'groups': {'percent_of_enrolled': ('enrolled', 'completed'), 'gain': ('n_gain',)},
         'activity': {'mean_daily': ('active',), 'stickiness': ('active',)}}
for t in ('funnel', 'mature', 'completion_rate'):
    RATES[t] = {'percent_of_enrolled': ('enrolled', 'completed'), 'percent_of_started': ('started', 'completed')}


def rates(table, rows, keys):
    """What a table says of a hidden count by a rate; a share of parts that are not all shown tells their whole."""
    for r in rows:
        for rate, counts in RATES.get(table, {}).items():
            if r[rate] != '' and any(r[c] == '' for c in counts):
                yield (table, rate) + tuple(r[k] for k in keys)
        if table in ('distractors', 'scores', 'at_work_answers') and r['percent'] != '' and any(
                q[RATES[table]['percent'][0]] == '' for q in rows if all(q[k] == r[k] for k in keys[:-1])):
            yield (table, 'percent') + tuple(r[k] for k in keys)


class Knowledge:
    """Counts by name; sums that hold between them."""

    def __init__(self):
        self.true, self.low, self.high, self.sums, self.told = {}, {}, {}, [], []

    def see(self, name, true, shown):
        true = int(float(true))
        if name in self.true and self.true[name] != true:
            raise SystemExit(f'{name}: {self.true[name]} and {true}')
        self.true[name] = true
        if shown != '':
            if int(float(shown)) != true:
                raise SystemExit(f'{name}: shown {shown}, is {true}')
            self.low[name] = self.high[name] = true
        elif name not in self.low:
            self.low[name], self.high[name] = 0, PEOPLE

    def add_up(self, whole, parts, rest=None):
        """whole = parts + rest; rest (a name) is unknown."""
        if whole not in self.true or any(p not in self.true for p in parts):
            return
        parts = list(parts)
        if rest is not None:
            self.true[rest] = self.true[whole] - sum(self.true[p] for p in parts)
            if self.true[rest] < 0:
                raise SystemExit(f'{rest} is {self.true[rest]}')
            self.low[rest], self.high[rest] = 0, PEOPLE
            parts.append(rest)
        elif self.true[whole] != sum(self.true[p] for p in parts):
            raise SystemExit(f'{whole} {self.true[whole]} is not the sum of {[(p, self.true[p]) for p in parts]}')
        self.sums.append((whole, parts))

    def among(self, some, others):
        # Where they are far apart the difference tells nothing of few people.
        if some != others and self.true.get(others, 0) - self.true.get(some, 0) < K:
            self.add_up(others, [some], ('difference', others, some))

    def calculate(self):
        of = collections.defaultdict(list)
        for i, (whole, parts) in enumerate(self.sums):
            for name in [whole] + parts:
                of[name].append(i)
        todo, is_waiting = collections.deque(range(len(self.sums))), set(range(len(self.sums)))
        while todo:
            i = todo.popleft()
            is_waiting.discard(i)
            whole, parts = self.sums[i]
            low, high = sum(self.low[p] for p in parts), sum(self.high[p] for p in parts)
            for name, a, b in [(whole, low, high)] + [(p, self.low[whole] - high + self.high[p], self.high[whole] - low + self.low[p]) for p in parts]:
                if a > self.low[name] or b < self.high[name]:
                    self.low[name], self.high[name] = max(a, self.low[name]), min(b, self.high[name])
                    for other in of[name]:
                        if other not in is_waiting:
                            is_waiting.add(other)
                            todo.append(other)

    def solve(self):
        """What comes out of the sums by elimination, also where no bound moves: True if something did."""
        prime, solved, of, is_found = 2**61 - 1, {}, collections.defaultdict(set), False  # counts are true: which come out is all that is asked
        for whole, parts in self.sums:
            if parts[-1][0] in ('difference', 'around', 'stands'):
                continue  # has an unknown of its own
            row = collections.Counter({p: 1 for p in parts})
            row[whole] -= 1
            row = {n: k % prime for n, k in row.items() if k and self.low[n] < self.high[n]}
            for name in [n for n in row if n in solved]:
                self.take(row, solved[name], name, prime)
            if not row:
                continue
            pivot = min(row, key=lambda n: len(of[n]))
            inverse = pow(row[pivot], -1, prime)
            row = {n: k * inverse % prime for n, k in row.items()}
            for other in list(of[pivot]):
                before = set(solved[other])
                self.take(solved[other], row, pivot, prime)
                for n in before - set(solved[other]):
                    of[n].discard(other)
                for n in set(solved[other]) - before:
                    of[n].add(other)
            solved[pivot] = row
            for n in row:
                of[n].add(pivot)
        for name, row in solved.items():
            if len(row) == 1:
                self.low[name] = self.high[name] = self.true[name]
                is_found = True
        return is_found

    @staticmethod
    def take(row, other, name, prime):
        """Takes as much of the other from a row that name is gone."""
        factor = row[name]
        for n, k in other.items():
            left = (row.get(n, 0) - factor * k) % prime
            if left:
                row[n] = left
            else:
                row.pop(n, None)

    def why(self, name):
        """The sums that a count is in, with what is known of each."""
        for whole, parts in self.sums:
            if name == whole or name in parts:
                yield ' + '.join(f'{p}={self.true[p]}[{self.low[p]}..{self.high[p]}]' for p in parts) + f' = {whole}={self.true[whole]}[{self.low[whole]}..{self.high[whole]}]'

    def leaks(self):
        return [n for n in self.true if 0 < self.true[n] < K and self.low[n] == self.high[n]]


def attack():
    known = Knowledge()
    rows = collections.defaultdict(dict)  # (table, column, by, grain) -> {key: name}
    shown, bare = answers(READER), answers(OWNER, BARE)
    stats = collections.Counter()
    for (table, by, grain, keys, columns, _), seen, true in zip(asked(), shown, bare):
        known.told += rates(table, seen, keys)
        seen = {tuple(r[k] for k in keys): r for r in seen}
        # A row that is hidden although there is nobody in it.
        true += [dict(r, **{c: '0' if r[c] == '' else r[c] for c in columns}) for k, r in seen.items() if k not in {tuple(t[i] for i in keys) for t in true}]
        for r in true:
            key = tuple(r[k] for k in keys)
            for column in columns:
                name = (table, column, by, grain) + key
                if r[column] == '':
                    continue
                known.see(name, r[column], seen[key][column] if key in seen else '')
                rows[(table, column, by, grain)][key] = name
                stats[(table, seen.get(key, {}).get(column, '') != '')] += float(r[column]) > 0
    unseen(known, rows)
    known.rows = rows
    relate(known, rows)
    public(known, rows)
    known.calculate()
    while '--solve' in sys.argv and known.solve():
        known.calculate()
    return known, stats


# Where the value of a property stands in the key.
VALUE_AT = {'funnel': 2, 'mature': 2, 'contacts': 1, 'activity': 1, 'leaving': 1, 'standing': 1, 'survey': 1, 'time_to_complete': 1, 'at_work': 1,
            'modules': 2, 'hazard': 2, 'items': 2, 'distractors': 2, 'scores': 1, 'gain': 2, 'effort': 2, 'caught_up': 2, 'retention': 1, 'reminders': 2,
            'reminder_load': 1, 'opt_outs': 1, 'cost': 0, 'module_rates': 2, 'at_work_answers': 2, 'rolling 7': 0, 'rolling 28': 0, 'unmatched': 0}


def unseen(known, rows):
    """By a property, a row that is not there may be nobody or be hidden: of each value that there is beside each else that there is."""
    values = collections.defaultdict(set)
    for (table, column, by, grain), cells in rows.items():
        if by in PROPERTIES:
            values[by] |= {k[VALUE_AT[table]] for k in cells}
    for (table, column, by, grain), cells in rows.items():
        if by in PROPERTIES and column != 'ever_active':
            at = VALUE_AT[table]
            for key in {k[:at] + (v,) + k[at + 1:] for k in cells for v in values[by]} - set(cells):
                cells[key] = (table, column, by, grain) + key
                # Who started the course stands in the row of a module, and there is none where nobody came to it.
                started = ('mature', column, by, grain, key[0], '', key[at]) if (table, column) == ('module_rates', 'started') else None
                known.see(cells[key], known.true.get(started, 0), '')


def relate(known, rows):
    def within(grain, period, finer, part):
        a, b = days(grain, period), days(finer, part)
        return a[0] <= b[0] and b[1] <= a[1]
    chains = {'funnel': ('enrolled', 'started', 'completed', 'certified'), 'mature': ('enrolled', 'started', 'completed', 'certified'),
              'completion_rate': ('enrolled', 'started', 'completed', 'certified'),
              'contacts': ('contacts', 'asked', 'opted_in'), 'leaving': ('enrolled', 'stopped'), 'survey': ('invited', 'answered', 'complete'),
              'at_work': ('asked', 'answered', 'used'), 'modules': ('reached', 'completed', 'passed'), 'hazard': ('reached', 'left_here'),
              'drop_off': ('reached', 'left_here'), 'items': ('answered', 'n_right'), 'activity': ('ever_active', 'active'), 'groups': ('enrolled', 'completed', 'n_gain'),
              'opt_outs': ('stopped', 'over_90_days', 'came_back'), 'module_rates': ('reached', 'completed'), 'numbers': ('numbers', 'asked', 'opted_in'),
              'active_learners': ('ever_active', 'active_learners'), 'reminder_load': ('reminded', 'reminded_three_times', 'quiet_since'),
              'deletions': ('ended', 'over_72_hours', 'over_30_days'), 'shared_numbers': ('numbers', 'shared')}
    for (table, column, by, grain), cells in list(rows.items()):
        chain = chains.get(table, ())
        for longer in chain[:chain.index(column)] if column in chain else ():
            if (table, longer) in (('groups', 'enrolled'), ('groups', 'completed')) and column == 'n_gain':
                continue
            for key, name in cells.items():
                if key in rows[(table, longer, by, grain)]:
                    known.among(name, rows[(table, longer, by, grain)][key])
        # values of a property add up
        if by != 'all' and (table, column, 'all', grain) in rows and not (table, column) == ('activity', 'ever_active') and table != 'unmatched':
            groups = collections.defaultdict(list)
            place = VALUE_AT[table]
            for key, name in cells.items():
                groups[key[:place] + ('all',) + key[place + 1:]].append(name)
            for key, names in groups.items():
                if key in rows[(table, column, 'all', grain)]:
                    known.add_up(rows[(table, column, 'all', grain)][key], names)
        # periods add up, or lie in longer ones
        if table in ('funnel', 'mature', 'contacts', 'activity', 'reminder_load', 'deletions', 'opt_outs') and not column == 'ever_active':
            at = 1 if table in ('funnel', 'mature') else 0
            for longer in GRAINS[:GRAINS.index(grain)]:
                for whole, whole_name in rows[(table, column, by, longer)].items():
                    names = [n for k, n in cells.items() if k[:at] == whole[:at] and k[at + 1:] == whole[at + 1:] and within(longer, whole[at], grain, k[at])]
                    if table in ('activity', 'reminder_load'):
                        if column in ('active', 'reminded', 'reminded_three_times'):
                            for name in names:
                                known.among(name, whole_name)
                    elif longer in ('month', 'quarter') and grain == 'week':
                        known.add_up(whole_name, names, ('around', whole_name, grain))
                        for name in names:
                            known.among(name, whole_name)
                    else:
                        known.add_up(whole_name, names)
                        for name in names:
                            known.among(name, whole_name)
        if column == 'ever_active':
            for key, name in cells.items():
                for longer in GRAINS:
                    for later, other in rows[(table, column, by, longer)].items():
                        if later[1:] == key[1:] and days(grain, key[0])[1] <= days(longer, later[0])[1]:
                            known.among(name, other)
    # the same counts, and parts of one, in other reports
    for by in ('all',) + BYS:
        def one(table, column, key, grain='all'):
            return rows[(table, column, by, grain)].get(key)
        for grain in GRAINS:
            for column in chains['funnel']:
                for key, name in rows[('mature', column, by, grain)].items():
                    known.among(name, one('funnel', column, key, grain))
            for key, name in rows[('activity', 'active', by, grain)].items():
                known.add_up(name, [one('activity', c, key, grain) for c in ('sms_only', 'ussd_only', 'mixed')])
        for key, name in rows[('funnel', 'enrolled', by, 'all')].items():
            short = (key[0], key[2])
            same = [('enrolled', 'leaving', 'enrolled'), ('started', 'time_to_complete', 'started'), ('completed', 'survey', 'invited')]
            for column, table, other in same:
                if one(table, other, short):
                    known.add_up(one('funnel', column, key), [one(table, other, short)])
            if one('time_to_complete', 'completed', short):
                known.add_up(one('mature', 'completed', key), [one('time_to_complete', 'completed', short)])
            if one('at_work', 'asked', short):
                known.among(one('at_work', 'asked', short), one('funnel', 'completed', key))
            stands = {k[2]: n for k, n in rows[('standing', 'learners', by, 'all')].items() if k[:2] == short}
            known.add_up(one('funnel', 'started', key), stands.values())
            if 'completed' in stands:
                known.add_up(one('funnel', 'completed', key), [stands['completed']])
            if 'stopped' in stands:
                known.among(stands['stopped'], one('leaving', 'stopped', short))
            contacts = one('contacts', 'contacts', ('', key[2]))
            known.among(name, contacts)
            if one('retention', 'n', short):
                known.among(one('retention', 'n', short), one('funnel', 'completed', key))
        for (course, module, value), name in rows[('caught_up', 'caught_up', by, 'all')].items():
            known.add_up(one('modules', 'reached', (course, module, value)), [name, one('modules', 'completed', (course, module, value))], ('stands', by, module, value))
            known.among(name, one('modules', 'reached', (course, module, value)))
        for (course, days_quiet, value, outcome), name in rows[('reminders', 'reminded', by, 'all')].items():
            for a, b in (('reminded_did', 'reminded'), ('not_reminded_did', 'not_reminded')):
                key = (course, days_quiet, value)
                if one('reminders', a, key + (outcome,)) and one('reminders', b, key + (outcome,)):
                    known.among(one('reminders', a, key + (outcome,)), one('reminders', b, key + (outcome,)))
                if outcome == 'learned' and one('reminders', b, key + ('learned',)):
                    known.add_up(one('reminders', b, key + ('learned',)), [one('reminders', b, key + ('stopped',))])
        for column in ('reached', 'completed'):
            for key, name in rows[('module_rates', column, by, 'all')].items():
                known.among(name, one('modules', column, key))
        for (course, module, value), name in rows[('module_rates', 'started', by, 'all')].items():
            known.add_up(one('mature', 'started', (course, '', value)), [name])
        for (course, value), name in rows[('at_work', 'answered', by, 'all')].items():
            said = {q: [n for k, n in rows[('at_work_answers', 'n', by, 'all')].items() if k[:3] == (course, q, value)] for q in ('w2', 'w3')}
            known.add_up(one('at_work', 'used', (course, value)), said['w2'], ('silent', 'w2', by, value))
            known.add_up(name, [one('at_work', 'used', (course, value))] + said['w3'], ('silent', 'w3', by, value))
        for (period, value), name in rows[('opt_outs', 'stopped', by, 'all')].items():
            known.among(name, one('contacts', 'contacts', ('', value)))
            for key, other in rows[('leaving', 'stopped', by, 'all')].items():
                if key[1] == value:
                    known.among(other, name)
        roll(known, rows, by)
        for key, name in rows[('items', 'answered', by, 'all')].items():
            known.add_up(name, [n for k, n in rows[('distractors', 'n', by, 'all')].items() if k[:3] == key])
    for key, name in rows[('completion_rate', 'enrolled', 'version', 'week')].items():
        for column in chains['funnel']:
            names = [n for k, n in rows[('completion_rate', column, 'version', 'week')].items() if k[:2] == key[:2]]
            known.add_up(rows[('funnel', column, 'all', 'week')][(key[0], key[1], 'all')], names)
    for column in ('reached', 'left_here'):
        for key, name in rows[('hazard', column, 'all', 'all')].items():
            known.add_up(name, [n for k, n in rows[('drop_off', column, 'version', 'all')].items() if k[2] == key[1]])
    for key, name in rows[('groups', 'enrolled', 'group', 'all')].items():
        for column in ('enrolled', 'completed'):
            here = rows[('groups', column, 'group', 'all')][key]
            mine = [n for k, n in rows[('funnel', column, 'cohort', 'all')].items() if k[0] == key[0] and (k[2] == 'none') == (key[1] == 'alone')]
            if mine:
                known.add_up(here, mine)
        mine = [n for k, n in rows[('gain', 'n', 'cohort', 'all')].items() if k[0] == key[0] and (k[2] == 'none') == (key[1] == 'alone')]
        if mine and key in rows[('groups', 'n_gain', 'group', 'all')]:
            known.add_up(rows[('groups', 'n_gain', 'group', 'all')][key], mine)
    for column, other in (('numbers', 'contacts'), ('asked', 'asked'), ('opted_in', 'opted_in')):
        known.among(rows[('numbers', column, 'all', 'all')][()], rows[('contacts', other, 'all', 'all')][('', 'all')])
    known.among(rows[('shared_numbers', 'numbers', 'all', 'all')][()], rows[('numbers', 'numbers', 'all', 'all')][()])
    for by in ('all', 'country'):
        for (course, period, value), name in rows[('funnel', 'completed', by, 'all')].items():
            if (value,) in rows[('cost', 'completed', by, 'all')]:
                known.add_up(name, [rows[('cost', 'completed', by, 'all')][(value,)]])
    for grain in ('day', 'week', 'month'):
        for column, other in (('active_learners', 'active'), ('ever_active', 'ever_active')):
            for key, name in rows[('active_learners', column, 'all', grain)].items():
                known.add_up(rows[('activity', other, 'all', grain)][key + ('all',)], [name])


def rounded_percent(some, of):
    """As that of a published month is calculated."""
    if of == 0:
        return ''
    percent = (2 * ((200 * some + of) // (2 * of)) + 5) // 10 * 5
    return str(percent if of >= 30 else min(95, max(5, percent)))


def public(known, rows):
    """What anybody is shown, of each month from its beginning: rounded to 5, beside what the organisation's coordinator reads."""
    months = [f'2026-{m:02}-01' for m in range(3, 7)]
    kinds = ('enrolled', 'started', 'completed', 'certified')
    run(OWNER, ''.join(f"select core.publish_month('{m}', '2026-12-01');" for m in months))
    shown = {(r['month'], r['course'], r['by'], r['value']): r for r in csv.DictReader(io.StringIO(run(OWNER, 'copy core.public_figure to stdout csv header')))}
    true = csv.DictReader(io.StringIO(run(OWNER, "set timezone = 'UTC'; copy (select m::date as month, e.course, g.by, g.value, count(*) as enrolled, " + ', '.join(
        f"count(*) filter (where e.{k}_at < m + interval '1 month') as {k}" for k in kinds[1:]) + """ from generate_series(timestamptz '2026-03-01', '2026-06-01', interval '1 month') m
        join core.enrolment e on e.consent_at < m + interval '1 month' and (e.started_at is not null or e.stopped_at is null) join core.learner l using (learner)
        cross join lateral (values ('all', 'all'), ('language', coalesce(l.lang, 'und')), ('country', coalesce(l.country, 'none'))) as g (by, value) group by 1, 2, 3, 4) to stdout csv header""")))
    true = {(r['month'], r['course'], r['by'], r['value']): r for r in true}
    values = {k[1:] for k in true}
    for kind in kinds:
        name = {(m,) + v: ('public', kind) + (m,) + v for m in months for v in values}
        for key, n in name.items():
            known.see(n, true.get(key, {kind: 0})[kind], '')
            r = shown.get(key, {kind: ''})
            if r[kind] != '':
                known.low[n], known.high[n] = (max(10, int(r[kind]) - 2), int(r[kind]) + 2) if int(r[kind]) else (0, 0)
                # A percentage of the rounded counts is nothing new; all people are counted in funnel() anyway.
                if kind == 'completed' and key[2] != 'all' and r['percent_completed'] != '' and (
                        r['percent_completed'] != rounded_percent(int(r['completed']), int(r['started']))):
                    known.told.append(('public', 'percent_completed') + key)
            if not known.low[n] <= known.true[n] <= known.high[n]:
                raise SystemExit(f'{n}: published {r[kind]}, is {known.true[n]}')
        for (month, course, by, value), n in name.items():
            if by == 'all':
                for other in ('language', 'country'):
                    known.add_up(n, [o for k, o in name.items() if k[:3] == (month, course, other)])
            for longer in kinds[:kinds.index(kind)]:
                known.among(n, ('public', longer, month, course, by, value))
            for later in months[months.index(month) + 1:]:
                known.among(n, name[(later, course, by, value)])
            if kind == 'enrolled':
                mine = [c for k, c in rows[('funnel', kind, by, 'month')].items() if k[0] == course and k[2] == value and k[1] <= month]
                if mine:
                    known.add_up(n, mine)
            whole = rows[('funnel', kind, by, 'all')].get((course, '', value))
            if whole and known.true[whole] == known.true[n]:
                known.add_up(whole, [n])
            elif whole:
                known.among(n, whole)


def roll(known, rows, by):
    """The last days beside the periods that lie in them and those that they lie in."""
    end = datetime.date.fromisoformat(TODAY) + datetime.timedelta(1)
    for n in (7, 28):
        first = end - datetime.timedelta(n)
        for (value,), name in rows[(f'rolling {n}', 'active', by, 'all')].items():
            if n == 7:
                known.among(name, rows[('rolling 28', 'active', by, 'all')][(value,)])
            for grain in GRAINS:
                for (period, other), active in rows[('activity', 'active', by, grain)].items():
                    a, b = days(grain, period)
                    if other == value and a <= first and end <= b:
                        known.among(name, active)
                    if other == value and first <= a and b <= end:
                        known.among(active, name)
                    if other == value and (a, b) == (first, end):
                        known.add_up(name, [active])


total = collections.Counter()
for seed in [a for a in sys.argv[4:] if a.isdigit()]:
    draw = random.Random(int(seed))
    BYS, TODAY = tuple(draw.sample(PROPERTIES, 2)), f'2026-07-{draw.randrange(20, 27)}'
    if seed == sys.argv[4]:
        for name in unknown_reports():
            print('bad', *name)
    run(OWNER, people(int(seed)))
    try:
        known, stats = attack()
    except SystemExit as e:
        raise SystemExit(f'What the reports say does not agree, seed {seed}: {e}') from e
    total.update(stats)
    leaks = known.leaks() + known.told
    print(f'bad seed {seed}: {len(leaks)} leaks' if leaks else f'good seed {seed}: by {BYS[0]} and {BYS[1]}, {len(known.true)} counts, {len(known.sums)} sums')
    for name in leaks[:12]:
        print('  ', name, known.true.get(name, 'a rate beside a hidden count'))
    for name in leaks[:3] if '-v' in sys.argv else ():
        print('\n      '.join(['   why', *map(str, [name]), *known.why(name)]))
tables = sorted({t for t, _ in total})
for t in tables:
    print(f'{t}: {total[(t, True)]} of {total[(t, True)] + total[(t, False)]} counts of people are shown')
