#include "core/match/words.h"

#define W(word)                                                                                    \
    {                                                                                              \
        (word), sizeof(word) - 1                                                                   \
    }

const struct keyword match_keywords[] = {
    {COMMAND_JOIN, "en", W("join")},
    {COMMAND_JOIN, "en", W("start")},
    {COMMAND_JOIN, "fr", W("debut")},
    {COMMAND_JOIN, "fr", W("commencer")},
    {COMMAND_JOIN, "es", W("inicio")},
    {COMMAND_JOIN, "es", W("empezar")},
    {COMMAND_JOIN, "tr", W("katil")},
    {COMMAND_JOIN, "tr", W("basla")},
    {COMMAND_JOIN, "de", W("mitmachen")},
    {COMMAND_JOIN, "ru", W("старт")},
    {COMMAND_JOIN, "ru", W("начать")},
    {COMMAND_JOIN, "ar", W("ابدا")},
    {COMMAND_JOIN, "ar", W("انضم")},

    {COMMAND_MENU, "en", W("menu")},
    {COMMAND_MENU, "de", W("menue")},
    {COMMAND_MENU, "ru", W("меню")},
    {COMMAND_MENU, "ar", W("قايمه")},

    {COMMAND_NEXT, "en", W("next")},
    {COMMAND_NEXT, "en", W("n")},
    {COMMAND_NEXT, "fr", W("suite")},
    {COMMAND_NEXT, "fr", W("suivant")},
    {COMMAND_NEXT, "es", W("siguiente")},
    {COMMAND_NEXT, "es", W("sig")},
    {COMMAND_NEXT, "tr", W("ileri")},
    {COMMAND_NEXT, "tr", W("devam")},
    {COMMAND_NEXT, "de", W("weiter")},
    {COMMAND_NEXT, "ru", W("далее")},
    {COMMAND_NEXT, "ru", W("дальше")},
    {COMMAND_NEXT, "ar", W("تالي")},

    {COMMAND_BACK, "en", W("back")},
    {COMMAND_BACK, "fr", W("retour")},
    {COMMAND_BACK, "es", W("atras")},
    {COMMAND_BACK, "es", W("volver")},
    {COMMAND_BACK, "tr", W("geri")},
    {COMMAND_BACK, "de", W("zuruck")},
    {COMMAND_BACK, "de", W("zurueck")},
    {COMMAND_BACK, "ru", W("назад")},
    {COMMAND_BACK, "ar", W("رجوع")},
    {COMMAND_BACK, "ar", W("سابق")},

    {COMMAND_REPEAT, "en", W("repeat")},
    {COMMAND_REPEAT, "fr", W("repeter")},
    {COMMAND_REPEAT, "es", W("repetir")},
    {COMMAND_REPEAT, "tr", W("tekrar")},
    {COMMAND_REPEAT, "de", W("nochmal")},
    {COMMAND_REPEAT, "ru", W("повтор")},
    {COMMAND_REPEAT, "ar", W("اعاده")},

    {COMMAND_SCORE, "en", W("score")},
    {COMMAND_SCORE, "fr", W("points")},
    {COMMAND_SCORE, "es", W("puntos")},
    {COMMAND_SCORE, "es", W("nota")},
    {COMMAND_SCORE, "tr", W("puan")},
    {COMMAND_SCORE, "de", W("punkte")},
    {COMMAND_SCORE, "ru", W("баллы")},
    {COMMAND_SCORE, "ar", W("نتيجه")},
    {COMMAND_SCORE, "ar", W("نقاط")},

    {COMMAND_LANG, "en", W("lang")},
    {COMMAND_LANG, "fr", W("langue")},
    {COMMAND_LANG, "es", W("idioma")},
    {COMMAND_LANG, "tr", W("dil")},
    {COMMAND_LANG, "de", W("sprache")},
    {COMMAND_LANG, "ru", W("язык")},
    {COMMAND_LANG, "ar", W("لغه")},

    {COMMAND_HELP, "en", W("help")},
    {COMMAND_HELP, "en", W("info")},
    {COMMAND_HELP, "fr", W("aide")},
    {COMMAND_HELP, "es", W("ayuda")},
    {COMMAND_HELP, "tr", W("yardim")},
    {COMMAND_HELP, "de", W("hilfe")},
    {COMMAND_HELP, "ru", W("помощь")},
    {COMMAND_HELP, "ar", W("مساعده")},

    /* What aggregators block on, whatever the learner's language. */
    {COMMAND_STOP, "en", W("stop")},
    {COMMAND_STOP, "en", W("stopall")},
    {COMMAND_STOP, "en", W("unsubscribe")},
    {COMMAND_STOP, "en", W("cancel")},
    {COMMAND_STOP, "en", W("end")},
    {COMMAND_STOP, "en", W("quit")},
    {COMMAND_STOP, "en", W("optout")},
    {COMMAND_STOP, "en", W("opt-out")},
    {COMMAND_STOP, "en", W("revoke")},
    {COMMAND_STOP, "en", W("remove")},
    {COMMAND_STOP, "en", W("arret")},
    {COMMAND_STOP, "en", W("td")},
    {COMMAND_STOP, "fr", W("arreter")},
    {COMMAND_STOP, "es", W("baja")},
    {COMMAND_STOP, "es", W("alto")},
    {COMMAND_STOP, "es", W("parar")},
    {COMMAND_STOP, "tr", W("dur")},
    {COMMAND_STOP, "tr", W("ret")},
    {COMMAND_STOP, "tr", W("iptal")},
    {COMMAND_STOP, "de", W("stopp")},
    {COMMAND_STOP, "de", W("abmelden")},
    {COMMAND_STOP, "ru", W("стоп")},
    {COMMAND_STOP, "ru", W("отписка")},
    {COMMAND_STOP, "ar", W("توقف")},
    {COMMAND_STOP, "ar", W("قف")},
    {COMMAND_STOP, "ar", W("ايقاف")},

    {COMMAND_SAFE, "en", W("safe")},
    {COMMAND_SAFE, "fr", W("danger")},
    {COMMAND_SAFE, "fr", W("secours")},
    {COMMAND_SAFE, "es", W("peligro")},
    {COMMAND_SAFE, "es", W("auxilio")},
    {COMMAND_SAFE, "tr", W("tehlike")},
    {COMMAND_SAFE, "tr", W("imdat")},
    {COMMAND_SAFE, "de", W("gefahr")},
    {COMMAND_SAFE, "de", W("notfall")},
    {COMMAND_SAFE, "ru", W("опасность")},
    {COMMAND_SAFE, "ru", W("sos")},
    {COMMAND_SAFE, "ar", W("خطر")},
    {COMMAND_SAFE, "ar", W("نجده")},

    {COMMAND_PAUSE, "en", W("pause")},
    {COMMAND_PAUSE, "es", W("pausa")},
    {COMMAND_PAUSE, "tr", W("ara")},
    {COMMAND_PAUSE, "ru", W("пауза")},
    {COMMAND_PAUSE, "ar", W("وقفه")},

    {COMMAND_CATCH, "en", W("catch")},
    {COMMAND_CATCH, "fr", W("rattraper")},
    {COMMAND_CATCH, "es", W("ponerse")},
    {COMMAND_CATCH, "es", W("repaso")},
    {COMMAND_CATCH, "tr", W("telafi")},
    {COMMAND_CATCH, "de", W("nachholen")},
    {COMMAND_CATCH, "ru", W("догнать")},
    {COMMAND_CATCH, "ar", W("استدراك")},

    {COMMAND_CERT, "en", W("cert")},
    {COMMAND_CERT, "fr", W("certificat")},
    {COMMAND_CERT, "es", W("certificado")},
    {COMMAND_CERT, "tr", W("belge")},
    {COMMAND_CERT, "de", W("zertifikat")},
    {COMMAND_CERT, "ru", W("сертификат")},
    {COMMAND_CERT, "ar", W("شهاده")},

    {COMMAND_CHECK, "en", W("check")},
    {COMMAND_CHECK, "fr", W("verifier")},
    {COMMAND_CHECK, "es", W("verificar")},
    {COMMAND_CHECK, "tr", W("dogrula")},
    {COMMAND_CHECK, "de", W("prufen")},
    {COMMAND_CHECK, "de", W("pruefen")},
    {COMMAND_CHECK, "ru", W("проверить")},
    {COMMAND_CHECK, "ar", W("تحقق")},

    {COMMAND_SWITCH, "en", W("switch")},
    {COMMAND_SWITCH, "fr", W("changer")},
    {COMMAND_SWITCH, "es", W("cambiar")},
    {COMMAND_SWITCH, "tr", W("degistir")},
    {COMMAND_SWITCH, "de", W("wechsel")},
    {COMMAND_SWITCH, "ru", W("сменить")},
    {COMMAND_SWITCH, "ar", W("تبديل")},

    {COMMAND_DELETE, "en", W("delete")},
    {COMMAND_DELETE, "fr", W("effacer")},
    {COMMAND_DELETE, "es", W("borrar")},
    {COMMAND_DELETE, "tr", W("sil")},
    {COMMAND_DELETE, "de", W("loschen")},
    {COMMAND_DELETE, "de", W("loeschen")},
    {COMMAND_DELETE, "ru", W("удалить")},
    {COMMAND_DELETE, "ar", W("حذف")},

    {COMMAND_YES, "en", W("yes")},
    {COMMAND_YES, "fr", W("oui")},
    {COMMAND_YES, "es", W("si")},
    {COMMAND_YES, "tr", W("evet")},
    {COMMAND_YES, "de", W("ja")},
    {COMMAND_YES, "ru", W("да")},
    {COMMAND_YES, "ar", W("نعم")},

    {COMMAND_NO, "en", W("no")},
    {COMMAND_NO, "fr", W("non")},
    {COMMAND_NO, "tr", W("hayir")},
    {COMMAND_NO, "de", W("nein")},
    {COMMAND_NO, "ru", W("нет")},
    {COMMAND_NO, "ar", W("لا")},
};
const size_t match_n_keywords = ARRAY_LEN(match_keywords);

const struct number_word match_number_words[] = {
    {0, W("zero")},   {1, W("one")},    {2, W("two")},    {3, W("three")}, {4, W("four")},
    {5, W("five")},   {6, W("six")},    {7, W("seven")},  {8, W("eight")}, {9, W("nine")},
    {1, W("un")},     {1, W("une")},    {2, W("deux")},   {3, W("trois")}, {4, W("quatre")},
    {5, W("cinq")},   {7, W("sept")},   {8, W("huit")},   {9, W("neuf")},  {0, W("cero")},
    {1, W("uno")},    {1, W("una")},    {2, W("dos")},    {3, W("tres")},  {4, W("cuatro")},
    {5, W("cinco")},  {6, W("seis")},   {7, W("siete")},  {8, W("ocho")},  {9, W("nueve")},
    {0, W("sifir")},  {1, W("bir")},    {2, W("iki")},    {3, W("uc")},    {4, W("dort")},
    {5, W("bes")},    {6, W("alti")},   {7, W("yedi")},   {8, W("sekiz")}, {9, W("dokuz")},
    {0, W("null")},   {1, W("ein")},    {1, W("eins")},   {1, W("eine")},  {2, W("zwei")},
    {2, W("zwo")},    {3, W("drei")},   {4, W("vier")},   {5, W("funf")},  {5, W("fuenf")},
    {6, W("sechs")},  {7, W("sieben")}, {8, W("acht")},   {9, W("neun")},  {0, W("ноль")},
    {1, W("один")},   {1, W("одна")},   {2, W("два")},    {2, W("две")},   {3, W("три")},
    {4, W("четыре")}, {5, W("пять")},   {6, W("шесть")},  {7, W("семь")},  {8, W("восемь")},
    {9, W("девять")}, {0, W("صفر")},    {1, W("واحد")},   {1, W("واحده")}, {2, W("اثنان")},
    {2, W("اثنين")},  {2, W("اثنتان")}, {3, W("ثلاثه")},  {3, W("ثلاث")},  {4, W("اربعه")},
    {4, W("اربع")},   {5, W("خمسه")},   {5, W("خمس")},    {6, W("سته")},   {6, W("ست")},
    {7, W("سبعه")},   {7, W("سبع")},    {8, W("ثمانيه")}, {8, W("ثماني")}, {9, W("تسعه")},
    {9, W("تسع")},
};
const size_t match_n_number_words = ARRAY_LEN(match_number_words);

const struct str match_filler_words[] = {
    W("no"),      W("nr"),     W("num"),     W("number"),  W("answer"), W("ans"),
    W("option"),  W("choice"), W("or"),      W("and"),     W("is"),     W("it"),
    W("its"),     W("my"),     W("the"),     W("please"),  W("numero"), W("n"),
    W("reponse"), W("choix"),  W("ou"),      W("et"),      W("la"),     W("respuesta"),
    W("opcion"),  W("o"),      W("y"),       W("numara"),  W("cevap"),  W("secenek"),
    W("veya"),    W("ve"),     W("nummer"),  W("antwort"), W("oder"),   W("und"),
    W("номер"),   W("ответ"),  W("вариант"), W("или"),     W("и"),      W("رقم"),
    W("جواب"),    W("اجابه"),  W("او"),      W("و"),       W("خيار"),
};
const size_t match_n_filler_words = ARRAY_LEN(match_filler_words);

const struct str match_courtesy_words[] = {
    W("please"), W("pls"),   W("plz"),    W("thanks"),      W("thank"),      W("thx"),
    W("you"),    W("now"),   W("me"),     W("it"),          W("this"),       W("all"),
    W("i"),      W("agree"), W("ok"),     W("do"),          W("sir"),        W("madam"),
    W("lesson"), W("merci"), W("svp"),    W("s'il"),        W("vous"),       W("plait"),
    W("moi"),    W("por"),   W("favor"),  W("gracias"),     W("ya"),         W("bitte"),
    W("danke"),  W("jetzt"), W("lutfen"), W("tesekkurler"), W("пожалуйста"), W("спасибо"),
    W("شكرا"),   W("من"),    W("فضلك"),   W("رجاء"),
};
const size_t match_n_courtesy_words = ARRAY_LEN(match_courtesy_words);

const struct str match_strong_stop_words[] = {
    W("stop"),    W("stopp"),    W("stopall"), W("unsubscribe"), W("optout"),
    W("opt-out"), W("abmelden"), W("стоп"),    W("отписка"),     W("توقف"),
};
const size_t match_n_strong_stop_words = ARRAY_LEN(match_strong_stop_words);

const struct str match_stop_phrases[] = {
    /* English */
    W("please stop"),
    W("stop sending"),
    W("stop texting"),
    W("stop messaging"),
    W("stop these messages"),
    W("stop the messages"),
    W("stop all messages"),
    W("no more messages"),
    W("no more texts"),
    W("no more sms"),
    W("do not text me"),
    W("don't text me"),
    W("dont text me"),
    W("do not message me"),
    W("don't message me"),
    W("dont message me"),
    W("do not send me any"),
    W("don't send me any"),
    W("dont send me any"),
    W("do not send me more"),
    W("don't send me more"),
    W("dont send me more"),
    W("unsubscribe me"),
    W("remove me from"),
    W("take me off"),
    W("opt me out"),
    W("opt out"),
    /* French */
    W("ne m'envoyez plus"),
    W("ne m envoyez plus"),
    W("m'envoyez plus"),
    W("n'envoyez plus"),
    W("ne m'ecrivez plus"),
    W("ne plus recevoir"),
    W("plus recevoir de messages"),
    W("plus recevoir vos messages"),
    W("arretez d'envoyer"),
    W("arretez de m'envoyer"),
    W("arretez les messages"),
    W("desabonnez moi"),
    W("desabonnez-moi"),
    W("me desabonner"),
    /* Spanish */
    W("no me envien mas"),
    W("no me envie mas"),
    W("no me manden mas"),
    W("no me mande mas"),
    W("no envien mas"),
    W("no mas mensajes"),
    W("no quiero mas mensajes"),
    W("no quiero recibir mas"),
    W("dejen de enviar"),
    W("deje de enviar"),
    W("darme de baja"),
    W("denme de baja"),
    /* Turkish */
    W("mesaj atmayin"),
    W("mesaj gondermeyin"),
    W("mesaj istemiyorum"),
    W("mesaj almak istemiyorum"),
    /* German */
    W("keine nachrichten mehr"),
    W("keine sms mehr"),
    W("nicht mehr schreiben"),
    W("nichts mehr schicken"),
    W("nichts mehr senden"),
    W("horen sie auf"),
    W("hoeren sie auf"),
    W("bitte abmelden"),
    /* Russian */
    W("не присылайте"),
    W("не отправляйте мне"),
    W("не пишите мне"),
    W("больше не пишите"),
    W("отпишите меня"),
    W("хватит писать"),
    /* Arabic */
    W("لا ترسل"),
    W("لا ترسلوا"),
    W("لا تراسلوني"),
    W("لا اريد رسايل"),
    W("اوقفوا رسايل"),
    W("غاء اشتراك"),
};
const size_t match_n_stop_phrases = ARRAY_LEN(match_stop_phrases);

/* Every input is looked up here, most of them digits: the first byte decides nearly always. */
const struct keyword *match_find_keyword(struct str word)
{
    if (str_is_empty(word) || (word.p[0] >= '0' && word.p[0] <= '9'))
        return NULL;
    for (size_t i = 0; i < match_n_keywords; i++) {
        const struct str *keyword = &match_keywords[i].word;
        if (keyword->len == word.len && keyword->p[0] == word.p[0] && str_eq(*keyword, word))
            return &match_keywords[i];
    }
    return NULL;
}

int32_t match_find_number_word(struct str word)
{
    for (size_t i = 0; i < match_n_number_words; i++) {
        if (str_eq(match_number_words[i].word, word))
            return match_number_words[i].value;
    }
    return -1;
}

bool match_has_word(const struct str *words, size_t n, struct str word)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(words[i], word))
            return true;
    }
    return false;
}

struct str match_next_word(struct str *rest)
{
    if (str_is_empty(*rest))
        return STR_NONE;
    return str_split(rest, ' ');
}
