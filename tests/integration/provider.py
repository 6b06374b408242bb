#!/usr/bin/env python3
"""provider.py DIR [DNS_ADDRESS]: a pretended provider that misbehaves as told by the path.

It listens on free ports of 127.0.0.1, writes their names and numbers to DIR/ports as shell
variables, and each request to DIR/requests, one JSON object a line:

    {"at": seconds, "script": "cut", "n": 2, "id": "017-1732433860123-0", "may_be_taken": true}

The first part of the path names the script below, n counts its requests from 1. id is the
message's, or the phone where the provider is told none. may_be_taken says that a provider which
answers like this may have sent the message on.

Every TLS port first shows its bad side and, from the second connection on, a certificate of the
authority DIR/ca.pem that fits. With DNS_ADDRESS there is a name server at its port 53 that never
answers.
"""
import email.utils
import json
import os
import re
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from urllib.parse import parse_qs

DIR = sys.argv[1]
LOCK = threading.Lock()
COUNTS = {}
HANG_S = 60  # longer than any patience of the sender


def head(status, headers=()):
    lines = [f"HTTP/1.1 {status} Whatever", "Content-Type: application/json", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Call:
    """One request, and the socket to answer it on."""

    def __init__(self, sock, body, n):
        self.sock, self.n = sock, n
        self.to = field(body, "to")
        self.id = field(body, "id")

    def answer(self, status, body, headers=()):
        data = body.encode()
        self.sock.sendall(head(status, [f"Content-Length: {len(data)}", *headers]) + data)


def field(body, name):
    """Of a JSON object or a form."""
    try:
        return json.loads(body).get(name)
    except ValueError:
        return parse_qs(body).get(name, [None])[0]


# ---- what it does; True keeps the connection open ----


def may_take(action):
    """A provider that does this may have sent the message on."""
    action.may_be_taken = True
    return action


@may_take
def ok(call):
    call.answer(200, json.dumps({"id": f"p-{call.n}"}))
    return True


@may_take
def ok_and_close(call):
    ok(call)
    return False


@may_take
def same_id(call):
    call.answer(200, '{"id": "p-same"}')
    return True


def says(status, body="{}", *headers):
    def action(call):
        call.answer(status, body, headers)
        return True

    return action


def in_3_s(call):
    call.answer(429, "{}", [f"Retry-After: {email.utils.formatdate(time.time() + 3, usegmt=True)}"])
    return True


@may_take
def nothing(call):
    return False


@may_take
def hang(call):
    time.sleep(HANG_S)
    return False


def trickle(seconds):
    @may_take
    def action(call):
        body = json.dumps({"id": f"p-{call.n}"}).encode()
        call.sock.sendall(head(200, [f"Content-Length: {len(body)}"]))
        for byte in body:
            time.sleep(seconds / len(body))
            call.sock.sendall(bytes([byte]))
        return True

    return action


def endless(start, more):
    """More than anybody wants: stops when nobody reads, or after 1 GB."""

    @may_take
    def action(call):
        call.sock.sendall(start)
        n = 0
        try:
            while n < 1 << 30:
                call.sock.sendall(more)
                n += len(more)
        finally:
            note({"script": "read", "bytes": n})
        return False

    return action


@may_take
def cut(call):
    call.sock.sendall(head(200, ["Content-Length: 100"]) + b'{"id": "p')
    return False


def informs(times, seconds):
    """So many answers that are none yet, then one that is."""

    @may_take
    def action(call):
        for _ in range(times):
            call.sock.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
            time.sleep(seconds)
        return ok(call)

    return action


def chunks(text):
    """A body in chunks, of which these are the bytes."""

    @may_take
    def action(call):
        call.sock.sendall(head(200, ["Transfer-Encoding: chunked"]) + text)
        return False

    return action


@may_take
def reset(call):
    call.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


@may_take
def garbage(call):
    call.sock.sendall(b"\x00\x01 this is no HTTP\r\n\r\n")
    return False


def recipients(status):
    """Africa's Talking says this inside a 201."""
    message = {"Message": "Sent to 0/1", "Recipients": [{"status": status, "messageId": "None"}]}
    return says(201, json.dumps({"SMSMessageData": message}))


def vonage(status):
    return says(200, json.dumps({"messages": [{"status": status, "message-id": "v-1"}]}))


BIG = b" " * 65536
SCRIPTS = {
    "ok": [ok],
    "throttle-seconds": [says(429, "{}", "Retry-After: 2"), ok],
    "throttle-date": [in_3_s, ok],
    "throttle-huge": [says(429, "{}", "Retry-After: 99999999999999999999999"), ok],
    "throttle-negative": [says(429, "{}", "Retry-After: -5"), ok],
    "throttle-inside": [vonage("1"), may_take(vonage("0"))],
    "error": [says(500, "<h1>Sorry</h1>"), says(503), ok],
    "refuse": [says(400, '{"error": "0712345678 is no number"}')],
    "error-inside": [recipients("InvalidPhoneNumber")],
    "same-id": [same_id],
    "close": [ok_and_close],
    "hang": [hang],
    "drop": [nothing],
    "slow": [trickle(2)],
    "slower": [trickle(40)],
    "endless": [endless(head(200), BIG)],
    "endless-head": [endless(b"HTTP/1.1 200 OK\r\n", b"X-More: " + b"x" * 1000 + b"\r\n")],
    "redirect": [says(302, "{}", "Location: /redirected")],
    "redirect-file": [says(301, "{}", "Location: file:///etc/passwd")],
    "redirected": [ok],
    "cut": [cut],
    "garbage": [garbage],
    "reset": [reset],
    "informs": [informs(3, 0)],
    "informs-always": [informs(600, 0.1)],
    "chunks": [chunks(b'7\r\n{"id": \r\n6;x=y\r\n"p-c"}\r\n0\r\n\r\n')],
    "chunks-garbage": [chunks(b'7\r\n{"id": \r\nzz\r\n"p-c"}\r\n0\r\n\r\n')],
    "chunks-huge": [chunks(b'fffffffffffffffff\r\n{"id": "p-c"}')],
    "chunks-cut": [chunks(b'd\r\n{"id": "p-c"}\r\n')],
    "expired": [ok],
    "self-signed": [ok],
    "wrong-host": [ok],
    "old-tls": [ok],
    "cut-handshake": [ok],
    "private": [ok],
    "plain": [ok],
    "nameless": [ok],
}


def note(entry):
    entry = {"at": round(time.monotonic(), 3), **entry}
    with LOCK, open(f"{DIR}/requests", "a", encoding="utf-8") as log:
        log.write(json.dumps(entry) + "\n")


def read_request(sock, rest):
    """(path, body, what came behind it), or None at the end."""
    while b"\r\n\r\n" not in rest:
        more = sock.recv(65536)
        if not more:
            return None
        rest += more
    start, _, rest = rest.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)^content-length: *(\d+)", start, re.M)
    length = int(length[1]) if length else 0
    while len(rest) < length:
        rest += sock.recv(65536)
    return start.split()[1].decode(), rest[:length].decode(), rest[length:]


def serve(sock):
    rest = b""
    try:
        while (request := read_request(sock, rest)) is not None:
            path, body, rest = request
            name = path.split("/")[1]
            with LOCK:
                n = COUNTS[name] = COUNTS.get(name, 0) + 1
            call = Call(sock, body, n)
            action = SCRIPTS[name][min(n, len(SCRIPTS[name])) - 1]
            may_be_taken = getattr(action, "may_be_taken", False)
            note({"script": name, "n": n, "id": call.id or call.to, "may_be_taken": may_be_taken})
            if not action(call):
                break
    except OSError:
        pass
    finally:
        # A plain close, without TLS's word that it is meant.
        socket.socket.close(sock)


def listen(first, then):
    """A port; first and then are TLS contexts, None for plain HTTP, "close" for a hang-up."""
    server = socket.create_server(("127.0.0.1", 0))

    def accept():
        kind = first
        while True:
            sock = server.accept()[0]
            threading.Thread(target=meet, args=(sock, kind), daemon=True).start()
            kind = then

    threading.Thread(target=accept, daemon=True).start()
    return server.getsockname()[1]


def meet(sock, kind):
    if kind == "close":
        sock.close()
        return
    if kind is not None:
        try:
            sock = kind.wrap_socket(sock, server_side=True, suppress_ragged_eofs=False)
        except OSError:  # the client does not like what it sees
            sock.close()
            return
    serve(sock)


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], cwd=DIR, check=True, capture_output=True)


def certificate(name, host="IP:127.0.0.1", days="30", ca=True):
    """DIR/name.pem with its key, as a TLS context."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key"]
    with open(f"{DIR}/{name}.ext", "w", encoding="ascii") as f:
        f.write(f"subjectAltName={host}\n")
    if ca:
        openssl("req", *key, "-subj", "/CN=provider", "-out", f"{name}.csr")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-days", days, "-extfile", f"{name}.ext", "-out", f"{name}.pem")
    else:
        openssl("req", "-x509", *key, "-subj", "/CN=provider", "-addext", f"subjectAltName={host}",
                "-days", days, "-out", f"{name}.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{DIR}/{name}.pem", f"{DIR}/{name}.key")
    return context


def silent_name_server(address):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, 53))
    while True:
        server.recvfrom(4096)


def main():
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", "ca.key", "-subj", "/CN=Authority of this test", "-days", "30", "-out", "ca.pem")
    good = certificate("good")
    old = certificate("old")
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    ports = {
        "PLAIN": listen(None, None),
        "TLS": listen(good, good),
        "EXPIRED": listen(certificate("expired", days="-1"), good),
        "SELF_SIGNED": listen(certificate("self", ca=False), good),
        "WRONG_HOST": listen(certificate("wrong", host="DNS:elsewhere.example"), good),
        "OLD_TLS": listen(old, good),
        "CUT_HANDSHAKE": listen("close", good),
    }
    if len(sys.argv) > 2:
        threading.Thread(target=silent_name_server, args=(sys.argv[2],), daemon=True).start()
    with open(f"{DIR}/ports.new", "w", encoding="ascii") as f:
        f.writelines(f"PORT_{name}={port}\n" for name, port in ports.items())
    os.rename(f"{DIR}/ports.new", f"{DIR}/ports")
    threading.Event().wait()


main()
