/*
 * Answers in people's own words to the two questions that everybody is asked first, in seven
 * languages and Swahili: what can only be one option is that, everything else is asked again and
 * recorded as nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "course_tongues.h"

struct row {
    const char *lang;
    int32_t option; /* 0: asked again */
    const char *texts[24];
};

static const struct event *find_event(enum event_kind kind)
{
    for (uint32_t i = 0; i < out.n_events; i++) {
        if (out.events[i].kind == kind)
            return &out.events[i];
    }
    return NULL;
}

/* Answers nothing but this, whatever stands in it is no alarm. */
static void expect(const struct place *place, enum event_kind kind, const struct row *rows,
                   size_t n)
{
    uint32_t n_wrong = 0;
    for (size_t i = 0; i < n; i++) {
        for (const char *const *text = rows[i].texts; *text != NULL; text++) {
            struct learner l = learner_at(place, str_from(rows[i].lang));
            say(&l, str_from(*text));
            const struct event *event = find_event(kind);
            bool is_again = out.next.state == place->state && !str_is_empty(out.reply);
            bool is_right = rows[i].option != 0 ? event != NULL && event->choice == rows[i].option
                                                : event == NULL && is_again;
            if (is_right && find_event(EVENT_safe_raised) == NULL)
                continue;
            print_error("%s, \"%s\": %d, not %d\n", rows[i].lang, *text,
                        event != NULL ? (int)event->choice : -1, (int)rows[i].option);
            n_wrong++;
        }
    }
    assert_int_equal(n_wrong, 0);
}

static void test_work(void **state)
{
    (void)state;
    static const struct place place = {LEARNER_STATE_ROLE, "role"};
    static const struct row rows[] = {
        {"en", 1, {"I'm a social worker", "caseworker", "child protection officer", NULL}},
        {"en", 2, {"I am a volunteer", "I volunteer with unicef", "red cross volunteer", NULL}},
        {"en", 3, {"teacher at a school", "I work as a teacher", "headteacher", "I teach", NULL}},
        {"en", 4, {"nurse", "I am a nurse at a hospital", "community health worker", "CHW", NULL}},
        {"en", 5, {"police", "policeman", "border guard", "immigration officer", NULL}},
        {"en", 6, {"student", "soldier", "none", "I don't work", "housewife", "farmer", NULL}},
        {"en",
         0,
         {"teacher and volunteer", "teacher not volunteer", "not a teacher", "manager", "hello",
          "I have been a volunteer and a nurse", "1 or 2", "why do you ask", "ngo", NULL}},
        {"fr", 1, {"travailleuse sociale", "Assistante sociale à Lyon", NULL}},
        {"fr", 2, {"je suis bénévole", "je suis volontaire", NULL}},
        {"fr", 3, {"professeur", "enseignante", "enseignant dans une école", NULL}},
        {"fr", 4, {"infirmière", "sage-femme", "agent de santé", NULL}},
        {"fr", 5, {"policier", "gendarme", "garde-frontière", NULL}},
        {"fr", 6, {"étudiante", "sans emploi", "aucun", NULL}},
        {"fr", 0, {"éducateur", "2 ans", "bonjour", "enseignante et bénévole", NULL}},
        {"es", 1, {"trabajadora social", "educador social", NULL}},
        {"es", 2, {"soy voluntaria", "voluntario de la cruz roja", NULL}},
        {"es", 3, {"profesor", "soy maestra en una escuela", "docente", NULL}},
        {"es", 4, {"enfermera", "médico", "promotora de salud", NULL}},
        {"es", 5, {"policía", "guardia fronterizo", NULL}},
        {"es", 6, {"ama de casa", "no tengo trabajo", "ninguno", NULL}},
        {"es", 0, {"buenos días", "maestra y enfermera", NULL}},
        {"de", 1, {"Sozialarbeiterin", "ich bin Sozialpädagoge", NULL}},
        {"de", 2, {"Freiwillige", "ehrenamtlich", "ich bin Freiwilliger", NULL}},
        {"de", 3, {"Lehrer", "Lehrerin an einer Schule", NULL}},
        {"de", 4, {"Krankenschwester", "Ärztin", "Hebamme", NULL}},
        {"de", 5, {"Polizistin", "Grenzschutz", NULL}},
        {"de", 6, {"Studentin", "arbeitslos", "keine", NULL}},
        {"de", 0, {"Erzieherin", "guten Tag", NULL}},
        {"tr", 1, {"sosyal çalışmacı", "sosyal hizmet uzmanıyım", NULL}},
        {"tr", 2, {"gönüllüyüm", "kızılay gönüllüsü", NULL}},
        {"tr", 3, {"öğretmenim", "öğretmen olarak çalışıyorum", NULL}},
        {"tr", 4, {"hemşire", "doktorum", "sağlık çalışanı", NULL}},
        {"tr", 5, {"polis memuru", "sınır görevlisi", NULL}},
        {"tr", 6, {"öğrenciyim", "işsiz", "hiçbiri", NULL}},
        {"tr", 0, {"merhaba", "öğretmen ve gönüllü", NULL}},
        {"ru", 1, {"социальный работник", "соцработник", NULL}},
        {"ru", 2, {"я волонтёр", "доброволец", NULL}},
        {"ru", 3, {"учитель в школе", "преподаватель", NULL}},
        {"ru", 4, {"медсестра", "врач", "фельдшер", NULL}},
        {"ru", 5, {"полицейский", "пограничник", NULL}},
        {"ru", 6, {"студентка", "не работаю", "юрист", NULL}},
        {"ru", 0, {"здравствуйте", "учитель и волонтер", NULL}},
        {"ar", 1, {"أخصائية اجتماعية", "أنا عامل اجتماعي", NULL}},
        {"ar", 2, {"أنا متطوعة", "متطوع في الهلال الأحمر", NULL}},
        {"ar", 3, {"معلمة", "مدرّسة في مدرسة", "أستاذ", NULL}},
        {"ar", 4, {"ممرضة", "طبيب", "عامل صحي", NULL}},
        {"ar", 5, {"شرطي", "حرس الحدود", NULL}},
        {"ar", 6, {"طالبة", "ربة منزل", "لا أعمل", NULL}},
        {"ar", 0, {"السلام عليكم", "لاحقا", "أنا جاهز", "معلمة ومتطوعة", NULL}},
        {"en", 3, {"mwalimu", "mimi ni mwalimu wa shule ya msingi", NULL}},
        {"en", 4, {"muuguzi", "mhudumu wa afya", NULL}},
        {"en", 1, {"mfanyakazi wa jamii", NULL}},
    };
    expect(&place, EVENT_role_set, rows, ARRAY_LEN(rows));
}

static void test_time_of_day(void **state)
{
    (void)state;
    static const struct place place = {LEARNER_STATE_PLAN, ""};
    static const struct row rows[] = {
        {"en", 1, {"10am", "7.30 am", "before work", "early morning", "7 am daily", NULL}},
        {"en", 2, {"noon", "12:30", "lunch time", "1 pm", NULL}},
        {"en",
         3,
         {"6 pm", "7.30pm", "7:30 pm", "18h", "18h30", "18", "1800", "20:15", "after work",
          "in the evening", "late evening", "I am free in the evening", "evening is best",
          "before bed", "7 to 8 pm", "evening at 7", NULL}},
        {"en",
         0,
         {"afternoon",
          "in the afternoon",
          "any",
          "anytime",
          "any time",
          "6",
          "at 8",
          "around 9",
          "8 o'clock",
          "every day",
          "whenever I can",
          "it depends",
          "morning or evening",
          "all of them",
          "weekend",
          "now",
          "3 pm",
          "12",
          "I don't know",
          "ok",
          "between 6 and 8",
          NULL}},
        {"fr", 1, {"tôt le matin", "vers 8h", "7h30", NULL}},
        {"fr", 2, {"à midi", "12h30", NULL}},
        {"fr", 3, {"18h30", "19 heures", "en soirée", "6h du soir", "après le travail", NULL}},
        {"fr", 0, {"l'après-midi", "n'importe quand", "ça dépend", "tous les jours", NULL}},
        {"es", 1, {"por la mañana", "7 de la mañana", NULL}},
        {"es", 2, {"al mediodía", "después del almuerzo", NULL}},
        {"es", 3, {"por la noche", "a las 6 pm", "6 de la tarde", "a las 18:30", NULL}},
        {"es", 0, {"por la tarde", "a cualquier hora", "a las 6", "siempre", "depende", NULL}},
        {"de", 1, {"morgens", "in der Früh", "8 Uhr", "7:30 Uhr", NULL}},
        {"de", 2, {"mittags", "12 Uhr", NULL}},
        {"de", 3, {"18:30 Uhr", "nach Feierabend", "abends nach 6", NULL}},
        {"de", 0, {"nachmittags", "jederzeit", "egal", "morgen", "um 8", NULL}},
        {"tr", 1, {"sabah 8", "sabahları", NULL}},
        {"tr", 2, {"öğle arası", "12:30", NULL}},
        {"tr", 3, {"akşam 8'de", "iş çıkışı", "18:30", NULL}},
        {"tr", 0, {"öğleden sonra", "her zaman", "fark etmez", "saat 6", NULL}},
        {"ru", 1, {"по утрам", "в 8 утра", NULL}},
        {"ru", 2, {"в обед", "12:30", NULL}},
        {"ru", 3, {"в 18:30", "в 6 вечера", "после работы", NULL}},
        {"ru", 0, {"после обеда", "в любое время", "без разницы", "в 6", NULL}},
        {"ar", 1, {"في الصباح", "الساعة 8 صباحا", "بعد الفجر", NULL}},
        {"ar", 2, {"الظهر", "وقت الغداء", NULL}},
        {"ar", 3, {"الساعة ٦ مساء", "١٨:٣٠", "بالليل", "بعد المغرب", NULL}},
        {"ar", 0, {"بعد الظهر", "في أي وقت", "الساعة 6", "غدا", "كل يوم", NULL}},
        {"en", 3, {"saa moja jioni", "baada ya kazi", NULL}},
        {"en", 0, {"wakati wowote", "kila siku", NULL}},
    };
    expect(&place, EVENT_planned, rows, ARRAY_LEN(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_work),
        cmocka_unit_test(test_time_of_day),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
