#!/usr/bin/env python3
"""duplicates.py: many learners on five channels, whose callbacks come again and again.

  duplicates.py play --port N --admin N --redis SOCKET --redis-pid N --keys DIR --seed N --callbacks N
             --book FILE
      A few models walk through the course, each step sent once. Then many others take the very same
      steps, but 30 % of all callbacks are repeats: up to 16 copies at once on connections of their
      own, again after the answer, or some steps later. Prints TAP: every answer is that of the model,
      to the byte; no SMS is missing, doubled or out of order. FILE gets "number model" lines.
      With --halt FILE everybody stops in the middle, FILE appears, and goes on when it is gone. SMS are
      not looked at then, since the simulator may have been restarted.
  duplicates.py check --keys DIR --book FILE < "number_id seq history" lines of PostgreSQL
      Prints TAP: each learner's history is that of the model.

What a repeat gets: copies that come before the next step get the bytes of the first answer. A later one
is known by its name, moves nothing, and gets success: by SMS without a new text, by USSD the present
screen.
infobip-ussd sends the last input of a session only, so a copy that comes when the first is answered
cannot be told from a learner who types the same again. Its copies are sent while Redis is frozen, so
that all are read before any is answered.
"""
import argparse
import asyncio
import os
import random
import signal
import sys
import tempfile
import time

import providers

INPUTS = ["1", "2", "3", "1", "9", "9", "9", "next", "HELP", "score", "menu", "0", "2.", "hello"]
FIRST_INPUTS = ["9", "9", "1", "0"]
# Their reply is the same whether the SMS before had arrived or not.
SMS_INPUTS = ["HELP", "HELP", "JOIN", "DELETE"]
MAX_S = 1.5
MAX_PHONES = 40


class Step:
    """One callback of a script, for any number."""

    def __init__(self, kind, channel, text="", session=0, inputs=()):
        self.kind, self.channel, self.text = kind, channel, text
        self.session, self.inputs = session, list(inputs)
        self.answer = None  # the model's

    def data(self, port, number, run, i):
        name = f"{run}{number[1:]}"
        if self.kind == "sms":
            # The same text within ten seconds is a repeat: a person takes longer, and this one adds blanks.
            return providers.sms(port, self.channel, number, self.text + " " * i, f"{name}n{i}")
        make = providers.ussd_end if self.kind == "end" else providers.ussd
        return make(port, self.channel, number, f"{name}s{self.session}", self.inputs)

    def is_named(self):
        """Can this callback be told from one of a later step?"""
        return self.channel != "infobip-ussd" or not self.inputs


class Writer:
    """Makes a script while the model plays it: what is possible next depends on the answers."""

    def __init__(self, dice):
        self.dice, self.n_sessions, self.session = dice, 0, None

    def next_input(self, i):
        return FIRST_INPUTS[i] if i < len(FIRST_INPUTS) else self.dice.choice(INPUTS)

    def next_step(self, i):
        dice = self.dice
        if self.session is not None and dice.random() < 0.75:
            channel, inputs = self.session
            if i >= len(FIRST_INPUTS) and dice.random() < 0.05:
                self.session = None
                return Step("end", channel, session=self.n_sessions, inputs=inputs)
            typed = "1" if i == 0 else self.next_input(i)
            # By infobip-ussd the same input again at once is a copy: a person takes longer to read.
            while channel == "infobip-ussd" and inputs and typed == inputs[-1]:
                typed = dice.choice(INPUTS)
            inputs.append(typed)
            return Step("ussd", channel, session=self.n_sessions, inputs=inputs)
        if dice.random() < 0.25:
            self.n_sessions += 1
            self.session = (dice.choice(providers.USSD_CHANNELS), [])
            return Step("ussd", self.session[0], session=self.n_sessions)
        return Step("sms", dice.choice(providers.SMS_CHANNELS), "JOIN" if i == 0 else dice.choice(SMS_INPUTS))

    def learn(self, step, answer):
        if step.kind == "ussd" and not answer.is_open():
            self.session = None


class Redis:
    """Numbers that Redis answers, one question at a time."""

    def __init__(self, path):
        self.path, self.turn, self.reader, self.writer = path, asyncio.Lock(), None, None

    async def ask(self, *words):
        parts = b"".join(b"$%d\r\n%s\r\n" % (len(word), word.encode()) for word in words)
        async with self.turn:
            while True:  # a server that was stopped and started has forgotten the connection
                try:
                    if self.writer is None:
                        self.reader, self.writer = await asyncio.open_unix_connection(self.path)
                    self.writer.write(b"*%d\r\n" % len(words) + parts)
                    return int((await self.reader.readuntil(b"\r\n"))[1:])
                except (OSError, asyncio.IncompleteReadError, ValueError):
                    self.reader = self.writer = None
                    await asyncio.sleep(0.05)


class World:
    def __init__(self, options):
        self.port, self.admin = options.port, options.admin
        self.pool = providers.Pool(options.port, 64)
        self.redis = Redis(options.redis)
        self.number_id = providers.number_ids(options.keys)
        self.run = f"{options.seed:x}x"
        self.n_sent = self.n_repeats = self.most_copies = self.n_sms = self.n_busy = 0
        self.seconds = []
        self.wrong = {"answer": [], "copy": [], "late": [], "sms": [], "time": []}

    async def send(self, data, n=1):
        self.n_sent += n
        answers = await self.pool.send_copies(data, n)
        self.seconds += [answer.seconds for answer in answers]
        return answers

    async def wait_for_sms(self, number):
        """A phone answers what it has got: an answer that comes earlier belongs to the screen before.
        The outbox of its bucket is empty when the provider has taken all, and that is noted."""
        bucket = int(self.number_id(number)[:2], 16)
        deadline = time.monotonic() + providers.WAIT_MAX_S
        while await self.redis.ask("XLEN", f"wp:{{b{bucket:03}}}:outbox") > 0 and time.monotonic() < deadline:
            await asyncio.sleep(0.01)

    def complain(self, what, number, i, step, found, expected):
        self.wrong[what].append(f"{number} step {i} {step.kind} {step.channel} {step.inputs} {step.text}:"
                                f" {found!r}, expected {expected!r}")


class InDoubt(Exception):
    """A step that was answered with "busy" may have been done, and its repeat cannot be told from a new one."""


async def send_step(world, step, data, n=1):
    """Answers of n copies. Who is told that we are busy tries again, as a person and a provider would."""
    answers = await world.send(data, n)
    while any(answer.is_taken() and answer.is_busy() for answer in answers):
        world.n_busy += 1
        if not step.is_named():
            raise InDoubt
        await asyncio.sleep(0.2)
        answers = await world.send(data)
    return answers


async def play_model(world, number, dice, n_steps):
    writer, script = Writer(dice), []
    for i in range(n_steps):
        step = writer.next_step(i)
        step.answer, = await send_step(world, step, step.data(world.port, number, world.run, i))
        if not step.answer.is_taken():
            raise SystemExit(f"the model's step {i} was not taken: {step.answer.status}")
        writer.learn(step, step.answer)
        script.append(step)
        await world.wait_for_sms(number)
    return script


def throw_copies(dice):
    """How many times a callback comes, at once."""
    if dice.random() >= 0.15:
        return 1
    return dice.choice([2, 2, 2, 2, 3, 3, 4, 5, 8, 16])


async def repeat_late(world, number, script, i, first, dice):
    """A callback of some steps ago comes again, twice: nothing moves in between, so both get the same. None from before
    a Redis that lost what it knew."""
    k = i - dice.randint(1, 5)
    if k < first or not script[k].is_named():
        return
    step = script[k]
    world.n_repeats += 2
    answer, = await world.send(step.data(world.port, number, world.run, k))
    again, = await world.send(step.data(world.port, number, world.run, k))
    is_new = step.kind == "sms" and answer.text() is not None and answer.bytes != step.answer.bytes
    if not answer.is_taken() or is_new:
        world.complain("late", number, k, step, answer.bytes, "success and no SMS")
    elif not answer.is_busy() and not again.is_busy() and again.bytes != answer.bytes:
        world.complain("late", number, k, step, again.bytes, answer.bytes)


def judge(world, number, i, step, answers):
    world.n_repeats += len(answers) - 1
    world.most_copies = max(world.most_copies, len(answers))
    for answer in answers:
        if answer.bytes != answers[0].bytes:
            world.complain("copy", number, i, step, answer.bytes, answers[0].bytes)
    if answers[0].bytes != step.answer.bytes:
        world.complain("answer", number, i, step, answers[0].bytes, step.answer.bytes)


async def follow_model(world, number, script, dice, begin, end):
    for i in range(begin, end):
        step = script[i]
        data = step.data(world.port, number, world.run, i)
        answers = await send_step(world, step, data, throw_copies(dice) if step.is_named() else 1)
        if step.is_named() and dice.random() < 0.05:
            answers += await send_step(world, step, data)
        judge(world, number, i, step, answers)
        await world.wait_for_sms(number)
        if dice.random() < 0.04:
            await repeat_late(world, number, script, i, begin, dice)


def n_unread(port):
    """Bytes that wait in the sockets of the gateway's port."""
    n = 0
    with open("/proc/net/tcp", encoding="ascii") as file:
        for line in list(file)[1:]:
            fields = line.split()
            if int(fields[1].split(":")[1], 16) == port and fields[3] == "01":
                n += int(fields[4].split(":")[1], 16)
    return n


async def follow_frozen(world, number, script, redis_pid):
    """One after the other, each answer of infobip-ussd 16 times while Redis stands still."""
    for i, step in enumerate(script):
        data = step.data(world.port, number, world.run, i)
        if step.is_named():
            judge(world, number, i, step, await send_step(world, step, data))
            await world.wait_for_sms(number)
            continue
        os.kill(redis_pid, signal.SIGSTOP)
        try:
            copies = asyncio.gather(*(world.send(data) for _ in range(16)))
            await asyncio.sleep(0)  # they are written in one turn
            await asyncio.sleep(0)
            while n_unread(world.port) > 0:
                await asyncio.sleep(0.002)
        finally:
            os.kill(redis_pid, signal.SIGCONT)
        answers = sum(await copies, [])
        if any(answer.is_taken() and answer.is_busy() for answer in answers):
            world.n_busy += 1  # the machine was so busy that Redis stood still past its deadline
            raise InDoubt
        judge(world, number, i, step, answers)


async def follow_one_frozen(world, script, first, redis_pid):
    """The first phone that gets through without being told to dial again."""
    for number in range(first, first + MAX_PHONES):
        try:
            await follow_frozen(world, f"+{number}", script, redis_pid)
            return f"+{number}"
        except InDoubt:
            pass
    raise SystemExit(f"{MAX_PHONES} phones in a row were told that we are busy")


def check_sms(world, book):
    """Until each phone has what its model has; what is too much cannot go away again."""
    deadline = time.monotonic() + providers.WAIT_MAX_S
    for number, model in book.items():
        expected, found = providers.outbox(world.admin, model), providers.outbox(world.admin, number)
        while found != expected and len(found) <= len(expected) and time.monotonic() < deadline:
            time.sleep(0.2)
            expected, found = providers.outbox(world.admin, model), providers.outbox(world.admin, number)
        world.n_sms += len(found)
        if found != expected:
            world.wrong["sms"].append(f"{number}: {found!r}, expected {expected!r}")


def middle_of(script):
    """A step after which nothing is open: the one before is an SMS, no USSD session goes on."""
    for i in range(len(script) // 3, len(script)):
        n = max(step.session for step in script[:i])
        if script[i - 1].kind == "sms" and all(step.session == 0 or step.session > n for step in script[i:]):
            return i
    return len(script)


async def halt(file):
    with open(file, "w", encoding="ascii"):
        pass
    while os.path.exists(file):
        await asyncio.sleep(0.1)


async def play(options):
    world, dice = World(options), random.Random(options.seed)
    n_models, n_steps = 16, 40
    n_learners = round(options.callbacks * 0.7 / n_steps)
    first = 254720000000 + options.seed % 10000 * 1000
    models = [f"+{first + i}" for i in range(n_models)]
    scripts = await asyncio.gather(*(play_model(world, number, random.Random(dice.random()), n_steps)
                                     for number in models))
    world.n_sent = 0
    book = {f"+{first + n_models + i}": models[i % n_models] for i in range(n_learners)}
    learners = list(book)
    start = time.monotonic()
    at_once = asyncio.Semaphore(24)

    async def follow(number, i, begin, end):
        async with at_once:
            dice_of_it = random.Random(f"{options.seed} {number} {begin}")
            try:
                if number in book:
                    await follow_model(world, number, scripts[i % n_models], dice_of_it, begin, end)
            except InDoubt:
                del book[number]

    async def follow_all(range_of):
        await asyncio.gather(*(follow(number, i, *range_of(scripts[i % n_models]))
                               for i, number in enumerate(learners)))
    await world.pool.connect()
    host, world.seconds = providers.Host(tempfile.gettempdir()), []
    sampling = asyncio.create_task(host.sample_both())
    if options.halt:
        await follow_all(lambda script: (0, middle_of(script)))
        await halt(options.halt)
        await world.pool.connect_again()
        await follow_all(lambda script: (middle_of(script), len(script)))
    else:
        await follow_all(lambda script: (0, len(script)))
    sampling.cancel()
    p50, p99, most = (1000 * providers.percentile(world.seconds, share) for share in (0.5, 0.99, 1))
    if most > 1000 * host.allows(MAX_S):
        world.wrong["time"].append(f"{most:.0f} ms")
    if not options.halt:
        model = max(range(n_models), key=lambda i: sum(not step.is_named() for step in scripts[i]))
        frozen = await follow_one_frozen(world, scripts[model], first + n_models + n_learners, options.redis_pid)
        book[frozen] = models[model]
    seconds = time.monotonic() - start
    print(f"# seed {options.seed}: {n_learners} learners, {world.n_sent} callbacks, "
          f"{world.n_repeats} repeats ({100 * world.n_repeats / world.n_sent:.0f} %), "
          f"{world.n_busy} busy, up to {world.most_copies} copies, {seconds:.1f} s, {world.n_sent / seconds:.0f}/s, "
          f"p50 {p50:.0f} ms, p99 {p99:.0f} ms, slowest {most:.0f} ms")
    if not options.halt:
        check_sms(world, book)
        print(f"# {world.n_sms} SMS")
    providers.tap("each answer is the one that the model got, to the byte", world.wrong["answer"])
    providers.tap("each copy got the bytes of the first answer", world.wrong["copy"])
    providers.tap(f"none took longer than {MAX_S} s", world.wrong["time"])
    providers.tap("late repeats are answered with success and say nothing new", world.wrong["late"])
    if not options.halt:
        providers.tap("each phone has the SMS of its model: none missing, doubled or out of order",
                      world.wrong["sms"])
    with open(options.book, "w", encoding="ascii") as file:
        file.writelines(f"{number} {model}\n" for number, model in book.items())
    sys.exit(1 if any(world.wrong.values()) else 0)


def check(options):
    number_id = providers.number_ids(options.keys)
    rows = dict(line.rstrip("\n").split(" ", 1) for line in sys.stdin)
    wrong, n = [], 0
    with open(options.book, encoding="ascii") as book:
        for line in book:
            number, model = line.split()
            n += 1
            found, expected = rows.get(number_id(number)), rows.get(number_id(model), "nothing")
            if found != expected:
                wrong.append(f"{number}: {found}\n#   expected {expected}")
    providers.tap(f"PostgreSQL holds each step, answer and completion of {n} learners exactly once", wrong)
    sys.exit(1 if wrong or n == 0 else 0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["play", "check"])
    parser.add_argument("--port", type=int)
    parser.add_argument("--admin", type=int)
    parser.add_argument("--redis-pid", type=int)
    parser.add_argument("--redis", help="its socket")
    parser.add_argument("--halt")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--callbacks", type=int, default=10000)
    parser.add_argument("--book", required=True)
    parser.add_argument("--keys")
    options = parser.parse_args()
    if options.what == "check":
        check(options)
    asyncio.run(play(options))


if __name__ == "__main__":
    main()
