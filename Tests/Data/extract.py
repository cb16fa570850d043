#!/usr/bin/env python3
"""Makes questions.txt: the questions of the FAQs and of the trivia corpus that the packages below ship.

    root=$(mktemp -d); cd "$root"
    apt-get update && apt-get download perl-doc python3.11-doc libcurl4-doc python-django-doc \\
        python-sqlalchemy-doc docutils-doc sqlite3-doc
    for package in *.deb; do dpkg-deb -x "$package" .; done
    pip install --no-deps --target corpus chatterbot-corpus==1.3.3
    pip install --target yaml pyyaml
    PYTHONPATH=yaml python3 .../Tests/Data/extract.py "$root" > .../Tests/Data/questions.txt

The same packages give the same file: sources are read in the order of SOURCES, files in that of their names.
What is read, and under which licence: README.md beside this file. Versions: those of Debian 12 (bookworm).
"""

import glob
import gzip
import html
import re
import sys

import yaml

POD = "usr/share/perl/5.*/pod"


def text(path):
    opened = gzip.open(path, "rt", encoding="utf-8") if path.endswith(".gz") else open(path, encoding="utf-8")
    with opened as file:
        return file.read()


def pod(source):
    """Headings of Perl's documentation, without their index entries (X<entry>) and markup (C<code>, E<lt>)."""
    for heading in re.findall(r"^=head[1-4] +(.+(?:\n.+)*)", source, re.M):
        heading = re.sub(r"X<<? ?[^\n]*?>?>(?=\s*(X<|$))", "", heading, flags=re.M)
        while True:
            plain = re.sub(r"[BCFILS]<(?:<+ )?([^<>|]*)(?:\|[^<>]*)?(?: >+)?>", r"\1", heading)
            if plain == heading:
                break
            heading = plain
        yield heading.replace("E<lt>", "<").replace("E<gt>", ">")


def sphinx(source):
    """Headings of a page that Sphinx made."""
    for heading in re.findall(r'<h[1-4][^>]*>(.*?)<a class="headerlink"', source, re.S):
        yield html.unescape(re.sub("<[^>]+>", "", heading))


def sqlite(source):
    """Entries of the list at the top of the page."""
    for heading in re.findall(r'<a href="#q\d+">(.*?)</a>', source, re.S):
        yield html.unescape(re.sub("<[^>]+>", "", heading))


def curl(source):
    """Entries of the table of contents: '  4.2 Why do I get problems when I use & or % in the URL?'."""
    return re.findall(r"^ +\d+\.\d+ +(.+)$", source, re.M)


def rst(source):
    """Titles, which are underlined."""
    return re.findall(r"^(\S.*)\n[=\-~]{4,}$", source, re.M)


def conversations(source):
    """What opens each conversation of the corpus."""
    return (str(turns[0]) for turns in yaml.safe_load(source)["conversations"])


ENGLISH = "corpus/chatterbot_corpus/data/english"
SOURCES = [
    (f"{ENGLISH}/trivia.yml", conversations),
    (f"{ENGLISH}/computers.yml", conversations),
    (f"{ENGLISH}/coding.yml", conversations),
    (f"{POD}/perlfaq[1-9].pod", pod),
    (f"{POD}/perlunifaq.pod", pod),
    ("usr/share/doc/python3.11/html/faq/*.html", sphinx),
    ("usr/share/doc/python-django-doc/html/faq/*.html", sphinx),
    ("usr/share/doc/python-sqlalchemy-doc/html/faq/*.html", sphinx),
    ("usr/share/doc/libcurl4/FAQ.gz", curl),
    ("usr/share/doc/docutils-doc/FAQ.txt", rst),
    ("usr/share/doc/sqlite3/faq.html", sqlite),
]

# Left out: violence, intimate matters and illness, placeholders, and what means nothing without the page around it.
UNWANTED = re.compile(
    r"assassinat|murder|suicide|\bnazi|hitler|\bkill|shot dead|fatal|buried|gravestone|pregnant|testicle|\bsex|\bgod\b"
    r"|<Framework|\(anything\)|XXXX|do X\?|\btask X"
    r"|^(Why not|What about|How about|So what|Now what|What else|And|But|Or)\b",
    re.I)


def question(raw):
    """The question, if it is one that can stand alone."""
    plain = " ".join(raw.replace("``", "`").split())
    plain = re.sub(r"^\d+(\.\d+)*\.? +", "", plain)
    plain = re.sub(r" +\?$", "?", plain)
    if not plain.endswith("?") or plain.endswith("??") or not 12 <= len(plain) <= 300 or len(plain.split()) < 3:
        return None
    # A line that begins with { is taken for a JSON request by `switchyard submit`.
    if UNWANTED.search(plain) or plain[0] in "{[#" or not plain.isprintable():
        return None
    return plain


def main(root):
    seen = set()
    for pattern, read in SOURCES:
        paths = sorted(glob.glob(f"{root}/{pattern}"))
        if not paths:
            sys.exit(f"nothing at {root}/{pattern}: is its package unpacked there?")
        count = 0
        for path in paths:
            for raw in read(text(path)):
                plain = question(raw)
                key = re.sub(r"\W+", " ", plain or "").strip().lower()
                if plain and key not in seen:
                    seen.add(key)
                    count += 1
                    print(plain)
        print(f"{count:5} {pattern}", file=sys.stderr)
    print(f"{len(seen):5} questions", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "/")
