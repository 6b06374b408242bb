#!/bin/bash
# exchange.sh: courses in other tools' forms, with those tools: npm's gift-pegjs reads our GIFT, openpyxl
# writes an XLSForm and saves our sheets again, LibreOffice does the same, gettext's msgfmt takes what a
# review made. What is not installed is skipped and counted.
. "$(dirname "$0")/lib.sh"

world_folder
COURSE=$STATE/lessons/children-on-the-move
cp -r "$ROOT/lessons" "$STATE/lessons"
said=$STATE/said

# is_same FORMAT FILE: reading it back gives a course that says the same.
is_same()
{
    local file id
    rm -rf "$STATE/back" "$STATE/lessons/again"
    mkdir "$STATE/back"
    "$WAYPOST" lessons import "$2" --from "$1" --into "$STATE/back" >/dev/null 2>"$said" || return 1
    [ ! -s "$said" ] || return 1
    cp -r "$COURSE" "$STATE/lessons/again"
    for file in "$STATE"/lessons/again/*.md; do
        id=$(sed -n 's/^module: //p' "$file")
        [ -z "$id" ] || mv "$STATE/back/$id.md" "$file"
    done
    "$WAYPOST" lessons diff "$COURSE" "$STATE/lessons/again" >"$said" 2>&1
    grep -qx 'In all: nothing; both say the same' "$said"
}

for format in csv xlsx xlsform; do
    "$WAYPOST" lessons export "$COURSE" --to $format >"$STATE/course.$format" 2>/dev/null
    check "$format: comes back the same" is_same $format "$STATE/course.$format"
done

if python3 -c 'import openpyxl' 2>/dev/null; then
    sheets() { python3 "$ROOT/tests/integration/exchange/sheets.py" "$@"; }
    cp "$STATE/course.xlsform" "$STATE/again.xlsx"
    sheets again "$STATE/again.xlsx"
    check 'openpyxl: a form saved again comes back the same' is_same xlsform "$STATE/again.xlsx"
    sheets form "$STATE/form.xlsx"
    "$WAYPOST" lessons import "$STATE/form.xlsx" --from xlsform >"$STATE/water.md" 2>"$said"
    check 'openpyxl: a form of its own becomes a module' grep -qx '@ if boil = 1' "$STATE/water.md"
    check 'openpyxl: what phones cannot ask is named with its cell' grep -q 'form.xlsx!survey!A6: warning' "$said"
    sheets wide "$STATE/wide.xlsx"
    "$WAYPOST" lessons import "$STATE/wide.xlsx" --from xlsform >"$STATE/wide.md" 2>"$said"
    check_same 'openpyxl: all that a form has and a phone has not is named with its cell' \
        'choices!C2 choices!E2 entities!A1 settings!C2 survey!A4 survey!C2 survey!D8 survey!E3 survey!F3 survey!G2 survey!G6 survey!G8 survey!H6' \
        "$(sed -n 's/^[^ ]*wide.xlsx!\([^ ]*\): warning: .*/\1/p' "$said" | LC_ALL=C sort | paste -sd ' ')"
    check_same 'openpyxl: what remains is in the language of the form, with its conditions and ranges' \
        '= 0..999 = 1..9 = all = open 80 @ if src = 2 @ if water = 1 @ if water = 2' \
        "$(grep '^[@=]' "$STATE/wide.md" | LC_ALL=C sort | paste -sd ' ')"
    "$WAYPOST" lessons export "$COURSE" --to review --lang fr >"$STATE/fr.xlsx"
    sheets review "$STATE/fr.xlsx"
    "$WAYPOST" lessons import "$COURSE" --review "$STATE/fr.xlsx" --lang fr >"$STATE/written" 2>"$said" || true
    check 'review: a signature is in the file' \
        grep -qx '# reviewed: language_reviewed by Awa Diop, second reader, 2026-11-28' "$COURSE/po/fr.po"
    check 'review: a correction is in the file' grep -qx 'msgstr "Seize"' "$COURSE/po/fr.po"
    check 'review: a word in braces that is gone is refused with its cell' grep -qE 'fr.xlsx!course!B[0-9]+: warning' "$said"
    check 'review: so is a row whose English was changed' grep -qE 'fr.xlsx!course!A[0-9]+: warning: the English' "$said"
    check 'review: the others are taken' grep -qx '2 rows taken, 2 refused' "$said"
    sed -i 's/^msgstr "Seize"/msgstr "Seize ou dix-sept"/' "$COURSE/po/fr.po"
    "$WAYPOST" lessons import "$COURSE" --review "$STATE/fr.xlsx" --lang fr >"$STATE/written" 2>"$said" || true
    check 'review: an old sheet does not undo what came later' grep -q 'changed since this sheet was made' "$said"
    "$WAYPOST" lessons export "$COURSE" --to review --lang de >"$STATE/de.xlsx"
    sheets gone "$STATE/de.xlsx"
    cp "$COURSE/po/de.po" "$STATE/de.po"
    check 'review: a sheet with rows taken away is taken' \
        eval '"$WAYPOST" lessons import "$COURSE" --review "$STATE/de.xlsx" --lang de >"$STATE/written" 2>"$said"'
    check 'review: texts without a row are told with their place' \
        grep -qE "^$COURSE/po/de.po:[0-9]+:1: warning: the sheet has no row for these 5 texts" "$said"
    check 'review: all of them' grep -qx '    text: m2q3 to m2q3.feedback' "$said"
    check 'review: and counted' grep -qx '0 rows taken, 0 refused, 5 texts without a row' "$said"
    check 'review: they stay as they are' cmp -s "$COURSE/po/de.po" "$STATE/de.po"
    if command -v msgfmt >/dev/null; then
        check 'review: msgfmt takes the file' msgfmt --check -o /dev/null "$COURSE/po/fr.po"
    else
        skip_check 'review: msgfmt takes the file' 'no gettext'
    fi
    if command -v soffice >/dev/null; then
        "$WAYPOST" lessons export "$COURSE" --to review --lang es >"$STATE/es.xlsx"
        mkdir "$STATE/office"
        HOME=$STATE timeout 120 soffice --headless --convert-to xlsx --outdir "$STATE/office" "$STATE/es.xlsx" \
            >"$STATE/office.log" 2>&1 || true
        "$WAYPOST" lessons import "$COURSE" --review "$STATE/office/es.xlsx" --lang es >"$STATE/written" 2>"$said"
        check_same 'LibreOffice: a sheet saved again changes nothing' '0 rows taken, 0 refused' "$(cat "$said")"
        sheets review "$STATE/office/es.xlsx"
        "$WAYPOST" lessons import "$COURSE" --review "$STATE/office/es.xlsx" --lang es >"$STATE/written" 2>"$said" || true
        check 'LibreOffice: and comes back with its corrections' grep -qx '2 rows taken, 2 refused' "$said"
    else
        skip_check 'LibreOffice: a sheet saved again changes nothing' 'no LibreOffice'
    fi
else
    skip_check 'openpyxl: sheets of another program' 'no python3-openpyxl'
fi

if command -v dot >/dev/null; then
    "$WAYPOST" lessons graph "$COURSE" >"$STATE/course.dot"
    check 'graphviz: draws the course' dot -Tsvg -o "$STATE/course.svg" "$STATE/course.dot"
else
    skip_check 'graphviz: draws the course' 'no graphviz'
fi

"$WAYPOST" lessons export "$COURSE" --to gift >"$STATE/course.gift" 2>/dev/null
if ! command -v npm >/dev/null; then
    skip_check 'gift-pegjs: reads our GIFT' 'no npm'
else
    (npm_packages "$ROOT/tests/integration/exchange") >"$said" || true
    if grep -q SKIP "$said"; then
        skip_check 'gift-pegjs: reads our GIFT' "$(sed 's/.*SKIP //' "$said")"
    else
        NODE_PATH="$STATE/packages/node_modules" node "$ROOT/tests/integration/exchange/count.js" \
            "$STATE/course.gift" >"$STATE/found"
        check 'gift-pegjs: finds all questions with options' grep -qx '# MC 35' "$STATE/found"
        check_same 'gift-pegjs: the right options are those of the course' \
            "$(sed -n 's/^- \[x\] //p' "$COURSE"/m[1-7].md "$COURSE"/test.md | sort)" \
            "$(grep -v '^#' "$STATE/found" | cut -d' ' -f2- | sort)"
    fi
fi
done_testing
