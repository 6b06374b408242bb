#!/usr/bin/env python3
"""malformed.py PORT WHAT: requests to a running gateway over raw sockets. Prints TAP.

Each tries to bring in JOIN of one number. WHAT is
  malformed   each has a second, good request behind it, which must not be seen either: one answer, 400,
              and the connection is closed; the same when the bytes come one by one
  good        unusual ways to say the same: 200
  unsigned    without a signature, or with one that is not right: 401 or 403
  signed      200
"""
import socket
import sys
import urllib.parse

import providers

NUMBER = "+254733000001"
BODY = urllib.parse.urlencode({"from": NUMBER, "to": "20880", "text": "JOIN", "id": "h1"}).encode()
TYPE = b"Content-Type: application/x-www-form-urlencoded\r\n"


def head(extra, host=b"Host: x\r\n", version=b"HTTP/1.1"):
    return b"POST /in/at " + version + b"\r\n" + host + TYPE + extra + b"\r\n"


def sized(lines, **more):
    """With these header lines, and the body behind them."""
    return head(lines, **more) + BODY


def chunked(size=b"%x" % len(BODY), end=b"\r\n", last=b"0\r\n\r\n", lines=b"Transfer-Encoding: chunked\r\n"):
    return head(lines) + size + b"\r\n" + BODY + end + last


LENGTH = b"Content-Length: %d\r\n" % len(BODY)
MALFORMED = {
    "two different Content-Lengths": sized(LENGTH + b"Content-Length: 3\r\n"),
    "the same Content-Length twice": sized(LENGTH + LENGTH),
    "two Content-Lengths in one line": sized(b"Content-Length: %d, %d\r\n" % (len(BODY), len(BODY))),
    "Content-Length with a plus": sized(b"Content-Length: +%d\r\n" % len(BODY)),
    "Content-Length with a vertical tab": sized(b"Content-Length: \v%d\r\n" % len(BODY)),
    "Content-Length -0": sized(b"Content-Length: -0\r\n"),
    "Content-Length in hex": sized(b"Content-Length: 0x%x\r\n" % len(BODY)),
    "an empty Content-Length": sized(b"Content-Length: \r\n"),
    "a space before the colon": sized(b"Content-Length : %d\r\n" % len(BODY)),
    "Transfer-Encoding gzip": chunked(lines=b"Transfer-Encoding: gzip\r\n"),
    "Transfer-Encoding identity": sized(b"Transfer-Encoding: identity\r\n" + LENGTH),
    "Transfer-Encoding xchunked": chunked(lines=b"Transfer-Encoding: xchunked\r\n"),
    "Transfer-Encoding gzip, chunked": chunked(lines=b"Transfer-Encoding: gzip, chunked\r\n"),
    "Transfer-Encoding twice": chunked(lines=b"Transfer-Encoding: chunked\r\n" * 2),
    "both Transfer-Encoding and Content-Length": chunked(lines=b"Transfer-Encoding: chunked\r\n" + LENGTH),
    "Transfer-Encoding in HTTP/1.0": chunked().replace(b"HTTP/1.1", b"HTTP/1.0"),
    "a chunk size 0x..": chunked(b"0x%x" % len(BODY)),
    "a chunk size +..": chunked(b"+%x" % len(BODY)),
    "a chunk size behind a blank": chunked(b" %x" % len(BODY)),
    "a chunk size -0": chunked(last=b"-0\r\n\r\n"),
    "a chunk size with junk behind it": chunked(b"%x junk" % len(BODY)),
    "an empty chunk size": chunked(b""),
    "a chunk size of 17 digits": chunked(b"1%016x" % len(BODY)),
    "a chunk without its line end": chunked(end=b""),
    "a chunk that is longer than it says": chunked(b"%x" % (len(BODY) - 1)),
    "a chunk that ends with a bare LF": chunked(end=b"\n"),
    "HTTP/4294967297.1": sized(LENGTH, version=b"HTTP/4294967297.1"),
    "HTTP/1.01": sized(LENGTH, version=b"HTTP/1.01"),
    "a version in small letters": sized(LENGTH, version=b"http/1.1"),
    "no Host": sized(LENGTH, host=b""),
    "two Hosts": sized(LENGTH, host=b"Host: x\r\nHost: x\r\n"),
    "NUL in a value": sized(LENGTH + b"X: a\0b\r\n"),
    "NUL in a name": sized(LENGTH + b"X\0: a\r\n"),
    "an empty name": sized(LENGTH + b": a\r\n"),
    "a name with a blank": sized(LENGTH + b"X Y: a\r\n"),
    "a header without a colon": sized(LENGTH + b"Nothing\r\n"),
    "a folded line": sized(LENGTH + b"X: a\r\n b\r\n"),
    "a folded first header": sized(LENGTH, host=b" Host: x\r\n"),
    "bare LF behind a header": sized(LENGTH + b"X: a\n"),
    "bare LF behind the request line": sized(LENGTH).replace(b"\r\n", b"\n", 1),
    "bare LF at the end of the head": sized(LENGTH).replace(b"\r\n\r\n", b"\r\n\n", 1),
    "bare CR in a value": sized(LENGTH + b"X: a\rb\r\n"),
    "a blank in the target": sized(LENGTH).replace(b"/in/at", b"/in/ at"),
    "a control in the target": sized(LENGTH).replace(b"/in/at", b"/in/\x01at"),
    "a target without a slash": sized(LENGTH).replace(b"/in/at", b"in/at"),
}
SECOND = sized(LENGTH)
GOOD = {
    "a plain request": sized(LENGTH),
    "chunks": chunked(),
    "chunks with an extension": chunked(b'%x;name="value"' % len(BODY)),
    "chunks with a trailer": chunked(last=b"0\r\nX-Sum: 1\r\n\r\n"),
    "leading zeros of a chunk size": chunked(b"00%x" % len(BODY)),
    "small letters and no blank": sized(b"content-length:%d\r\n" % len(BODY), host=b"host:x\r\n"),
}


def talk(port, data, step):
    """Everything that is answered, up to the end of the connection; None when it stays open."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=120) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        s.settimeout(120)
        try:
            for i in range(0, len(data), step):
                s.sendall(data[i:i + step])
        except OSError:
            pass  # refused before it was all sent
        try:
            while block := s.recv(65536):
                answer += block
        except ConnectionResetError:
            pass
        except TimeoutError:
            return None
    return answer


def is_refused(answer):
    return (answer is not None and answer.startswith(b"HTTP/1.1 400 ") and answer.count(b"HTTP/1.1 ") == 1
            and b"\r\nConnection: close\r\n" in answer)


def status_of(port, data):
    closing = data.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
    return int((talk(port, closing, len(closing)) or b"HTTP/1.1 000")[9:12])


def refuse_malformed(port):
    for words, data in MALFORMED.items():
        wrong = []
        for step in (1 << 20, 1):
            answer = talk(port, data + SECOND, step)
            if not is_refused(answer):
                wrong.append(f"{step} bytes at once: {answer!r}"[:300])
        yield f"{words}: 400 and close", wrong


def expect(port, requests, statuses):
    for words, data in requests.items():
        status = status_of(port, data)
        yield f"{words}: {' or '.join(map(str, statuses))}", [] if status in statuses else [f"{status}"]


def fix_length(data):
    start, body = data.split(b"\r\n\r\n", 1)
    lines = [line for line in start.split(b"\r\n") if not line.startswith(b"Content-Length")]
    return b"\r\n".join(lines + [b"Content-Length: %d" % len(body)]) + b"\r\n\r\n" + body


def forged(port):
    good = providers.twilio(port, NUMBER, "JOIN", "1")
    requests = {
        "no signature": providers.twilio(port, NUMBER, "JOIN", "1", token=None),
        "a signature with another token": providers.twilio(port, NUMBER, "JOIN", "1", token="guess"),
        "an empty signature": providers.post_form(port, "/in/twilio", {"From": NUMBER, "Body": "JOIN"},
                                                  ["X-Twilio-Signature: "]),
        "a text that was changed": good.replace(b"Body=JOIN", b"Body=STOP"),
        "a number that was changed": good.replace(b"254733000001", b"254733000002"),
        "a field that was added": good.replace(b"Body=JOIN", b"Body=JOIN&OptOutType=STOP"),
        "a field that was taken away": good.replace(b"&NumMedia=0", b""),
        "a query that was added": good.replace(b"/in/twilio", b"/in/twilio?Body=STOP"),
    }
    return {words: fix_length(data) for words, data in requests.items()}


def main():
    port, what = int(sys.argv[1]), sys.argv[2]
    if what == "malformed":
        results = refuse_malformed(port)
    elif what == "good":
        results = expect(port, GOOD, (200,))
    elif what == "unsigned":
        results = expect(port, forged(port), (401, 403))
    else:
        results = expect(port, {"signed": providers.twilio(port, NUMBER, "JOIN", "1")}, (200,))
    code = 0
    for words, wrong in results:
        providers.tap(words, wrong)
        code |= bool(wrong)
    sys.exit(code)


if __name__ == "__main__":
    main()
