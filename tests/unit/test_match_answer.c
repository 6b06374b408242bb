/* What is an answer: keys, texts, numbers, words (docs/course-rules.md 1.3.5). */
#include "core/match/option.h"
#include "match_text.h"

/* ---- answers ---- */

static const struct choice food_choices[] = {
    {.text = {"Food and water", 14}},
    {.text = {"A safe place", 12}},
    {.text = {"Family, if safe", 15}},
    {.text = {"Hören & sehen", 14}},
};
static const struct question four = {
    .kind = QUESTION_CHOICE, .n_choices = 4, .choices = food_choices};

static void expect_answer(const struct question *question, const char *text,
                          enum answer_result result, int32_t value)
{
    struct answer_match match = match_answer(words, question, str_from(text), normal(text), arena);
    int32_t found = question->kind == QUESTION_NUMBER ? match.number : match.choice;
    if (match.result != result || (result == ANSWER_ONE && found != value))
        fail_msg("\"%s\": result %d value %d, expected %d %d", text, match.result, found, result,
                 value);
}

static void test_choice_answers(void **state)
{
    (void)state;
    static const char *const twos[] = {"2",
                                       "2.",
                                       "2)",
                                       "(2)",
                                       "[2]",
                                       "2!",
                                       " 2 ",
                                       "no 2",
                                       "No. 2",
                                       "no2",
                                       "nr 2",
                                       "n°2",
                                       "№2",
                                       "number 2",
                                       "answer 2",
                                       "Answer: 2",
                                       "the answer is 2",
                                       "my answer is 2 please",
                                       "B",
                                       "b",
                                       "b)",
                                       "(B)",
                                       "b.",
                                       "answer b",
                                       "two",
                                       "Two.",
                                       "deux",
                                       "dos",
                                       "iki",
                                       "İKİ",
                                       "zwei",
                                       "два",
                                       "ДВА",
                                       "اثنان",
                                       "اثنين",
                                       "٢",
                                       "۲",
                                       "２",
                                       "२",
                                       "2\ufe0f\u20e3",
                                       "②",
                                       "\u200f2",
                                       "2 2",
                                       "2, two",
                                       "b 2",
                                       "la deuxième",
                                       "jai choisi 2",
                                       "cest 2",
                                       "la segunda",
                                       "zweitens",
                                       "ikinci",
                                       "второй",
                                       "الثاني",
                                       "ya pili",
                                       "letter b",
                                       "réponse 2",
                                       "respuesta 2",
                                       "cevap 2",
                                       "antwort 2",
                                       "ответ 2",
                                       "جواب 2",
                                       "ب",
                                       "б",
                                       "Б)",
                                       "A safe place",
                                       "a SAFE place.",
                                       "2 a safe place",
                                       "2) A safe place",
                                       "b) a safe place",
                                       "*2#",
                                       "2 \U0001f44d",
                                       "02",
                                       "2 thanks",
                                       "I think 2",
                                       "i think it is b",
                                       "I would say 2",
                                       "2 please",
                                       "hi 2",
                                       "my answer: B, thank you",
                                       "β",
                                       "Β",
                                       "ב",
                                       "ख",
                                       "2\xff",
                                       "2!!",
                                       "ans:2",
                                       "2nd",
                                       "the 2nd one",
                                       "2nd option",
                                       "secound",
                                       "Ⅱ",
                                       "❷",
                                       "➁",
                                       "➋",
                                       "le 2e",
                                       "2ème",
                                       "la 2nde",
                                       "deuxiemement",
                                       "2da",
                                       "2º",
                                       "2ª",
                                       "2. şık",
                                       "2'nci",
                                       "ikincisi",
                                       "b şıkkı",
                                       "2nci",
                                       "der zweite",
                                       "2te Antwort",
                                       "zweiter",
                                       "2-й",
                                       "2ой",
                                       "вторую",
                                       "الثانية"};
    for (size_t i = 0; i < ARRAY_LEN(twos); i++)
        expect_answer(&four, twos[i], ANSWER_ONE, 2);
    static const struct {
        const char *text;
        enum answer_result result;
        int32_t choice;
    } cases[] = {
        {"1", ANSWER_ONE, 1},
        {"a", ANSWER_ONE, 1},
        {"A)", ANSWER_ONE, 1},
        {"А", ANSWER_ONE, 1}, /* Cyrillic */
        {"Г", ANSWER_ONE, 4},
        {"أ", ANSWER_ONE, 1},
        {"ج", ANSWER_ONE, 3},
        {"د", ANSWER_ONE, 4},
        {"c", ANSWER_ONE, 3},
        {"d", ANSWER_ONE, 4},
        {"uno", ANSWER_ONE, 1},
        {"bir", ANSWER_ONE, 1},
        {"eins", ANSWER_ONE, 1},
        {"один", ANSWER_ONE, 1},
        {"واحد", ANSWER_ONE, 1},
        {"üç", ANSWER_ONE, 3},
        {"ثلاثة", ANSWER_ONE, 3},
        {"quatre", ANSWER_ONE, 4},
        {"четыре", ANSWER_ONE, 4},
        {"أربعة", ANSWER_ONE, 4},
        {"food and water", ANSWER_ONE, 1},
        {"Family if safe", ANSWER_ONE, 3},
        {"family, if safe", ANSWER_ONE, 3},
        {"hoeren sehen", ANSWER_ONE, 4},
        {"HÖREN & SEHEN", ANSWER_ONE, 4},
        /* not applicable is no A */
        {"n/a", ANSWER_NONE, 0},
        {"N.A.", ANSWER_NONE, 0},
        {"no a", ANSWER_ONE, 1},
        /* two answers */
        {"2 3", ANSWER_AMBIGUOUS, 0},
        {"1 or 2", ANSWER_AMBIGUOUS, 0},
        {"the third one", ANSWER_ONE, 3},
        {"2nd", ANSWER_ONE, 2},
        {"first one please", ANSWER_ONE, 1},
        {"the one or the third", ANSWER_AMBIGUOUS, 0},
        {"1,2", ANSWER_AMBIGUOUS, 0},
        {"1/2", ANSWER_AMBIGUOUS, 0},
        {"1-3", ANSWER_AMBIGUOUS, 0},
        {"2.3", ANSWER_AMBIGUOUS, 0},
        {"a b", ANSWER_AMBIGUOUS, 0},
        {"a or b", ANSWER_AMBIGUOUS, 0},
        {"1 ou 2", ANSWER_AMBIGUOUS, 0},
        {"1 или 2", ANSWER_AMBIGUOUS, 0},
        {"١ أو ٢", ANSWER_AMBIGUOUS, 0},
        {"b3", ANSWER_AMBIGUOUS, 0},
        /* Cyrillic VE: third Russian letter, or Latin B */
        {"В", ANSWER_AMBIGUOUS, 0},
        {"в)", ANSWER_AMBIGUOUS, 0},
        {"ответ В", ANSWER_AMBIGUOUS, 0},
        /* the last one; four options have none in the middle */
        {"last one", ANSWER_ONE, 4},
        {"the last", ANSWER_ONE, 4},
        {"la dernière", ANSWER_ONE, 4},
        {"la última", ANSWER_ONE, 4},
        {"sonuncusu", ANSWER_ONE, 4},
        {"das letzte", ANSWER_ONE, 4},
        {"последний", ANSWER_ONE, 4},
        {"الأخير", ANSWER_ONE, 4},
        {"the first and the last", ANSWER_AMBIGUOUS, 0},
        {"the middle one", ANSWER_NONE, 0},
        {"my son", ANSWER_NONE, 0},
        {"last year", ANSWER_NONE, 0},
        /* several where one is asked for */
        {"both", ANSWER_AMBIGUOUS, 0},
        {"all of the above", ANSWER_AMBIGUOUS, 0},
        {"all four", ANSWER_AMBIGUOUS, 0},
        {"toutes", ANSWER_AMBIGUOUS, 0},
        {"hepsi", ANSWER_AMBIGUOUS, 0},
        {"all children", ANSWER_NONE, 0},
        {"none of them", ANSWER_NONE, 0}, /* no option says so */
        /* none */
        {"", ANSWER_NONE, 0},
        {"?", ANSWER_NONE, 0},
        {"0", ANSWER_NONE, 0},
        {"5", ANSWER_NONE, 0},
        {"9", ANSWER_NONE, 0},
        {"00", ANSWER_NONE, 0},
        {"002", ANSWER_NONE, 0},
        {"12", ANSWER_NONE, 0},
        {"not 2", ANSWER_NONE, 0},
        {"call at 2", ANSWER_NONE, 0},
        {"raped 2 times", ANSWER_NONE, 0},
        {"st2p", ANSWER_NONE, 0},
        {"γ", ANSWER_ONE, 3},
        {"ד", ANSWER_ONE, 4},
        {"क", ANSWER_ONE, 1},
        {"22", ANSWER_NONE, 0},
        {"e", ANSWER_NONE, 0},
        {"five", ANSWER_NONE, 0},
        {"next", ANSWER_NONE, 0},
        {"n", ANSWER_NONE, 0},
        {"no", ANSWER_NONE, 0},
        {"2 children were here", ANSWER_NONE, 0},
        {"2 food and water", ANSWER_NONE, 0}, /* key and text disagree */
        {"I do not know", ANSWER_NONE, 0},
        {"99999999999999999999", ANSWER_NONE, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        expect_answer(&four, cases[i].text, cases[i].result, cases[i].choice);
}

static void test_places_and_none(void **state)
{
    (void)state;
    static const struct choice choices[] = {
        {.text = {"time", 4}}, {.text = {"cost", 4}}, {.text = {"nothing new", 11}}};
    static const struct question three = {
        .kind = QUESTION_CHOICE, .n_choices = 3, .choices = choices};
    static const struct {
        const char *text;
        int32_t choice;
    } cases[] = {
        {"the middle one", 2}, {"middle", 2},       {"celle du milieu", 2},
        {"la del medio", 2},   {"ortadaki", 2},     {"die mittlere", 2},
        {"средний", 2},        {"الأوسط", 2},       {"last", 3},
        {"none", 3},           {"none of them", 3}, {"none of these options", 3},
        {"neither", 3},        {"aucune", 3},       {"ninguna de ellas", 3},
        {"hiçbiri", 3},        {"keine davon", 3},  {"ни один из них", 3},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        expect_answer(&three, cases[i].text, ANSWER_ONE, cases[i].choice);
    expect_answer(&three, "none of the children", ANSWER_NONE, 0);
    expect_answer(&three, "no", ANSWER_NONE, 0);
}

/* What is no answer to the letter: the option that it can only mean, 0 for none. */
static void test_near_keys(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int32_t choice;
    } cases[] = {
        {"2. but why?", 2},
        {"2) because she is alone", 2},
        {"(2) because no one looks after her", 2},
        {"2 but why", 2},
        {"2 - she is alone", 2},
        {"2, she is alone", 2},
        {"2.she is alone", 2},
        {"b) it is the law", 2},
        {"٢. لماذا؟", 2},
        {"2. parce que c'est une enfant", 2},
        {"2 xq no tiene familia", 2},
        {"2. çünkü yalnız", 2},
        {"2 weil sie allein ist", 2},
        {"2, потому что она одна", 2},
        {"fod and water", 1},
        {"food and watter", 1},
        {"a save place", 2},
        {"I think family if save", 3},
        {"4 horen und", 0},
        {"2 years ago", 0},
        {"2 children were here", 0},
        {"2-year-old boy", 0},
        {"2:30 pm", 0},
        {"2) because 3 came", 0},
        {"2. i mean three, sorry sir that was wrong", 0},
        {"2. no, the last one is better", 0},
        {"2) food and water come first", 0}, /* the text of another option */
        {"1 save place", 0},
        {"a lot of work", 0},
        {"A, a friend, came", 0},
        {"i do not know", 0},
        {"water", 0},
        {"mood and water", 0}, /* another first letter is another word */
        {"two. but why", 0},
        {"2", 0}, /* nothing behind it: match_choice() */
        {"", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *text = cases[i].text;
        struct str key = match_near_key(words, &four, str_from(text), normal(text), arena);
        int32_t found = key.p != NULL ? key.p[0] - '0' : 0;
        if (found != cases[i].choice)
            fail_msg("\"%s\": found %d, expected %d", text, found, cases[i].choice);
    }
}

static void test_near_agreement(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum agreement said;
    } cases[] = {
        {"2. but why?", AGREEMENT_NO},
        {"No, I have no time", AGREEMENT_NO},
        {"no because I am busy", AGREEMENT_NO},
        {"non, pas le temps", AGREEMENT_NO},
        {"yes, I work with children", AGREEMENT_YES},
        {"1) I am a nurse", AGREEMENT_YES},
        {"oui, je suis infirmière", AGREEMENT_YES},
        {"да, я учитель", AGREEMENT_YES},
        {"نعم، أنا معلم", AGREEMENT_YES},
        {"1. but why?", AGREEMENT_NONE},
        {"1. I will think about it", AGREEMENT_NONE},
        {"yes. Who pays?", AGREEMENT_NONE},
        {"yes, but only if it is free", AGREEMENT_NONE},
        {"ok, later", AGREEMENT_NONE},
        {"oui, mais combien", AGREEMENT_NONE},
        {"да, но сколько стоит", AGREEMENT_NONE},
        {"no, I want to join", AGREEMENT_NONE},
        {"no problem", AGREEMENT_NONE},
        {"1. or 2. whatever you like", AGREEMENT_NONE},
        {"yes he said", AGREEMENT_NONE},
        {"yes", AGREEMENT_NONE}, /* nothing behind it: match_agreement() */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *text = cases[i].text;
        enum agreement said = match_near_agreement(words, str_from(text), normal(text), arena);
        if (said != cases[i].said)
            fail_msg("\"%s\": %d, expected %d", text, said, cases[i].said);
    }
}

static void test_a_yes_that_doubts(void **state)
{
    (void)state;
    static const char *const unsure[] = {
        "maybe yes",     "yes perhaps", "is it ok?",      "ok?",     "I agree?",   "oui ?",
        "peut-être oui", "quizás sí",   "vielleicht ja",  "نعم؟",    "ربما نعم",   "belki evet",
        "tamam mı?",     "sí?",         "может быть, да", "1 maybe", "yes if free"};
    static const char *const sure[] = {
        "yes",           "1",   "1?",          "yes please",  "sí",
        "si claro",      "oui", "ok thanks",   "نعم من فضلك", "01",
        "I would agree", "да",  "evet lütfen", "ja gerne",    "j'accepte"};
    for (size_t i = 0; i < ARRAY_LEN(unsure); i++) {
        if (!match_is_unsure(words, str_from(unsure[i]), normal(unsure[i])))
            fail_msg("\"%s\" is a doubt", unsure[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(sure); i++) {
        if (match_is_unsure(words, str_from(sure[i]), normal(sure[i])))
            fail_msg("\"%s\" is none", sure[i]);
    }
}

static void test_options_that_look_like_words(void **state)
{
    (void)state;
    static const struct choice yes_no[] = {{.text = {"Yes", 3}}, {.text = {"No", 2}}};
    static const struct question question = {
        .kind = QUESTION_CHOICE, .n_choices = 2, .choices = yes_no};
    expect_answer(&question, "yes", ANSWER_ONE, 1);
    expect_answer(&question, "no", ANSWER_ONE, 2);
    expect_answer(&question, "NO!", ANSWER_ONE, 2);
    expect_answer(&question, "no 1", ANSWER_ONE, 1);
    /* "two" as text of option 1 contradicts key 2; digits are always keys. */
    static const struct choice numbers[] = {{.text = {"Two", 3}}, {.text = {"One", 3}}};
    static const struct question odd = {
        .kind = QUESTION_CHOICE, .n_choices = 2, .choices = numbers};
    expect_answer(&odd, "two", ANSWER_AMBIGUOUS, 0);
    expect_answer(&odd, "2", ANSWER_ONE, 2);
    /* The same text twice is no unique option. */
    static const struct choice twins[] = {{.text = {"Same", 4}}, {.text = {"same.", 5}}};
    static const struct question twin = {.kind = QUESTION_CHOICE, .n_choices = 2, .choices = twins};
    expect_answer(&twin, "same", ANSWER_NONE, 0);
}

static void test_nine_choices(void **state)
{
    (void)state;
    struct choice choices[COURSE_MAX_CHOICES] = {{.text = {"x", 1}}};
    struct question question = {
        .kind = QUESTION_CHOICE, .n_choices = COURSE_MAX_CHOICES, .choices = choices};
    expect_answer(&question, "9", ANSWER_ONE, 9);
    expect_answer(&question, "i", ANSWER_ONE, 9);
    expect_answer(&question, "nine", ANSWER_ONE, 9);
    expect_answer(&question, "j", ANSWER_NONE, 0);
    expect_answer(&question, "10", ANSWER_NONE, 0);
}

static void test_number_answers(void **state)
{
    (void)state;
    static const struct question question = {.kind = QUESTION_NUMBER, .low = 0, .high = 30};
    static const struct {
        const char *text;
        enum answer_result result;
        int32_t number;
    } cases[] = {
        {"0", ANSWER_ONE, 0},
        {"7", ANSWER_ONE, 7},
        {"7.", ANSWER_ONE, 7},
        {"30", ANSWER_ONE, 30},
        {"007", ANSWER_ONE, 7},
        {"٣٠", ANSWER_ONE, 30},
        {"seven", ANSWER_ONE, 7},
        {"zéro", ANSWER_ONE, 0},
        {"cero", ANSWER_ONE, 0},
        {"no 7", ANSWER_ONE, 7},
        {"about 15", ANSWER_ONE, 15},
        {"I say 4", ANSWER_ONE, 4},
        {"4 thanks", ANSWER_ONE, 4},
        {"5 out of 5", ANSWER_ONE, 5},
        {"5 sur 5", ANSWER_ONE, 5},
        {"le doy un 5", ANSWER_ONE, 5},
        {"eine 4", ANSWER_ONE, 4},
        {"5 étoiles", ANSWER_ONE, 5},
        {"ich gebe 4 Sterne", ANSWER_ONE, 4},
        {"ставлю 5", ANSWER_ONE, 5},
        {"one or 5", ANSWER_AMBIGUOUS, 0},
        {"no 4", ANSWER_ONE, 4},
        {"no4", ANSWER_ONE, 4},
        {"(4)", ANSWER_ONE, 4},
        {"ten", ANSWER_ONE, 10},
        {"zehn", ANSWER_ONE, 10},
        {"about 15 children", ANSWER_NONE, 0},
        {"raped 2 times", ANSWER_NONE, 0},
        {"2 children", ANSWER_NONE, 0},
        {"not 2", ANSWER_NONE, 0},
        {"call at 3", ANSWER_NONE, 0},
        {"st0p", ANSWER_NONE, 0},
        {"n0", ANSWER_NONE, 0},
        {"4k", ANSWER_NONE, 0},
        {"4n", ANSWER_NONE, 0},
        {"-3", ANSWER_NONE, 0},
        {"- 3", ANSWER_ONE, 3},
        {"7 7", ANSWER_ONE, 7},
        {"50%", ANSWER_NONE, 0},
        {"31", ANSWER_NONE, 0},
        {"00", ANSWER_NONE, 0},
        {"4294967303", ANSWER_NONE, 0},
        {"99999999999999999999999", ANSWER_NONE, 0},
        {"b", ANSWER_NONE, 0},
        {"", ANSWER_NONE, 0},
        {"many", ANSWER_NONE, 0},
        {"we have seen about 15 children", ANSWER_NONE, 0},
        {"7 or 8", ANSWER_AMBIGUOUS, 0},
        {"7-8", ANSWER_AMBIGUOUS, 0},
        {"2.5", ANSWER_AMBIGUOUS, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        expect_answer(&question, cases[i].text, cases[i].result, cases[i].number);
}

static void test_word_answers(void **state)
{
    (void)state;
    const struct str accepted[] = {normal("Soap"), normal("ash"), normal("guardianship"),
                                   normal("1989"), normal("Müll")};
    const struct question question = {
        .kind = QUESTION_WORD, .accepted = accepted, .n_accepted = ARRAY_LEN(accepted)};
    static const struct {
        const char *text;
        const char *found; /* NULL: none */
    } cases[] = {
        {"soap", "soap"},
        {"SOAP!", "soap"},
        {"soup", "soap"},
        {"saop", "soap"},
        {"sop", "soap"},
        {"sup", NULL},
        {"ash", "ash"},
        {"ass", NULL}, /* short words only exactly */
        {"gardianshp", "guardianship"},
        {"gardinshp", NULL},
        {"1989", "1989"},
        {"1988", NULL}, /* a year must be exact */
        {"müll", "mull"},
        {"muell", "mull"},
        {"", NULL},
        {"water", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct answer_match match =
            match_answer(words, &question, str_from(cases[i].text), normal(cases[i].text), arena);
        assert_int_equal(match.result, cases[i].found != NULL ? ANSWER_ONE : ANSWER_NONE);
        expect_str(match.text, cases[i].found != NULL ? cases[i].found : "", cases[i].text);
    }
}

static void test_open_answers(void **state)
{
    (void)state;
    static const struct question question = {.kind = QUESTION_OPEN, .max_chars = 5};
    static const struct {
        const char *text;
        const char *found; /* NULL: none */
    } cases[] = {
        {"  Ça va ", "Ça va"},
        {"Ça va?", "Ça va"}, /* one past the ceiling */
        {"éééééé", "ééééé"},
        {"2", "2"},
        {"a\x01\xff"
         "b\nc",
         "ab\nc"},
        {"ab cd ", "ab cd"},
        {"abcd e", "abcd"}, /* no blank at the end */
        {"", NULL},
        {"   ", NULL},
        {"\xff \xff", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct answer_match match =
            match_answer(words, &question, str_from(cases[i].text), normal(cases[i].text), arena);
        assert_int_equal(match.result, cases[i].found != NULL ? ANSWER_ONE : ANSWER_NONE);
        expect_str(match.text, cases[i].found != NULL ? cases[i].found : "", cases[i].text);
    }
}

static void test_menu_keys(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int32_t max;
        enum answer_result result;
        int32_t key;
    } cases[] = {
        {"0", 6, ANSWER_ONE, 0},     {"6", 6, ANSWER_ONE, 6},    {"٦", 6, ANSWER_ONE, 6},
        {"(6)", 6, ANSWER_ONE, 6},   {"six", 6, ANSWER_ONE, 6},  {"b", 6, ANSWER_ONE, 2},
        {"7", 6, ANSWER_NONE, 0},    {"00", 6, ANSWER_NONE, 0},  {"09", 9, ANSWER_ONE, 9},
        {"9", 9, ANSWER_ONE, 9},     {"10", 16, ANSWER_NONE, 0}, {"1 2", 6, ANSWER_AMBIGUOUS, 0},
        {"menu", 6, ANSWER_NONE, 0}, {"", 6, ANSWER_NONE, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct answer_match match = match_menu(words, normal(cases[i].text), cases[i].max);
        if (match.result != cases[i].result || match.choice != cases[i].key)
            fail_msg("\"%s\": %d %d", cases[i].text, match.result, match.choice);
    }
    /* The engine tells 9, 0 and 00 apart by the normalised text. */
    expect_str(normal(" 00 "), "00", "00");
    expect_str(normal("09."), "09", "09");
}

/* An option's text that has a no behind it is no answer; with another one's they are two. */
static void test_option_and_what_follows(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int32_t option;
    } rows[] = {
        {"food and water", 1},
        {"a safe place", 2},
        {"a safe place please", 2},
        {"a safe place for all of us", 2},
        {"a safe place no", 0},
        {"a safe place not", 0},
        {"a safe place, not here", 0},
        {"a safe place and food and water", -1},
        {"a safe", 0},
        {"a safe placement", 0},
        {"horses", 0},
        {"", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int32_t found = match_work(words, &four, normal(rows[i].text), false, arena);
        if (found != rows[i].option)
            fail_msg("\"%s\": %d", rows[i].text, (int)found);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_choice_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_option_and_what_follows, setup, teardown),
        cmocka_unit_test_setup_teardown(test_places_and_none, setup, teardown),
        cmocka_unit_test_setup_teardown(test_near_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(test_near_agreement, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_yes_that_doubts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_options_that_look_like_words, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nine_choices, setup, teardown),
        cmocka_unit_test_setup_teardown(test_number_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_word_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_open_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_menu_keys, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
