"""hostile.py WHAT [FILE [WORD]]: the strings that hostile.sh sends through the program, and each way out read as its reader
would: a browser, a spreadsheet, a program, a terminal, somebody with a log. Says what is wrong on stderr."""
import csv
import html.parser
import io
import json
import re
import sys
import urllib.parse
import xml.etree.ElementTree
import zipfile

MARKUP = '"\'><b zz=1>&lt;&#60;</td></title></script><script>alert(1)</script>'
NAME = "+<b>\"'&\u200f\u0634\U0001f642%_\\{x}"  # 40 letters at most, no odd sign (core.is_name), ; or =
WORDS = "=HYPERLINK(\"http://x\")" + MARKUP + "\u202e\u2066\u0634\u0645\U0001f642%_\\*&x: [1] {y} #z"
TEXT = WORDS + "\x1b]0;t\x07\x1b[2J\x9b31m\r\n@SUM(1)\ttab\u2028\ufffe\uffff" + "\u00e9" * 700

OURS = {"html", "head", "meta", "title", "link", "style", "body", "main", "header", "footer", "nav", "section", "article", "h1",
        "h2", "h3", "p", "a", "ul", "ol", "li", "dl", "dt", "dd", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td",
        "form", "label", "input", "select", "option", "optgroup", "button", "textarea", "fieldset", "legend", "details", "summary",
        "svg", "g", "path", "rect", "line", "circle", "text", "desc", "figure", "figcaption", "span", "div", "bdi", "br", "code",
        "strong", "em", "small", "time", "noscript", "script", "canvas", "output", "pre", "hr", "template", "abbr", "kbd", "dialog"}


def fail(words):
    sys.exit(words)


class Page(html.parser.HTMLParser):
    def __init__(self, has_scripts):
        super().__init__()
        self.has_scripts = has_scripts

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        if tag not in OURS or (tag == "script" and (not self.has_scripts or "src" not in names)):
            fail(f"a tag that is not ours: {self.get_starttag_text()[:200]}")
        for name, value in attrs:
            if name.startswith("on") or name == "zz" or not re.fullmatch(r"[a-zA-Z:-]+", name):
                fail(f"an attribute that is not ours: {name} of {self.get_starttag_text()[:200]}")
            if name in ("href", "src", "action") and re.match(r"\s*(javascript|data):", value or "", re.I) and tag != "link":
                fail(f"a link that is not ours: {value[:200]}")


def read_html(data, has_scripts):
    text = data.decode("utf-8")
    page = Page(has_scripts)
    page.feed(text)
    page.close()


def read_csv(data, _):
    for row in csv.reader(io.StringIO(data.decode("utf-8"), newline=""), strict=True):
        for cell in row:
            if re.match(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]", cell) and not re.fullmatch(r"[+-][0-9.eE+-]+", cell):
                fail(f"a cell that is a formula: {cell[:100]!r}")


def read_ndjson(data, _):
    for line in data.decode("utf-8").split("\n"):
        if line:
            json.loads(line)


def read_xlsx(data, _):
    book = zipfile.ZipFile(io.BytesIO(data))
    for name in book.namelist():
        tree = xml.etree.ElementTree.fromstring(book.read(name))
        for node in tree.iter():
            if node.tag.endswith("}f"):
                fail(f"a formula in {name}: {node.text}")


def read_terminal(data, _):
    text = data.decode("utf-8")
    bad = re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\u2028-\u202e\u2066-\u2069]|\r(?!\r*\n)", text)
    if bad:
        fail(f"a terminal would obey {bad.group()!r} behind {text[max(0, bad.start() - 60):bad.start()]!r}")


def read_json(data, word):
    found = json.dumps(json.loads(data.decode("utf-8")), ensure_ascii=False)
    if word and json.dumps(word, ensure_ascii=False)[1:-1] not in found:
        fail(f"the name is not in {found[:300]}")


def read_log(data, _):
    for line in data.decode("utf-8").split("\n"):
        if line and not re.match(r"ts=\S+Z level=\w+ proc=\S+ module=\S+ msg=\"", line):
            fail(f"a line that is not ours: {line[:200]!r}")
        read_terminal(line.encode(), None)


def read_whole(data, _):
    if TEXT not in data.decode("utf-8").replace('""', '"'):
        fail("the text is not whole")


def main():
    what = sys.argv[1]
    says = {"text": TEXT, "name": NAME, "words": WORDS, "query": urllib.parse.quote(WORDS)}
    if what in says:
        print(says[what], end="")
        return
    with open(sys.argv[2], "rb") as file:
        data = file.read()
    if not data and what not in ("ndjson", "terminal"):
        fail("it says nothing")
    word = sys.argv[3] if len(sys.argv) > 3 else None
    if what == "html":
        read_html(data, word != "no-script")
    else:
        globals()["read_" + what](data, word)


main()
