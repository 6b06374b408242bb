"""providers.py: callbacks as the five providers of the demo send them, a client that sends many at
once, and what can be read from their answers. Used by the programs of this folder."""
import asyncio
import base64
import hashlib
import hmac
import json
import os
import re
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from xml.sax import saxutils

SMS_CHANNELS = ("at", "kannel", "twilio")
USSD_CHANNELS = ("at-ussd", "infobip-ussd")
TWILIO_TOKEN = "demo"
DIAL_CODE = "*384*7#"
SHORT_CODE = "20880"
# What USSD says when it stored nothing: the course's text, or, before one is loaded, the configuration's.
BUSY = ("Sorry, we are busy", "This service is away for a moment")
WAIT_MAX_S = 120  # only a failure waits so long


def request(port, method, path, body=b"", content_type="", headers=()):
    """One HTTP request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", *headers]
    if body:
        lines += [f"Content-Type: {content_type}", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def post_form(port, path, fields, headers=()):
    return request(port, "POST", path, urllib.parse.urlencode(fields).encode(),
                   "application/x-www-form-urlencoded", headers)


def sign_twilio(port, path, fields, token=TWILIO_TOKEN):
    url = f"http://127.0.0.1:{port}{path}"
    plain = url + "".join(key + fields[key] for key in sorted(fields))
    mac = hmac.new(token.encode(), plain.encode(), hashlib.sha1).digest()
    return base64.b64encode(mac).decode()


def twilio(port, number, text, name, token=TWILIO_TOKEN):
    """token None: without a signature."""
    fields = {"MessageSid": f"SM{name}", "AccountSid": "ACdemo", "From": number,
              "To": "+254700020880", "Body": text, "NumMedia": "0", "ApiVersion": "2010-04-01"}
    headers = []
    if token is not None:
        headers.append("X-Twilio-Signature: " + sign_twilio(port, "/in/twilio", fields, token))
    return post_form(port, "/in/twilio", fields, headers)


def sms(port, channel, number, text, name, at=1795505860):
    """An SMS; name is the provider's id of it, at its time: within three days the same text at the same time is a
    repeat, so whoever names the present one gives no two SMS the same."""
    if channel == "twilio":
        return twilio(port, number, text, name)
    if channel == "kannel":
        query = {"id": name, "sender": number, "to": SHORT_CODE, "message": text, "coding": "0",
                 "charset": "UTF-8", "ts": str(at), "backend": "smsc1"}
        return request(port, "GET", "/in/kannel?" + urllib.parse.urlencode(query))
    return post_form(port, f"/in/{channel}", {
        "from": number, "to": SHORT_CODE, "text": text, "id": name,
        "date": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at)), "linkId": "", "networkCode": "63902"})


def ussd(port, channel, number, session, inputs):
    """The step of a session in which the last of inputs was typed; none: it was dialled."""
    if channel == "infobip-ussd":
        step = "response" if inputs else "start"
        body = {"msisdn": number[1:], "shortCode": DIAL_CODE, "ussdGwId": "11", "language": None,
                "text": inputs[-1] if inputs else ""}
        return request(port, "POST", f"/in/{channel}/session/{session}/{step}",
                       json.dumps(body).encode(), "application/json")
    return post_form(port, f"/in/{channel}", {
        "sessionId": session, "phoneNumber": number, "networkCode": "63902",
        "serviceCode": DIAL_CODE, "text": "*".join(inputs)})


def ussd_end(port, channel, number, session, inputs):
    """The network has closed the session."""
    if channel == "infobip-ussd":
        return request(port, "PUT", f"/in/{channel}/session/{session}/end",
                       b'{"exitCode":510,"reason":"timeout"}', "application/json")
    return post_form(port, f"/in/{channel}/events", {
        "date": "2026-11-24 07:37:40", "sessionId": session, "phoneNumber": number,
        "networkCode": "63902", "serviceCode": DIAL_CODE, "status": "Incomplete",
        "cost": "KES 1.00", "durationInMillis": "15300", "hopsCount": "3",
        "input": "*".join(inputs)})


class Answer:
    """status 0: no whole answer came; seconds from sending to the last byte."""

    def __init__(self, status, head, body, seconds):
        self.status, self.body, self.seconds = status, body, seconds
        # All that a provider sees, but the time of day.
        self.bytes = re.sub(rb"\r\nDate: [^\r]*", b"", head) + body

    def is_taken(self):
        return 200 <= self.status < 300

    def text(self):
        """What it says to the phone, None when it says nothing."""
        body = self.body.decode()
        if body.startswith(("CON ", "END ")):
            return body[4:]
        if body.startswith("{"):
            return json.loads(body).get("ussdMenu")
        found = re.search("<Message>(.*)</Message>", body, re.S)
        return saxutils.unescape(found.group(1)) if found else None

    def is_busy(self):
        """USSD: nothing was done, or nobody knows; a person dials again."""
        return (self.text() or "").startswith(BUSY)

    def is_open(self):
        """USSD: the session goes on."""
        return self.body.startswith(b"CON ") or b'"shouldClose":false' in self.body


class Connection:
    """One keep-alive connection to the gateway, made when it is needed."""

    def __init__(self, port):
        self.port, self.reader, self.writer = port, None, None

    async def read_answer(self, start):
        head = await self.reader.readuntil(b"\r\n\r\n")
        found = re.search(rb"\r\ncontent-length: (\d+)", head, re.I)  # a proxy writes names small
        body = await self.reader.readexactly(int(found.group(1))) if found else b""
        if b"\r\nconnection: close" in head.lower():
            self.close()
        return Answer(int(head[9:12]), head, body, time.monotonic() - start)

    async def connect(self):
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)

    async def send(self, data, timeout=WAIT_MAX_S):
        start = time.monotonic()
        try:
            async with asyncio.timeout(timeout):
                await self.connect()
                self.writer.write(data)
                return await self.read_answer(start)
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            self.close()
            return Answer(0, b"", b"", time.monotonic() - start)
        except asyncio.CancelledError:
            self.close()
            raise

    def close(self):
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


class Pool:
    """Connections that many phones share: one callback at a time on each."""

    def __init__(self, port, n):
        self.free = asyncio.Queue()
        self.all = [Connection(port) for _ in range(n)]
        for connection in self.all:
            self.free.put_nowait(connection)

    async def connect(self):
        """All of them, so that the next callbacks leave without delay."""
        for connection in self.all:
            await connection.connect()

    async def connect_again(self):
        """The gateway was restarted."""
        for connection in self.all:
            connection.close()
        await self.connect()

    async def send(self, data):
        connection = await self.free.get()
        try:
            return await connection.send(data)
        finally:
            self.free.put_nowait(connection)

    async def send_copies(self, data, n):
        """All at once, each on a connection of its own."""
        return await asyncio.gather(*(self.send(data) for _ in range(n)))


def received(admin_port, number):
    """The SMS that the simulator has for a number, oldest first: "id" (the provider's), "text" ..."""
    url = f"http://127.0.0.1:{admin_port}/sim/outbox?to={urllib.parse.quote(number)}"
    with urllib.request.urlopen(url, timeout=WAIT_MAX_S) as answer:
        return json.load(answer)


async def n_received(connection, number):
    """How many these are, by a connection that stays open; None: nobody answered."""
    path = f"/sim/outbox?to={urllib.parse.quote(number)}"
    answer = await connection.send(request(connection.port, "GET", path))
    return len(json.loads(answer.body)) if answer.status == 200 else None


def outbox(admin_port, number):
    """Their texts."""
    return [message["text"] for message in received(admin_port, number)]


def number_ids(keys_dir):
    """A function from a number to its pseudonym in hex, as in core.number_state."""
    with open(f"{keys_dir}/number_id.key", encoding="ascii") as file:
        key = bytes.fromhex(file.read().strip())
    return lambda number: hmac.new(key, number.encode(), hashlib.sha256).hexdigest()[:32]


def stretch(work=0.1):
    """How much longer than on a machine of its own everything takes here now, at least 1."""
    start, worked = time.monotonic(), time.thread_time()
    while time.thread_time() - worked < work:
        pass
    return max(1, (time.monotonic() - start) / work)


SLOW = 3  # times
STALL = 0.2  # seconds for a write to the disk, which a screen needs two of, one after the other
AFTER = 1  # second until who asked during a stall has an answer


class Host:
    """How slow this machine is. A screen has 0.9 s: where all takes SLOW times as long, or the disk stands still (as it does
    twice a minute where others write much), who is asked to dial again says nothing of the servers."""

    def __init__(self, folder):
        self.samples, self.stalls, self.folder = [(0, 1)], [], folder

    def write(self, file):
        begin = time.monotonic()
        os.pwrite(file.fileno(), b"x", 0)
        os.fdatasync(file.fileno())
        if time.monotonic() - begin >= STALL:
            self.stalls.append((begin, time.monotonic() + AFTER))

    async def sample_disk(self):
        with tempfile.TemporaryFile(dir=self.folder) as file:
            while True:
                await asyncio.to_thread(self.write, file)
                await asyncio.sleep(0.1)

    async def sample_both(self):
        await asyncio.gather(self.sample(), self.sample_disk())

    async def sample(self):
        while True:
            self.samples.append((time.monotonic(), await asyncio.to_thread(stretch, 0.02)))
            await asyncio.sleep(1)

    def slowest(self):
        return max(times for _, times in self.samples)

    def allows(self, seconds):
        """What may take so long on a machine of its own."""
        return seconds * self.slowest() + sum(end - begin for begin, end in self.stalls)

    def is_slow(self, at):
        """By the samples that came next before and after."""
        before = max((sample for sample in self.samples if sample[0] <= at), default=(0, 1))
        after = min((sample for sample in self.samples if sample[0] > at), default=before)
        return max(before[1], after[1]) >= SLOW or any(begin <= at <= end for begin, end in self.stalls)

    def count(self, moments):
        """Of so many, so many while it was slow."""
        moments = list(moments)
        return len(moments), sum(self.is_slow(at) for at in moments)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def tap(words, wrong):
    """A TAP line; wrong: what is wrong, one line each."""
    print(f"{'not ok' if wrong else 'ok'} - {words}")
    for line in wrong[:5]:
        print(f"# {line}")
    sys.stdout.flush()
