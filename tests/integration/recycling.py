#!/usr/bin/env python3
"""recycling.py DIR: a pretended mobile operator that tells whether a number has gone to somebody else (CAMARA Number Recycling).

It listens on a free port of 127.0.0.1, writes it to DIR/port, and each request to DIR/requests, one JSON object a line. Of numbers
that end in 9 it says that they have gone, of 7 that it knows nothing, of 5 it fails once, of 3 it is too busy once; all others are
still the same person's. Its first access token is no good by the time it is used.
"""
import base64
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

DIR = sys.argv[1]
LOCK = threading.Lock()
STATE = {"tokens": 0}
ASKED = {}
BASIC = "Basic " + base64.b64encode(b"client:c secret").decode()


def check(number, authorization):
    """Status, body and headers of the answer about a number."""
    if not authorization.startswith("Bearer T") or authorization == "Bearer T1":
        return 401, {"status": 401, "code": "UNAUTHENTICATED"}, {}
    ASKED[number] = ASKED.get(number, 0) + 1
    if number.endswith("5") and ASKED[number] == 1:
        return 500, {"status": 500, "code": "INTERNAL"}, {}
    if number.endswith("3") and ASKED[number] == 1:
        return 429, {"status": 429, "code": "TOO_MANY_REQUESTS"}, {"Retry-After": "1"}
    if number.endswith("7"):
        return 404, {"status": 404, "code": "IDENTIFIER_NOT_FOUND"}, {}
    return 200, {"phoneNumberRecycled": number.endswith("9")}, {}


class Operator(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        authorization = self.headers.get("Authorization", "")
        with LOCK:
            if self.path == "/token":
                said = parse_qs(body)
                STATE["tokens"] += authorization == BASIC
                status = 200 if authorization == BASIC else 401
                answer, headers = {"access_token": f"T{STATE['tokens']}", "expires_in": 3600}, {}
            else:
                said = json.loads(body)
                status, answer, headers = check(said["phoneNumber"], authorization)
            with open(os.path.join(DIR, "requests"), "a") as log:
                log.write(json.dumps({"path": self.path, "said": said, "status": status}) + "\n")
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Operator)
with open(os.path.join(DIR, "port.new"), "w") as file:
    file.write(str(server.server_port))
os.rename(os.path.join(DIR, "port.new"), os.path.join(DIR, "port"))
server.serve_forever()
