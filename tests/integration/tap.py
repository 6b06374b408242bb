#!/usr/bin/env python3
"""tap.py FROM_PORT TO_PORT LOG [LOSE]: passes HTTP calls on and writes each down.

One line a call: the path of the request, a tab, the status that was given back. While the file LOSE
exists, one answer is thrown away after the gateway has given it: the caller is told 503, as if the
answer had never come, and the file is removed.
"""
import http.client
import http.server
import os
import sys


class Tap(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        headers = {k: v for k, v in self.headers.items() if k.lower() != "connection"}
        status, answer, kind = 502, b"", None
        try:
            call = http.client.HTTPConnection("127.0.0.1", int(sys.argv[2]), timeout=120)
            call.request(self.command, self.path, body, headers)
            response = call.getresponse()
            status, answer, kind = response.status, response.read(), response.getheader("Content-Type")
        except OSError:
            pass
        if len(sys.argv) > 4 and status == 200 and os.path.exists(sys.argv[4]):
            os.remove(sys.argv[4])
            status, answer = 503, b""
        with open(sys.argv[3], "a", encoding="utf-8") as log:
            log.write(f"{self.path}\t{status}\n")
        self.send_response(status)
        if kind:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_GET

    def log_message(self, *args):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Tap).serve_forever()
