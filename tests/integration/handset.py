#!/usr/bin/env python3
"""handset.py LOG NUMBER: what Kannel's fakesmsc has printed for a phone, as the phone would show it.

Prints a JSON list of {"from", "text", "alphabet", "parts"}, oldest first. Parts of a long SMS are
joined by their user data header, and only shown when all are there.
"""
import json
import re
import sys
from urllib.parse import unquote_to_bytes


def octets(field):
    return unquote_to_bytes(field.replace("+", " "))


def lines(path):
    """What came over the wire, with the line ends that a plain text holds put back."""
    for line in open(path, encoding="utf-8", errors="replace"):
        match = re.search(r"Got message \d+: <(.*)>$", line.rstrip("\n"))
        if match:
            yield match[1]


def messages(path):
    """(from, to, udh, alphabet, octets) of each single SMS."""
    found = []
    for line in lines(path):
        head = re.match(r"(\S+) (\+?\d+) (udh (\S+) data|text|data|ucs-2) ?(.*)$", line)
        if not head:  # the text before it had a line end
            found[-1][4] += b"\n" + line.encode()
        elif head[4]:
            found.append([head[1], head[2], octets(head[4]), "data", octets(head[5])])
        else:
            text = head[5].encode() if head[3] == "text" else octets(head[5])
            found.append([head[1], head[2], b"", head[3], text])
    return found


def is_utf16(octets_):
    return b"\0" in octets_ or any(o < 0x20 and o not in (10, 13) for o in octets_[::2])


def show(sender, joined, parts):
    is_ucs2 = is_utf16(joined)
    text = joined.decode("utf-16-be" if is_ucs2 else "utf-8", "replace")
    return {"from": sender, "text": text, "alphabet": "ucs2" if is_ucs2 else "gsm7", "parts": parts}


def main():
    shown, waiting = [], {}
    for sender, to, udh, _, text in messages(sys.argv[1]):
        if to != sys.argv[2]:
            continue
        if len(udh) < 6:
            shown.append(show(sender, text, 1))
            continue
        reference, of, n = udh[-3], udh[-2], udh[-1]
        parts = waiting.setdefault((sender, reference), {})
        parts[n] = text
        if len(parts) == of:
            shown.append(show(sender, b"".join(parts[i] for i in sorted(parts)), of))
            del waiting[(sender, reference)]
    print(json.dumps(shown, ensure_ascii=False))


main()
