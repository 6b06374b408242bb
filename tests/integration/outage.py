#!/usr/bin/env python3
"""outage.py WHAT --port N --admin N --book FILE: phones that meet an outage of Redis. Prints TAP.

  prepare   phones begin by SMS and by USSD; FILE keeps who they are
  away      Redis is not there: SMS are taken, USSD says within a second when to dial again
  back      it is there again: SMS are answered in order and once, USSD goes on where it was
  freeze    --redis-pid is stopped by a signal for --seconds while phones go on, and then continued
"""
import argparse
import asyncio
import json
import os
import signal
import sys
import time

import providers

BUSY = "Sorry, we are busy. Nothing is lost. Please dial again in a minute."
# What is sent in the outage, and behind it, has the same reply whether the SMS before had arrived or not.
BEFORE, DURING, AFTER = ["JOIN", "1", "0"], ["HELP", "SCORE", "HELP"], ["SCORE"]
USSD_BEFORE = ["9", "1", "0", "9"]
N_PHONES = 8  # of each channel
FROZEN_MAX_S, AWAY_MAX_S, RECOVERY_MAX_S = 1.5, 1.0, 2.0


class Phone:
    def __init__(self, port, channel, number, n=0):
        self.port, self.channel, self.number, self.n = port, channel, number, n
        self.connection = providers.Connection(port)

    async def sms(self, text):
        self.n += 1
        at = int(time.time()) + self.n  # of no other SMS of this phone
        data = providers.sms(self.port, self.channel, self.number, text, f"O{self.number[1:]}n{self.n}", at)
        return await self.connection.send(data)

    async def ussd(self, session, inputs):
        name = f"O{self.number[1:]}s{session}"
        return await self.connection.send(
            providers.ussd(self.port, self.channel, self.number, name, inputs))


class Findings:
    """What was wrong, by promise."""

    def __init__(self):
        self.wrong = {}

    def expect(self, promise, is_kept, *found):
        self.wrong.setdefault(promise, [])
        if not is_kept:
            self.wrong[promise].append(" ".join(str(f) for f in found)[:300])

    def print(self):
        for promise, wrong in self.wrong.items():
            providers.tap(promise, wrong)
        return any(self.wrong.values())


def phones_of(options, channels, first):
    return [Phone(options.port, channel, f"+{254744000000 + first + 100 * k + i}")
            for k, channel in enumerate(channels) for i in range(N_PHONES)]


async def prepare(options, findings):
    sms = phones_of(options, providers.SMS_CHANNELS, 0)
    models = [phone for phone in phones_of(options, providers.SMS_CHANNELS, 1000) if phone.number[-1] == "0"]
    ussd = phones_of(options, providers.USSD_CHANNELS, 2000)
    texts = {phone.number: [] for phone in sms}

    async def say(phone, words):
        """As a person does: the next word when the SMS is there."""
        texts[phone.number] = []
        for n, text in enumerate(words, 1):
            texts[phone.number].append((await phone.sms(text)).text())
            if phone.channel != "twilio":
                await wait_for_outbox(options, phone.number, n)

    async def begin(phone):
        await say(phone, BEFORE)

    async def take(model):
        """All that the others will send, without an outage."""
        await say(model, BEFORE + DURING + AFTER)

    async def dial(phone):
        """By the first number that gets through: on a machine with much to do one may be told that we are busy."""
        for n in range(len(USSD_BEFORE) + 1):
            answer = await phone.ussd(1, USSD_BEFORE[:n])
            if answer.text() == BUSY:
                phone.number = f"+{int(phone.number) + 10}"  # ten times: a hundred on begins another channel
                await dial(phone)
                return
            findings.expect("USSD sessions are open", answer.is_open(), phone.number, answer.bytes)
    await asyncio.gather(*map(begin, sms), *map(take, models), *map(dial, ussd))
    with open(options.book, "w", encoding="ascii") as file:
        json.dump({"sms": [(p.channel, p.number) for p in sms], "ussd": [(p.channel, p.number) for p in ussd],
                   "models": {p.channel: p.number for p in models}, "texts": texts}, file)


def read_book(options):
    with open(options.book, encoding="ascii") as file:
        return json.load(file)


async def away(options, findings):
    book, seconds = read_book(options), []

    async def write(channel, number):
        phone = Phone(options.port, channel, number, len(BEFORE))
        for text in DURING:
            answer = await phone.sms(text)
            seconds.append(answer.seconds)
            findings.expect("SMS are taken by the spool", answer.is_taken() and answer.text() is None,
                            channel, answer.status, answer.bytes)

    async def dial(channel, number):
        phone = Phone(options.port, channel, number)
        for session, inputs in ((1, USSD_BEFORE + ["1"]), (2, [])):
            answer = await phone.ussd(session, inputs)
            seconds.append(answer.seconds)
            is_told = answer.is_taken() and answer.text() == BUSY and not answer.is_open()
            findings.expect("USSD says when to dial again", is_told, channel, inputs, answer.bytes)
    await asyncio.gather(*(write(*phone) for phone in book["sms"]), *(dial(*phone) for phone in book["ussd"]))
    print(f"# {len(seconds)} callbacks, slowest {max(seconds):.2f} s")
    findings.expect("within a second", max(seconds) <= options.host.allows(AWAY_MAX_S), max(seconds))


async def wait_for_outbox(options, number, n):
    texts, deadline = [], time.monotonic() + providers.WAIT_MAX_S
    while len(texts) < n and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
        texts = providers.outbox(options.admin, number)
    return texts


async def read_sms(options, channel, number, answered, n):
    """All n texts that a phone has got, in their order as far as that can be known: those in answers
    to callbacks came before and after the ones that waited in the spool."""
    if channel != "twilio":
        return await wait_for_outbox(options, number, n)
    said = [text for text in answered if text is not None]
    waited = await wait_for_outbox(options, number, n - len(said))
    return said[:len(BEFORE)] + waited + said[len(BEFORE):]


async def back(options, findings):
    book = read_book(options)
    n = len(BEFORE + DURING + AFTER)

    async def write(channel, number):
        phone = Phone(options.port, channel, number, len(BEFORE + DURING))
        answered = book["texts"][number]
        for text in AFTER:
            answer = await phone.sms(text)
            answered.append(answer.text())
            findings.expect("SMS behind them are taken", answer.is_taken(), channel, answer.status)
        found = await read_sms(options, channel, number, answered, n)
        model = book["models"][channel]
        expected = await read_sms(options, channel, model, book["texts"][model], n)
        findings.expect("every SMS is answered once and in order", found == expected and len(found) == n,
                        number, channel, found, "expected", expected)

    async def dial(channel, number):
        phone = Phone(options.port, channel, number)
        session, deadline = 3, time.monotonic() + providers.WAIT_MAX_S
        answer = await phone.ussd(session, [])
        while answer.text() == BUSY and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
            session += 1
            answer = await phone.ussd(session, [])
        findings.expect("a redial finds the place", "Your place: test, question 1" in (answer.text() or ""),
                        channel, answer.bytes)
    await asyncio.gather(*(write(*phone) for phone in book["sms"]), *(dial(*phone) for phone in book["ussd"]))


class Freeze:
    """Redis stands still for a while; new phones write and dial ten times a second."""

    def __init__(self, options, findings):
        self.options, self.findings = options, findings
        self.n, self.slowest, self.is_recovered = 0, 0.0, False
        self.started = []

    async def probe(self, channel):
        self.n += 1
        phone = Phone(self.options.port, channel, f"+{254745000000 + os.getpid() % 1000 * 1000 + self.n}")
        is_sms = channel in providers.SMS_CHANNELS
        answer = await (phone.sms("JOIN") if is_sms else phone.ussd(1, []))
        phone.connection.close()
        self.slowest = max(self.slowest, answer.seconds)
        is_good = answer.is_taken() if is_sms else answer.is_taken() and bool(answer.text())
        self.findings.expect("every callback is answered with success", is_good, channel, answer.status)
        return phone, answer

    async def run_probes(self, end):
        """Starts probes until end() is true."""
        while not end():
            for channel in ("at", "kannel", "at-ussd", "infobip-ussd"):
                self.started.append(asyncio.create_task(self.probe(channel)))
            await asyncio.sleep(0.1)

    async def wait_for_recovery(self):
        """By SMS whose answer holds the reply, and by USSD that goes on: both at once."""
        while True:
            (_, sms), (_, ussd) = await asyncio.gather(self.probe("twilio"), self.probe("at-ussd"))
            if sms.text() is not None and ussd.is_open():
                return
            await asyncio.sleep(0.02)

    async def run(self):
        end = time.monotonic() + self.options.seconds
        os.kill(self.options.redis_pid, signal.SIGSTOP)
        try:
            await self.run_probes(lambda: time.monotonic() > end)
        finally:
            os.kill(self.options.redis_pid, signal.SIGCONT)
        start = time.monotonic()
        await self.wait_for_recovery()
        seconds = time.monotonic() - start
        print(f"# {self.n} callbacks, slowest {self.slowest:.2f} s; recovered {seconds:.2f} s after SIGCONT")
        allows = self.options.host.allows
        self.findings.expect(f"within {FROZEN_MAX_S} s", self.slowest <= allows(FROZEN_MAX_S), self.slowest)
        self.findings.expect(f"all is as before within {RECOVERY_MAX_S} s", seconds <= allows(RECOVERY_MAX_S), seconds)
        for phone, _ in await asyncio.gather(*self.started):
            if phone.channel in providers.SMS_CHANNELS:
                texts = await wait_for_outbox(self.options, phone.number, 1)
                self.findings.expect("every SMS is answered once", len(texts) == 1, phone.number, texts)


async def freeze(options, findings):
    await Freeze(options, findings).run()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["prepare", "away", "back", "freeze"])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--admin", type=int, required=True)
    parser.add_argument("--book", required=True)
    parser.add_argument("--redis-pid", type=int)
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    findings = Findings()
    acts = {"prepare": prepare, "away": away, "back": back, "freeze": freeze}

    async def act():
        options.host = providers.Host(os.path.dirname(options.book))
        sampling = asyncio.create_task(options.host.sample_both())
        await acts[options.what](options, findings)
        sampling.cancel()
    asyncio.run(act())
    sys.exit(1 if findings.print() else 0)


if __name__ == "__main__":
    main()
