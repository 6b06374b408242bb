#!/usr/bin/env python3
"""ledger.py: an aggregator that never gives up, and the book it keeps.

  ledger.py send --port N --seconds S --numbers N --book FILE
      Sends SMS callbacks of many numbers, each with an id of its own, each repeated until it is
      answered with 2xx, and every third one once more after that (as providers do). One number's
      messages go out one after the other. FILE gets "number messages" lines: each message was
      acknowledged at least once.
  ledger.py check --keys DIR --book FILE < "number_id seq" lines of core.number_state
      Says which numbers do not have exactly as many steps as messages were acknowledged.
"""
import argparse
import hashlib
import hmac
import http.client
import random
import sys
import threading
import time
import urllib.parse

WORDS = ["JOIN", "1", "0"] + ["1"] * 7 + ["NEXT", "1", "HELP", "NEXT", "2", "menu", "1", "NEXT"]


class Aggregator(threading.Thread):
    """One connection with its own numbers."""

    def __init__(self, options, numbers):
        super().__init__(daemon=True)
        self.options, self.numbers = options, numbers
        self.sent = {number: 0 for number in numbers}
        self.connection = None
        self.failures = 0

    def post(self, body):
        """Status of one callback, or None when there was no whole answer."""
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.options.port, timeout=5)
            self.connection.request("POST", "/in/at", body,
                                    {"Content-Type": "application/x-www-form-urlencoded"})
            answer = self.connection.getresponse()
            answer.read()
            return answer.status
        except (OSError, http.client.HTTPException):
            self.connection = None
            return None

    def deliver(self, number):
        text = WORDS[self.sent[number] % len(WORDS)]
        body = urllib.parse.urlencode({"from": number, "to": "20880", "text": text,
                                       "id": f"L{number[1:]}-{self.sent[number]}",
                                       "date": "2026-11-24 07:37:40", "linkId": ""})
        while not 200 <= (self.post(body) or 0) < 300:
            self.failures += 1
            time.sleep(0.05)
        self.sent[number] += 1
        if random.random() < 0.3:
            self.post(body)

    def run(self):
        end = time.monotonic() + self.options.seconds
        while time.monotonic() < end:
            self.deliver(random.choice(self.numbers))
            time.sleep(0.01)


def send(options):
    numbers = [f"+2547110{i:05d}" for i in range(options.numbers)]
    threads = [Aggregator(options, numbers[i::options.threads]) for i in range(options.threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with open(options.book, "w", encoding="ascii") as book:
        for thread in threads:
            for number, n in thread.sent.items():
                book.write(f"{number} {n}\n")
    print(f"# {sum(sum(t.sent.values()) for t in threads)} messages acknowledged, "
          f"{sum(t.failures for t in threads)} attempts failed before")


def check(options):
    with open(f"{options.keys}/number_id.key", encoding="ascii") as file:
        key = bytes.fromhex(file.read().strip())
    steps = dict(line.split() for line in sys.stdin)
    wrong = 0
    with open(options.book, encoding="ascii") as book:
        for line in book:
            number, n = line.split()
            number_id = hmac.new(key, number.encode(), hashlib.sha256).hexdigest()[:32]
            if steps.get(number_id, "0") != n:
                wrong += 1
                print(f"# {number}: {n} acknowledged, {steps.get(number_id, '0')} steps in PostgreSQL")
    sys.exit(1 if wrong else 0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["send", "check"])
    parser.add_argument("--port", type=int)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--numbers", type=int, default=200)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--book", required=True)
    parser.add_argument("--keys")
    options = parser.parse_args()
    send(options) if options.what == "send" else check(options)


if __name__ == "__main__":
    main()
