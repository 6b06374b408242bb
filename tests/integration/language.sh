#!/bin/bash
# language.sh: a language more with files only, as lessons/README.md has it ("A language more"): its
# commands are run in their order on a copy of the packs, in a language that no file of ours has.
# What a translator would write stands below; where a text is left out, English stands in its place.
. "$(dirname "$0")/lib.sh"
cd "$ROOT"
DESK=$(mktemp -d /tmp/waypost-language.XXXXXX)
trap 'rm -rf "$DESK"' EXIT
mkdir "$DESK/lessons"
cp -r lessons/packs "$DESK/lessons/"
cd "$DESK" || exit 1
cp "$WAYPOST" "$DESK/waypost" # it has no packs of its own here
check 'a course is begun beside the packs' into "$DESK/out" ./waypost lessons new lessons/first-aid

# The command as an author types it.
run_command()
{
    PATH="$(dirname "$WAYPOST"):$PATH" bash -c "$1" >"$DESK/out" 2>&1
}

# translate FILE ID TEXT
translate()
{
    ID=$2 TEXT=$3 perl -0pi -e 's/(msgctxt "\Q$ENV{ID}\E"\n(?:msgid .*\n(?:".*\n)*))msgstr .*\n(?:".*\n)*/$1msgstr "$ENV{TEXT}"\n/' "$1"
}

# The translator's part, with gettext's own tool and an editor.
translate_all()
{
    local po
    for po in lessons/first-aid/po/it.po lessons/packs/standard/po/it.po; do
        msgen --no-wrap -o "$po" "$po" || return 1
    done
    translate lessons/first-aid/po/it.po m1l1.1 'Una cosa alla volta, con parole semplici.'
    translate lessons/packs/standard/po/it.po text_stop \
        'Hai lasciato {course}. Nessun altro messaggio, i progressi restano 12 mesi. Per tornare ISCRIVIMI.'
    translate lessons/packs/standard/po/it.po text_help_new \
        '{course}: un corso gratis di {org}. Scrivi ISCRIVIMI per iniziare, FERMA per non ricevere nulla. {code}'
}

mkdir lessons/first-aid/talk
cat >lessons/first-aid/talk/italian.talk <<'TALK'
# The first word of somebody whom nobody knows tells the language.
loose    events
sms>     Aiuto!
sms<     *un corso gratis di*
sms>     Iscrivimi, per favore!
sms<     *
sms>     sì
event    consented
sms<     *{role}*
sms>     tre
event    role_set choice=3
sms<     *{p1}*
sms>     due, grazie
event    answered unit=p1 choice=2
sms<     {text_course_start}*
sms>     0
sms<     *{m1l1.1}*
sms>     avanti
sms<     *{m1l1.2}*
sms>     INDIETRO
sms<     *{m1l1.1}*
sms>     pericolo
event    safe_raised
sms<     *
sms>     non voglio più sms
event    stopped
sms<     Hai lasciato*
sms>2    Ferma.
event    stopped
sms<2    *
# A child is beaten, in Italian.
sms>3    mi picchiano
event    safe_raised
sms<3    *
TALK

n=0
while IFS= read -r -d '' command; do
    n=$((n + 1))
    case $command in
    *'lessons check'*) check 'the translator writes' translate_all ;;
    esac
    check "${command%%$'\n'*}" run_command "${command/#waypost talk/waypost talk --profiles $ROOT/config/profiles}"
    [ "$N_FAILED" = 0 ] || sed 's/^/# /' "$DESK/out"
    case $command in
    *'lessons check'*) check 'the check has nothing to say against it' grep -q '^lessons/first-aid: 0 errors' "$DESK/out"
        check 'but for the commands that have no word' grep -q 'only English words for REPEAT SCORE' "$DESK/out" ;;
    esac
done < <(sed -n '/^### A language more/,/^## /p' "$ROOT/lessons/README.md" |
    awk '/^```sh/ { is_in = 1; next } /^```$/ { if (is_in) printf "%c", 0; is_in = 0; next } is_in')
check 'the recipe has its steps' test "$n" -ge 5


# gettext's own tools, on what ships and on a changed English text.
for po in "$ROOT"/lessons/*/po/*.po "$ROOT"/lessons/packs/*/po/*.po; do
    check "msgfmt takes ${po#"$ROOT"/}" msgfmt --check -o /dev/null "$po"
done
sed -i 's/^The next paragraph is the next screen/The next paragraph is one more screen/' lessons/first-aid/m1.md
check 'the changed course has its template' run_command 'waypost lessons pot lessons/first-aid'
cp "$DESK/out" course.pot
check 'msgmerge takes both' msgmerge -q -o merged.po lessons/first-aid/po/it.po course.pot
check 'and marks what changed' grep -q '^#, fuzzy' merged.po
check_same 'it alone' 1 "$(grep -c '^#, fuzzy' merged.po)"
cp merged.po lessons/first-aid/po/it.po
check 'the check reads it' run_command 'waypost lessons check lessons/first-aid --lang it'
check 'and the module is told to be in English as a whole' grep -q 'modules 2 of 3' "$DESK/out"
done_testing
