"""growth.py WAYPOST ROOT FOLDER READER: inputs of one reader that ask for much work, at n bytes and at 2n. What is done for
each is counted in instructions by valgrind; what it takes to begin is taken off. What the processor is done with at once is not counted:
valgrind takes a second to begin. Says `good`, or a line `# ...` for each input for which twice as much took more than 2.5 times the work,
or more than a ceiling of counts lets it take."""
import os
import re
import resource
import shutil
import subprocess
import sys
import zipfile

WAYPOST, ROOT, FOLDER, READER = sys.argv[1:5]
BYTES = 30000  # of the shorter one; a callback has at most 64 KiB
MOST = 2.5  # times
ALL = 1_000_000_000  # instructions for one input, whatever it is: a third of a second
FEW = 200_000_000  # instructions up to which it does not matter: what is compared with each other is few by a ceiling
QUICK = 0.02  # seconds of a processor in which none does as many as that


def repeat(unit, n):
    return unit * max(1, n // len(unit.encode()))


def count(pattern, n):
    """pattern with 0, 1, 2 ... in it, of about n bytes."""
    return "".join(pattern.replace("#", str(i)) for i in range(max(1, n // (len(pattern) + 3))))


def around(before, unit, after=""):
    return lambda n: before + repeat(unit, n) + after


def counted(before, pattern, after=""):
    return lambda n: before + count(pattern, n) + after


MOODLE = "<quiz><question type='truefalse'><name><text>a</text></name><questiontext format='html'><text>"
MOODLE_END = "</text></questiontext></question></quiz>"
FRONT = "---\nmodule: m1\ntitle: T\nkind: lessons\nrequired: true\n---\n# a: A\n\n"
HEAD = 'msgid ""\nmsgstr "Language: fr\\n"\n\n'
ENTRY = 'msgctxt "m1.title"\nmsgid "a"\nmsgstr "b"\n'
INFOBIP = '{"results":[{"from":"254700000001","to":"20880","messageId":"1","text":"'
TEXT = "from=%2B254700000001&to=20880&id=1&text="
INPUTS = {
    "gift": {
        "escapes": around("q {=", "\\:", "}"), "braces": around("", "{"), "questions": around("", "q{T}\n\n"),
        "names": counted("", "::q#::a{T}\n\n"), "colons": around("", "::a"), "answers": around("q{", "=a", "}"),
        "feedback": around("q{=a", "#", "}"), "weights": around("q{", "=%50%a", "}"), "tags": around("[html]q", "<b", "{T}"),
        "closed tags": around("[html]q", "<b>", "{T}"), "entities": around("[html]q", "&a", "{T}"), "comments": around("", "//c\n"),
        "arrows": around("q{=a -> b =c->d ", "->", "}"), "categories": counted("", "$CATEGORY: a#\n\n"),
    },
    "aiken": {"lines": around("", "q\n"), "options": around("q\n", "A. a\n"), "questions": around("", "q\nA. a\nB. b\nANSWER: A\n\n")},
    "moodle-xml": {
        "depth": around("<quiz>", "<a>"), "attributes": counted("<quiz ", "a#='x' ", "></quiz>"), "names": counted("<quiz ", "xmlns:a#='x#' ", "></quiz>"),
        "text": around(MOODLE, "&amp;", MOODLE_END), "tags": around(MOODLE, "<![CDATA[<b]]>", MOODLE_END), "gaps": around(MOODLE, "{1:MC:=a~b}", MOODLE_END),
        "questions": around("<quiz>", "<question type='truefalse'><questiontext><text>a</text></questiontext></question>", "</quiz>"),
        "brothers": around("<quiz><question type='multichoice'>", "<answer fraction='0'><text>a</text></answer>", "</question></quiz>"),
    },
    "csv": {"rows": around("kind,text\n", "question,a\n"), "quotes": around('kind,text\n"', '""', '"\n'), "an open quote": around("kind,text\n", '"a'),
            "columns": around("kind,text", ",a", "\nquestion,a\n"), "line ends": around("kind,text\n", "\r")},
    "xlsx": {"rows": around("", "<row><c t='inlineStr'><is><t>question</t></is></c></row>"), "cells": around("<row>", "<c><v>1</v></c>", "</row>"),
             "runs": around("<row><c t='inlineStr'><is>", "<r><t>a</t></r>", "</is></c></row>"), "escapes": around("<row><c t='inlineStr'><is><t>", "_x", "</t></is></c></row>")},
    "markdown": {
        "stars": around(FRONT, "**a *b "), "brackets": around(FRONT, "!["), "links": around(FRONT, "[a](b"), "quotes": around(FRONT, "> "),
        "choices": around(FRONT + "## q: Q\n\n", "- [ ] a\n"), "directives": around(FRONT, "@ key value\n"), "comments": around(FRONT, "<!-- "),
        "sources": around(FRONT, "<!-- source: a -->\n\n"), "lessons": counted(FRONT, "# l#: A\n\ntext\n\n"), "one lesson": around(FRONT, "# a: A\n\ntext\n\n"),
        "questions": counted(FRONT, "## q#: A?\n\n- [ ] a\n- [x] b\n\n> fb\n\n"), "a long line": around(FRONT, "a"), "marks": around(FRONT, "a\u0301\u0302\u0323"),
        "references": counted(FRONT, "[a#]: b\n"), "entities": around(FRONT, "&a"), "tags": around(FRONT, "<a"), "backticks": lambda n: FRONT + "".join(
            "`" * i + "a " for i in range(1, int((2 * n) ** 0.5))), "keys": counted("---\n", "k#: a\n", "---\n# a: A\n"), "words": around(FRONT + "## q: Q\n\n= ", "a | "),
    },
    "po": {
        "entries": counted(HEAD, 'msgctxt "m1l1.#"\nmsgid "a"\nmsgstr "b"\n\n'), "the same": around(HEAD, ENTRY + "\n"), "lines": around(HEAD + ENTRY, '"b"\n'),
        "escapes": around(HEAD + ENTRY[:-2], "\\n", '"\n'), "comments": around(HEAD, "# c\n", ENTRY), "parted comments": around(HEAD, "# c\n#, x\n", ENTRY),
        "terms": lambda n: count("# term: a# = b\n", n) + HEAD + ENTRY, "old texts": around(HEAD, '#| msgid "x"\n', ENTRY), "names": around(HEAD + ENTRY[:-2], "{", '"\n'),
    },
    "yaml": {
        "maps": around("a: ", "{a: "), "lists": around("a: ", "["), "keys": counted("", "k#: 1\n"), "a long text": around("a: ", "x"), "escapes": around('a: "', "\\x41", '"'),
        "comments": around("", "#"), "dashes": around("", "- "), "questions": around("", "? "), "a block": around("a: |\n", " x\n"), "anchors": around("a: &x [1]\nb:\n", " - *x\n"),
    },
    "form": {"pairs": around("", "a=b&"), "a text": around(TEXT, "a"), "escapes": around(TEXT, "%CC%81"), "strokes": around("", "&"), "blanks": around(TEXT, "+")},
    "json": {
        "depth": around("", "["), "a list": around('{"results":[{"x":[', '{"from":"254700000001","text":"a"},', "{}]}]}"), "keys": counted('{"results":[{', '"k#":1,', '"a":1}]}'),
        "halves": around(INFOBIP, "\\ud83d", '"}]}'), "escapes": around(INFOBIP, "\\\\", '"}]}'), "a number": around('{"results":[{"from":', "1", "}]}"),
    },
    "xml": {
        "depth": around("", "<a>"), "attributes": counted("<a ", "a#='x' ", "/>"), "brothers": around("<a>", "<b/>", "</a>"), "strokes": around("<a>", "&", "</a>"),
        "open tags": around("<a>", "<", "</a>"), "names": counted("<a ", "xmlns:a#='x#' ", "/>"), "entities": around("<a>", "&#x41;", "</a>"),
    },
}
PROFILES = {"form": "africastalking", "json": "infobip", "xml": "parlayx"}
TYPES = {"form": "application/x-www-form-urlencoded", "json": "application/json", "xml": "text/xml"}


def run(args, given):
    # Where there is a crash or a hang, it is a find as well.
    return subprocess.run(args, input=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600, check=False).returncode >= 0


def is_quick(args, given=b""):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    is_well = run([WAYPOST, *args], given)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return is_well and after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < QUICK


def instructions(args, given=b""):
    log = os.path.join(FOLDER, "counted")
    if not run(["valgrind", "-q", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=" + log, WAYPOST, *args], given):
        return float("inf")
    with open(log, encoding="utf-8") as file:
        return int(re.search(r"^summary: (\d+)", file.read(), re.M).group(1))


def write_xlsx(path, rows):
    """A workbook of one sheet; its first row has the headings."""
    head = "".join(f"<c t='inlineStr'><is><t>{h}</t></is></c>" for h in ("kind", "text"))
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    links = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/workbook.xml", f"<workbook xmlns='{main}' xmlns:r='{links}'><sheets><sheet name='a' sheetId='1' r:id='rId1'/></sheets></workbook>")
        book.writestr("xl/_rels/workbook.xml.rels", "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'>"
                      f"<Relationship Id='rId1' Type='{links}/worksheet' Target='worksheets/sheet1.xml'/></Relationships>")
        book.writestr("xl/worksheets/sheet1.xml", f"<worksheet xmlns='{main}'><sheetData><row>{head}</row>{rows}</sheetData></worksheet>")


def reading(text):
    """What has the reader read this text: the program's arguments, and what it is given."""
    if READER in TYPES:
        body = text.encode()
        head = f"POST /in/x HTTP/1.1\r\nHost: x\r\nContent-Type: {TYPES[READER]}\r\nContent-Length: {len(body)}\r\n\r\n"
        return ["channel", "decode", f"{ROOT}/config/profiles/{PROFILES[READER]}.yaml"], head.encode() + body
    if READER in ("markdown", "po"):
        course = os.path.join(FOLDER, "course")
        shutil.rmtree(course, ignore_errors=True)
        shutil.copytree(f"{ROOT}/tests/lessons/handwashing", course)
        os.makedirs(os.path.join(course, "po"), exist_ok=True)
        with open(os.path.join(course, "m1.md" if READER == "markdown" else "po/fr.po"), "w", encoding="utf-8") as file:
            file.write(text)
        return ["lessons", "check", course], b""
    path = os.path.join(FOLDER, "in." + READER)
    if READER == "xlsx":
        write_xlsx(path, text)
    else:
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
    if READER == "yaml":
        return ["channel", "encode", path], b"{}"
    return ["lessons", "import", path, "--from", READER], b""


def main():
    n_bad = 0
    least = instructions(*reading(next(iter(INPUTS[READER].values()))(1)))  # to begin at all
    for name, make in INPUTS[READER].items():
        if is_quick(*reading(make(2 * BYTES))):
            continue
        twice = instructions(*reading(make(2 * BYTES))) - least
        once = instructions(*reading(make(BYTES))) - least if twice > FEW else twice  # that is not worth a look
        is_bad = twice > ALL or twice > MOST * max(once, 1)
        if is_bad or "-v" in sys.argv:
            print(f"# {READER}, {name}: {once:,} and {twice:,} instructions")
        n_bad += is_bad
    print("bad" if n_bad else "good")


main()
