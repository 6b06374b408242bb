#!/usr/bin/env python3
"""recompute.py PSQL-CONNINFO: counts indicators once more from the raw events, and compares.

What it reads are facts of core.event and the course's units, nothing that ingest or the reports count.
Cells that a report hides must be there, too; those that it shows must be equal. Prints TAP lines'
words: "good REPORT CELLS" or "bad REPORT CELL shown counted".
"""
import collections
import csv
import datetime
import decimal
import fractions
import io
import math
import subprocess
import sys

ZONE = datetime.timezone(datetime.timedelta(hours=3))  # the organisation's, Africa/Nairobi
OWNER, READER = sys.argv[1], sys.argv[2]


def query(conninfo, sql):
    out = subprocess.run(['psql', conninfo, '-XqAtc', f'copy ({sql}) to stdout csv header'],
                         check=True, capture_output=True, text=True).stdout
    return list(csv.DictReader(io.StringIO(out)))


events = query(OWNER, '''select e.learner, e.seq, e.n, extract(epoch from e.at) as at, e.kind, e.phase, e.unit,
    e.choice, e.value, e.correct, e.mode, e.session, e.via, e.channel, e.lang as said_in, l.lang, l.erased_at is not null as is_erased, l.cohort_id as cohort, l.learner_id,
    encode(s.number_id, 'hex') as number
    from core.event e join core.learner l using (learner) left join core.number_state s using (learner) where not l.is_test order by e.learner, e.seq, e.n''')
units = {u['unit']: u for u in query(OWNER, """select unit, module, module_kind, module_position::integer, "position"::integer, right_choices
    from core.unit order by module_position, "position\"""")}
NOW = float(query(OWNER, 'select extract(epoch from now()) as at')[0]['at'])
DAY = 86400
people = collections.defaultdict(list)
for e in events:
    e['at'] = float(e['at'])
    e['day'] = datetime.datetime.fromtimestamp(e['at'], ZONE).date()
    people[e['learner']].append(e)


def is_action(e):
    return e['kind'] == 'lesson_read' or (e['kind'] == 'answered' and e['phase'] != 'role')


def first(mine, test):
    return next((e for e in mine if test(e)), None)


def kind(name):
    return lambda e: e['kind'] == name


def is_opt_out(e):
    return e['kind'] == 'stopped' and not e['choice']  # neither "No, thanks" nor a number that is somebody else's


def last_stop(mine):
    gone = None
    for e in mine:
        if e['kind'] == 'erased' or e['kind'] == 'stopped' and e['choice'] != '1':  # 1: the number is somebody else's
            gone = e
        elif e['kind'] in ('rejoined', 'consented'):
            gone = None
    return gone


def is_enrolled(mine):
    return first(mine, kind('consented')) and (first(mine, is_action) or not last_stop(mine))


def enrolled():
    return [mine for mine in people.values() if is_enrolled(mine)]


def rounded(x, digits):
    return float(decimal.Decimal(repr(x)).quantize(decimal.Decimal(1).scaleb(-digits), decimal.ROUND_HALF_UP))


def quantile(values, share):
    values = sorted(values)
    at = (len(values) - 1) * share
    low = values[int(at)]
    return low + (values[min(int(at) + 1, len(values) - 1)] - low) * (at - int(at))


def firsts(mine, phase, is_alone=True):
    """The first answer to each question of a phase."""
    found = {}
    for e in mine:
        if e['kind'] == 'answered' and e['phase'] == phase and e['correct'] and (not is_alone or e['mode'] == 'solo'):
            found.setdefault(e['unit'], e)
    return found


def wilson(part, whole, sign, digits=1, unit=100):
    """The end of a 95 percent interval, as textbooks have it."""
    p, z = part / whole, 1.96
    middle, half = p + z * z / (2 * whole), z * math.sqrt(p * (1 - p) / whole + z * z / (4 * whole * whole))
    return rounded(unit * (middle + sign * half) / (1 + z * z / whole), digits)


def rate(cells, key, name, part, whole, low=None, high=None):
    """A share in percent and the ends of its interval, of 5 and more."""
    if whole >= 5:
        cells[key + (name,)] = rounded(100 * part / whole, 1)
        if low:
            cells[key + (low,)], cells[key + (high,)] = wilson(part, whole, -1), wilson(part, whole, 1)


def mean(values):
    return sum(values) / len(values)


def deviation(values):
    middle = mean(values)
    return math.sqrt(sum((v - middle) ** 2 for v in values) / (len(values) - 1))


def is_mature(mine):
    return is_enrolled(mine) and first(mine, kind('consented'))['at'] <= NOW - 70 * DAY


def count_funnel(group_of):
    cells = collections.Counter()
    for mine in enrolled():
        group = group_of(mine)
        if group is None:
            continue
        cells[group + ('enrolled',)] += 1
        cells[group + ('started',)] += first(mine, is_action) is not None
        cells[group + ('completed',)] += first(mine, kind('course_completed')) is not None
        cells[group + ('certified',)] += first(mine, kind('certified')) is not None
    return cells


def funnel():
    return count_funnel(lambda mine: (str(first(mine, kind('consented'))['day'].replace(day=1)), mine[0]['lang']))


def mature():
    cells = count_funnel(lambda mine: (mine[0]['lang'],) if is_mature(mine) else None)
    for key in {k[:-1] for k in cells}:
        rate(cells, key, 'percent_started', cells[key + ('started',)], cells[key + ('enrolled',)])
        rate(cells, key, 'percent_of_enrolled', cells[key + ('completed',)], cells[key + ('enrolled',)])
        rate(cells, key, 'percent_of_started', cells[key + ('completed',)], cells[key + ('started',)], 'percent_low', 'percent_high')
    return cells


def groups():
    return count_funnel(lambda mine: ('group' if mine[0]['cohort'] else 'alone',))


def contact_counts():
    cells = collections.Counter()
    for row in query(OWNER, 'select learner from core.learner where not is_test'):
        mine = people.get(row['learner'], [])
        asked, agreed = first(mine, kind('consent_asked')), first(mine, kind('consented'))
        cells[('contacts',)] += 1
        cells[('asked',)] += asked is not None
        cells[('opted_in',)] += bool(asked and agreed and agreed['at'] <= asked['at'] + 7 * DAY)
    rate(cells, (), 'percent_opted_in', cells[('opted_in',)], cells[('asked',)], 'percent_low', 'percent_high')
    return cells


def numbers():
    """A1 and A3 of numbers: of several people on one any."""
    asked, agreed = {}, {}
    for learner, mine in people.items():
        number = mine[0]['number'] or learner
        a, g = first(mine, kind('consent_asked')), first(mine, kind('consented'))
        asked[number] = asked.get(number, False) or a is not None
        agreed[number] = agreed.get(number, False) or bool(a and g and g['at'] <= a['at'] + 7 * DAY)
    cells = {('numbers',): len(asked), ('asked',): sum(asked.values()), ('opted_in',): sum(agreed.values())}
    rate(cells, (), 'percent_opted_in', cells[('opted_in',)], cells[('asked',)], 'percent_low', 'percent_high')
    return cells


def stand_of(mine):
    if first(mine, kind('course_completed')):
        return 'completed'
    if last_stop(mine):
        return 'stopped'
    quiet = NOW - first(mine[::-1], is_action)['at']
    return 'lost' if quiet > 60 * DAY else 'dormant' if quiet > 14 * DAY else 'active'


def standing():
    return collections.Counter((mine[0]['lang'], stand_of(mine), 'learners') for mine in enrolled() if first(mine, is_action))


def hazard():
    cells = collections.Counter()
    for mine in people.values():
        done = [e['unit'] for e in mine if is_action(e)]
        for unit in set(done):
            if units[unit]['module_kind'] != 'followup':
                cells[(unit, 'reached')] += 1
        if done and is_enrolled(mine) and stand_of(mine) in ('stopped', 'dormant', 'lost'):
            cells[(done[-1], 'left_here')] += 1
    return cells


def time_to_complete():
    days = []
    for mine in enrolled():
        done = first(mine, kind('course_completed'))
        if done and first(mine, kind('consented'))['at'] <= NOW - 70 * DAY:
            days.append((done['at'] - first(mine, is_action)['at']) / DAY)
    return {('completed',): len(days), ('started',): sum(first(mine, is_action) is not None for mine in enrolled()),
            ('median_days',): rounded(quantile(days, .5), 1), ('p25_days',): rounded(quantile(days, .25), 1),
            ('p75_days',): rounded(quantile(days, .75), 1)}


def effort():
    """Minutes from one step to the next: at most 10, or in one session."""
    spent = collections.defaultdict(lambda: collections.defaultdict(float))
    for learner, mine in people.items():
        steps, before = collections.defaultdict(list), None
        for e in mine:
            steps[int(e['seq'])].append(e)
        for _, step in sorted(steps.items() if mine[0]['is_erased'] == 'f' else ()):
            now = (min(e['at'] for e in step), next((e['session'] for e in step if e['session']), None))
            action = first(step, is_action)
            if action:
                gap = now[0] - before[0] if before else 0
                is_near = 0 <= gap <= 600 or (now[1] and now[1] == before[1])
                spent[units[action['unit']]['module']][learner] += max(gap, 0) / 60 if is_near else 0
            before = now
    return {(module, column): n for module, minutes in spent.items()
            for column, n in (('learners', len(minutes)), ('median_minutes', rounded(quantile(minutes.values(), .5), 1)))}


def scores():
    cells = collections.Counter()
    for mine in people.values():
        right = [e['correct'] == 't' for e in firsts(mine, 'quiz').values()]
        if right:
            percent = 100 * sum(right) / len(right)
            cells[('0-39' if percent < 40 else '40-59' if percent < 60 else '60-79' if percent < 80 else '80-100', 'learners')] += 1
    return cells


def distractors():
    return collections.Counter((unit, e['choice'], 'n') for mine in people.values() for unit, e in firsts(mine, 'quiz').items() if e['choice'])


def survey():
    asked, said, marks = 0, [], collections.defaultdict(list)
    for mine in enrolled():
        if not first(mine, kind('course_completed')):
            continue
        asked += 1
        answers = {e['unit']: e['value'] or e['choice'] for e in mine if e['kind'] == 'answered' and e['phase'] == 'survey'}
        said += [answers] if answers else []
        for unit, mark in answers.items():
            marks[unit] += [int(mark)] if mark else []

    def percent(unit, test):
        return 100 * sum(map(test, marks[unit])) / len(marks[unit])
    return {('invited',): asked, ('answered',): len(said), ('complete',): sum(all(f'y{i}' in a for i in range(1, 8)) for a in said),
            ('mean_useful',): rounded(mean(marks['y3']), 2), ('mean_sure_now',): rounded(mean(marks['y4']), 2), ('mean_sure_before',): rounded(mean(marks['y5']), 2),
            ('mean_sure_gain',): rounded(mean([int(a['y4']) - int(a['y5']) for a in said if a.get('y4') and a.get('y5')]), 2),
            ('csat',): rounded(percent('y1', lambda m: m >= 4), 1), ('mean_good',): rounded(sum(marks['y1']) / len(marks['y1']), 2),
            ('recommendation',): rounded(percent('y2', lambda m: m >= 9) - percent('y2', lambda m: m <= 6), 0)}


def leaving():
    cells = {('enrolled',): len(enrolled()), ('stopped',): sum(last_stop(mine) is not None for mine in enrolled())}
    rate(cells, (), 'percent_stopped', cells[('stopped',)], cells[('enrolled',)])
    return cells


def opt_outs():
    """H1: the first STOP of each, beside what was delivered; who came back within 90 days."""
    cells = collections.Counter()
    for mine in people.values():
        stop = first(mine, is_opt_out)
        if stop:
            is_over = stop['at'] <= NOW - 90 * DAY
            cells[('stopped',)] += 1
            cells[('over_90_days',)] += is_over
            cells[('came_back',)] += is_over and any(e['kind'] in ('rejoined', 'consented') and int(e['seq']) > int(stop['seq']) and e['at'] <= stop['at'] + 90 * DAY for e in mine)
    cells[('delivered',)] = sum(m['status'] in ('delivered', 'read') for m in messages())
    cells[('per_1000_delivered',)] = rounded(1000 * cells[('stopped',)] / cells[('delivered',)], 2) if cells[('delivered',)] else ''
    rate(cells, (), 'percent_came_back', cells[('came_back',)], cells[('over_90_days',)], 'percent_low', 'percent_high')
    return cells


def last_message():
    """H1: what the last SMS in the 24 hours before was for."""
    cells, sent = collections.Counter(), collections.defaultdict(list)
    for m in messages():
        what = m['purpose'] or 'reply'
        cells[(what, 'delivered')] += m['status'] in ('delivered', 'read')
        if m['learner'] and m['status'] not in ('queued', 'sending', 'capped'):
            sent[m['learner']].append((float(m['went']), int(m['seq']), m['message_id'], what))
    for learner, mine in people.items():
        stop = first(mine, is_opt_out)
        if stop:
            before = [m for m in sent[learner] if m[1] < int(stop['seq']) and stop['at'] - DAY <= m[0] <= stop['at']]
            cells[(max(before)[3] if before else 'none', 'stopped')] += 1
    return collections.Counter({k: n for k, n in cells.items() if k[1] == 'stopped' or n})


def reminders():
    """R1: the first of each step; what came in the 72 hours after it."""
    cells = collections.Counter()
    for mine in people.values():
        seen = set()
        for e in mine:
            if e['kind'] not in ('reminded', 'reminder_withheld') or e['value'] in seen:
                continue
            seen.add(e['value'])
            if e['at'] > NOW - 3 * DAY:
                continue
            after = [x for x in mine if e['at'] < x['at'] <= e['at'] + 3 * DAY]
            who = 'reminded' if e['kind'] == 'reminded' else 'not_reminded'
            for outcome, did in (('learned', any(map(is_action, after))), ('stopped', any(x['kind'] in ('stopped', 'erased') for x in after))):
                cells[(e['value'], outcome, who)] += 1
                cells[(e['value'], outcome, who + '_did')] += did
    for key in {k[:2] for k in cells}:
        (a, n), (b, m) = ((cells[key + (who + '_did',)], cells[key + (who,)]) for who in ('reminded', 'not_reminded'))
        rate(cells, key, 'percent_reminded', a, n)
        rate(cells, key, 'percent_not_reminded', b, m)
        if n >= 5 and m >= 5:
            p, q = 100 * a / n, 100 * b / m
            low, high = (wilson(a, n, -1, 12), wilson(a, n, 1, 12)), (wilson(b, m, -1, 12), wilson(b, m, 1, 12))
            cells[key + ('effect',)] = rounded(rounded(p, 1) - rounded(q, 1), 1)
            cells[key + ('effect_low',)] = rounded(p - q - math.hypot(p - low[0], high[1] - q), 1)
            cells[key + ('effect_high',)] = rounded(p - q + math.hypot(low[1] - p, q - high[0]), 1)
    return cells


def sessions():
    cells = collections.Counter()
    for mine in people.values():
        dialled = [e['at'] for e in mine if e['kind'] in ('session_opened', 'session_resumed')]
        dropped = [e['at'] for e in mine if e['kind'] == 'session_dropped']
        cells[('opened',)] += len(dialled)
        cells[('dropped',)] += len(dropped)
        cells[('resumed',)] += sum(any(at < d <= at + DAY for d in dialled) for at in dropped)
    return cells


def session_lengths():
    """T2: screens of a session, counted by the steps from its first to its last; seconds from one key to the next."""
    found, seconds = collections.defaultdict(list), []
    for mine in people.values():
        for e in mine:
            if e['session'] and e['via'] == 'ussd' and e['is_erased'] == 'f':
                found[(e['learner'], e['session'])].append(e)
    whole, pieces = [], []
    for session in found.values():  # whose name may come again
        for before, e in zip([None] + session, session):
            if before is None or e['kind'] != 'session_dropped' and e['at'] - before['at'] > 600:
                pieces.append([])
            pieces[-1].append(e)
    for session in pieces:
        dropped = any(e['kind'] == 'session_dropped' for e in session)
        numbers = [int(e['seq']) for e in session]
        screens = max(numbers) - min(numbers) + 1 - dropped
        if min(e['at'] for e in session) <= NOW - 3600 and screens > 0:
            whole.append((screens, dropped))
        keys = sorted({int(e['seq']): e['at'] for e in reversed(session) if e['kind'] != 'session_dropped'}.items())
        seconds += [round(b[1] - a[1], 6) for a, b in zip(keys, keys[1:]) if b[0] == a[0] + 1]
    n, dropped = len(whole), sum(d for _, d in whole)
    return {('sessions',): n, ('dropped',): dropped, ('ended_by_us',): n - dropped, ('percent_dropped',): rounded(100 * dropped / n, 1),
            ('screens_per_session',): rounded(sum(s for s, _ in whole) / n, 1), ('median_seconds',): rounded(round(quantile(seconds, .5), 6), 1),
            ('p99_seconds',): rounded(round(quantile(seconds, .99), 6), 1)}


def reminder_load():
    cells = collections.Counter()
    for mine in people.values():
        sent = [e for e in mine if e['kind'] == 'reminded']
        third = first(sent[::-1], lambda e: e['value'] == '12')
        cells[('reminders',)] += len(sent)
        cells[('reminded',)] += bool(sent)
        cells[('reminded_three_times',)] += third is not None
        cells[('quiet_since',)] += bool(third and not any(is_action(e) and e['at'] > third['at'] for e in mine))
    return cells


ALL_MESSAGES = []


def messages():
    if not ALL_MESSAGES:
        ALL_MESSAGES.extend(query(OWNER, """select m.message_id, m.learner, m.seq, m.status, m.segments, m.purpose, m.network, m.error, m.price,
            extract(epoch from coalesce(m.sent_at, m.created_at)) as went from core.message m left join core.learner l using (learner) where l.is_test is not true"""))
    return ALL_MESSAGES


def failures():
    """T1: by operator and code; few people's codes come together."""
    sent, found, cells = collections.Counter(), collections.defaultdict(list), collections.Counter()
    for m in messages():
        operator = m['network'] or 'none'
        sent[operator] += 1
        if m['status'] in ('failed', 'undelivered', 'capped', 'errored'):
            found[(operator, m['error'][:60] or m['status'])].append(m['learner'])
    def kinds(who):
        return len({int(w or 0) % 61 for w in who})
    for operator in {o for o, _ in found}:
        few = [w for (o, _), who in found.items() if o == operator and kinds(who) < 5 for w in who]
        enough = sorted((len(who), code) for (o, code), who in found.items() if o == operator and kinds(who) >= 5)
        if few and kinds(few) < 5 and enough:
            found[(operator, 'other')] = found.pop((operator, enough[0][1]))
    for (operator, code), who in found.items():
        code = code if kinds(who) >= 5 else 'other'
        cells[(operator, code, 'failed')] += len(who)
        cells[(operator, code, 'sent')] = sent[operator]
    return cells


def cost():
    done = sum(first(mine, kind('course_completed')) is not None for mine in enrolled())
    parts = sum(int(m['segments'] or 0) for m in messages())
    return {('completed',): done, ('segments',): parts, ('segments_per_completed',): rounded(parts / done, 1)}


def delivery():
    cells = collections.Counter()
    for row in messages():
        cells[('sent',)] += 1
        cells[('delivered',)] += row['status'] in ('delivered', 'read')
        cells[('failed',)] += row['status'] in ('failed', 'undelivered', 'capped', 'errored')
        cells[('segments',)] += int(row['segments'] or 0)
    return cells


def unmatched():
    rows = query(OWNER, f"select u.learner from core.unknown_input u join core.learner l using (learner) where not l.is_test and u.at > to_timestamp({NOW!r}) - interval '30 days'")
    silent = ('reminded', 'reminder_withheld', 'followup_sent', 'nudged', 'session_dropped', 'safe_released', 'corrected', 'number_checked', 'erased')
    came = {(e['learner'], e['seq']) for e in events if e['at'] > NOW - 30 * DAY and e['via'] and e['kind'] not in silent}
    return {('not_understood',): len(rows), ('learners',): len({r['learner'] for r in rows}), ('inbound',): len(came),
            ('percent_of_inbound',): rounded(100 * len(rows) / len(came), 1)}


def shared_numbers():
    of = collections.Counter(r['number'] for r in query(OWNER, """select encode(s.number_id, 'hex') as number from core.number_state s
        join core.learner l using (learner) where not l.is_test"""))
    return {('numbers',): len(of), ('shared',): sum(n > 1 for n in of.values())}


def count_active(period_of, *values_of):
    seen = {(str(period_of(e['day'])),) + tuple(v(e) for v in values_of) + ('active', learner)
            for learner, mine in people.items() for e in mine if is_action(e)}
    return collections.Counter(s[:-1] for s in seen)


def month_of(day):
    return day.replace(day=1)


def activity():
    return count_active(month_of, lambda e: e['lang'])


def weeks():
    return count_active(lambda day: day - datetime.timedelta(day.weekday()))


def ever_active():
    days = [min(e['day'] for e in mine if is_action(e)) for mine in people.values() if first(mine, is_action)]
    months = {month_of(e['day']) for mine in people.values() for e in mine if is_action(e)}
    return {(str(m), 'ever_active'): sum(month_of(d) <= m for d in days) for m in months}


def items():
    cells, pairs = collections.Counter(), collections.defaultdict(list)
    for mine in people.values():
        answers = {unit: e['correct'] == 't' for unit, e in firsts(mine, 'quiz').items()}
        for unit, right in answers.items():
            cells[(unit, 'answered')] += 1
            cells[(unit, 'n_right')] += right
            if len(answers) >= 12:
                pairs[unit].append((right, (sum(answers.values()) - right) / (len(answers) - 1)))
    for unit in {k[0] for k in cells}:
        n, right = cells[(unit, 'answered')], cells[(unit, 'n_right')]
        if n >= 5:
            cells[(unit, 'p')] = rounded(right / n, 2)
            cells[(unit, 'p_low')], cells[(unit, 'p_high')] = wilson(right, n, -1, 2, 1), wilson(right, n, 1, 2, 1)
        if len(pairs[unit]) >= 100:  # E2
            x, y = zip(*pairs[unit])
            if deviation(x) and deviation(y):
                both = sum((a - mean(x)) * (b - mean(y)) for a, b in pairs[unit]) / (len(x) - 1)
                cells[(unit, 'discrimination')] = rounded(both / deviation(x) / deviation(y), 2)
    return cells


def dif():
    """E4: in each third of the rest score, to all of it; weighted by those of the language."""
    by_unit, cells = collections.defaultdict(list), {}
    for mine in people.values():
        answers = firsts(mine, 'quiz')
        right = sum(e['correct'] == 't' for e in answers.values())
        for unit, e in answers.items():
            x = e['correct'] == 't'
            rest = fractions.Fraction(right - x, len(answers) - 1) if len(answers) > 1 else 2
            by_unit[unit].append((rest, e['learner_id'], x, e['said_in']))
    for unit, rows in by_unit.items():
        rows.sort()
        n, at, thirds = len(rows), 0, []
        for k in range(3):
            size = n // 3 + (k < n % 3)
            thirds.append(rows[at:at + size])
            at += size
        for lang in {r[3] for r in rows}:
            whole, total = 0, 0
            for third in thirds:
                mine = [r[2] for r in third if r[3] == lang]
                if mine:
                    total += len(mine) * fractions.Fraction(sum(mine), len(mine)) - len(mine) * fractions.Fraction(sum(r[2] for r in third), len(third))
                    whole += len(mine)
            if whole >= 50:
                cells[(unit, lang, 'difference_to_all')] = rounded(float(total / whole), 2)
    return cells


def modules():
    cells = collections.Counter()
    for mine in people.values():
        reached = {units[e['unit']]['module'] for e in mine if is_action(e) and e['unit'] in units
                   and units[e['unit']]['module_kind'] == 'lessons'}
        done = {e['unit'] for e in mine if e['kind'] == 'module_completed' and e['phase'] != 'catchup'}
        right = collections.Counter(units[u]['module'] for u, e in firsts(mine, 'quiz', False).items() if e['correct'] == 't')
        for module in reached:
            questions = sum(u['module'] == module and u['right_choices'] != '' for u in units.values())
            cells[(module, 'reached')] += 1
            cells[(module, 'completed')] += module in done
            cells[(module, 'passed')] += module in done and right[module] >= 0.6 * questions
    for module in {k[0] for k in cells}:
        rate(cells, (module,), 'percent_completed', cells[(module, 'completed')], cells[(module, 'reached')], 'percent_low', 'percent_high')
    return cells


def module_rates():
    """C2 of those who have had 70 days."""
    cells, ripe = collections.Counter(), [mine for mine in people.values() if is_mature(mine)]
    started = sum(first(mine, is_action) is not None for mine in ripe)
    for mine in ripe:
        done = {e['unit'] for e in mine if e['kind'] == 'module_completed' and e['phase'] != 'catchup'}
        for module in {units[e['unit']]['module'] for e in mine if is_action(e) and e['unit'] in units and units[e['unit']]['module_kind'] == 'lessons'}:
            cells[(module, 'started')] = started
            cells[(module, 'reached')] += 1
            cells[(module, 'completed')] += module in done
    for module in {k[0] for k in cells}:
        rate(cells, (module,), 'percent_of_reached', cells[(module, 'completed')], cells[(module, 'reached')], 'reached_low', 'reached_high')
        rate(cells, (module,), 'percent_of_started', cells[(module, 'completed')], started, 'started_low', 'started_high')
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
    n, more = len(pairs), [b - a for a, b in pairs]
    return {('n',): n, ('gain',): rounded(mean(more), 2), ('gain_plus_minus',): rounded(1.96 * deviation(more) / math.sqrt(n), 2),
            ('pre_mean',): rounded(mean([a for a, _ in pairs]), 2), ('post_mean',): rounded(mean([b for _, b in pairs]), 2),
            ('effect_size',): rounded(mean(more) / deviation(more), 2), ('percent_higher',): rounded(100 * sum(m > 0 for m in more) / n, 1),
            ('percent_lower',): rounded(100 * sum(m < 0 for m in more) / n, 1),
            ('normalised_gain',): rounded(mean([(b - a) / (len(tests) - a) for a, b in pairs if a < len(tests)]), 2)}


def retention():
    """F3: questions of a module again, 25 to 40 days after the end, beside the post-test's question about it."""
    modules = list(dict.fromkeys(u['module'] for u in units.values() if u['module_kind'] == 'lessons'))
    tests = [u for u, row in units.items() if row['module_kind'] == 'test']
    found = []
    for mine in enrolled():
        done, right = first(mine, kind('course_completed')), collections.defaultdict(list)
        for e in mine:
            if done and e['kind'] == 'answered' and e['phase'] == 'recall' and e['correct'] and 25 <= (e['day'] - done['day']).days <= 40:
                right[units[e['unit']]['module']].append(e['correct'] == 't')
        post = {}
        for e in mine:
            if e['kind'] == 'answered' and e['phase'] == 'posttest':
                post.setdefault(e['unit'], e['correct'] == 't')
        pairs = [(mean(answers), post[tests[modules.index(m)]]) for m, answers in right.items() if tests[modules.index(m)] in post]
        if pairs:
            found.append((mean([p for _, p in pairs]), mean([r for r, _ in pairs])))
    if len(found) < 5:
        return {('n',): len(found)} if found else {}
    change = [100 * (r - p) for p, r in found]
    return {('n',): len(found), ('post_percent',): rounded(round(100 * mean([p for p, _ in found]), 9), 1), ('recall_percent',): rounded(round(100 * mean([r for _, r in found]), 9), 1),
            ('change',): rounded(round(mean(change), 9), 1), ('change_plus_minus',): rounded(1.96 * deviation(change) / math.sqrt(len(found)), 2)}


def followed_up():
    """G3: of those who completed the course and were asked, the last answers."""
    for mine in enrolled():
        said = collections.defaultdict(int)
        for e in mine:
            if e['kind'] == 'answered' and e['phase'] == 'followup' and e['choice']:
                said[e['unit']] = max(said[e['unit']], int(e['choice']))
        if first(mine, kind('course_completed')) and (first(mine, kind('followup_sent')) or 'w1' in said):
            yield said


def at_work():
    said = list(followed_up())
    cells = {('asked',): len(said), ('answered',): sum('w1' in s for s in said), ('used',): sum(s.get('w1') == 1 for s in said)}
    rate(cells, (), 'percent_of_asked', cells[('used',)], cells[('asked',)])
    rate(cells, (), 'percent_of_answered', cells[('used',)], cells[('answered',)])
    return cells if said else {}


def at_work_answers():
    cells = collections.Counter()
    for said in followed_up():
        unit = 'w2' if said.get('w1') == 1 else 'w3'
        if 'w1' in said and unit in said:
            cells[(unit, str(said[unit]), 'n')] += 1
    return cells


def equity():
    """Q2, of the groups whose rate is shown."""
    counted = mature()
    shown = {r['value'] for r in query(READER, "select * from report.funnel('all', 'language', true)") if r['percent_of_started']}
    rates = sorted((counted[(lang, 'percent_of_started')], lang) for lang in {k[0] for k in counted} if lang in shown and counted[(lang, 'started')] >= 30)
    if not rates:
        return {}
    low, high = rates[0], rates[-1]
    return {('lowest',): low[0], ('highest',): high[0], ('ratio',): rounded(round(low[0] / high[0], 12), 2)}


FUNNEL = ('enrolled', 'started', 'completed', 'certified')
REPORTS = [
    ('funnel', funnel, "select * from report.funnel('month', 'language')", ('period_start', 'value'), FUNNEL),
    ('mature', mature, "select * from report.funnel('all', 'language', true)", ('value',), FUNNEL + ('percent_started', 'percent_of_enrolled', 'percent_of_started', 'percent_low', 'percent_high')),
    ('groups', groups, 'select * from report.groups()', ('learned',), ('enrolled', 'completed')),
    ('contact_counts', contact_counts, 'select * from report.contact_counts()', (), ('contacts', 'asked', 'opted_in', 'percent_opted_in', 'percent_low', 'percent_high')),
    ('numbers', numbers, 'select * from report.numbers()', (), ('numbers', 'asked', 'opted_in', 'percent_opted_in', 'percent_low', 'percent_high')),
    ('standing', standing, "select * from report.standing('language')", ('value', 'standing'), ('learners',)),
    ('activity', activity, "select * from report.activity('month', 'language')", ('period_start', 'value'), ('active',)),
    ('weeks', weeks, "select * from report.activity('week')", ('period_start',), ('active',)),
    ('ever_active', ever_active, "select * from report.activity('month')", ('period_start',), ('ever_active',)),
    ('items', items, 'select * from report.items()', ('unit',), ('answered', 'n_right', 'p', 'p_low', 'p_high', 'discrimination')),
    ('dif', dif, "select * from report.items('language')", ('unit', 'value'), ('difference_to_all',)),
    ('distractors', distractors, 'select * from report.distractors()', ('unit', 'choice'), ('n',)),
    ('scores', scores, 'select * from report.scores()', ('band',), ('learners',)),
    ('modules', modules, 'select * from report.modules()', ('module',), ('reached', 'completed', 'passed', 'percent_completed', 'percent_low', 'percent_high')),
    ('module_rates', module_rates, 'select * from report.module_rates()', ('module',),
     ('started', 'reached', 'completed', 'percent_of_reached', 'reached_low', 'reached_high', 'percent_of_started', 'started_low', 'started_high')),
    ('hazard', hazard, 'select * from report.hazard()', ('unit',), ('reached', 'left_here')),
    ('time_to_complete', time_to_complete, 'select * from report.time_to_complete()', (),
     ('completed', 'started', 'median_days', 'p25_days', 'p75_days')),
    ('effort', effort, 'select * from report.effort()', ('module',), ('learners', 'median_minutes')),
    ('gain', gain, 'select * from report.gain()', (),
     ('n', 'gain', 'gain_plus_minus', 'pre_mean', 'post_mean', 'effect_size', 'percent_higher', 'percent_lower', 'normalised_gain')),
    ('retention', retention, 'select * from report.retention()', (), ('n', 'post_percent', 'recall_percent', 'change', 'change_plus_minus')),
    ('survey', survey, 'select * from report.survey()', (),
     ('invited', 'answered', 'complete', 'csat', 'mean_good', 'recommendation', 'mean_useful', 'mean_sure_now', 'mean_sure_before', 'mean_sure_gain')),
    ('at_work', at_work, 'select * from report.at_work()', (), ('asked', 'answered', 'used', 'percent_of_asked', 'percent_of_answered')),
    ('at_work_answers', at_work_answers, 'select * from report.at_work_answers()', ('question', 'choice'), ('n',)),
    ('equity', equity, 'select * from report.equity()', (), ('lowest', 'highest', 'ratio')),
    ('leaving', leaving, 'select * from report.leaving()', (), ('enrolled', 'stopped', 'percent_stopped')),
    ('opt_outs', opt_outs, 'select * from report.opt_outs()', (),
     ('stopped', 'over_90_days', 'came_back', 'delivered', 'per_1000_delivered', 'percent_came_back', 'percent_low', 'percent_high')),
    ('last_message', last_message, "select * from report.opt_outs(by => 'last_message')", ('value',), ('stopped', 'delivered')),
    ('reminders', reminders, 'select * from report.reminders()', ('quiet_days', 'outcome'),
     ('reminded', 'reminded_did', 'not_reminded', 'not_reminded_did', 'percent_reminded', 'percent_not_reminded', 'effect', 'effect_low', 'effect_high')),
    ('reminder_load', reminder_load, "select * from report.reminder_load('all')", (),
     ('reminders', 'reminded', 'reminded_three_times', 'quiet_since')),
    ('delivery', delivery, "select * from report.delivery('all', 'all')", (), ('sent', 'delivered', 'failed', 'segments')),
    ('failures', failures, 'select * from report.failures()', ('value', 'code'), ('sent', 'failed')),
    ('cost', cost, 'select * from report.cost()', (), ('completed', 'segments', 'segments_per_completed')),
    ('session_lengths', session_lengths, 'select * from report.session_lengths()', (),
     ('sessions', 'ended_by_us', 'dropped', 'percent_dropped', 'screens_per_session', 'median_seconds', 'p99_seconds')),
    ('sessions', sessions, "select * from report.sessions('all')", (), ('opened', 'dropped', 'resumed')),
    ('unmatched', unmatched, "select * from report.unmatched('all')", (), ('not_understood', 'learners', 'inbound', 'percent_of_inbound')),
    ('shared_numbers', shared_numbers, 'select * from report.shared_numbers', (), ('numbers', 'shared')),
]
for name, count, sql, keys, columns in REPORTS:
    # As of the moment at which the report was asked.
    rows = query(READER, f'select q.*, extract(epoch from now()) as asked_at from ({sql}) q')
    NOW = float(rows[0]['asked_at']) if rows else NOW
    counted = count()
    shown, n_shown, n_hidden, bad = {}, 0, 0, []
    for row in rows:
        for column in columns:
            shown[tuple(row[k] for k in keys) + (column,)] = row[column]
    for cell in sorted(set(shown) | {c for c in counted if c[-1] in columns}):
        said, right = shown.get(cell), counted.get(cell, 0)
        # By a property few values are named (sql/0031_blocks.sql, 0033): of the others there is no row.
        if said == '' or said is None and 'value' in keys and name != 'failures':
            n_hidden += 1
        elif said is None or float(said) != float(right):
            bad.append(f'bad {name} {cell} {said} {right}')
        else:
            n_shown += 1
    print('\n'.join(bad[:20]) if bad else f'good {name} {n_shown} shown, {n_hidden} hidden')
