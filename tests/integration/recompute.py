#!/usr/bin/env python3
"""recompute.py PSQL-CONNINFO: counts indicators once more from the raw events, and compares.

What it reads are facts of core.event and the course's units, nothing that ingest or the reports count.
Cells that a report hides must be there, too; those that it shows must be equal. Prints TAP lines'
words: "good REPORT CELLS" or "bad REPORT CELL shown counted".
"""
import collections
import csv
import datetime
import io
import subprocess
import sys

ZONE = datetime.timezone(datetime.timedelta(hours=3))  # the organisation's, Africa/Nairobi
OWNER, READER = sys.argv[1], sys.argv[2]


def query(conninfo, sql):
    out = subprocess.run(['psql', conninfo, '-XqAtc', f'copy ({sql}) to stdout csv header'],
                         check=True, capture_output=True, text=True).stdout
    return list(csv.DictReader(io.StringIO(out)))


events = query(OWNER, '''select e.learner, e.seq, e.n, extract(epoch from e.at) as at, e.kind, e.phase, e.unit,
    e.choice, e.correct, l.lang from core.event e join core.learner l using (learner) where not l.is_test
    order by e.learner, e.seq, e.n''')
units = {u['unit']: u for u in query(OWNER, 'select unit, module, module_kind from core.unit')}
people = collections.defaultdict(list)
for e in events:
    e['day'] = datetime.datetime.fromtimestamp(float(e['at']), ZONE).date()
    people[e['learner']].append(e)


def is_action(e):
    return e['kind'] == 'lesson_read' or (e['kind'] == 'answered' and e['phase'] != 'role')


def first(mine, test):
    return next((e for e in mine if test(e)), None)


def kind(name):
    return lambda e: e['kind'] == name


def is_enrolled(mine):
    gone = None
    for e in mine:
        if e['kind'] in ('stopped', 'erased'):
            gone = e
        elif e['kind'] in ('rejoined', 'consented'):
            gone = None
    return first(mine, kind('consented')) and (first(mine, is_action) or not gone)


def funnel():
    cells = collections.Counter()
    for mine in people.values():
        if not is_enrolled(mine):
            continue
        group = (str(first(mine, kind('consented'))['day'].replace(day=1)), mine[0]['lang'])
        cells[group + ('enrolled',)] += 1
        cells[group + ('started',)] += first(mine, is_action) is not None
        cells[group + ('completed',)] += first(mine, kind('course_completed')) is not None
        cells[group + ('certified',)] += first(mine, kind('certified')) is not None
    return cells


def activity():
    seen = {(str(e['day'].replace(day=1)), e['lang'], 'active', learner)
            for learner, mine in people.items() for e in mine if is_action(e)}
    return collections.Counter(s[:3] for s in seen)


def items():
    cells = collections.Counter()
    for mine in people.values():
        done = set()
        for e in mine:
            if e['kind'] != 'answered' or e['phase'] != 'quiz' or not e['correct'] or e['unit'] in done:
                continue
            done.add(e['unit'])
            cells[(e['unit'], 'answered')] += 1
            cells[(e['unit'], 'n_right')] += e['correct'] == 't'
    return cells


def modules():
    cells = collections.Counter()
    for mine in people.values():
        reached = {units[e['unit']]['module'] for e in mine if is_action(e) and e['unit'] in units
                   and units[e['unit']]['module_kind'] == 'lessons'}
        done = {e['unit'] for e in mine if e['kind'] == 'module_completed'}
        for module in reached:
            cells[(module, 'reached')] += 1
            cells[(module, 'completed')] += module in done
    return cells


def gain():
    tests = [u for u, row in units.items() if row['module_kind'] == 'test']
    pairs = []
    for mine in people.values():
        def right(phase, unit):
            e = first(mine, lambda e: e['kind'] == 'answered' and e['phase'] == phase and e['unit'] == unit)
            return None if e is None else e['correct'] == 't'
        before, after = ([right(phase, u) for u in tests] for phase in ('pretest', 'posttest'))
        if None not in before + after:
            pairs.append((sum(before), sum(after)))
    n = len(pairs)
    return {('n',): n, ('gain',): round(sum(b - a for a, b in pairs) / n, 2)}


REPORTS = [
    ('funnel', funnel, "select * from report.funnel('month', 'language')", ('period_start', 'value'),
     ('enrolled', 'started', 'completed', 'certified')),
    ('activity', activity, "select * from report.activity('month', 'language')", ('period_start', 'value'), ('active',)),
    ('items', items, 'select * from report.items()', ('unit',), ('answered', 'n_right')),
    ('modules', modules, 'select * from report.modules()', ('module',), ('reached', 'completed')),
    ('gain', gain, 'select * from report.gain()', (), ('n', 'gain')),
]
for name, count, sql, keys, columns in REPORTS:
    counted = count()
    shown, n_shown, n_hidden, bad = {}, 0, 0, []
    for row in query(READER, sql):
        for column in columns:
            shown[tuple(row[k] for k in keys) + (column,)] = row[column]
    for cell in sorted(set(shown) | set(counted)):
        said, right = shown.get(cell), counted.get(cell, 0)
        if said == '':
            n_hidden += 1
        elif said is None or float(said) != float(right):
            bad.append(f'bad {name} {cell} {said} {right}')
        else:
            n_shown += 1
    print('\n'.join(bad[:20]) if bad else f'good {name} {n_shown} shown, {n_hidden} hidden')
