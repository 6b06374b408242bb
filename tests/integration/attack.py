#!/usr/bin/env python3
"""attack.py OWNER READER PEOPLE SEED...: what somebody finds out who reads every count of schema report and calculates.

Makes a population for each seed in the database of OWNER (with the functions of tests/sql/lib/make.sql), asks every
report with counts in every grain and by every property as READER, and writes down what is known of these counts:
those that are shown, that the others are at least 1, that totals are the sums of their parts, and that some
people are among others. A rate is no more than what is shown beside it: it is empty where a count of it is. From this it narrows down every count, shown or not, and every difference of two, as long
as it can. One that is 1 to 4 and comes out exactly is a leak. Prints "good ..." or "bad ..." lines.
"""
import collections
import csv
import datetime
import io
import subprocess
import sys

OWNER, READER, PEOPLE = sys.argv[1], sys.argv[2], int(sys.argv[3])
BYS = ('language', 'role')
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
    truncate core.learner, core.event, core.enrolment, core.consent, core.learner_unit, core.unit_cohort, core.active_day,
        core.number_state, core.vault, core.unknown_input, core.free_text, core.message, core.certificate, core.membership cascade;
    select setseed({seed} / 1000.0);
    create temp table p as
    select i, timestamptz '2026-03-02 06:00Z' + floor(random() * 45) * interval '1 day' + random() * interval '8 hours' as at,
        case when random() < 0.7 then 5 when random() < 0.6 then 3 else 1 end as far, random() < 0.1 as stops, random() < 0.6 as ends, floor(random() * 60) * interval '1 day' as takes,
        (array['en', 'en', 'en', 'fr', 'fr', 'ar', 'sw'])[1 + floor(random() * 7)::int] as lang, (array['KE', 'KE', 'KE', 'UG'])[1 + floor(random() * 4)::int] as country,
        floor(random() * 4)::int as role, (array['at', 'at', 'kannel'])[1 + floor(random() * 3)::int] as channel, (array['sms', 'sms', 'ussd'])[1 + floor(random() * 3)::int] as via,
        (array['g1', 'g1', 'g2', null])[1 + floor(random() * 4)::int] as cohort
    from generate_series(1, {PEOPLE}) i;
    select count(core.ingest(case when far = 1 then jsonb_build_array(make.step(i, 1, at, '[{{"kind":"contact"}},{{"kind":"consent_asked"}}]', make.vault(i)))
        else (select jsonb_agg(s) from jsonb_array_elements(make.module(i, at)) with ordinality as x (s, n) where far = 5 or n <= 3) end)) from p;
    select count(core.ingest(make.ending(i, at + takes))) from p where far = 5 and ends;
    select count(core.ingest(jsonb_build_array(make.step(i, 20, at + interval '70 days', '[{{"kind":"stopped"}}]')))) from p where stops;
    select count(core.ingest(jsonb_build_array(make.step(i, 21, now(), '[{{"kind":"unknown_input","text":"hm"}}]')))) from p where i % 3 = 0;
    insert into core.cohort (org_id, code, name) select o.org_id, c, c from core.organisation o, unnest(array['g1', 'g2']) c where o.is_default on conflict do nothing;
    update core.learner l set lang = p.lang, country = p.country, role_choice = p.role, first_channel = p.channel, first_via = p.via::core.via,
        cohort_id = (select c.cohort_id from core.cohort c where c.org_id = l.org_id and c.code = p.cohort)
    from p where l.learner_id = make.learner(p.i);
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
    for by in ('all',) + BYS:
        for grain in GRAINS:
            yield ('funnel', by, grain, ('course', 'period_start', 'value'), ('enrolled', 'started', 'completed', 'certified'), f"report.funnel('{grain}', '{by}')")
            yield ('mature', by, grain, ('course', 'period_start', 'value'), ('enrolled', 'started', 'completed', 'certified'), f"report.funnel('{grain}', '{by}', true)")
            yield ('contacts', by, grain, ('period_start', 'value'), ('contacts', 'asked', 'opted_in'), f"report.contact_counts('{grain}', '{by}')")
            yield ('activity', by, grain, ('period_start', 'value'), ('active', 'sms_only', 'ussd_only', 'mixed', 'ever_active'), f"report.activity('{grain}', '{by}')")
        for name, keys, columns in (('leaving', ('course', 'value'), ('enrolled', 'stopped')), ('standing', ('course', 'value', 'standing'), ('learners',)),
                ('survey', ('course', 'value'), ('invited', 'answered', 'complete')), ('time_to_complete', ('course', 'value'), ('completed', 'started')),
                ('at_work', ('course', 'value'), ('asked', 'answered', 'used')), ('modules', ('course', 'module', 'value'), ('reached', 'completed', 'passed')),
                ('hazard', ('course', 'unit', 'value'), ('reached', 'left_here')), ('items', ('course', 'unit', 'value'), ('answered', 'n_right')),
                ('distractors', ('course', 'unit', 'value', 'choice'), ('n',)), ('scores', ('course', 'value', 'band'), ('learners',)),
                ('gain', ('course', 'version', 'value'), ('n', 'n_without_post')), ('effort', ('course', 'module', 'value'), ('learners',))):
            yield (name, by, 'all', keys, columns, f"report.{name}('{by}')")
    for by in ('all', 'language', 'unit', 'channel'):
        yield ('unmatched', by, 'all', ('value',), ('not_understood', 'learners'), f"report.unmatched('{by}')")
    yield ('completion_rate', 'version', 'week', ('course', 'cohort_week', 'version'), ('enrolled', 'started', 'completed', 'certified'), 'report.completion_rate')
    yield ('drop_off', 'version', 'all', ('course', 'version', 'unit'), ('reached', 'left_here'), 'report.drop_off')
    yield ('groups', 'group', 'all', ('course', 'learned'), ('enrolled', 'completed', 'n_gain'), 'report.groups()')
    for period in ('day', 'week', 'month'):
        yield ('active_learners', 'all', period, ('period_start',), ('active_learners', 'ever_active'), f"(select * from report.active_learners where period = '{period}')")


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
         'time_to_complete': {'median_days': ('completed',), 'kaplan_meier_median_days': ('started',)}, 'distractors': {'percent': ('n',)},
         'scores': {'percent': ('learners',)}, 'gain': {c: ('n',) for c in ('pre_mean', 'post_mean', 'gain', 'percent_higher')},
         'effort': {'median_minutes': ('learners',)}, 'groups': {'percent_of_enrolled': ('enrolled', 'completed'), 'gain': ('n_gain',)},
         'activity': {'mean_daily': ('active',), 'stickiness': ('active',)}}
for t in ('funnel', 'mature', 'completion_rate'):
    RATES[t] = {'percent_of_enrolled': ('enrolled', 'completed'), 'percent_of_started': ('started', 'completed')}


def rates(table, rows, keys):
    """What a table says of a hidden count by a rate; a share of parts that are not all shown tells their whole."""
    for r in rows:
        for rate, counts in RATES.get(table, {}).items():
            if r[rate] != '' and any(r[c] == '' for c in counts):
                yield (table, rate) + tuple(r[k] for k in keys)
        if table in ('distractors', 'scores') and r['percent'] != '' and any(
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
        for r in true:
            key = tuple(r[k] for k in keys)
            for column in columns:
                name = (table, column, by, grain) + key
                if r[column] == '':
                    continue
                known.see(name, r[column], seen[key][column] if key in seen else '')
                rows[(table, column, by, grain)][key] = name
                stats[(table, seen.get(key, {}).get(column, '') != '')] += float(r[column]) > 0
    known.rows = rows
    relate(known, rows)
    known.calculate()
    return known, stats


def relate(known, rows):
    def within(grain, period, finer, part):
        a, b = days(grain, period), days(finer, part)
        return a[0] <= b[0] and b[1] <= a[1]
    chains = {'funnel': ('enrolled', 'started', 'completed', 'certified'), 'mature': ('enrolled', 'started', 'completed', 'certified'),
              'completion_rate': ('enrolled', 'started', 'completed', 'certified'),
              'contacts': ('contacts', 'asked', 'opted_in'), 'leaving': ('enrolled', 'stopped'), 'survey': ('invited', 'answered', 'complete'),
              'at_work': ('asked', 'answered', 'used'), 'modules': ('reached', 'completed', 'passed'), 'hazard': ('reached', 'left_here'),
              'drop_off': ('reached', 'left_here'), 'items': ('answered', 'n_right'), 'activity': ('ever_active', 'active'), 'groups': ('enrolled', 'completed', 'n_gain'),
              'active_learners': ('ever_active', 'active_learners')}
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
            place = {'funnel': 2, 'mature': 2, 'contacts': 1, 'activity': 1, 'leaving': 1, 'standing': 1, 'survey': 1, 'time_to_complete': 1, 'at_work': 1,
                     'modules': 2, 'hazard': 2, 'items': 2, 'distractors': 2, 'scores': 1, 'gain': 2, 'effort': 2}[table]
            for key, name in cells.items():
                groups[key[:place] + ('all',) + key[place + 1:]].append(name)
            for key, names in groups.items():
                if key in rows[(table, column, 'all', grain)]:
                    known.add_up(rows[(table, column, 'all', grain)][key], names)
        # periods add up, or lie in longer ones
        if table in ('funnel', 'mature', 'contacts', 'activity') and not column == 'ever_active':
            at = 0 if table in ('contacts', 'activity') else 1
            for longer in GRAINS[:GRAINS.index(grain)]:
                for whole, whole_name in rows[(table, column, by, longer)].items():
                    names = [n for k, n in cells.items() if k[:at] == whole[:at] and k[at + 1:] == whole[at + 1:] and within(longer, whole[at], grain, k[at])]
                    if table == 'activity':
                        if column == 'active':
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
    for grain in ('day', 'week', 'month'):
        for column, other in (('active_learners', 'active'), ('ever_active', 'ever_active')):
            for key, name in rows[('active_learners', column, 'all', grain)].items():
                known.add_up(rows[('activity', other, 'all', grain)][key + ('all',)], [name])


total = collections.Counter()
for seed in sys.argv[4:]:
    run(OWNER, people(int(seed)))
    known, stats = attack()
    total.update(stats)
    leaks = known.leaks() + known.told
    print(f'bad seed {seed}: {len(leaks)} leaks' if leaks else f'good seed {seed}: {len(known.true)} counts, {len(known.sums)} sums')
    for name in leaks[:12]:
        print('  ', name, known.true.get(name, 'a rate beside a hidden count'))
tables = sorted({t for t, _ in total})
for t in tables:
    print(f'{t}: {total[(t, True)]} of {total[(t, True)] + total[(t, False)]} counts of people are shown')
