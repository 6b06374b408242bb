/*
 * What people say of themselves beside an answer, in seven languages: no time now, no idea what to
 * do, through with it; and commands behind words of courtesy.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "course_words.h"

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(1 << 17);
    return arena == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct str normal(const char *text)
{
    return match_normalise(str_from(text), arena);
}

static void expect_mood(enum mood mood, const char *const *texts, size_t n)
{
    uint32_t n_wrong = 0;
    for (size_t i = 0; i < n; i++) {
        arena_reset(arena);
        struct str text = normal(texts[i]);
        enum mood is = match_mood(course_words(), text);
        bool is_stop = mood != MOOD_NONE && match_is_stop(course_words(), text);
        if (is == mood && !is_stop)
            continue;
        print_error("\"%s\" is %s, mood %d\n", texts[i], is_stop ? "a STOP" : "no STOP", (int)is);
        n_wrong++;
    }
    assert_int_equal(n_wrong, 0);
}

static void test_no_time(void **state)
{
    (void)state;
    static const char *const texts[] = {"later",
                                        "Later please",
                                        "not now",
                                        "Not now, thanks",
                                        "I can't now",
                                        "I'm busy",
                                        "busy",
                                        "I am busy now",
                                        "i am at work",
                                        "wait",
                                        "please wait",
                                        "hold on",
                                        "just a minute",
                                        "one moment",
                                        "tomorrow",
                                        "maybe later",
                                        "I'll do it later",
                                        "i will continue tomorrow",
                                        "no time",
                                        "I have no time now",
                                        "I don't have time",
                                        "not ready yet",
                                        "another time",
                                        "give me time",
                                        "I am tired",
                                        "plus tard",
                                        "pas maintenant",
                                        "Pas maintenant, merci",
                                        "je suis occupé",
                                        "Je suis occupée maintenant",
                                        "attendez",
                                        "un moment",
                                        "demain",
                                        "je n'ai pas le temps",
                                        "pas le temps",
                                        "une autre fois",
                                        "je vais répondre plus tard",
                                        "luego",
                                        "más tarde",
                                        "ahora no",
                                        "no ahora",
                                        "no puedo ahora",
                                        "no tengo tiempo",
                                        "estoy ocupada",
                                        "espere",
                                        "un momento",
                                        "mañana",
                                        "lo hago después",
                                        "später",
                                        "spaeter",
                                        "jetzt nicht",
                                        "nicht jetzt",
                                        "noch nicht",
                                        "ich bin beschäftigt",
                                        "ich habe keine Zeit",
                                        "keine Zeit",
                                        "Moment bitte",
                                        "warten Sie",
                                        "ich mache das morgen",
                                        "ich kann jetzt nicht",
                                        "sonra",
                                        "daha sonra",
                                        "şimdi değil",
                                        "meşgulüm",
                                        "bekle",
                                        "bekleyin lütfen",
                                        "bir dakika",
                                        "yarın",
                                        "vaktim yok",
                                        "şu an müsait değilim",
                                        "позже",
                                        "потом",
                                        "не сейчас",
                                        "я занят",
                                        "занята",
                                        "подождите",
                                        "одну минуту",
                                        "нет времени",
                                        "завтра",
                                        "не могу сейчас",
                                        "у меня нет времени",
                                        "لاحقا",
                                        "بعدين",
                                        "ليس الآن",
                                        "مش الآن",
                                        "أنا مشغول",
                                        "انتظر",
                                        "لحظة",
                                        "غدا",
                                        "ليس لدي وقت",
                                        "ما عندي وقت",
                                        "baadaye",
                                        "si sasa"};
    expect_mood(MOOD_BUSY, texts, ARRAY_LEN(texts));
}

/* A lesson ends with "Stop here or reply 9": who says so wants to go on another day. */
static void test_a_stop_for_now_is_none(void **state)
{
    (void)state;
    static const char *const texts[] = {"stop here",
                                        "Stop here.",
                                        "stop for today",
                                        "Stop for today please",
                                        "stop for now",
                                        "stop until tomorrow",
                                        "I stop here for today",
                                        "I will stop here for today",
                                        "i'll stop here",
                                        "let me stop here",
                                        "I want to stop for today",
                                        "can we stop for today",
                                        "stop here and continue tomorrow",
                                        "stop for the day",
                                        "enough for today",
                                        "that's enough for now",
                                        "I am done for today",
                                        "no more for today",
                                        "pause for today",
                                        "quit for now",
                                        "I need a break",
                                        "arrêtez ici",
                                        "stop ici",
                                        "j'arrête ici",
                                        "je m'arrête ici pour aujourd'hui",
                                        "stop pour aujourd'hui",
                                        "on arrête pour ce soir",
                                        "arrêter jusqu'à demain",
                                        "assez pour aujourd'hui",
                                        "ça suffit pour aujourd'hui",
                                        "c'est tout pour aujourd'hui",
                                        "j'ai besoin d'une pause",
                                        "pare aquí",
                                        "paro aquí por hoy",
                                        "stop por hoy",
                                        "lo dejo por hoy",
                                        "quiero parar por hoy",
                                        "parar hasta mañana",
                                        "basta por hoy",
                                        "suficiente por hoy",
                                        "necesito un descanso",
                                        "burada durun",
                                        "burada duruyorum",
                                        "bugünlük yeter",
                                        "bugünlük bu kadar",
                                        "şimdilik dur",
                                        "bugün için yeter",
                                        "yarına kadar dur",
                                        "mola vermek istiyorum",
                                        "hier aufhören",
                                        "ich höre hier auf",
                                        "ich höre für heute auf",
                                        "ich möchte hier aufhören",
                                        "stopp für heute",
                                        "Schluss für heute",
                                        "genug für heute",
                                        "das reicht für heute",
                                        "für heute genug",
                                        "stopp bis morgen",
                                        "ich brauche eine Pause",
                                        "стоп на сегодня",
                                        "на сегодня хватит",
                                        "хватит на сегодня",
                                        "я остановлюсь здесь",
                                        "на сегодня всё",
                                        "стоп до завтра",
                                        "пока хватит",
                                        "мне нужен перерыв",
                                        "التوقف هنا",
                                        "سأتوقف هنا",
                                        "أريد أن أتوقف هنا اليوم",
                                        "يكفي اليوم",
                                        "توقف حتى الغد",
                                        "أحتاج إلى استراحة",
                                        "inatosha kwa leo",
                                        "naishia hapa leo"};
    expect_mood(MOOD_BUSY, texts, ARRAY_LEN(texts));
}

static void test_a_bare_stop_beside_it_is_one(void **state)
{
    (void)state;
    static const char *const stops[] = {"stop for today stop",
                                        "stop. enough for today",
                                        "enough for today, unsubscribe",
                                        "stop now",
                                        "stop today",
                                        "stop forever",
                                        "stop messages for today",
                                        "stop sending me messages for today",
                                        "I'm busy, stop",
                                        "arrêtez maintenant",
                                        "stopp jetzt",
                                        "basta",
                                        "хватит",
                                        "توقف",
                                        "dur"};
    for (size_t i = 0; i < ARRAY_LEN(stops); i++) {
        arena_reset(arena);
        if (!match_is_stop(course_words(), normal(stops[i])))
            fail_msg("\"%s\" is no STOP", stops[i]);
    }
}

static void test_no_idea(void **state)
{
    (void)state;
    static const char *const texts[] = {"I don't understand",
                                        "i dont understand",
                                        "I do not understand the question",
                                        "don't understand",
                                        "didn't get it",
                                        "I don't know",
                                        "dont know",
                                        "idk",
                                        "no idea",
                                        "I have no idea",
                                        "not sure",
                                        "I'm not sure",
                                        "I am confused",
                                        "too hard",
                                        "it's too hard",
                                        "This is too difficult",
                                        "difficult",
                                        "what?",
                                        "What",
                                        "which one?",
                                        "which one is right",
                                        "which answer",
                                        "how?",
                                        "why?",
                                        "what does this mean?",
                                        "what do you mean",
                                        "how do I answer",
                                        "what should I reply",
                                        "please explain",
                                        "huh",
                                        "what question?",
                                        "je ne comprends pas",
                                        "Je comprends pas",
                                        "je n'ai pas compris",
                                        "pas compris",
                                        "je ne sais pas",
                                        "trop difficile",
                                        "C'est trop dur",
                                        "quoi ?",
                                        "comment?",
                                        "laquelle ?",
                                        "qu'est-ce que ça veut dire ?",
                                        "aucune idée",
                                        "comment répondre",
                                        "no entiendo",
                                        "No entiendo la pregunta",
                                        "no sé",
                                        "muy difícil",
                                        "es muy difícil",
                                        "¿qué?",
                                        "¿cuál?",
                                        "¿cuál es?",
                                        "qué significa esto",
                                        "ni idea",
                                        "no estoy seguro",
                                        "cómo respondo",
                                        "ich verstehe nicht",
                                        "Ich verstehe das nicht",
                                        "verstehe die Frage nicht",
                                        "nicht verstanden",
                                        "weiß ich nicht",
                                        "ich weiß nicht",
                                        "zu schwer",
                                        "das ist zu schwierig",
                                        "was?",
                                        "welche?",
                                        "was bedeutet das",
                                        "was soll ich antworten",
                                        "keine Ahnung",
                                        "anlamadım",
                                        "soruyu anlamadım",
                                        "bilmiyorum",
                                        "çok zor",
                                        "zor",
                                        "ne?",
                                        "hangisi?",
                                        "ne demek",
                                        "emin değilim",
                                        "nasıl cevap vereceğim",
                                        "не понимаю",
                                        "я не понял",
                                        "не знаю",
                                        "сложно",
                                        "слишком сложно",
                                        "что?",
                                        "какой?",
                                        "что это значит",
                                        "как ответить",
                                        "непонятно",
                                        "لا أفهم",
                                        "لم أفهم السؤال",
                                        "مش فاهم",
                                        "لا أعرف",
                                        "صعب",
                                        "صعب جدا",
                                        "ماذا؟",
                                        "كيف؟",
                                        "ماذا يعني هذا",
                                        "sielewi"};
    expect_mood(MOOD_LOST, texts, ARRAY_LEN(texts));
}

static void test_through_with_it(void **state)
{
    (void)state;
    static const char *const texts[] = {"I finished",
                                        "finished",
                                        "I have finished",
                                        "done",
                                        "I am done",
                                        "I'm done",
                                        "i've done it",
                                        "I already answered",
                                        "I finished the lesson",
                                        "completed",
                                        "all done",
                                        "that's all",
                                        "j'ai fini",
                                        "J'ai terminé",
                                        "fini",
                                        "j'ai déjà répondu",
                                        "c'est fini",
                                        "terminé",
                                        "ya terminé",
                                        "terminé",
                                        "he terminado",
                                        "ya acabé",
                                        "ya respondí",
                                        "fertig",
                                        "ich bin fertig",
                                        "ich habe alles gelesen",
                                        "schon erledigt",
                                        "bitirdim",
                                        "tamamladım",
                                        "bitti",
                                        "dersi bitirdim",
                                        "я закончил",
                                        "закончила",
                                        "готово",
                                        "я все сделал",
                                        "انتهيت",
                                        "لقد انتهيت",
                                        "خلصت",
                                        "nimemaliza"};
    expect_mood(MOOD_THROUGH, texts, ARRAY_LEN(texts));
}

/* Answers, commands, and sentences about something else. */
static void test_none_of_it(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "1",
                                        "2",
                                        "yes",
                                        "no",
                                        "ok",
                                        "next",
                                        "menu",
                                        "stop",
                                        "a child who waits at the border",
                                        "I will talk to her later",
                                        "the time of the child",
                                        "not separated",
                                        "hard work",
                                        "the busy street",
                                        "I know what to do",
                                        "I understand",
                                        "no time for the children",
                                        "which children are alone",
                                        "oui",
                                        "ja",
                                        "si",
                                        "nein",
                                        "evet",
                                        "да",
                                        "نعم",
                                        "the end",
                                        "finish the school",
                                        "je comprends",
                                        "entiendo",
                                        "ich verstehe",
                                        "anladim",
                                        "понимаю"};
    expect_mood(MOOD_NONE, texts, ARRAY_LEN(texts));
}

/* ---- commands behind words of courtesy ---- */

static void test_commands_politely(void **state)
{
    (void)state;
    static const struct {
        const char *lang, *text;
        enum command command;
        const char *argument;
    } cases[] = {{"en", "please group", COMMAND_GROUP, ""},
                 {"en", "please leave", COMMAND_LEAVE, ""},
                 {"en", "Please leave the group", COMMAND_LEAVE, "the group"},
                 {"en", "hello, join 482156", COMMAND_JOIN, "482156"},
                 {"en", "please ask when do we meet", COMMAND_ASK, "when do we meet"},
                 {"en", "pls claim a@example.org", COMMAND_CLAIM, "a@example.org"},
                 {"en", "please help", COMMAND_HELP, ""},
                 {"en", "please courses", COMMAND_COURSES, ""},
                 {"fr", "svp groupe", COMMAND_GROUP, ""},
                 {"fr", "s'il vous plaît groupe", COMMAND_GROUP, ""},
                 {"fr", "bonjour quitter", COMMAND_LEAVE, ""},
                 {"es", "por favor grupo", COMMAND_GROUP, ""},
                 {"de", "bitte gruppe", COMMAND_GROUP, ""},
                 {"tr", "lütfen grup", COMMAND_GROUP, ""},
                 {"tr", "lütfen ayrıl", COMMAND_LEAVE, ""},
                 {"ru", "пожалуйста группа", COMMAND_GROUP, ""},
                 {"ar", "من فضلك مجموعة", COMMAND_GROUP, ""},
                 /* what has rules of its own, and what is no command there */
                 {"en", "please stop", COMMAND_NONE, ""},
                 {"en", "i safe", COMMAND_NONE, ""},
                 {"en", "please delete 1", COMMAND_NONE, ""},
                 {"en", "the group please", COMMAND_NONE, ""},
                 {"en", "please", COMMAND_NONE, ""},
                 {"en", "bitte gruppe", COMMAND_NONE, ""},
                 {"en", "", COMMAND_NONE, ""}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        arena_reset(arena);
        struct command_match match =
            match_command_politely(course_words(), normal(cases[i].text), cases[i].lang);
        if (match.command != cases[i].command)
            fail_msg("\"%s\" is %s", cases[i].text, command_row(match.command)->name);
        if (match.command != COMMAND_NONE && !str_eq(match.argument, str_from(cases[i].argument)))
            fail_msg("\"%s\" has \"%.*s\"", cases[i].text, STR_ARG(match.argument));
    }
}

/* ---- words that only marks tell from a yes or no ---- */

static void test_marks_make_another_word(void **state)
{
    (void)state;
    static const char *const marked[] = {
        "ölür", "Ölür", "ÖLÜR", "annem ölür", "o\u0308lu\u0308r", "öl", "Öl lütfen"};
    static const char *const plain[] = {
        "olur", "OLUR",   "olur \U0001f44d", "olur\U0001f44d", "sí",     "evet, olur",
        "on",   "sağ ol", "sağ olun",        "d'accord",       "größer", ""};
    for (size_t i = 0; i < ARRAY_LEN(marked); i++)
        assert_true(match_is_marked(course_words(), str_from(marked[i]), arena));
    for (size_t i = 0; i < ARRAY_LEN(plain); i++)
        assert_false(match_is_marked(course_words(), str_from(plain[i]), arena));
}

/* Frequent words, each with the marks with which it is written: none is a yes or no but those that
 * are. */
static void test_frequent_words_with_marks_agree_to_nothing(void **state)
{
    (void)state;
    static const char *const frequent[] = {
        "où",     "là",      "été",       "même",   "après",  "déjà",  "très",  "à",
        "ça",     "né",      "dû",        "père",   "mère",   "frère", "école", "problème",
        "être",   "voilà",   "peut-être", "élève",  "forêt",  "más",   "así",   "está",
        "día",    "también", "qué",       "él",     "té",     "sé",    "sólo",  "aún",
        "niño",   "año",     "mamá",      "papá",   "aquí",   "allí",  "están", "adiós",
        "schön",  "für",     "über",      "können", "müssen", "hören", "früh",  "grün",
        "möchte", "täglich", "heiß",      "groß",   "straße", "tür",   "kühl",  "ön",
        "öl",     "ölür",    "ölü",       "gün",    "iş",     "kız",   "ağır",  "önce",
        "dün",    "şu",      "kül",       "bölüm",  "gör",    "ör",    "yüz",   "ağ",
        "göl",    "çocuk",   "kötü",      "güzel",  "söz",    "şey",   "çok",   "ağla",
        "böyle",  "şöyle",   "köy",       "büyük",  "küçük",  "ülke"};
    uint32_t n_wrong = 0;
    for (size_t i = 0; i < ARRAY_LEN(frequent); i++) {
        arena_reset(arena);
        bool is_marked = match_is_marked(course_words(), str_from(frequent[i]), arena);
        if (is_marked || match_agreement(course_words(), normal(frequent[i])) == AGREEMENT_NONE)
            continue;
        print_error("%s is a yes or no\n", frequent[i]);
        n_wrong++;
    }
    assert_int_equal(n_wrong, 0);
}

/* ---- commands as people type them ---- */

/* Each keyword of each language as phones and people write it. */
static void test_keywords_in_all_dresses(void **state)
{
    (void)state;
    static const char *const dresses[][2] = {
        {"", ""},       {" ", " "},           {"", "."},       {"", "!"},           {"", "?"},
        {"\"", "\""},   {"(", ")"},           {"*", "*"},      {"-", ""},           {"", ","},
        {"\u200f", ""}, {"\u00ab", "\u00bb"}, {"", "\u3002"},  {"", " \U0001f64f"}, {"", "\r\n"},
        {"\ufeff", ""}, {"", " please"},      {"", ", thanks"}};
    const struct vocabulary *words = course_words();
    uint32_t n = 0, n_wrong = 0;
    for (uint32_t i = 0; i < words->n_rows; i++) {
        const struct word_row *row = &words->rows[i];
        char word[64], text[160], lang[WORDS_LANG_BYTES];
        if (row->kind != WORD_KEYWORD || row->is_pair ||
            str_copy(row->text, word, sizeof(word)) != ERR_OK ||
            str_copy(words->langs[row->lang], lang, sizeof(lang)) != ERR_OK)
            continue;
        for (size_t k = 0; k < ARRAY_LEN(dresses); k++, n++) {
            arena_reset(arena);
            (void)snprintf(text, sizeof(text), "%s%s%s", dresses[k][0], word, dresses[k][1]);
            enum command is = match_command(words, normal(text), lang).command;
            if (is == (enum command)row->which)
                continue;
            print_error("%s: \"%s\" is %s\n", lang, text, command_row(is)->name);
            n_wrong++;
        }
    }
    assert_in_range(n, 3000, UINT32_MAX);
    assert_int_equal(n_wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_time),
        cmocka_unit_test(test_a_stop_for_now_is_none),
        cmocka_unit_test(test_a_bare_stop_beside_it_is_one),
        cmocka_unit_test(test_no_idea),
        cmocka_unit_test(test_through_with_it),
        cmocka_unit_test(test_none_of_it),
        cmocka_unit_test(test_commands_politely),
        cmocka_unit_test(test_marks_make_another_word),
        cmocka_unit_test(test_frequent_words_with_marks_agree_to_nothing),
        cmocka_unit_test(test_keywords_in_all_dresses),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
