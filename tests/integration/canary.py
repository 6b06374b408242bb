#!/usr/bin/env python3
"""canary.py: one known phone number, everywhere it can come in, and the search for it. The number is
in the environment (CANARY, E.164), so that no command line holds it.

  canary.py play --port N [--type] FILE...
                                    says what the phone of the transcripts says, by all channels; with
                                    --type it also writes the number into messages and answers
  canary.py errors --port N         requests that are refused, with the number in them; their answers
                                    go to stdout
  canary.py search NAME <BYTES      counts where it is: as text, with blanks and signs, in hex, in
                                    base64, as a number in binary; prints TAP
  canary.py forms                   each of these forms, one file each, into the working directory
"""
import argparse
import asyncio
import base64
import os
import re
import sys
import urllib.parse

import providers

NUMBER = os.environ["CANARY"]
DIGITS = NUMBER[1:]
LOCAL = DIGITS[3:]  # without the country's code: part of all other forms
TYPED = [NUMBER, DIGITS, "0" + LOCAL, LOCAL, f"{NUMBER[:4]} {LOCAL[:3]} {LOCAL[3:6]} {LOCAL[6:]}",
         f"0{LOCAL[:3]}-{LOCAL[3:6]}-{LOCAL[6:]}", f"(0{LOCAL[:3]}) {LOCAL[3:]}", f"00{DIGITS}",
         "0" + LOCAL.translate({ord("0") + i: chr(0x660 + i) for i in range(10)}),  # Arabic digits
         "0" + LOCAL.translate({ord("0") + i: chr(0xFF10 + i) for i in range(10)})]  # full width


def forms():
    """What to look for: name -> regular expression over bytes."""
    spaced = rb"[^0-9a-zA-Z]{0,3}".join(re.escape(digit.encode()) for digit in LOCAL)
    local = LOCAL.encode()
    found = {"text": spaced, "hex": local.hex().encode() + b"|" + local.hex().upper().encode(),
             "utf-16": re.escape(LOCAL.encode("utf-16-be")[1:])}
    for zero in (0x660, 0xFF10):
        digits = LOCAL.translate({ord("0") + i: chr(zero + i) for i in range(10)}).encode()
        found[f"digits from U+{zero:04X}"] = re.escape(digits)
    for shift in range(3):  # what comes before in base64 shifts the letters
        whole = base64.b64encode(b"x" * shift + local)
        start, end = (shift * 8 + 5) // 6, (shift + len(local)) * 8 // 6
        found[f"base64, shifted by {shift}"] = re.escape(whole[start:end])
    for value, n_bytes in ((int(DIGITS), 8), (int(DIGITS), 5), (int(LOCAL), 4)):
        for order in ("big", "little"):
            found[f"{n_bytes} bytes, {order} end first"] = re.escape(value.to_bytes(n_bytes, order))
    return found


def search(name):
    data, wrong = sys.stdin.buffer.read(), []
    for form, pattern in forms().items():
        for hit in re.finditer(pattern, data):
            around = data[max(0, hit.start() - 40):hit.end() + 20]
            wrong.append(f"{form} at byte {hit.start()}: {around!r}")
    if not data:
        wrong.append("there was nothing to search")
    providers.tap(f"not in {name} ({len(data)} bytes)", wrong)
    sys.exit(1 if wrong else 0)


def write_forms():
    samples = {"e164": NUMBER.encode(), "national": b"0" + LOCAL.encode(), "typed": TYPED[4].encode(),
               "arabic": TYPED[8].encode(), "hex": NUMBER.encode().hex().encode(),
               "utf-16": NUMBER.encode("utf-16-be"), "url": urllib.parse.quote(NUMBER).encode(),
               "bytea": b"\\x" + f'{{"from":"{NUMBER}"}}'.encode().hex().encode(),
               "integer": int(DIGITS).to_bytes(8, "little")}
    for shift in range(3):
        samples[f"base64-{shift}"] = base64.b64encode(b"abc"[:shift] + NUMBER.encode() + b"\n")
    for name, data in samples.items():
        with open(f"form-{name}", "wb") as file:
            file.write(b"x" * 7 + data + b"y" * 7)


class Phone:
    def __init__(self, port, is_reading):
        self.port, self.n_sms, self.n_sessions, self.inputs = port, 0, 0, []
        self.is_reading, self.n_read = is_reading, 0
        self.connection = providers.Connection(port)

    async def send(self, data):
        answer = await self.connection.send(data)
        if not answer.is_taken():
            sys.exit(f"not taken: {answer.status}")
        return answer

    def session_name(self, channel):
        return f"{channel}{self.n_sessions}of{os.getpid()}"

    async def sms(self, text):
        self.n_sms += 1
        channel = providers.SMS_CHANNELS[self.n_sms % 3]
        await self.send(providers.sms(self.port, channel, NUMBER, text, f"C{self.n_sms}of{os.getpid()}"))
        if self.is_reading and channel != "twilio":
            await self.read()

    async def read(self):
        """As a person does, who answers what the phone shows: the SMS is there, and taken from the sender."""
        for _ in range(20):
            await asyncio.sleep(0.05)
            texts = await asyncio.to_thread(providers.outbox, self.port + 1, NUMBER)
            if len(texts) > self.n_read:
                break
        self.n_read = len(texts)
        await asyncio.sleep(0.1)

    async def ussd(self, text, channel="at-ussd"):
        if text == providers.DIAL_CODE:
            self.n_sessions, self.inputs = self.n_sessions + 1, []
        else:
            self.inputs.append(text)
        name = self.session_name(channel)
        return await self.send(providers.ussd(self.port, channel, NUMBER, name, self.inputs))

    async def type_number(self):
        """As an SMS that is no answer, and in a session of its own by each USSD provider."""
        for text in TYPED:
            await self.sms(f"my number is {text} thanks")
        for channel in providers.USSD_CHANNELS:
            await self.ussd(providers.DIAL_CODE, channel)
            for text in TYPED:
                answer = await self.ussd(text, channel)
                if not answer.is_open():
                    await self.ussd(providers.DIAL_CODE, channel)
            await self.send(providers.ussd_end(self.port, channel, NUMBER, self.session_name(channel),
                                               self.inputs))


async def play(port, files, is_typing):
    phone = Phone(port, is_typing)
    for file in files:
        lines = open(file, encoding="utf-8").read().splitlines()
        inputs = [line.split(None, 1) for line in lines if line.startswith(("sms>", "ussd>"))]
        for i, (verb, text) in enumerate(inputs):
            if text.startswith("More stories"):  # the open question of the survey
                text = "call me: " + " or ".join(TYPED)
            await (phone.sms(text) if verb == "sms>" else phone.ussd(text))
            if is_typing and i in (0, 1, 5):
                await phone.type_number()
                await phone.sms("NEXT")
    if is_typing:
        await phone.type_number()
        await phone.sms(f"SAFE my boss touches me, call {TYPED[4]}")
        await phone.sms("CHECK " + DIGITS)
    print(f"# {phone.n_sms} SMS, {phone.n_sessions} USSD sessions")


async def errors(port):
    bad_number = NUMBER + "00001"
    fields = {"from": NUMBER, "to": "20880", "text": "JOIN", "id": "e1"}
    requests = [
        providers.post_form(port, "/in/at", {**fields, "from": bad_number}),
        providers.post_form(port, "/in/at", {**fields, "from": "tel:" + NUMBER}),
        providers.post_form(port, "/in/at", {"from": NUMBER}),
        providers.post_form(port, f"/in/{NUMBER}", fields),
        providers.post_form(port, f"/{DIGITS}", fields),
        providers.request(port, "GET", f"/in/at?from={DIGITS}"),
        providers.request(port, "GET", f"/check?code={DIGITS}"),
        providers.twilio(port, NUMBER, "JOIN", "e2", token=None),
        providers.twilio(port, NUMBER, NUMBER, "e3", token="guess"),
        providers.request(port, "POST", "/in/at", f'{{"from":"{NUMBER}"'.encode(), "application/json"),
        providers.request(port, "POST", "/in/infobip-ussd/session/1/start", f'{{"msisdn":{DIGITS}'.encode(),
                          "application/json"),
        providers.ussd(port, "infobip-ussd", NUMBER, "none", ["1"]),  # a session that never began
        providers.post_form(port, "/dlr/at", {"id": "x", "status": "Failed", "phoneNumber": NUMBER,
                                              "failureReason": f"no such phone {NUMBER}"}),
        providers.request(port, "BREW", f"/in/at?{NUMBER}"),
        f"POST /in/at HTTP/1.1\r\nHost: x\r\nX-From : {NUMBER}\r\n\r\n".encode(),
        f"POST /in/at{NUMBER} HTTP/9.9\r\nHost: x\r\n\r\n".encode(),
        providers.post_form(port, "/in/at", {**fields, "text": NUMBER * 6000}),
    ]
    for data in requests:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(data)
        try:
            async with asyncio.timeout(10):
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"\r\nContent-Length: (\d+)", head)
                body = await reader.readexactly(int(length.group(1))) if length else b""
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
            head = body = b"(no answer)\n"
        writer.close()
        sys.stdout.buffer.write(head + body + b"\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["play", "errors", "search", "forms"])
    parser.add_argument("--port", type=int)
    parser.add_argument("--type", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_intermixed_args()
    if options.what == "play":
        asyncio.run(play(options.port, options.names, options.type))
    elif options.what == "errors":
        asyncio.run(errors(options.port))
    elif options.what == "search":
        search(" ".join(options.names))
    else:
        write_forms()


if __name__ == "__main__":
    main()
