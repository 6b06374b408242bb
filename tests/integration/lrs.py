#!/usr/bin/env python3
"""lrs.py PORT-FILE LOG [SCRIPT...]: a Learning Record Store that fails as told.

Each word of SCRIPT is for one request: ok, STATUS (an answer of that status), wait (429 with Retry-After: 1), lost
(takes the statements and hangs up before it answers). Afterwards it is ok for ever. Statements it has are kept by id;
an id that comes with other content, or in a batch with one that it has, is a 409; over 20 statements are a 413.
LOG gets a line for each request: status, number of statements; `GET /statements` answers how many it has.
"""
import base64
import http.server
import json
import sys

script = sys.argv[3:]
have = {}


class Store(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def say(self, status, body=b'', **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace('_', '-'), value)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.say(200, str(len(have)).encode())

    def do_POST(self):
        batch = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        word = script.pop(0) if script else 'ok'
        good = (self.path == '/xapi/statements' and self.headers['X-Experience-API-Version'] == '1.0.3'
                and self.headers['Content-Type'] == 'application/json')
        if self.headers['Authorization'] != 'Basic ' + base64.b64encode(b'key:secret').decode():
            status = 401
        elif not good or not isinstance(batch, list):
            status = 400
        elif word not in ('ok', 'lost'):
            status = 429 if word == 'wait' else int(word)
        elif len(batch) > 20:
            status = 413
        elif any(s['id'] in have for s in batch):
            status = 409
        else:
            status = 200
            have.update((s['id'], s) for s in batch)
        with open(sys.argv[2], 'a', encoding='utf-8') as log:
            log.write(f'{"lost" if word == "lost" else status} {len(batch)}\n')
        if word == 'lost':
            self.close_connection = True
            return
        if status == 429:
            self.say(status, b'slow down', Retry_After='1')
        else:
            self.say(status, json.dumps([s['id'] for s in batch]).encode() if status == 200 else b'no\x1b[31m')


server = http.server.HTTPServer(('127.0.0.1', 0), Store)
with open(sys.argv[1], 'w', encoding='utf-8') as f:
    f.write(str(server.server_address[1]))
server.serve_forever()
