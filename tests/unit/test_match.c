/* The parser contract of docs/course-rules.md 1.3 and the keyword table of 6.1. */
#include "match_text.h"

/* ---- normalising ---- */

static void test_normalise(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *expected;
    } cases[] = {
        {"", ""},
        {"2", "2"},
        {" \t2.\r\n", "2"},
        {"(2)", "2"},
        {"2)", "2"},
        {"*2#", "2"},
        {"\"2\"", "2"},
        {"- 2 -", "2"},
        {"...", ""},
        {"?!", ""},
        {"  STOP.   Thank   you! ", "stop thank you"},
        {"don't", "don't"},
        {"don\u2019t", "don't"},
        {"don`t", "don't"},
        {"a.b", "a.b"},
        {"4821-0937-5526", "4821-0937-5526"},
        {"a\tb\nc\fd\v e", "a b c d e"},
        {"a\x01z\x7f", "az"},
        {"\u0431\tA\x01z`z\nB\x7f", "\u0431 az'z b"}, /* the same beside another script */
        /* NFKC, invisible characters, no-break space */
        {"\uff2d\uff25\uff2e\uff35", "menu"},
        {"\uff12", "2"},
        {"\u200f2\u200e", "2"},
        {"\u202a\u202b\u202c\u202d\u202e2\u2066\u2069", "2"},
        {"\ufeff2", "2"},
        {"2\ufe0f\u20e3", "2"},
        {"\u2461", "2"},
        {"no\u00a02", "no 2"},
        {"no\u202f2", "no 2"},
        {"m\u00ade\u200bnu", "menu"},
        /* quotes and brackets of all kinds, symbols */
        {"\u00ab2\u00bb", "2"},
        {"\u201c2\u201d", "2"},
        {"\u20182\u2019", "2"},
        {"\u30102\u3011", "2"},
        {"\u00bf2?", "2"},
        {"\u20142\u2026", "2"},
        {"2\u060c", "2"},
        {"2\u061b", "2"},
        {"2\u061f", "2"},
        {"2\u06d4", "2"},
        {"2 \U0001f44d", "2"},
        {"\U0001f44d", ""},
        /* digits of any script */
        {"\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669", "0123456789"},
        {"\u06f0\u06f1\u06f2\u06f3\u06f4\u06f5\u06f6\u06f7\u06f8\u06f9", "0123456789"},
        {"\u0966\u0967\u0968\u0969\u096a\u096b\u096c\u096d\u096e\u096f", "0123456789"},
        {"\u09e6\u09ef\u0a66\u0a6f\u0ae6\u0aef\u0be6\u0bef\u0ce6\u0cef", "0909090909"},
        {"\u0e50\u0e59\u0ed0\u0ed9\u0f20\u0f29\u1040\u1049\u17e0\u17e9", "0909090909"},
        {"\U0001d7ce\U0001d7d7\U0001d7d8\U0001d7ff", "0909"},
        {"\U0001e950\U0001e959", "09"},
        /* every i alike, whatever the locale */
        {"\u0130PTAL", "iptal"},
        {"IPTAL", "iptal"},
        {"\u0131ptal", "iptal"},
        {"iptal", "iptal"},
        {"I\u0307PTAL", "iptal"},
        {"YARDIM", "yardim"},
        {"YARD\u0130M", "yardim"},
        {"yard\u0131m", "yardim"},
        /* Latin diacritics, ligatures, sharp s */
        {"R\u00c9P\u00c9TER", "repeter"},
        {"re\u0301pe\u0301ter", "repeter"},
        {"\u00e9\u00e8\u00ea\u00eb\u00e0\u00f9\u00fc\u00e7\u00f1\u00f6\u00e4", "eeeeauucnoa"},
        {"\u015e\u015f\u011e\u011f\u00c7", "ssggc"},
        {"\u0142\u0111\u00f8\u0127\u00e5", "ldoha"},
        {"\u0152UVRE", "oeuvre"},
        {"\u00c6SIR", "aesir"},
        {"Stra\u00dfe", "strasse"},
        {"STRA\u1e9eE", "strasse"},
        {"\ufb01n", "fin"},
        /* Cyrillic: yo to ye, short i stays */
        {"\u0415\u0429\u0401", "\u0435\u0449\u0435"},
        {"\u041c\u041e\u0419", "\u043c\u043e\u0439"},
        {"\u043c\u043e\u0438\u0306", "\u043c\u043e\u0439"},
        /* look-alikes: CTO in Latin letters and a Cyrillic PE, and the other way round */
        {"CTO\u041f", "\u0441\u0442\u043e\u043f"},
        {"\u0421TO\u041f", "\u0441\u0442\u043e\u043f"},
        {"ST\u041eP", "stop"},
        {"M\u0415NU", "menu"},
        {"\u043c\u0435\u043d\u044e menu", "\u043c\u0435\u043d\u044e menu"},
        {"\u0412", "\u0432"},
        {"B", "b"},
        /* Arabic: alef, yeh, heh forms, vowel signs, tatweel, article */
        {"\u0623\u0625\u0622\u0671\u0627", "\u0627\u0627\u0627\u0627\u0627"},
        {"\u0644\u063a\u0629", "\u0644\u063a\u0647"},
        {"\u0639\u0644\u0649", "\u0639\u0644\u064a"},
        {"\u06cc\u06a9", "\u064a\u0643"},
        {"\u0646\u0640\u0640\u0639\u064e\u0645\u0652", "\u0646\u0639\u0645"},
        {"\u0627\u0644\u062a\u0627\u0644\u064a", "\u062a\u0627\u0644\u064a"},
        {"\u0627\u0644\u0641", "\u0627\u0644\u0641"}, /* thousand, no article */
        {"\ufee7\ufecc\ufee2", "\u0646\u0639\u0645"}, /* presentation forms */
        /* other scripts survive */
        {"\ud55c\uae00", "\ud55c\uae00"},
        {"\u0939\u093f\u0928\u094d\u0926\u0940", "\u0939\u093f\u0928\u094d\u0926\u0940"},
        {"\u039c\u0386\u0398\u0397\u03a3", "\u03bc\u03b1\u03b8\u03b7\u03c3"},
        /* invalid UTF-8: dropped, never fatal */
        {"\xff", ""},
        {"2\xff", "2"},
        {"\xc3", ""},
        {"st\x80op", "stop"},
        {"\xed\xa0\x80 2", "2"},
        {"\xc0\xb2 2", "2"},
        {"\xf4\x90\x80\x80 2", "2"},
        {"m\xc3\xa9 \xc3", "me"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        expect_str(normal(cases[i].text), cases[i].expected, cases[i].text);
}

static void test_normalise_has_a_ceiling(void **state)
{
    (void)state;
    char text[MATCH_MAX_INPUT_BYTES + 10];
    memset(text, 'a', sizeof(text));
    struct str at = match_normalise((struct str){text, MATCH_MAX_INPUT_BYTES}, arena);
    assert_int_equal(at.len, MATCH_MAX_INPUT_BYTES);
    struct str past = match_normalise((struct str){text, MATCH_MAX_INPUT_BYTES + 1}, arena);
    assert_int_equal(past.len, MATCH_MAX_INPUT_BYTES);
    /* A Hangul syllable over the ceiling goes as a whole. */
    memcpy(text + MATCH_MAX_INPUT_BYTES - 2, "\ud55c", 3);
    struct str cut = match_normalise((struct str){text, MATCH_MAX_INPUT_BYTES + 1}, arena);
    assert_int_equal(cut.len, MATCH_MAX_INPUT_BYTES - 2);
    memset(text, 'a', sizeof(text));
    memcpy(text + MATCH_MAX_INPUT_BYTES - 3, "\ud55c", 3);
    struct str whole = match_normalise((struct str){text, MATCH_MAX_INPUT_BYTES + 1}, arena);
    assert_int_equal(whole.len, MATCH_MAX_INPUT_BYTES);
}

static void test_normalise_in_a_full_arena_is_absent(void **state)
{
    (void)state;
    struct arena *small = arena_new(16);
    assert_null(match_normalise(STR("a text of more than sixteen bytes"), small).p);
    assert_int_equal(arena_error(small), ERR_TOO_LONG);
    arena_reset(small);
    assert_null(match_normalise(STR("\u00e9\u00e9\u00e9\u00e9"), small).p);
    arena_free(small);
}

/* ---- keywords ---- */

/* As docs/course-rules.md 6.1 writes them. */
static const struct {
    enum command command;
    const char *lang;
    const char *words;
} course_keywords[] = {
    {COMMAND_JOIN, "en", "JOIN START"},
    {COMMAND_JOIN, "fr", "DEBUT D\u00c9BUT COMMENCER"},
    {COMMAND_JOIN, "es", "INICIO EMPEZAR"},
    {COMMAND_JOIN, "tr", "KATIL KATIL BASLA BA\u015eLA kat\u0131l"},
    {COMMAND_JOIN, "de", "START MITMACHEN"},
    {COMMAND_JOIN, "ru", "СТАРТ НАЧАТЬ"},
    {COMMAND_JOIN, "ar", "ابدأ انضم"},
    {COMMAND_MENU, "en", "MENU"},
    {COMMAND_MENU, "fr", "MENU"},
    {COMMAND_MENU, "es", "MENU MEN\u00da"},
    {COMMAND_MENU, "tr", "MENU MEN\u00dc"},
    {COMMAND_MENU, "de", "MENU MEN\u00dc MENUE"},
    {COMMAND_MENU, "ru", "МЕНЮ"},
    {COMMAND_MENU, "ar", "القائمة قائمة"},
    {COMMAND_NEXT, "en", "NEXT N"},
    {COMMAND_NEXT, "fr", "SUITE SUIVANT"},
    {COMMAND_NEXT, "es", "SIGUIENTE SIG"},
    {COMMAND_NEXT, "tr", "ILERI \u0130LER\u0130 DEVAM"},
    {COMMAND_NEXT, "de", "WEITER"},
    {COMMAND_NEXT, "ru", "ДАЛЕЕ ДАЛЬШЕ"},
    {COMMAND_NEXT, "ar", "التالي"},
    {COMMAND_BACK, "en", "BACK"},
    {COMMAND_BACK, "fr", "RETOUR"},
    {COMMAND_BACK, "es", "ATRAS ATR\u00c1S VOLVER"},
    {COMMAND_BACK, "tr", "GERI GER\u0130"},
    {COMMAND_BACK, "de", "ZURUCK ZUR\u00dcCK ZURUECK"},
    {COMMAND_BACK, "ru", "НАЗАД"},
    {COMMAND_BACK, "ar", "رجوع السابق"},
    {COMMAND_REPEAT, "en", "REPEAT"},
    {COMMAND_REPEAT, "fr", "REPETER R\u00c9P\u00c9TER"},
    {COMMAND_REPEAT, "es", "REPETIR"},
    {COMMAND_REPEAT, "tr", "TEKRAR"},
    {COMMAND_REPEAT, "de", "NOCHMAL"},
    {COMMAND_REPEAT, "ru", "ПОВТОР"},
    {COMMAND_REPEAT, "ar", "إعادة"},
    {COMMAND_SCORE, "en", "SCORE"},
    {COMMAND_SCORE, "fr", "POINTS SCORE"},
    {COMMAND_SCORE, "es", "PUNTOS NOTA"},
    {COMMAND_SCORE, "tr", "PUAN"},
    {COMMAND_SCORE, "de", "PUNKTE"},
    {COMMAND_SCORE, "ru", "БАЛЛЫ"},
    {COMMAND_SCORE, "ar", "النتيجة نقاط"},
    {COMMAND_LANG, "en", "LANG"},
    {COMMAND_LANG, "fr", "LANGUE"},
    {COMMAND_LANG, "es", "IDIOMA"},
    {COMMAND_LANG, "tr", "DIL D\u0130L"},
    {COMMAND_LANG, "de", "SPRACHE"},
    {COMMAND_LANG, "ru", "ЯЗЫК"},
    {COMMAND_LANG, "ar", "لغة"},
    {COMMAND_HELP, "en", "HELP INFO"},
    {COMMAND_HELP, "fr", "AIDE"},
    {COMMAND_HELP, "es", "AYUDA"},
    {COMMAND_HELP, "tr", "YARDIM"},
    {COMMAND_HELP, "de", "HILFE"},
    {COMMAND_HELP, "ru", "ПОМОЩЬ"},
    {COMMAND_HELP, "ar", "مساعدة"},
    {COMMAND_STOP, "en",
     "STOP STOPALL UNSUBSCRIBE CANCEL END QUIT OPTOUT OPT-OUT REVOKE ARRET TD REMOVE"},
    {COMMAND_STOP, "fr", "STOP ARRET ARR\u00caT ARRETER ARR\u00caTER"},
    {COMMAND_STOP, "es", "STOP BAJA ALTO PARAR"},
    {COMMAND_STOP, "tr", "STOP DUR RET IPTAL \u0130PTAL"},
    {COMMAND_STOP, "de", "STOP STOPP ABMELDEN"},
    {COMMAND_STOP, "ru", "СТОП CTO\u041f ОТПИСКА"},
    {COMMAND_STOP, "ar", "توقف قف إيقاف"},
    {COMMAND_SAFE, "en", "SAFE"},
    {COMMAND_SAFE, "fr", "DANGER SECOURS"},
    {COMMAND_SAFE, "es", "PELIGRO AUXILIO"},
    {COMMAND_SAFE, "tr", "TEHLIKE TEHL\u0130KE IMDAT"},
    {COMMAND_SAFE, "de", "GEFAHR NOTFALL"},
    {COMMAND_SAFE, "ru", "ОПАСНОСТЬ SOS"},
    {COMMAND_SAFE, "ar", "خطر نجدة"},
    {COMMAND_PAUSE, "en", "PAUSE"},
    {COMMAND_PAUSE, "fr", "PAUSE"},
    {COMMAND_PAUSE, "es", "PAUSA"},
    {COMMAND_PAUSE, "tr", "ARA"},
    {COMMAND_PAUSE, "de", "PAUSE"},
    {COMMAND_PAUSE, "ru", "ПАУЗА"},
    {COMMAND_PAUSE, "ar", "وقفة"},
    {COMMAND_MYDATA, "en", "MYDATA"},
    {COMMAND_MYDATA, "fr", "MESDONNÉES MESDONNEES"},
    {COMMAND_MYDATA, "es", "MISDATOS"},
    {COMMAND_MYDATA, "tr", "VERILERIM VERİLERİM"},
    {COMMAND_MYDATA, "de", "MEINEDATEN"},
    {COMMAND_MYDATA, "ru", "МОИДАННЫЕ"},
    {COMMAND_MYDATA, "ar", "بياناتي"},
    {COMMAND_LEAVE, "en", "LEAVE"},
    {COMMAND_LEAVE, "fr", "QUITTER"},
    {COMMAND_LEAVE, "es", "DEJAR"},
    {COMMAND_LEAVE, "tr", "AYRIL AYRİL"},
    {COMMAND_LEAVE, "de", "AUSTRETEN"},
    {COMMAND_LEAVE, "ru", "ВЫЙТИ"},
    {COMMAND_LEAVE, "ar", "مغادرة"},
    {COMMAND_ASK, "en", "ASK"},
    {COMMAND_ASK, "fr", "DEMANDER"},
    {COMMAND_ASK, "es", "PREGUNTAR"},
    {COMMAND_ASK, "tr", "DANIŞ DANIS"},
    {COMMAND_ASK, "de", "FRAGEN"},
    {COMMAND_ASK, "ru", "СПРОСИТЬ"},
    {COMMAND_ASK, "ar", "اسأل"},
    {COMMAND_REFRESH, "en", "REFRESH"},
    {COMMAND_REFRESH, "fr", "RÉVISER REVISER"},
    {COMMAND_REFRESH, "es", "REPASAR"},
    {COMMAND_REFRESH, "tr", "TAZELE"},
    {COMMAND_REFRESH, "de", "AUFFRISCHEN"},
    {COMMAND_REFRESH, "ru", "ОСВЕЖИТЬ"},
    {COMMAND_REFRESH, "ar", "مراجعة"},
    {COMMAND_CATCH, "en", "CATCH"},
    {COMMAND_CATCH, "fr", "RATTRAPER"},
    {COMMAND_CATCH, "es", "PONERSE REPASO"},
    {COMMAND_CATCH, "tr", "TELAFI TELAF\u0130"},
    {COMMAND_CATCH, "de", "NACHHOLEN"},
    {COMMAND_CATCH, "ru", "ДОГНАТЬ"},
    {COMMAND_CATCH, "ar", "استدراك"},
    {COMMAND_CERT, "en", "CERT"},
    {COMMAND_CERT, "fr", "CERTIFICAT"},
    {COMMAND_CERT, "es", "CERTIFICADO"},
    {COMMAND_CERT, "tr", "BELGE"},
    {COMMAND_CERT, "de", "ZERTIFIKAT"},
    {COMMAND_CERT, "ru", "СЕРТИФИКАТ"},
    {COMMAND_CERT, "ar", "شهادة"},
    {COMMAND_CHECK, "en", "CHECK"},
    {COMMAND_CHECK, "fr", "VERIFIER V\u00c9RIFIER"},
    {COMMAND_CHECK, "es", "VERIFICAR"},
    {COMMAND_CHECK, "tr", "DOGRULA DO\u011eRULA"},
    {COMMAND_CHECK, "de", "PRUFEN PR\u00dcFEN PRUEFEN"},
    {COMMAND_CHECK, "ru", "ПРОВЕРИТЬ"},
    {COMMAND_CHECK, "ar", "تحقق"},
    {COMMAND_MOVE, "en", "MOVE"},
    {COMMAND_MOVE, "fr", "TRANSFERER"},
    {COMMAND_MOVE, "es", "TRASLADAR"},
    {COMMAND_MOVE, "tr", "TASI TA\u015eI"},
    {COMMAND_MOVE, "de", "UMZIEHEN"},
    {COMMAND_MOVE, "ru", "ПЕРЕНЕСТИ"},
    {COMMAND_MOVE, "ar", "نقل"},
    {COMMAND_SWITCH, "en", "SWITCH"},
    {COMMAND_SWITCH, "fr", "CHANGER"},
    {COMMAND_SWITCH, "es", "CAMBIAR"},
    {COMMAND_SWITCH, "tr", "DEGISTIR DE\u011e\u0130\u015eT\u0130R"},
    {COMMAND_SWITCH, "de", "WECHSEL"},
    {COMMAND_SWITCH, "ru", "СМЕНИТЬ"},
    {COMMAND_SWITCH, "ar", "تبديل"},
    {COMMAND_GROUP, "en", "GROUP"},
    {COMMAND_GROUP, "fr", "GROUPE"},
    {COMMAND_GROUP, "es", "GRUPO"},
    {COMMAND_GROUP, "tr", "GRUP"},
    {COMMAND_GROUP, "de", "GRUPPE"},
    {COMMAND_GROUP, "ru", "ГРУППА"},
    {COMMAND_GROUP, "ar", "مجموعة"},

    {COMMAND_COURSES, "en", "COURSES CATALOGUE"},
    {COMMAND_COURSES, "fr", "FORMATIONS"},
    {COMMAND_COURSES, "es", "CURSOS"},
    {COMMAND_COURSES, "tr", "KURSLAR"},
    {COMMAND_COURSES, "de", "KURSE"},
    {COMMAND_COURSES, "ru", "КУРСЫ"},
    {COMMAND_COURSES, "ar", "دورات"},

    {COMMAND_DELETE, "en", "DELETE"},
    {COMMAND_DELETE, "fr", "EFFACER"},
    {COMMAND_DELETE, "es", "BORRAR"},
    {COMMAND_DELETE, "tr", "SIL S\u0130L"},
    {COMMAND_DELETE, "de", "LOSCHEN L\u00d6SCHEN LOESCHEN"},
    {COMMAND_DELETE, "ru", "УДАЛИТЬ"},
    {COMMAND_DELETE, "ar", "حذف"},
    {COMMAND_CLAIM, "en", "CLAIM"},
    {COMMAND_CLAIM, "fr", "RECLAMER"},
    {COMMAND_CLAIM, "es", "RECLAMAR"},
    {COMMAND_CLAIM, "tr", "ROZET"},
    {COMMAND_CLAIM, "de", "ANFORDERN"},
    {COMMAND_CLAIM, "ru", "ПОЛУЧИТЬ"},
    {COMMAND_CLAIM, "ar", "مطالبة"},
    {COMMAND_YES, "en", "YES"},
    {COMMAND_YES, "fr", "OUI"},
    {COMMAND_YES, "es", "SI S\u00cd"},
    {COMMAND_YES, "tr", "EVET"},
    {COMMAND_YES, "de", "JA"},
    {COMMAND_YES, "ru", "ДА"},
    {COMMAND_YES, "ar", "نعم"},
    {COMMAND_NO, "en", "NO"},
    {COMMAND_NO, "fr", "NON"},
    {COMMAND_NO, "es", "NO"},
    {COMMAND_NO, "tr", "HAYIR"},
    {COMMAND_NO, "de", "NEIN"},
    {COMMAND_NO, "ru", "НЕТ"},
    {COMMAND_NO, "ar", "لا"},
};

static void expect_command(const char *text, const char *lang, enum command expected)
{
    struct command_match match = match_command(words, normal(text), lang);
    if (match.command != expected)
        fail_msg("\"%s\" in %s: found %s, expected %s", text, lang != NULL ? lang : "(any)",
                 command_row(match.command)->name, command_row(expected)->name);
}

/* Courtesy may stand behind a command; other words make it a sentence, however short. */
static void test_a_sentence_is_no_command(void **state)
{
    (void)state;
    expect_command("next please", "en", COMMAND_NEXT);
    expect_command("next tuesday", "en", COMMAND_NONE);
    expect_command("menu soap", "en", COMMAND_NONE);
    expect_command("help soap water", "en", COMMAND_NONE);
}

/* Every keyword works in its language, at first contact, with punctuation, and in small letters. */
static void test_every_keyword_of_every_language(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(course_keywords); i++) {
        enum command command = course_keywords[i].command;
        const char *lang = course_keywords[i].lang;
        struct str rest = str_from(course_keywords[i].words);
        for (struct str word; (word = match_next_word(&rest)).p != NULL;) {
            char text[128];
            (void)snprintf(text, sizeof(text), "%.*s", STR_ARG(word));
            expect_command(text, lang, command);
            expect_command(text, NULL, command);
            expect_command(text, "", command);
            (void)snprintf(text, sizeof(text), "  \"%.*s!\" ", STR_ARG(word));
            expect_command(text, lang, command);
        }
        arena_reset(arena);
    }
}

static void test_keyword_table_covers_every_command_and_language(void **state)
{
    (void)state;
    static const char *const langs[] = {"en", "fr", "es", "tr", "de", "ru", "ar"};
    for (unsigned command = COMMAND_NONE + 1; command < N_COMMANDS; command++) {
        for (size_t i = 0; i < ARRAY_LEN(langs); i++) {
            bool is_found = false;
            for (size_t k = 0; k < ARRAY_LEN(course_keywords); k++)
                is_found = is_found || (course_keywords[k].command == command &&
                                        strcmp(course_keywords[k].lang, langs[i]) == 0);
            assert_true(is_found);
        }
    }
}

/* No exact conflict between actions in any two languages. Near pairs (distance 1) of different
 * actions have a word under four letters, which matches exactly only. `lessons check` says the
 * same of any course; here is which pairs there are. */
static void test_keywords_do_not_conflict(void **state)
{
    (void)state;
    static const char *const near_pairs[] = {"n no", "dil sil", "sig sil", "sig si", "sil si"};
    size_t n_pairs = 0;
    for (uint16_t i = 0; i < words->n_keywords; i++) {
        for (uint16_t j = (uint16_t)(i + 1); j < words->n_keywords; j++) {
            struct str a = words->keywords[i].word, b = words->keywords[j].word;
            if (words->keywords[i].command == words->keywords[j].command ||
                match_distance(a, b, 1) > 1)
                continue;
            struct str pair = arena_printf(arena, "%.*s %.*s", STR_ARG(a), STR_ARG(b));
            struct str turned = arena_printf(arena, "%.*s %.*s", STR_ARG(b), STR_ARG(a));
            bool is_known = false;
            for (size_t k = 0; k < ARRAY_LEN(near_pairs); k++)
                is_known |= str_eq(pair, str_from(near_pairs[k])) ||
                            str_eq(turned, str_from(near_pairs[k]));
            if (!is_known)
                fail_msg("new near pair: %s", pair.p);
            n_pairs++;
        }
    }
    assert_int_equal(n_pairs, ARRAY_LEN(near_pairs));
}

/* A word that changes nothing, or only says to go on, must not be a command, and an everyday word
 * is in the list because it is near one. */
static void test_words_of_no_meaning_are_no_commands(void **state)
{
    (void)state;
    static const char *const allowed[] = {"no",   "n",     "si",   "oui",    "yes",   "ja",
                                          "да",   "نعم",   "evet", "لا",     "start", "join",
                                          "back", "score", "text", "courses"};
    size_t n = 0;
    for (uint32_t i = 0; i < words->n_rows; i++) {
        const struct word_row *row = &words->rows[i];
        if (row->kind != WORD_LIST || (row->which > WORDS_GO_ON && row->which != WORDS_STOP_ABOUT))
            continue;
        bool is_allowed = match_find_keyword(words, row->text).command == COMMAND_NONE;
        for (size_t k = 0; k < ARRAY_LEN(allowed); k++)
            is_allowed = is_allowed || str_eq(row->text, str_from(allowed[k]));
        if (!is_allowed)
            fail_msg("%.*s", STR_ARG(row->text));
        n++;
    }
    assert_in_range(n, 500, WORDS_MAX_ROWS);
}

static void test_active_languages(void **state)
{
    (void)state;
    expect_command("suite", "fr", COMMAND_NEXT);
    expect_command("suite", "fr-BF", COMMAND_NEXT);
    expect_command("suite", "es", COMMAND_NONE);
    expect_command("suite", NULL, COMMAND_NEXT);
    expect_command("next", "ar", COMMAND_NEXT);
    expect_command("next", "sw", COMMAND_NEXT);
    expect_command("si", "en", COMMAND_NONE);
    expect_command("siguiente", "es-419", COMMAND_NEXT);
    /* STOP, HELP, SAFE, DELETE everywhere, but for a short word that erases */
    expect_command("\u0441\u0442\u043e\u043f", "fr", COMMAND_STOP);
    expect_command("ayuda", "de", COMMAND_HELP);
    expect_command("notfall", "en", COMMAND_SAFE);
    expect_command("borrar", "en", COMMAND_DELETE);
    expect_command("sil 1", "tr", COMMAND_DELETE);
    expect_command("sil 1", NULL, COMMAND_DELETE);
    expect_command("sil 1", "en", COMMAND_NONE);
}

static void test_language_of_a_keyword(void **state)
{
    (void)state;
    assert_string_equal(match_command(words, normal("debut"), NULL).lang, "fr");
    assert_string_equal(match_command(words, normal("СТАРТ"), NULL).lang, "ru");
    assert_string_equal(match_command(words, normal("join"), NULL).lang, "");
    assert_string_equal(match_command(words, normal("start"), "de").lang, "");
    assert_string_equal(match_command(words, normal("stop"), "fr").lang, "");
    assert_string_equal(match_command(words, normal("zurück"), "de").lang, "de");
}

static void test_arguments(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum command command;
        const char *argument;
    } cases[] = {
        {"JOIN 482156", COMMAND_JOIN, "482156"},
        {"join482156", COMMAND_JOIN, "482156"},
        {"Join  #482156.", COMMAND_JOIN, "482156"},
        {"CHECK 4821 0937 5526", COMMAND_CHECK, "4821 0937 5526"},
        {"CHECK 4821-0937-5526", COMMAND_CHECK, "4821-0937-5526"},
        {"check482109375526", COMMAND_CHECK, "482109375526"},
        {"DELETE 1", COMMAND_DELETE, "1"},
        {"delete1", COMMAND_DELETE, "1"},
        {"DELETE", COMMAND_DELETE, ""},
        {"DELETE my data", COMMAND_DELETE, "my data"},
        {"LANG fr", COMMAND_LANG, "fr"},
        {"next please", COMMAND_NEXT, "please"},
        {"help me please", COMMAND_HELP, "me please"},
        {"yes, I agree", COMMAND_YES, "i agree"},
        {"no thanks", COMMAND_NO, "thanks"},
        {"safe my boss hits me every day", COMMAND_SAFE, "my boss hits me every day"},
        {"stop it", COMMAND_STOP, "it"},
        {"stop the violence", COMMAND_NONE, ""},
        /* sentences that only begin like a command */
        {"next time I will ask the guardian", COMMAND_NONE, ""},
        {"help he is beating me", COMMAND_NONE, ""},
        {"back home they were safe", COMMAND_NONE, ""},
        {"no family for the child", COMMAND_NONE, ""},
        {"join us on friday at nine", COMMAND_NONE, ""},
        {"stop the violence against all children", COMMAND_NONE, ""},
        {"end of the lesson", COMMAND_NONE, ""},
        {"next9", COMMAND_NONE, ""},
        {"482156", COMMAND_NONE, ""},
        {"", COMMAND_NONE, ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        expect_command(cases[i].text, "en", cases[i].command);
        expect_str(match_command(words, normal(cases[i].text), "en").argument, cases[i].argument,
                   cases[i].text);
    }
}

static void test_fuzzy(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *lang;
        enum command command;
    } cases[] = {
        {"nxet", "en", COMMAND_NEXT},      /* swap */
        {"nex", "en", COMMAND_NEXT},       /* one missing */
        {"nextt", "en", COMMAND_NEXT},     /* one too many */
        {"mwnu", "en", COMMAND_MENU},      /* one wrong */
        {"scroe", "en", COMMAND_SCORE},    /* */
        {"reapeat", "en", COMMAND_REPEAT}, /* */
        {"mwmu", "en", COMMAND_NONE},      /* two wrong in four letters */
        {"siguente", "es", COMMAND_NEXT},
        {"sigueinet", "es", COMMAND_NEXT}, /* two swaps in eight and more */
        {"siguente", "fr", COMMAND_NONE},  /* not active */
        {"certificdao", "es", COMMAND_CERT},
        {"помщь", "ru", COMMAND_HELP},
        {"помщь", "en", COMMAND_HELP},
        {"مساعة", "ar", COMMAND_HELP},
        /* under four letters only exactly */
        {"dik", "tr", COMMAND_NONE},
        {"ye", "en", COMMAND_NONE},
        {"x", "en", COMMAND_NONE},
        /* STOP: near is enough */
        {"stpo", "en", COMMAND_STOP},
        {"sto", "en", COMMAND_STOP},
        {"stpo please", "en", COMMAND_STOP},
        {"pls stpo", "en", COMMAND_STOP},
        {"stip", "en", COMMAND_STOP},
        /* everyday words */
        {"stoop", "en", COMMAND_NONE},
        {"atop", "en", COMMAND_NONE},
        {"shop", "en", COMMAND_NONE},
        {"step", "en", COMMAND_NONE},
        {"top", "en", COMMAND_NONE},
        {"john", "en", COMMAND_NONE},
        {"coin", "en", COMMAND_NONE},
        {"smart", "en", COMMAND_NONE},
        {"text", "en", COMMAND_NONE},
        {"same", "en", COMMAND_NONE},
        {"held", "en", COMMAND_NONE},
        {"стол", "ru", COMMAND_NONE},
        {"algo", "es", COMMAND_NONE},
        /* before a language is chosen, of others only what is written in another script */
        {"also", "", COMMAND_NONE},
        {"ride", NULL, COMMAND_NONE},
        {"basra", NULL, COMMAND_NONE},
        {"стопп", NULL, COMMAND_STOP},
        {"unsubcribe", "en", COMMAND_STOP},
        {"unsuscribe", "fr", COMMAND_STOP},
        {"baja", "es", COMMAND_STOP},
        {"iptl", "tr", COMMAND_STOP},
        {"also", "en", COMMAND_NONE}, /* not Spanish ALTO */
        {"ride", "en", COMMAND_NONE}, /* not French AIDE */
        {"quiet", "en", COMMAND_NONE},
        {"cancer", "en", COMMAND_NONE},
        /* as near to two commands */
        {"nert", "en", COMMAND_NONE},
        {"bajk", "es", COMMAND_STOP}, /* BAJA or BACK */
        /* DELETE: never */
        {"delet", "en", COMMAND_NONE},
        {"deelte", "en", COMMAND_NONE},
        {"efacer", "fr", COMMAND_NONE},
        {"удалит", "ru", COMMAND_NONE},
        /* no words, number words, several words */
        {"neun", "de", COMMAND_NONE},
        {"next pleas", "en", COMMAND_NONE},
        {"nxet please", "en", COMMAND_NEXT},
        {"nxet lesson please", "en", COMMAND_NONE}, /* as "lesson 2" is no answer */
        {"nxet page", "en", COMMAND_NONE},
        {"page nxet", "en", COMMAND_NONE},
        {"abmldn", "de", COMMAND_STOP}, /* two wrong in eight letters */
        {"abmld", "de", COMMAND_NONE},
        {"thanks", "en", COMMAND_NONE},
        {"", "en", COMMAND_NONE},
        {"4444", "en", COMMAND_NONE},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct command_match match =
            match_command_fuzzy(words, normal(cases[i].text), cases[i].lang);
        if (match.command != cases[i].command)
            fail_msg("\"%s\": found %s, expected %s", cases[i].text,
                     command_row(match.command)->name, command_row(cases[i].command)->name);
        if (match.command != COMMAND_NONE)
            assert_true(match.is_fuzzy);
    }
}

/* English words and what is near to them: the nearest command, none where two are as near, but STOP
 * where it is one of them. */
static enum command nearest(struct str word)
{
    uint32_t best = UINT32_MAX;
    enum command command = COMMAND_NONE;
    bool is_tie = false;
    if (match_has_word(words, WORDS_COURTESY, word) || match_has_word(words, WORDS_COMMON, word) ||
        match_find_number_word(words, word) >= 0)
        return COMMAND_NONE;
    for (uint16_t i = 0; i < words->n_keywords; i++) {
        const struct keyword *k = &words->keywords[i];
        bool is_weak =
            k->command == COMMAND_STOP && !match_has_word(words, WORDS_STOP_STRONG, k->word);
        uint32_t max = match_tolerance(k->word), d = match_distance(word, k->word, max);
        if ((k->langs & words->english) == 0 || is_weak || max == 0 || d > max || d > best)
            continue;
        is_tie = d == best && (is_tie || k->command != command);
        if (d < best || k->command == COMMAND_STOP)
            command = k->command;
        best = d;
    }
    bool is_never = command_row(command)->fuzzy == FUZZY_NO;
    return is_never || (is_tie && command != COMMAND_STOP) ? COMMAND_NONE : command;
}

static void test_fuzzy_is_the_nearest(void **state)
{
    (void)state;
    uint32_t random = 1, n_found = 0, n_none = 0;
    for (uint32_t i = 0; i < 20000; i++) {
        const struct keyword *k;
        char text[64];
        do {
            random = random * 1664525u + 1013904223u;
            k = &words->keywords[(random >> 8) % words->n_keywords];
        } while ((k->langs & words->english) == 0 || (uint8_t)k->word.p[0] >= 0x80 ||
                 k->word.len > 20 || str_find_char(k->word, ' ') != SIZE_MAX);
        size_t n = k->word.len;
        memcpy(text, k->word.p, n);
        for (uint32_t edits = 1 + i % 2; edits > 0; edits--) {
            random = random * 1664525u + 1013904223u;
            size_t at = (random >> 8) % n;
            char letter = (char)('a' + (random >> 16) % 26);
            if (random >> 30 == 0 && n > 2)
                memmove(text + at, text + at + 1, --n - at);
            else if (random >> 30 == 1)
                memmove(text + at + 1, text + at, n++ - at), text[at] = letter;
            else
                text[at] = letter;
        }
        struct str word = {text, n};
        enum command expected = nearest(word), got = match_command_fuzzy(words, word, "en").command;
        if (got != expected)
            fail_msg("\"%.*s\": found %s, expected %s", STR_ARG(word), command_row(got)->name,
                     command_row(expected)->name);
        n_found += got != COMMAND_NONE;
        n_none += got == COMMAND_NONE;
    }
    assert_true(n_found > 1000 && n_none > 1000);
}

/* ---- STOP and SAFE ---- */

static void test_stop_family(void **state)
{
    (void)state;
    static const char *const stops[] = {
        "stop", "STOP.", "Stop!!!", "\"stop\"", "stopall", "UNSUBSCRIBE", "cancel", "end", "quit",
        "optout", "opt-out", "revoke", "arret", "Arrêt", "TD", "remove", "baja", "alto", "iptal",
        "İPTAL", "stopp", "СТОП", "CTO\u041f", "отписка", "توقف", "قف", "إيقاف", "UNSUB",
        "CANCELAR", "SALIR", "DETENER", "DÉSABONNER", "SAIR", "ABBRECHEN", "SITISHA", "ACHA",
        "HALT",
        /* spelled and drawn out */
        "s t o p", "S.T.O.P.", "s-t-o-p", "stooop", "STOPPPP", "sttttop", "stop stop STOP",
        /* with courtesy, and what it is about */
        "Stop. Thank you", "stop thank you", "please stop", "STOP please", "I said stop",
        "stop sending me", "stop it now", "ok stop", "pls stop this", "stop the messages",
        "I want to stop now", "I want to stop", "stop sms", "please stop sending me sms",
        "стоп пожалуйста", "stop svp", "por favor stop", "unsubscribe me from this course",
        "stop all your messages today", "stop texting me every day",
        /* another command beside it: leaving wins */
        "STOP HELP", "STOP JOIN", "HELP STOP", "JOIN STOP", "stop info", "STOP MENU please",
        "stop next", "STOP DELETE", "delete stop", "STOP PAUSE", "pause stop", "leave stop",
        "yes stop", "stop yes", "STOPP HILFE", "стоп помощь", "arrêtez aide",
        /* words with other meanings, with courtesy */
        "cancel please", "end thanks", "please remove me", "arret svp", "baja por favor",
        "acha tafadhali",
        /* whole phrases */
        "leave me alone", "please leave me alone", "Leave me alone!", "no more", "No more please",
        "enough", "enough!", "that's enough", "I quit", "go away", "not interested",
        "I am not interested", "please cancel my subscription", "remove my number",
        "please remove my number", "opt out", "I want out", "i want to quit the course",
        "ça suffit", "basta", "¡Basta!", "basta ya", "yeter", "genug", "es reicht", "хватит", "كفى",
        "inatosha",
        /* in a sentence */
        "please stop sending me these messages every day", "I told you already, please stop",
        "ne m'envoyez plus", "ne m’envoyez plus de messages", "Ne m envoyez plus rien merci",
        "s'il vous plait n'envoyez plus rien", "no me envíen más mensajes",
        "por favor no me manden mas", "quiero darme de baja", "bana artık mesaj atmayın lütfen",
        "bitte keine Nachrichten mehr", "Hören Sie auf", "пожалуйста больше не пишите",
        "не присылайте мне больше ничего", "لا ترسلوا لي رسائل", "الغاء الاشتراك",
        "don't text me again", "Don’t send me any more of this", "take me off this list",
        "unsubscribe me from the course please", "i want to unsubscribe from your thing",
        "acha kunitumia ujumbe",
        /* verbs in their forms, and what they are about */
        "do not send me messages", "dont send again", "no messages", "i dont want messages",
        "I don't want this anymore", "wrong number", "remove my data", "end course", "stopped",
        "2 stop", "stop 1", "arretez", "arrete", "Arrêtez", "deja de enviarme mensajes", "pare",
        "não quero mais", "الغاء", "خلاص", "отмена", "sitaki", "simamisha", "wacha", "aufhören",
        "nie wieder", "çık", "durdur", "please do not send me any more messages",
        "Don't send me these messages anymore", "I do not want to receive messages",
        "i dont want any more sms", "never text me again", "Sorry, wrong number",
        "you have the wrong number", "this is the wrong number", "no more of this",
        "enough is enough", "i have had enough", "ne m'envoie plus de messages",
        "je ne veux plus recevoir de messages", "je ne veux plus de sms", "plus aucun sms",
        "arrêtez de m'envoyer des messages", "no quiero más mensajes", "no me envíes mensajes",
        "ya no quiero recibir mensajes", "pare de enviar mensagens", "Não me envie mais mensagens",
        "bana mesaj gönderme", "mesajları durdurun", "keine sms mehr",
        "ich möchte keine Nachrichten", "Hör auf", "schicken Sie mir nichts mehr",
        "не хочу получать сообщения", "прекратите присылать", "больше не хочу", "لا تبعثوا رسائل",
        "sitaki tena", "wacha kunitumia ujumbe"};
    static const char *const others[] = {"",
                                         "2",
                                         "next",
                                         "stopping",
                                         "nonstop",
                                         "non-stop",
                                         "nonstop music",
                                         "next stop",
                                         "STOP SAFE",
                                         "help stop violence",
                                         "end help",
                                         "baja ayuda",
                                         "stoop",
                                         "step",
                                         "plus de sms",
                                         "Je veux plus de messages, merci",
                                         "stop the violence",
                                         "stop violence",
                                         "stop child labour",
                                         "Stop child marriage!",
                                         "please stop the violence",
                                         "please stop him touching me",
                                         "stop beating me",
                                         "he does not stop",
                                         "bus stop is near the school",
                                         "they should stop the detention of children",
                                         "we must stop this violence now",
                                         "stop the violence against all children",
                                         "don't stop",
                                         "do not stop",
                                         "never stop learning",
                                         "the end",
                                         "end of module",
                                         "end the lesson",
                                         "remove the child",
                                         "in the end yes",
                                         "td 2 is my group",
                                         "dur travail",
                                         "alto riesgo",
                                         "no more questions about money",
                                         "no more than two",
                                         "enough time for the questions",
                                         "there is not enough food",
                                         "leave me alone with the child",
                                         "people leave the course because of cost",
                                         "the police sent me home",
                                         "no mores",
                                         "s t o r y",
                                         "sss",
                                         "end it all",
                                         "I want to stop child labour",
                                         "no more violence",
                                         "enough food",
                                         "2",
                                         "12",
                                         "2 children",
                                         "leave",
                                         "end the lesson",
                                         "no",
                                         "no thanks",
                                         "i dont want to say",
                                         "I don't want",
                                         "i did not get the message",
                                         "no message today",
                                         "more messages",
                                         "i want messages",
                                         "send me messages",
                                         "i want to stop violence",
                                         "we stopped the violence",
                                         "arrêtez la violence",
                                         "pare a violência",
                                         "no quiero",
                                         "я не хочу",
                                         "do not send the child away",
                                         "send",
                                         "no number",
                                         "i dont want violence",
                                         "they do not want children",
                                         "dont stop",
                                         "do not stop sending lessons",
                                         "I want more messages",
                                         "fewer messages",
                                         "2 end",
                                         "nicht",
                                         "para",
                                         "no more time",
                                         "i do not want to leave the child",
                                         "remove the child",
                                         "forget it",
                                         "no, i do more"};
    for (size_t i = 0; i < ARRAY_LEN(stops); i++) {
        if (!match_is_stop(words, normal(stops[i])))
            fail_msg("not taken for STOP: %s", stops[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        if (match_is_stop(words, normal(others[i])))
            fail_msg("taken for STOP: %s", others[i]);
    }
}

static void test_agreement(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum agreement agreement;
    } cases[] = {
        {"1", AGREEMENT_YES},
        {"1.", AGREEMENT_YES},
        {"01", AGREEMENT_YES},
        {"\u0661", AGREEMENT_YES},
        {"1 please", AGREEMENT_YES},
        {"one", AGREEMENT_YES},
        {"yes", AGREEMENT_YES},
        {"YES!", AGREEMENT_YES},
        {"y", AGREEMENT_YES},
        {"yeah", AGREEMENT_YES},
        {"yes please", AGREEMENT_YES},
        {"yes, I agree", AGREEMENT_YES},
        {"Yes I agree to join", AGREEMENT_YES},
        {"yes I would like to start the course", AGREEMENT_YES},
        {"oui je veux participer", AGREEMENT_YES},
        {"I don't want to join", AGREEMENT_NO},
        {"I want to join", AGREEMENT_NONE},
        {"is it free? yes?", AGREEMENT_NONE},
        {"I agree", AGREEMENT_YES},
        {"agree", AGREEMENT_YES},
        {"ok", AGREEMENT_YES},
        {"OK.", AGREEMENT_YES},
        {"okay thanks", AGREEMENT_YES},
        {"1 ok", AGREEMENT_YES},
        {"1,yes", AGREEMENT_YES},
        {"1. Yes", AGREEMENT_YES},
        {"yes 1", AGREEMENT_YES},
        {"oui", AGREEMENT_YES},
        {"d'accord", AGREEMENT_YES},
        {"sí", AGREEMENT_YES},
        {"evet", AGREEMENT_YES},
        {"ja gerne", AGREEMENT_YES},
        {"да, согласна", AGREEMENT_YES},
        {"نعم", AGREEMENT_YES},
        {"ndiyo", AGREEMENT_YES},
        {"sawa", AGREEMENT_YES},
        {"absolutely", AGREEMENT_YES},
        {"oui bien sûr", AGREEMENT_YES},
        {"j'accepte", AGREEMENT_YES},
        {"je suis d'accord", AGREEMENT_YES},
        {"avec plaisir, oui", AGREEMENT_YES},
        {"sí, por supuesto", AGREEMENT_YES},
        {"estoy de acuerdo", AGREEMENT_YES},
        {"ja klar", AGREEMENT_YES},
        {"ich stimme zu", AGREEMENT_YES},
        {"evet tabii ki", AGREEMENT_YES},
        {"kabul ediyorum", AGREEMENT_YES},
        {"onaylıyorum", AGREEMENT_YES},
        {"да конечно, хочу участвовать", AGREEMENT_YES},
        {"давайте", AGREEMENT_YES},
        {"نعم طبعا", AGREEMENT_YES},
        {"أنا موافقة", AGREEMENT_YES},
        {"أكيد", AGREEMENT_YES},
        {"نعم إن شاء الله", AGREEMENT_YES},
        {"2", AGREEMENT_NO},
        {"2 thanks", AGREEMENT_NO},
        {"no", AGREEMENT_NO},
        {"No, thanks", AGREEMENT_NO},
        {"nope", AGREEMENT_NO},
        {"no 2", AGREEMENT_NO},
        {"I don't agree", AGREEMENT_NO},
        {"i do not agree", AGREEMENT_NO},
        {"I disagree", AGREEMENT_NO},
        {"not now", AGREEMENT_NO},
        {"non merci", AGREEMENT_NO},
        {"nein danke", AGREEMENT_NO},
        {"не согласен", AGREEMENT_NO},
        {"لا أوافق", AGREEMENT_NO},
        {"hapana", AGREEMENT_NO},
        {"je ne suis pas d'accord", AGREEMENT_NO},
        {"ich stimme nicht zu", AGREEMENT_NO},
        /* both, or something else */
        {"", AGREEMENT_NONE},
        {"1 2", AGREEMENT_NONE},
        {"1 or 2", AGREEMENT_NONE},
        {"yes no", AGREEMENT_NONE},
        {"yes 2", AGREEMENT_NONE},
        {"no 1", AGREEMENT_NONE},
        {"not 1", AGREEMENT_NONE},
        {"3", AGREEMENT_NONE},
        {"11", AGREEMENT_NONE},
        {"001", AGREEMENT_NONE},
        {"please", AGREEMENT_NONE},
        {"yes he beats me", AGREEMENT_NONE},
        {"1 child is here", AGREEMENT_NONE},
        {"no child left behind", AGREEMENT_NONE},
        {"next", AGREEMENT_NONE},
        {"maybe", AGREEMENT_NONE},
        {"ist das sicher?", AGREEMENT_NONE},
        {"es seguro?", AGREEMENT_NONE},
        {"no estoy de acuerdo", AGREEMENT_NONE}, /* asked again */
        {"bien sûr que non", AGREEMENT_NONE},
        {"claro que no", AGREEMENT_NONE},
        {"tabii ki hayır", AGREEMENT_NONE},
        {"kabul etmiyorum", AGREEMENT_NO},
        {"onaylamıyorum", AGREEMENT_NO},
        {"لست موافقا", AGREEMENT_NO},
        {"غير موافق", AGREEMENT_NO},
        {"sikubali", AGREEMENT_NO},
        {"конечно нет", AGREEMENT_NONE},
        {"إن شاء الله", AGREEMENT_NONE},
        {"je suis au travail", AGREEMENT_NONE},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (match_agreement(words, normal(cases[i].text)) != cases[i].agreement)
            fail_msg("%s", cases[i].text);
    }
}

static void test_go_on(void **state)
{
    (void)state;
    static const char *const yes[] = {"ok",          "OK!",       "okay thanks", "more",
                                      "continue",    "go on",     "yes",         "ok continue",
                                      "suite",       "continuer", "done",        "sawa",
                                      "more please", "devam",     "продолжить",  "ok thanks"};
    static const char *const no[] = {"", "thanks", "more stories", "1", "go home", "no", "stop"};
    for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
        bool is_keyword = match_command(words, normal(yes[i]), NULL).command == COMMAND_NEXT;
        if (!is_keyword && !match_is_go_on(words, normal(yes[i])))
            fail_msg("%s", yes[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(no); i++) {
        if (match_is_go_on(words, normal(no[i])))
            fail_msg("%s", no[i]);
    }
}

static void test_first_line(void **state)
{
    (void)state;
    expect_str(match_first_line(STR("2\n--\nAnna"), arena), "2", "2");
    expect_str(match_first_line(STR("\n\n2 \r\nAnna"), arena), "2", "2");
    assert_null(match_first_line(STR("2\n\n"), arena).p);
    assert_null(match_first_line(STR("2"), arena).p);
    assert_null(match_first_line(STR(""), arena).p);
}

/* ---- distance ---- */

static void test_distance(void **state)
{
    (void)state;
    static const struct {
        const char *a;
        const char *b;
        uint32_t max;
        uint32_t distance;
    } cases[] = {
        {"", "", 2, 0},
        {"", "ab", 2, 2},
        {"stop", "stop", 0, 0},
        {"stop", "stpo", 1, 1},
        {"stop", "stpo", 0, 1},
        {"stop", "sto", 1, 1},
        {"stop", "stoop", 1, 1},
        {"stop", "atop", 1, 1},
        {"stop", "spot", 2, 2},
        {"stop", "menu", 2, 3},
        {"ca", "abc", 3, 3}, /* optimal string alignment, not the unrestricted distance */
        {"abcdef", "badcfe", 3, 3},
        {"помощь", "помщь", 1, 1},
        {"помощь", "пмоощь", 1, 1},
        {"sabuni", "maji", 6, 4},
        {"abcdefgh", "abcd", 2, 3},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(match_distance(str_from(cases[i].a), str_from(cases[i].b), cases[i].max),
                         cases[i].distance);
        assert_int_equal(match_distance(str_from(cases[i].b), str_from(cases[i].a), cases[i].max),
                         cases[i].distance);
    }
}

static void test_distance_of_long_words(void **state)
{
    (void)state;
    char a[66];
    char b[66];
    memset(a, 'a', sizeof(a));
    memset(b, 'a', sizeof(b));
    b[3] = 'b';
    assert_int_equal(match_distance((struct str){a, 64}, (struct str){b, 64}, 2), 1);
    assert_int_equal(match_distance((struct str){a, 65}, (struct str){b, 64}, 2), 3);
    assert_int_equal(match_distance((struct str){a, 65}, (struct str){a, 65}, 2), 0);
}

/* ---- masking ---- */

static void test_masking(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *expected;
    } cases[] = {
        {"", ""},
        {"I saw 12345 people", "I saw 12345 people"},
        {"call 123456 now", "call # now"},
        {"call +254700000101.", "call +#."},
        {"0700 000 101", "#"},
        {"0700-000-101", "#"},
        {"0700.000.101", "#"},
        {"(0700) 000 101 ok", "(# ok"},
        {"0700\u00a0000\u2013101", "#"},
        {"\u202a+254\u202c 700 000", "\u202a+#"},
        {"٠٧٠٠٠٠٠١٠١", "#"},
        {"０７００ ０００ １０１", "#"},
        {"①②③④⑤⑥", "#"},
        {"1 2 3 4 5", "1 2 3 4 5"},
        {"1 2 3 4 5 6", "#"},
        {"12 - 34 - 56", "#"},
        {"07/000/001", "#"}, /* whatever people put between */
        {"07,000,001", "#"},
        {"07_000_001", "#"},
        {"07)000(001", "#"},
        {"07\t000\r001", "#"},
        {"07\u0301000\u0301001", "#"},
        {"070\b000\016001", "070\b000\016001"}, /* but not this */
        {"070:000;001", "070:000;001"},
        {"070\u0641000\u0641001", "070\u0641000\u0641001"},
        {"12    34    56", "12    34    56"},
        {"12 and 3456", "12 and 3456"},
        {"111111 and 222222", "# and #"},
        {"été 0700000101 à 8h", "été # à 8h"},
        {"a\xff"
         "b",
         "ab"},
        {"12\xff\xff\xff\xff"
         "3456",
         "#"},
        {"1\xff"
         "2 3",
         "12 3"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        expect_str(match_mask_numbers(str_from(cases[i].text), arena), cases[i].expected,
                   cases[i].text);
}

/* Both ends of each kind, and their neighbours, which say something else. */
static void test_signs_that_thank(void **state)
{
    (void)state;
    static const char *const kind[] = {"\U0001f44d\U0001f3fb", "\U0001f44c\U0001f3ff",
                                       "\u2764\ufe0f",         "\U0001f44b \U0001f44f",
                                       "\U0001f495\U0001f49c", "\U0001f600\U0001f60a",
                                       "\U0001f60d\U0001f60e", " \u2705\n"};
    static const char *const others[] = {
        "",           " ",          "\U0001f494",           "\U0001f49d",
        "\U0001f44e", "\U0001f44a", "\U0001f60b",           "\U0001f60c",
        "\U0001f5ff", "\U0001f60f", "\U0001f44d\U0001f44e", "\u2704",
        "?"};
    for (size_t i = 0; i < ARRAY_LEN(kind); i++) {
        if (!match_is_thanks(NULL, str_from(kind[i]), STR("")))
            fail_msg("not kind: %s", kind[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        if (match_is_thanks(NULL, str_from(others[i]), STR("")))
            fail_msg("taken for thanks: '%s'", others[i]);
    }
}

static void test_command_names(void **state)
{
    (void)state;
    assert_string_equal(command_row(COMMAND_NONE)->name, "NONE");
    assert_string_equal(command_row(COMMAND_STOP)->name, "STOP");
    assert_string_equal(command_row(COMMAND_NO)->name, "NO");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_normalise, setup, teardown),
        cmocka_unit_test_setup_teardown(test_normalise_has_a_ceiling, setup, teardown),
        cmocka_unit_test_setup_teardown(test_normalise_in_a_full_arena_is_absent, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_sentence_is_no_command, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_keyword_of_every_language, setup, teardown),
        cmocka_unit_test_setup_teardown(test_keyword_table_covers_every_command_and_language, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_keywords_do_not_conflict, setup, teardown),
        cmocka_unit_test_setup_teardown(test_words_of_no_meaning_are_no_commands, setup, teardown),
        cmocka_unit_test_setup_teardown(test_active_languages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_language_of_a_keyword, setup, teardown),
        cmocka_unit_test_setup_teardown(test_arguments, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fuzzy, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fuzzy_is_the_nearest, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stop_family, setup, teardown),
        cmocka_unit_test_setup_teardown(test_agreement, setup, teardown),
        cmocka_unit_test_setup_teardown(test_go_on, setup, teardown),
        cmocka_unit_test_setup_teardown(test_first_line, setup, teardown),
        cmocka_unit_test_setup_teardown(test_distance, setup, teardown),
        cmocka_unit_test_setup_teardown(test_distance_of_long_words, setup, teardown),
        cmocka_unit_test_setup_teardown(test_masking, setup, teardown),
        cmocka_unit_test(test_signs_that_thank),
        cmocka_unit_test_setup_teardown(test_command_names, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
