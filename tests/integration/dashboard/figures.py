"""figures.py WAYPOST CONNINFO PAGE...: compares each cell of each table on the pages (asked for with grain=month and
by=language) with what `waypost report` says. Prints "good REPORT ROWS" or "bad REPORT WHY" for each table."""
import json
import subprocess
import sys
from html.parser import HTMLParser

HAS_GRAIN = {'activity', 'delivery', 'sessions', 'session_lengths', 'reminder_load'}
NO_BY = {'cost', 'failures', 'numbers', 'sessions', 'session_lengths', 'unmatched', 'unmatched_words'}


class Tables(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tables, self.cell = [], None

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == 'table':
            self.tables.append({'report': attributes['data-report'], 'columns': [], 'rows': []})
        elif tag == 'tr' and self.tables:
            self.tables[-1]['rows'].append([])
        elif tag in ('th', 'td'):
            if attributes.get('scope') == 'col':
                self.tables[-1]['columns'].append(attributes.get('data-column'))
            self.cell = ''

    def handle_data(self, data):
        if self.cell is not None:
            self.cell += data

    def handle_endtag(self, tag):
        if tag in ('th', 'td') and self.cell is not None:
            self.tables[-1]['rows'][-1].append(self.cell)
            self.cell = None


def shown(value, is_count):
    if value is None:
        return 'hidden' if is_count else '-'
    if value is True or value is False:
        return 'yes' if value else 'no'
    return str(value)


def ask(report, grain):
    command = [sys.argv[1], 'report', 'show', report, '--json', '--conninfo', sys.argv[2]]
    if grain:
        command += ['--grain', grain]
    if report not in NO_BY:
        command += ['--by', 'language']
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return [json.loads(line, parse_float=str, parse_int=str) for line in lines if line.startswith('{')]


def matches(cell, row, column):
    value = row.get(column)
    return cell in (shown(value, True), shown(value, False))


for path in sys.argv[3:]:
    parser = Tables()
    parser.feed(open(path, encoding='utf-8').read())
    for table in parser.tables:
        name, cells = table['report'], table['rows'][1:]
        grain = 'month' if name in HAS_GRAIN or name == 'funnel' and 'period_start' in table['columns'] else None
        rows = ask(name, grain)
        places = [(i, c) for i, c in enumerate(table['columns']) if c]
        is_top = len(cells) < len(rows)
        if not cells or (is_top and len(cells) > 5):
            print('bad', name, 'has', len(cells), 'rows, the view', len(rows))
            continue
        if is_top:  # the five highest: each is a row of the view
            wrong = [c for c in cells if not any(all(matches(c[i], r, k) for i, k in places) for r in rows)]
        else:
            wrong = [c for c, r in zip(cells, rows) if not all(matches(c[i], r, k) for i, k in places)]
        print('bad' if wrong else 'good', name, wrong[0] if wrong else len(cells))
