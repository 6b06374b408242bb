#!/usr/bin/env python3
"""ledger.py: an aggregator that never gives up, and the book it keeps.

  ledger.py send --port N --admin N --seconds S --stop FILE --numbers N --first N --rate N --book FILE [--strict]
      Sends callbacks of many numbers, each number on a channel of its own, N a second in all. A
      callback is repeated until it is answered with 2xx, and every third one once more after that
      (as providers do). One number's callbacks go out one after the other, each when the SMS to the last
      one stands on the phone (the simulator's list, at --admin, else at the port + 1). FILE gets a line for
      each number: number, channel, how many callbacks were taken, how many of these turned no more
      than a page at the end, how many more may have been taken, and how many had the SMS in their
      answer. With --strict it fails where one had to be sent again, or was told to dial again.
  ledger.py silence --port N --seconds S --stop FILE --numbers N --first N --most S --may-be-busy N
      These numbers dial by USSD again and again. Prints TAP: how long one of them had at most to wait for a
      screen of the course, and how often they were asked to dial again while the host was not slow by itself.
      FILE.up is there once each had one.
  ledger.py check --port N --admin N --keys DIR --book FILE < lines of core.number_state
      Prints TAP. Each line is "number_id seq sent unknown other ids", the three being how many SMS
      ended so, ids "step:provider's id" of those that got one. A number has one step for each callback that was
      taken; its phone has each SMS once and in order, but for those that are recorded as unknown. With --unknown and
      --ends (lib.sh) each unknown SMS is looked at, too: a sender was ended by a signal after the SMS had come into the
      outbox and before its outcome was told, which is that its sender stopped; what stands on the phone came
      within WINDOW seconds before such an end, or was read when it had ended (UNREAD). With LEDGER_TOTALS in the environment a line of sums is added to that
      file: numbers SMS unknown wrong, and unknown outside of that window.

What may have been taken: a USSD step that was answered with "busy" (it may have been stored all the
same), and with infobip-ussd, which does not name its steps, one that was sent again because no answer
came. SMS are exact. A turned page is no fact: PostgreSQL hears of it with the next step.
"""
import argparse
import asyncio
import collections
import datetime
import os
import random
import re
import sys
import time

import providers

WORDS = ["JOIN", "1", "0"] + ["1"] * 7 + ["NEXT", "1", "HELP", "NEXT", "2", "menu", "1", "NEXT"]
INPUTS = ["1", "9", "1", "0", "9"] + ["1"] * 7 + ["9", "9", "1", "9", "2", "menu", "1", "9", "9"]
PATIENCE = 20  # seconds for an SMS
WINDOW = 16  # seconds: a request is waited for for 15
UNREAD = 2  # seconds that one may lie in the provider's socket when its sender has ended
STOPPED = "the sender stopped in the middle of this message"
REST = 1.6  # seconds between inputs where nothing but the input tells one from its copies
CHANNELS = providers.SMS_CHANNELS + providers.USSD_CHANNELS


class Phone:
    def __init__(self, port, number, channel):
        self.port, self.number, self.channel = port, number, channel
        self.n_taken = self.n_turned = self.n_maybe = self.n_said = self.n_sessions = 0
        self.n_seen, self.waits_until = 0, 0  # SMS; for the next one, which is read before it is answered
        self.rests_until = 0
        self.at = 0  # of the last SMS
        self.inputs = None  # of the open USSD session
        self.has_more = False  # the screen has a further page

    def is_ussd(self):
        return self.channel in providers.USSD_CHANNELS

    def next_callback(self):
        if not self.is_ussd():
            # The same text within ten seconds is a repeat: a person takes longer, and this one adds blanks.
            text = WORDS[self.n_taken % len(WORDS)] + " " * (self.n_taken % 2)
            name = f"L{self.number[1:]}n{self.n_taken}"
            # So would be the same at the same time; providers know the second.
            self.at = max(self.at + 1, int(time.time()))
            return providers.sms(self.port, self.channel, self.number, text, name, self.at)
        if self.inputs is None:
            self.n_sessions += 1
            self.inputs = []
        else:
            # Where a request says only what was typed last, the same at once again is a copy, too.
            self.inputs.append(INPUTS[self.n_taken % len(INPUTS)] + " " * (self.n_taken % 2))
        session = f"L{self.number[1:]}s{self.n_sessions}"
        return providers.ussd(self.port, self.channel, self.number, session, self.inputs)

    def learn(self, answer, n_failed):
        """What the last answer means; n_failed attempts had none."""
        if self.channel == "infobip-ussd":
            self.n_maybe += n_failed
            self.rests_until = time.monotonic() + REST
        if not self.is_ussd():
            self.n_taken += 1
            self.n_said += answer.text() is not None
            if answer.text() is None:
                self.waits_until = time.monotonic() + PATIENCE
            return
        is_turn = self.has_more and self.inputs and self.inputs[-1].strip() == "9"
        text = answer.text() or ""
        self.has_more = text.rsplit("\n", 1)[-1].startswith("9 More")
        if not answer.is_open():
            self.inputs = None
        if text == "" or answer.is_busy():
            self.n_maybe += 1
        else:
            self.n_taken += 1
            self.n_turned = self.n_turned + 1 if is_turn else 0


class Aggregator:
    """One connection with its own phones."""

    def __init__(self, port, admin, phones, pause):
        self.connection = providers.Connection(port)
        self.sms, self.phones, self.pause = providers.Connection(admin), phones, pause
        self.n_failed = 0
        self.why, self.wrong_at = collections.Counter(), []
        self.slowest = 0

    def count(self, what):
        self.why[what] += 1
        self.wrong_at.append(time.monotonic())

    async def send(self, data):
        answer = await self.connection.send(data, timeout=5)
        if answer.is_taken():
            self.slowest = max(self.slowest, answer.seconds)
        return answer

    async def has_read(self, phone):
        """Only what stands on the phone can be answered; an SMS that never comes is not waited for for ever."""
        if phone.waits_until == 0:
            return time.monotonic() > phone.rests_until
        n = await providers.n_received(self.sms, phone.number)
        if n in (None, phone.n_seen) and time.monotonic() < phone.waits_until:
            return False
        phone.n_seen, phone.waits_until = phone.n_seen if n is None else n, 0
        return True

    async def deliver(self, phone):
        data, n_failed = phone.next_callback(), 0
        answer = await self.send(data)
        while not answer.is_taken():
            n_failed += 1
            self.count(f"{phone.channel} {answer.status}")
            await asyncio.sleep(0.05)
            answer = await self.send(data)
        self.n_failed += n_failed
        if phone.is_ussd() and (not answer.text() or answer.is_busy()):
            self.count(f"{phone.channel} busy")
        phone.learn(answer, n_failed)
        if random.random() < 0.3 and phone.channel != "infobip-ussd":
            await self.send(data)

    async def run(self, end, stop):
        due = time.monotonic()
        while time.monotonic() < end and not (stop and os.path.exists(stop)):
            phone = random.choice(self.phones)
            if await self.has_read(phone):
                await self.deliver(phone)
            due = max(due + self.pause, time.monotonic() - 1)
            await asyncio.sleep(max(0, due - time.monotonic()))


async def send(options):
    phones = [Phone(options.port, f"+{254711000000 + options.first + i}", CHANNELS[i % len(CHANNELS)])
              for i in range(options.numbers)]
    n = max(16, round(options.rate / 10))  # an answer may take a tenth of a second
    admin = options.admin or options.port + 1
    aggregators = [Aggregator(options.port, admin, phones[i::n], n / options.rate) for i in range(n)]
    start = time.monotonic()
    end, host = time.monotonic() + options.seconds, providers.Host(os.path.dirname(options.book))
    sampling = asyncio.create_task(host.sample_both())
    await asyncio.gather(*(aggregator.run(end, options.stop) for aggregator in aggregators))
    sampling.cancel()
    with open(options.book, "w", encoding="ascii") as book:
        book.writelines(f"{p.number} {p.channel} {p.n_taken} {p.n_turned} {p.n_maybe} {p.n_said}\n"
                        for p in phones)
    n_taken, n_failed = sum(p.n_taken for p in phones), sum(a.n_failed for a in aggregators)
    n_maybe = sum(p.n_maybe for p in phones)
    print(f"# {n_taken} callbacks taken, {n_taken / (time.monotonic() - start):.0f} a second, "
          f"{n_failed} attempts without success before, "
          f"{n_maybe} in doubt; slowest {max(a.slowest for a in aggregators):.2f} s")
    for what, n in sorted(sum((a.why for a in aggregators), collections.Counter()).items()):
        print(f"# {n} times without success: {what}")
    n_wrong, n_slow = host.count(at for a in aggregators for at in a.wrong_at)
    print(f"# {n_slow} of {n_wrong} while the host was slow by itself")
    sys.exit(options.strict and n_wrong > n_slow)


class Dialler:
    """One number that dials as soon as it has its screen, and how long it had to wait for one at most."""

    def __init__(self, port, number):
        self.port, self.number, self.connection = port, number, providers.Connection(port)
        self.longest = self.n_screens = self.n_busy = 0
        self.busy_at = []  # the same in moments

    async def run(self, end, stop):
        last = time.monotonic()
        while time.monotonic() < end and not (stop and os.path.exists(stop)):
            session = f"D{self.number[1:]}s{self.n_screens}x{self.n_busy}"
            answer = await self.connection.send(providers.ussd(self.port, "at-ussd", self.number, session, []))
            if answer.is_taken() and not answer.is_busy():
                now = time.monotonic()
                self.longest, last = max(self.longest, now - last), now
                self.n_screens += 1
                await asyncio.sleep(0.15)
                last = last + 0.15
            else:
                self.n_busy += 1
                self.busy_at.append(time.monotonic())
                await asyncio.sleep(0.05)
        self.longest = max(self.longest, time.monotonic() - last)


async def silence(options):
    diallers = [Dialler(options.port, f"+{254711000000 + options.first + i}") for i in range(options.numbers)]
    end, host = time.monotonic() + options.seconds, providers.Host(os.path.dirname(options.stop))

    async def dial():
        await asyncio.gather(*(dialler.run(end, options.stop) for dialler in diallers))

    async def tell_when_all_dial():
        while any(d.n_screens == 0 for d in diallers):
            await asyncio.sleep(0.02)
        with open(options.stop + ".up", "w", encoding="ascii"):
            pass

    sampling = asyncio.create_task(host.sample_both())
    await asyncio.gather(tell_when_all_dial(), dial())
    sampling.cancel()
    n_busy, n_slow = host.count(at for d in diallers for at in d.busy_at)
    longest = max(d.longest for d in diallers)
    most = options.most * host.slowest()
    print(f"# {sum(d.n_screens for d in diallers)} screens; the longest wait for one {longest:.2f} s; "
          f"{n_busy} times asked to dial again, {n_slow} of them while the host was slow; all takes up to {host.slowest():.1f} "
          f"times as long here, and the disk stood still {len(host.stalls)} times")
    providers.tap(f"nobody waits for more than {options.most} s",
                  [f"{d.number}: {d.longest:.2f} s" for d in diallers if d.longest > most])
    providers.tap("and is asked to dial again only while a server is replaced",
                  [f"{n_busy - n_slow} times"] if n_busy - n_slow > options.may_be_busy else [])
    sys.exit(longest > most or n_busy - n_slow > options.may_be_busy)


def ids_are_right(ids, received, n_unknown):
    """Each SMS that was sent is on the phone once, in the order of the steps that said them; what PostgreSQL does
    not name is of unknown outcome."""
    step_of = dict((name, int(step)) for step, name in (pair.split(":", 1) for pair in ids))
    steps = [step_of[sms["id"]] for sms in received if sms["id"] in step_of]
    n_strange = len(received) - len(steps)
    return len(step_of) == len(ids) == len(steps) and steps == sorted(steps) and n_strange <= n_unknown


def to_ms(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000


def has_end(ends, first, last):
    return any(first <= end <= last for end in ends)


def outside_window(unknown, ends, phones):
    """What of the unknown SMS no end of a sender explains. phones: of each number_id the SMS that stand on the phone
    and that nobody knows to be sent."""
    wrong = []
    for number_id, entered, told, error in unknown:
        if error != STOPPED or not has_end(ends, int(entered), int(told)):
            wrong.append(f"{number_id}: in the outbox at {entered}, unknown at {told}: {error}")
    for number_id in {row[0] for row in unknown}:
        for sms in phones.get(number_id, []):
            at = to_ms(sms["at"])
            if not has_end(ends, at - UNREAD * 1000, at + WINDOW * 1000):
                wrong.append(f"{number_id}: reached the phone at {at:.0f}, and no sender ended then")
    return wrong


def is_in_order(found):
    """Never a question of the first test before one that came earlier. A question may come again: an
    answer that comes before its question was sent belongs to the screen before."""
    numbers = [int(match.group(1)) for text in found if (match := re.search(r"^(\d)/7 ", text, re.M))]
    return numbers == sorted(numbers)


def check(options):
    number_id = providers.number_ids(options.keys)
    rows = {line.split()[0]: line.split()[1:] for line in sys.stdin}
    wrong, n_sms, n_unknown, strange = {"steps": [], "sms": []}, 0, 0, {}
    with open(options.book, encoding="ascii") as book:
        lines = [line.split() for line in book]
    for number, channel, *counts in lines:
        n_taken, n_turned, n_maybe, n_said = (int(n) for n in counts)
        *sums, ids = rows.get(number_id(number), (0, 0, 0, 0, "-"))
        seq, sent, unknown, other = (int(n) for n in sums)
        received = providers.received(options.admin, number)
        found = [sms["text"] for sms in received]
        ids = [] if ids == "-" else ids.split(",")
        n_sms, n_unknown = n_sms + len(found), n_unknown + unknown
        known = {pair.split(":", 1)[1] for pair in ids}
        strange[number_id(number)] = [sms for sms in received if channel == "at" and sms["id"] not in known]
        where = f"{number} on {channel}: {n_taken} taken and {n_maybe} in doubt, {seq} steps; "
        where += f"{sent} SMS sent, {unknown} unknown, {other} other, {n_said} in answers, "
        where += f"{len(found)} on the phone"
        if not n_taken - n_turned <= seq <= n_taken + n_maybe:
            wrong["steps"].append(where)
        # An answer with the SMS in it may have got lost when the store did not say in time that it took
        # the step; the provider then had success without a text, and the learner sends REPEAT.
        fewest = 0 if channel == "twilio" else sent
        is_each_there = channel not in ("at", "kannel") or sent + unknown == n_taken
        if (other > 0 or not fewest <= len(found) + n_said <= sent + unknown or not is_each_there
                or not is_in_order(found) or ((ids or channel == "at") and not ids_are_right(ids, received, unknown))):
            wrong["sms"].append(where)
    print(f"# {len(lines)} numbers, {n_sms} SMS, {n_unknown} of them recorded as unknown")
    providers.tap("each callback that was taken is in PostgreSQL, once", wrong["steps"])
    providers.tap("each SMS came once and in order, but for the unknown ones", wrong["sms"])
    n_wrong, n_outside = sum(len(list_) for list_ in wrong.values()), "-"
    if options.unknown:
        with open(options.unknown, encoding="utf-8") as rows, open(options.ends, encoding="ascii") as ends:
            mine = {number_id(line[0]) for line in lines}
            unknown = [row for row in (line.rstrip("\n").split(" ", 3) for line in rows) if row[0] in mine]
            wrong["window"] = outside_window(unknown, [int(end) for end in ends], strange)
        n_outside = len(wrong["window"])
        providers.tap(f"a sender ended while each of {len(unknown)} unknown ones was on its way", wrong["window"])
    if "LEDGER_TOTALS" in os.environ:
        with open(os.environ["LEDGER_TOTALS"], "a", encoding="ascii") as totals:
            totals.write(f"{len(lines)} {n_sms} {n_unknown} {n_wrong} {n_outside}\n")
    sys.exit(1 if any(wrong.values()) else 0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["send", "silence", "check"])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--admin", type=int)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--stop", help="file that ends it earlier")
    parser.add_argument("--numbers", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--rate", type=int, default=250)
    parser.add_argument("--book")
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--keys")
    parser.add_argument("--unknown", help="rows of unknown_sms")
    parser.add_argument("--ends", help="rows of sender_ends")
    parser.add_argument("--most", type=float, default=3)
    parser.add_argument("--may-be-busy", type=int, default=1 << 30)
    options = parser.parse_args()
    if options.what == "send":
        asyncio.run(send(options))
    elif options.what == "silence":
        asyncio.run(silence(options))
    else:
        check(options)


if __name__ == "__main__":
    main()
