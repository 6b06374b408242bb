#!/usr/bin/env python3
"""group25.py TALK CODE [FIRST LAST]: a transcript of 25 members on 22 phones, three of which have two of them each; or that
of some of the phones, which may play at the same time as the others.

All go through the first module as TALK (the whole course by SMS) does, but the last five stop before its quiz, and
six know the answer to its second question.
"""
import re
import sys


def steps(path, until):
    """(sent, expected) by SMS, from the role question's answer on to the line that says `until`."""
    found = []
    for line in open(path, encoding="utf-8"):
        if until in line and found:
            break
        match = re.match(r"sms([<>])\s+(.*)$", line)
        if match:
            found.append(match.groups())
    return found


def play(phone, lines):
    for way, text in lines:
        print(f"sms{way}{phone} {text}")


def knowing(lines, quiz):
    """With the second question of the quiz, at its usual place, answered right."""
    changed = list(lines)
    changed[quiz + 3 : quiz + 5] = [(">", "2"), ("<", "Right. *")]
    return changed


def main():
    lines = steps(sys.argv[1], "Module 2 of 7")
    if lines[-1][0] == ">":
        lines.pop()
    join, consent = lines[:2], lines[2:]
    join = [(">", f"JOIN {sys.argv[2]}"), ("<", "Your group: *Reply 1 to agree*")]
    consent[1:1] = [("<", "May the facilitator*1 Yes 2 No"), (">", "2")]
    quiz = next(i for i, (way, text) in enumerate(consent) if way == "<" and "1/4" in text)
    print("loose")
    first, last_phone = (int(word) for word in (sys.argv[3:] or ("1", "22")))
    for phone in range(first, last_phone + 1):
        last = phone > 17  # five of them
        mine = consent[: quiz + 1] if last else knowing(consent, quiz) if phone in range(4, 10) else consent
        play(phone, join + mine)
        if phone > 3:
            continue
        play(phone, [(">", "SWITCH"), ("<", "Choose a nickname*"), (">", "ANA"), ("<", "ANA, do you want*"), (">", "0"),
                     ("<", "Who is learning? 1 ANA 2 New"), (">", "2"), ("<", "Choose a nickname*"), (">", "BO"),
                     ("<", "BO, do you want*"), (">", "0"), ("<", "CHILDREN ON THE MOVE*")])
        play(phone, consent)


main()
