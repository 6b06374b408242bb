#include "core/match/words.h"

const struct keyword_row match_keyword_rows[] = {
    {COMMAND_JOIN, "en", "join start"},
    {COMMAND_JOIN, "fr", "debut commencer"},
    {COMMAND_JOIN, "es", "inicio empezar"},
    {COMMAND_JOIN, "tr", "katil basla"},
    {COMMAND_JOIN, "de", "mitmachen"},
    {COMMAND_JOIN, "ru", "старт начать"},
    {COMMAND_JOIN, "ar", "ابدا انضم"},

    {COMMAND_MENU, "en", "menu"},
    {COMMAND_MENU, "de", "menue"},
    {COMMAND_MENU, "ru", "меню"},
    {COMMAND_MENU, "ar", "قايمه"},

    {COMMAND_NEXT, "en", "next n skip"},
    {COMMAND_NEXT, "fr", "suite suivant passer"},
    {COMMAND_NEXT, "es", "siguiente sig saltar omitir"},
    {COMMAND_NEXT, "tr", "ileri devam atla"},
    {COMMAND_NEXT, "de", "weiter uberspringen ueberspringen"},
    {COMMAND_NEXT, "ru", "далее дальше пропустить"},
    {COMMAND_NEXT, "ar", "تالي تخطي"},
    {COMMAND_NEXT, "sw", "ruka"},

    {COMMAND_BACK, "en", "back"},
    {COMMAND_BACK, "fr", "retour"},
    {COMMAND_BACK, "es", "atras volver"},
    {COMMAND_BACK, "tr", "geri"},
    {COMMAND_BACK, "de", "zuruck zurueck"},
    {COMMAND_BACK, "ru", "назад"},
    {COMMAND_BACK, "ar", "رجوع سابق"},

    {COMMAND_REPEAT, "en", "repeat"},
    {COMMAND_REPEAT, "fr", "repeter"},
    {COMMAND_REPEAT, "es", "repetir"},
    {COMMAND_REPEAT, "tr", "tekrar"},
    {COMMAND_REPEAT, "de", "nochmal"},
    {COMMAND_REPEAT, "ru", "повтор"},
    {COMMAND_REPEAT, "ar", "اعاده"},

    {COMMAND_SCORE, "en", "score"},
    {COMMAND_SCORE, "fr", "points"},
    {COMMAND_SCORE, "es", "puntos nota"},
    {COMMAND_SCORE, "tr", "puan"},
    {COMMAND_SCORE, "de", "punkte"},
    {COMMAND_SCORE, "ru", "баллы"},
    {COMMAND_SCORE, "ar", "نتيجه نقاط"},

    {COMMAND_LANG, "en", "lang"},
    {COMMAND_LANG, "fr", "langue"},
    {COMMAND_LANG, "es", "idioma"},
    {COMMAND_LANG, "tr", "dil"},
    {COMMAND_LANG, "de", "sprache"},
    {COMMAND_LANG, "ru", "язык"},
    {COMMAND_LANG, "ar", "لغه"},

    {COMMAND_HELP, "en", "help info"},
    {COMMAND_HELP, "fr", "aide"},
    {COMMAND_HELP, "es", "ayuda"},
    {COMMAND_HELP, "tr", "yardim"},
    {COMMAND_HELP, "de", "hilfe"},
    {COMMAND_HELP, "ru", "помощь"},
    {COMMAND_HELP, "ar", "مساعده"},
    {COMMAND_HELP, "sw", "msaada"},

    /* English: also what aggregators block on, whatever the learner's language. */
    {COMMAND_STOP, "en",
     "stop stopall unsubscribe cancel end quit optout opt-out revoke remove arret td unsub halt"},
    {COMMAND_STOP, "fr", "arreter desabonner desabonnement arretez arrete"},
    {COMMAND_STOP, "es", "baja alto parar cancelar salir detener"},
    {COMMAND_STOP, "tr", "dur ret iptal"},
    {COMMAND_STOP, "de", "stopp abmelden abbrechen abbestellen"},
    {COMMAND_STOP, "ru", "стоп отписка"},
    {COMMAND_STOP, "ar", "توقف قف ايقاف"},
    {COMMAND_STOP, "pt", "sair"},
    {COMMAND_STOP, "sw", "sitisha acha acheni"},

    {COMMAND_SAFE, "en", "safe"},
    {COMMAND_SAFE, "fr", "danger secours"},
    {COMMAND_SAFE, "es", "peligro auxilio"},
    {COMMAND_SAFE, "tr", "tehlike imdat"},
    {COMMAND_SAFE, "de", "gefahr notfall"},
    {COMMAND_SAFE, "ru", "опасность sos"},
    {COMMAND_SAFE, "ar", "خطر نجده"},
    {COMMAND_SAFE, "sw", "hatari"},

    {COMMAND_PAUSE, "en", "pause"},
    {COMMAND_PAUSE, "es", "pausa"},
    {COMMAND_PAUSE, "tr", "ara"},
    {COMMAND_PAUSE, "ru", "пауза"},
    {COMMAND_PAUSE, "ar", "وقفه"},

    {COMMAND_REFRESH, "en", "refresh"},
    {COMMAND_REFRESH, "fr", "reviser"},
    {COMMAND_REFRESH, "es", "repasar"},
    {COMMAND_REFRESH, "tr", "tazele"},
    {COMMAND_REFRESH, "de", "auffrischen"},
    {COMMAND_REFRESH, "ru", "освежить"},
    {COMMAND_REFRESH, "ar", "مراجعه"},

    {COMMAND_CATCH, "en", "catch"},
    {COMMAND_CATCH, "fr", "rattraper"},
    {COMMAND_CATCH, "es", "ponerse repaso"},
    {COMMAND_CATCH, "tr", "telafi"},
    {COMMAND_CATCH, "de", "nachholen"},
    {COMMAND_CATCH, "ru", "догнать"},
    {COMMAND_CATCH, "ar", "استدراك"},

    {COMMAND_CERT, "en", "cert"},
    {COMMAND_CERT, "fr", "certificat"},
    {COMMAND_CERT, "es", "certificado"},
    {COMMAND_CERT, "tr", "belge"},
    {COMMAND_CERT, "de", "zertifikat"},
    {COMMAND_CERT, "ru", "сертификат"},
    {COMMAND_CERT, "ar", "شهاده"},

    {COMMAND_CHECK, "en", "check"},
    {COMMAND_CHECK, "fr", "verifier"},
    {COMMAND_CHECK, "es", "verificar"},
    {COMMAND_CHECK, "tr", "dogrula"},
    {COMMAND_CHECK, "de", "prufen pruefen"},
    {COMMAND_CHECK, "ru", "проверить"},
    {COMMAND_CHECK, "ar", "تحقق"},

    {COMMAND_MOVE, "en", "move"},
    {COMMAND_MOVE, "fr", "transferer"},
    {COMMAND_MOVE, "es", "trasladar"},
    {COMMAND_MOVE, "tr", "tasi"},
    {COMMAND_MOVE, "de", "umziehen"},
    {COMMAND_MOVE, "ru", "перенести"},
    {COMMAND_MOVE, "ar", "نقل"},

    {COMMAND_SWITCH, "en", "switch"},
    {COMMAND_SWITCH, "fr", "changer"},
    {COMMAND_SWITCH, "es", "cambiar"},
    {COMMAND_SWITCH, "tr", "degistir"},
    {COMMAND_SWITCH, "de", "wechsel"},
    {COMMAND_SWITCH, "ru", "сменить"},
    {COMMAND_SWITCH, "ar", "تبديل"},

    {COMMAND_GROUP, "en", "group"},
    {COMMAND_GROUP, "fr", "groupe"},
    {COMMAND_GROUP, "es", "grupo"},
    {COMMAND_GROUP, "tr", "grup"},
    {COMMAND_GROUP, "de", "gruppe"},
    {COMMAND_GROUP, "ru", "группа"},
    {COMMAND_GROUP, "ar", "مجموعه"},

    {COMMAND_COURSES, "en", "courses catalogue"},
    {COMMAND_COURSES, "fr", "formations"},
    {COMMAND_COURSES, "es", "cursos"},
    {COMMAND_COURSES, "tr", "kurslar"},
    {COMMAND_COURSES, "de", "kurse"},
    {COMMAND_COURSES, "ru", "курсы"},
    {COMMAND_COURSES, "ar", "دورات"},

    {COMMAND_DELETE, "en", "delete"},
    {COMMAND_DELETE, "fr", "effacer"},
    {COMMAND_DELETE, "es", "borrar"},
    {COMMAND_DELETE, "tr", "sil"},
    {COMMAND_DELETE, "de", "loschen loeschen"},
    {COMMAND_DELETE, "ru", "удалить"},
    {COMMAND_DELETE, "ar", "حذف"},

    /* also written in two words */
    {COMMAND_MYDATA, "en", "mydata"},
    {COMMAND_MYDATA, "fr", "mesdonnees"},
    {COMMAND_MYDATA, "es", "misdatos"},
    {COMMAND_MYDATA, "tr", "verilerim"},
    {COMMAND_MYDATA, "de", "meinedaten"},
    {COMMAND_MYDATA, "ru", "моиданные"},
    {COMMAND_MYDATA, "ar", "بياناتي"},

    {COMMAND_LEAVE, "en", "leave"},
    {COMMAND_LEAVE, "fr", "quitter"},
    {COMMAND_LEAVE, "es", "dejar"},
    {COMMAND_LEAVE, "tr", "ayril"},
    {COMMAND_LEAVE, "de", "austreten"},
    {COMMAND_LEAVE, "ru", "выйти"},
    {COMMAND_LEAVE, "ar", "مغادره"},

    {COMMAND_ASK, "en", "ask"},
    {COMMAND_ASK, "fr", "demander"},
    {COMMAND_ASK, "es", "preguntar"},
    {COMMAND_ASK, "tr", "danis"},
    {COMMAND_ASK, "de", "fragen"},
    {COMMAND_ASK, "ru", "спросить"},
    {COMMAND_ASK, "ar", "اسال"},

    {COMMAND_CLAIM, "en", "claim"},
    {COMMAND_CLAIM, "fr", "reclamer"},
    {COMMAND_CLAIM, "es", "reclamar"},
    {COMMAND_CLAIM, "tr", "rozet"},
    {COMMAND_CLAIM, "de", "anfordern"},
    {COMMAND_CLAIM, "ru", "получить"},
    {COMMAND_CLAIM, "ar", "مطالبه"},

    {COMMAND_YES, "en", "yes"},
    {COMMAND_YES, "fr", "oui"},
    {COMMAND_YES, "es", "si"},
    {COMMAND_YES, "tr", "evet"},
    {COMMAND_YES, "de", "ja"},
    {COMMAND_YES, "ru", "да"},
    {COMMAND_YES, "ar", "نعم"},

    {COMMAND_NO, "en", "no"},
    {COMMAND_NO, "fr", "non"},
    {COMMAND_NO, "tr", "hayir"},
    {COMMAND_NO, "de", "nein"},
    {COMMAND_NO, "ru", "нет"},
    {COMMAND_NO, "ar", "لا"},
};
const size_t match_n_keyword_rows = ARRAY_LEN(match_keyword_rows);

const struct number_row match_number_rows[] = {
    {0, "zero cero sifir null ноль صفر sufuri"},
    {1, "first one un une uno una bir ein eins eine один одна واحد واحده moja"},
    {2, "second two deux dos iki zwei zwo два две اثنان اثنين اثنتان mbili"},
    {3, "third three trois tres uc drei три ثلاثه ثلاث tatu"},
    {4, "fourth four quatre cuatro dort vier четыре اربعه اربع nne"},
    {5, "five cinq cinco bes funf fuenf пять خمسه خمس tano"},
    {6, "six seis alti sechs шесть سته ست sita"},
    {7, "seven sept siete yedi sieben семь سبعه سبع saba"},
    {8, "eight huit ocho sekiz acht восемь ثمانيه ثماني nane"},
    {9, "nine neuf nueve dokuz neun девять تسعه تسع tisa"},
    {10, "ten dix diez zehn десять عشره عشر kumi"},
};
const size_t match_n_number_rows = ARRAY_LEN(match_number_rows);

const struct word_row match_word_rows[] = {
    {WORDS_FILLER, "en",
     "no nr num number answer ans option choice or and is it its the my i im a think say said "
     "choose chose pick take guess believe mean for me that this would about around "
     "approximately maybe probably sorry oops hi hello dear here only just to be go with reply "
     "press want of all them st nd rd th it's i'd it'd that's its good morning afternoon evening "
     "night opt either definitely surely sure certainly obviously correct right course would give "
     "stars star rating level was very useful excellent great nice bad"},
    {WORDS_FILLER, "fr",
     "numero n reponse choix ou et la le je pense crois dis choisis c'est est bonjour bonsoir "
     "environ "
     "l'option d'apres moi ce serait"},
    {WORDS_FILLER, "es",
     "respuesta opcion o y creo que pienso digo elijo es el hola buenos buenas dias tardes noches "
     "seria"},
    {WORDS_FILLER, "tr", "numara cevap cevabim secenek veya ve bence merhaba sanirim gunaydin"},
    {WORDS_FILLER, "de",
     "nummer antwort oder und ich denke glaube sage nehme die hallo ist es das guten tag morgen "
     "abend "
     "wohl"},
    {WORDS_FILLER, "ru",
     "номер ответ вариант или и я думаю выбираю мой это наверное здравствуйте добрый день привет"},
    {WORDS_FILLER, "ar", "رقم جواب اجابه او و خيار اظن اعتقد انه هو هي سلام عليكم مرحبا"},
    {WORDS_FILLER, "sw", "jibu namba nambari ni au na nadhani nafikiri langu habari jambo"},

    {WORDS_COURTESY, "en",
     "please pls plz plse thanks thank thx ty tnx you u now me it this i agree ok okay do "
     "sir madam mam dear hi hello hey lesson again kindly cheers bye"},
    {WORDS_COURTESY, "fr", "merci svp s'il vous plait moi bonjour maintenant"},
    {WORDS_COURTESY, "es", "por favor gracias ya ahora hola"},
    {WORDS_COURTESY, "tr", "lutfen tesekkurler simdi"},
    {WORDS_COURTESY, "de", "bitte danke jetzt hallo"},
    {WORDS_COURTESY, "ru",
     "пожалуйста спасибо сейчас уже pozhaluysta pozhalujsta pozaluista spasibo"},
    {WORDS_COURTESY, "ar", "شكرا من فضلك رجاء"},
    {WORDS_COURTESY, "sw", "tafadhali asante sasa"},

    {WORDS_YES, "en",
     "y yeah yep yup yess yea ya ye sure ok okay okey k agree agreed accept accepted consent "
     "certainly fine alright"},
    {WORDS_YES, "fr", "ok d'accord dacord accord accepte ouais"},
    {WORDS_YES, "es", "claro acepto vale bueno"},
    {WORDS_YES, "tr", "tamam kabul olur"},
    {WORDS_YES, "de", "jawohl gern gerne einverstanden"},
    {WORDS_YES, "ru", "ага ок хорошо согласен согласна конечно"},
    {WORDS_YES, "ar", "اجل موافق موافقه اوافق ايوه"},
    {WORDS_YES, "sw", "ndio ndiyo sawa nakubali"},

    {WORDS_CONSENT, "en",
     "to joining starting begin take do learn learning course training lesson lessons class would "
     "like love want with everything all terms that this it very much you please we we're ready "
     "let's lets go continue proceed participate"},
    {WORDS_CONSENT, "fr", "participer suivre cours formation veux voudrais apprendre"},
    {WORDS_CONSENT, "es", "participar comenzar tomar curso quiero aprender con todo"},
    {WORDS_CONSENT, "de", "anfangen kurs mochte will lernen"},
    {WORDS_CONSENT, "sw", "kuanza kujifunza kozi nataka kushiriki"},

    {WORDS_CHECK_ABOUT, "en",
     "certificate certificates code codes valid genuine real true verify verified confirm digits "
     "from "
     "if checking status"},
    {WORDS_CHECK_ABOUT, "fr", "ce attestation valide vrai authentique du de"},
    {WORDS_CHECK_ABOUT, "es", "este diploma codigo valido verdadero autentico"},
    {WORDS_CHECK_ABOUT, "tr", "bu sertifika kod kodu gecerli gercek"},
    {WORDS_CHECK_ABOUT, "de", "dieses bescheinigung gultig gueltig echt"},
    {WORDS_CHECK_ABOUT, "ru", "этот код действителен настоящий"},
    {WORDS_CHECK_ABOUT, "ar", "هذه رمز صالحه صحيحه"},

    {WORDS_ASK, "en",
     "show see get give send open go change want need have can could would may my your a an the i "
     "to me us please how do view know receive tell what is what's whats let again"},
    {WORDS_ASK, "fr", "mon ma mes je veux voir montrez donnez le la un une"},
    {WORDS_ASK, "es", "mi mis quiero ver el la un una deme"},
    {WORDS_ASK, "sw", "nataka kuona yangu"},

    {WORDS_NO, "en", "nope nah never refuse decline disagree"},
    {WORDS_NO, "fr", "refuse"},
    {WORDS_NO, "es", "rechazo"},
    {WORDS_NO, "sw", "hapana sitaki"},
    {WORDS_NO, "de", "nee"},

    {WORDS_NOT, "en", "not dont don't cannot cant can't wont won't didnt didn't"},
    {WORDS_NOT, "fr", "pas"},
    {WORDS_NOT, "de", "nicht"},
    {WORDS_NOT, "tr", "degil istemiyorum"},
    {WORDS_NOT, "ru", "не"},
    {WORDS_NOT, "ar", "لا"},

    {WORDS_GO_ON, "en",
     "ok okay okey k more continue cont go on proceed carry yes yep yeah sure ready done read "
     "understood got"},
    {WORDS_GO_ON, "fr", "continuer continue plus oui d'accord compris lu"},
    {WORDS_GO_ON, "es", "continuar continua mas si vale sigue entendido"},
    {WORDS_GO_ON, "tr", "tamam evet daha"},
    {WORDS_GO_ON, "de", "mehr fortfahren ja verstanden gelesen"},
    {WORDS_GO_ON, "ru", "ок да еще продолжить продолжай понятно"},
    {WORDS_GO_ON, "ar", "نعم مزيد استمر متابعه"},
    {WORDS_GO_ON, "sw", "endelea sawa ndio ndiyo zaidi"},

    {WORDS_ORDINAL, "en", "first second third fourth st nd rd th"},

    {WORDS_ALL, "en", "all everything"},
    {WORDS_ALL, "fr", "tous toutes tout"},
    {WORDS_ALL, "es", "todos todas todo"},
    {WORDS_ALL, "tr", "hepsi"},
    {WORDS_ALL, "de", "alle alles"},
    {WORDS_ALL, "ru", "все"},
    {WORDS_ALL, "ar", "كل كلها جميع"},
    {WORDS_ALL, "sw", "zote vyote yote"},
    {WORDS_BOTH, "en", "both"},
    {WORDS_BOTH, "es", "ambos ambas"},
    {WORDS_BOTH, "tr", "ikisi"},
    {WORDS_BOTH, "de", "beide beides"},
    {WORDS_BOTH, "ru", "оба обе"},
    {WORDS_BOTH, "ar", "كلاهما"},
    {WORDS_AND, "en", "and plus also et y ve und и و na"},

    {WORDS_THANKS, "en",
     "ok okay okey k oki thanks thank thx ty tnx you u very much so please pls hello hi hey dear "
     "sir madam mam cheers bye"},
    {WORDS_THANKS, "fr", "merci beaucoup d'accord bonjour"},
    {WORDS_THANKS, "es", "gracias muchas vale hola"},
    {WORDS_THANKS, "tr", "tamam tesekkurler merhaba"},
    {WORDS_THANKS, "de", "danke vielen hallo"},
    {WORDS_THANKS, "ru", "ок спасибо большое"},
    {WORDS_THANKS, "ar", "شكرا جزيلا حسنا"},
    {WORDS_THANKS, "sw", "asante sana sawa"},

    {WORDS_DELETE_ABOUT, "en", "my data number name details account everything all"},
    {WORDS_DELETE_ABOUT, "fr", "mes mon donnees numero compte tout"},
    {WORDS_DELETE_ABOUT, "es", "mis mi datos numero cuenta todo"},
    {WORDS_DELETE_ABOUT, "de", "meine daten nummer alles"},
    {WORDS_DELETE_ABOUT, "ru", "мои данные мой номер все"},
    {WORDS_DELETE_ABOUT, "ar", "بياناتي رقمي"},

    {WORDS_STOP_STRONG, "en",
     "stop stopall unsubscribe unsub optout opt-out unsubscribing deregister unregister"},
    {WORDS_STOP_STRONG, "fr",
     "arretez arreter arrete stoppez stoppe stopper d'arreter desabonner desabonne desabonnez "
     "desabonnement "
     "desinscrire desinscris desinscrivez desinscription"},
    {WORDS_STOP_STRONG, "es", "paren detengan detener desuscribir desuscribirme desinscribirme"},
    {WORDS_STOP_STRONG, "tr", "durdurun"},
    {WORDS_STOP_STRONG, "de", "stopp abmelden abbestellen austragen kundigen kuendigen beenden"},
    {WORDS_STOP_STRONG, "ru",
     "стоп отписка отписаться отпишите прекратите прекратить прекращайте перестаньте хватит"},
    {WORDS_STOP_STRONG, "ar", "توقف توقفوا ايقاف اوقفوا وقفوا غاء"},
    {WORDS_STOP_STRONG, "sw", "sitisha acheni"},

    {WORDS_STOP_ABOUT, "en",
     "i im i'm we want wish like need would wanna must said say told already to the these those "
     "your ur my our from on at every day sending send texting text messaging message messages "
     "msg msgs sms texts spam spamming bothering disturbing annoying calling contacting writing "
     "course courses lesson lessons class subscription subscribing number phone service program "
     "programme everything immediately forever today right just really so enough will am is all "
     "you're from for and asked told keep getting receiving us wasting eating airtime credit "
     "money thing things bugging many too make with can receive again beg list system"},
    {WORDS_STOP_ABOUT, "fr",
     "je veux stp les vos ces messages sms cours envoyer tout le la de "
     "aux des formation d'envoyer l'envoi m'envoyer m'ecrire d'ecrire me moi vous veuillez demande "
     "il faut on desire souhaite voudrais deranger m'appeler ce cette vos votre envois plus "
     "jamais numero du liste"},
    {WORDS_STOP_ABOUT, "es",
     "quiero los sus mensajes sms curso enviar todo el la de que enviar mandar escribir estos esto "
     "me mi numero lista deseo quisiera enviando"},
    {WORDS_STOP_ABOUT, "de",
     "ich will mochte moechte mich die diese nachrichten sms kurs alles "
     "den das vom von abo anmeldung aus der liste zu schreiben senden schicken sie bekomme viele "
     "viel weiteren mir von meine meinen"},
    {WORDS_STOP_ABOUT, "tr",
     "mesaj mesajlar mesajlari sms kurs istiyorum bana bu mesajlarinizi gondermeyi atmayi yazmayi "
     "artik kursu"},
    {WORDS_STOP_ABOUT, "ru",
     "я хочу сообщения смс курс рассылку рассылка все прошу вас мне писать слать присылать "
     "отправлять подписку от смс сообщений больше эту рассылки меня"},
    {WORDS_STOP_ABOUT, "ar",
     "رسايل اريد عن ارسال دوره ارجو هذه هذا اشتراك اشتراكي تسجيل تسجيلي لي ان بعد مراسلتي دورتكم "
     "رسايلكم ارساله كل جميع"},
    {WORDS_STOP_ABOUT, "sw",
     "nataka kutuma ujumbe jumbe sms kozi kunisumbua kunitumia hizi hii naomba"},

    {WORDS_COMMON, "en",
     "shop shops step steps stoop stops top slop strop stow atop story stock star stars stare "
     "start smart tart stark john joan coin join joint loin men mend mean menus nest neat text "
     "net newt pack bank bark black bac book hack lack sack rack back backs bake repeats repent "
     "scope scare store shore spore scores scored core land long hang sang bang lane gang lung "
     "held hell heap helps hemp yelp help helped heal into same sale save saves saved cafe "
     "safer sane sage sake seafe case cause pauses paused match watch patch latch hatch batch "
     "caught cent certs cart curt cheek chick checks chuck cheque checked twitch swatch "
     "switched deleted ship slip skin skips kip"},
    {WORDS_COMMON, "fr",
     "suit suites retours aile aime aider aides point pointe pensee lange langues "
     "dangers pauses changes menus passe passes passez casser"},
    {WORDS_COMMON, "es",
     "salta saltan algo auto alta alta salto bajo caja bala baca para pasar parir parra nata bota "
     "rota notas "
     "ayudar ayudan otras atrae salir saber salud cambia cambio"},
    {WORDS_COMMON, "tr", "yeri deri seri gelir baska bazla kati dilim evde belgem"},
    {WORDS_COMMON, "de", "leiter weite weiten hilft punkt sprach gefahren reise zurueckk notfalls"},
    {WORDS_COMMON, "ru", "стол стопа стон топ столп стар старая далек слово языки балл назван"},

    {PHRASES_STOP, "en",
     "stop sending me|stop sending messages|stop sending sms|stop sending these|"
     "stop sending texts|stop sending this|stop texting|stop messaging|stop contacting|"
     "stop bothering me|stop spamming|stop these messages|stop the messages|stop all messages|"
     "stop your messages|no more messages|no more texts|no more sms|do not text me|"
     "don't text me|dont text me|do not message me|don't message me|dont message me|"
     "do not contact me|don't contact me|dont contact me|do not send me any|don't send me any|"
     "dont send me any|do not send me more|don't send me more|dont send me more|unsubscribe me|"
     "unsubscribe from|remove me from|take me off|opt me out|want to opt out|"
     "want to unsubscribe|remove my number|delete my number from|cancel my subscription|"
     "lose my number"},
    {PHRASES_STOP, "fr",
     "ne m'envoyez plus|ne m envoyez plus|m'envoyez plus|n'envoyez plus|ne m'ecrivez plus|"
     "ne plus recevoir|plus recevoir de messages|plus recevoir vos messages|arretez d'envoyer|"
     "arretez de m'envoyer|arretez les messages|desabonnez moi|desabonnez-moi|me desabonner|"
     "laissez moi tranquille|laissez-moi tranquille"},
    {PHRASES_STOP, "es",
     "no me envien mas|no me envie mas|no me manden mas|no me mande mas|no envien mas|"
     "no mas mensajes|no quiero mas mensajes|no quiero recibir mas|dejen de enviar|"
     "deje de enviar|darme de baja|denme de baja|dejenme en paz|dejame en paz|borren mi numero|"
     "cancelar mi suscripcion"},
    {PHRASES_STOP, "tr",
     "mesaj atmayin|mesaj gondermeyin|mesaj istemiyorum|mesaj almak istemiyorum|"
     "beni rahat birakin|numarami silin"},
    {PHRASES_STOP, "de",
     "keine nachrichten mehr|keine sms mehr|nicht mehr schreiben|nichts mehr schicken|"
     "nichts mehr senden|horen sie auf|hoeren sie auf|bitte abmelden|lassen sie mich in ruhe|"
     "lasst mich in ruhe|loschen sie meine nummer"},
    {PHRASES_STOP, "ru",
     "не присылайте|не отправляйте мне|не пишите мне|больше не пишите|отпишите меня|"
     "хватит писать|оставьте меня в покое|удалите мой номер"},
    {PHRASES_STOP, "ar",
     "لا ترسل|لا ترسلوا|لا تراسلوني|لا اريد رسايل|اوقفوا رسايل|غاء اشتراك|اتركوني وشاني"},
    {PHRASES_STOP, "sw",
     "acha kunitumia|acheni kunitumia|msinitumie|usinitumie|niondoe kwenye|sitaki ujumbe"},

    {PHRASES_STOP_WHOLE, "en",
     "leave/let me alone|no more -/of -/thanks/this|no -/more messages/msgs/sms/texts|"
     "not/dont/don't/never -/ever send -/me/us -/to -/any/more/your/the/these -/more "
     "-/messages/message/msgs/sms/texts/anything -/to -/me/us -/anymore|"
     "not/dont/don't want/need -/to -/receive/get -/any/more/your/the/these -/more "
     "messages/msgs/sms/texts/anymore|"
     "not/dont/don't want -/to -/do -/any this/it/more -/course -/anymore|"
     "not/dont/don't want -/to -/do -/the/your/any course/lessons -/anymore|"
     "want no more -/messages/sms/texts|no longer interested|"
     "no longer want/need -/to -/receive -/any/your/these this/it/messages/sms/texts|"
     "-/am/i'm/im not interested -/anymore|-/want -/to leave -/the/this course|want to leave/quit|"
     "never text/message/contact/call me/us|i quit|want out|"
     "-/want -/to quit/end/cancel/halt -/the/this/my/your/these/all "
     "course/subscription/messages/sms|end it/this|cancel this/everything|please cancel|"
     "enough -/is -/enough|thats/that's enough|-/have had enough|opt out|remove/forget me|"
     "take me out|remove -/my/this/our/the number/data/name/contact/details|go away|stopped|"
     "not/dont/don't disturb/bother/call/contact -/me/us|"
     "-/sorry -/have/got/is -/a/the wrong number/person -/sorry|"
     "no longer want|no -/thanks/thank -/you "
     "stop/unsubscribe|-/you are/you're/keep "
     "disturbing/bothering/annoying/spamming/texting/messaging me|"
     "why do/are you -/keep texting/messaging/sending/writing -/to -/me -/this/these/messages|"
     "quit sending/texting/messaging/writing -/to -/me -/these/this/your/the -/messages/texts/sms|"
     "-/how -/can/could/would/will/do/to -/you/i/we -/please stop/unsubscribe/opt-out -/from/of "
     "-/sending/texting/messaging/getting/receiving/me -/me -/this/these/the/your/it "
     "-/messages/texts/sms/course/lessons/list|"
     "-/want -/to cancel/quit/terminate/cease/discontinue -/my/the/this/it/these "
     "-/registration/enrolment/enrollment/membership/subscription/messages/course/lessons|"
     "enough already/messages/sms/texts/lessons|no more lessons/lesson/courses/questions/quizzes|"
     "take/get/strike me -/my -/name/number off/from -/of -/this/the/your/it -/list/course|"
     "want to drop out|unenroll/unenrol/unregister/deregister -/me|-/this -/is spam|"
     "-/will/i'll report -/you -/this -/as -/for spam|fuck/piss/bugger off|fuck you|get lost|"
     "shut up|-/am/i'm/im sick/tired/fed -/up -/of/with -/these/this/your/the "
     "messages/texts/sms|not/dont/don't disturb/bother me with your/these "
     "messages/sms/texts|-/have/had had enough of/with this/these/it/you -/messages|-/i'd -/would "
     "-/like -/can -/i -/to cancel -/it/this/now|deactivate -/me/my/this -/number/account|take my "
     "number off/out -/of/from -/the/your/this -/list/system|get/take my number/me out of "
     "-/the/your/this list/system/group/database|block me|leave me|-/this/it -/is not for "
     "me|not/dont/don't need this/it/your/these -/course -/messages/sms/texts -/anymore|-/your/the "
     "messages -/are too/so many/much|tired of -/your/these/the messages/texts/sms"},
    {PHRASES_STOP_WHOLE, "fr",
     "ca suffit|-/je -/veux quitter le cours|assez|c'est assez|j'arrete|je veux arreter|"
     "-/je ne veux plus -/recevoir -/de/vos/ces/rien -/messages/sms/cours|"
     "-/je veux plus recevoir/rien -/de/vos/ces -/messages/sms|"
     "pas de/d'autres messages/sms|plus d'autres messages/sms|plus aucun message/sms|pas "
     "interesse/interessee|laissez moi|"
     "arretez/arrete -/tout/ca/maintenant -/d'envoyer/envoyer/m'ecrire -/de -/m'envoyer "
     "-/les/ces/vos/tes/des -/messages/sms/cours|"
     "-/ne m'envoie/m'envoies/m'envoyez/m'ecris/m'ecrivez plus/pas -/de/vos/rien -/messages/sms|"
     "mauvais/faux numero|retirez/supprimez/enlevez/effacez/otez -/moi -/mon/mes -/numero/donnees "
     "-/de -/la/votre/vos -/liste/listes|"
     "retirez-moi/enlevez-moi/otez-moi/supprimez-moi -/de -/la/votre/vos -/liste/listes|"
     "-/je/j'aimerais -/souhaite/voudrais/veux/aimerais/desire -/me "
     "desinscrire/desabonner/desengager/retirer -/de -/du/ce/cette/la/votre/vos "
     "-/cours/formation/liste/sms|"
     "je/j'aimerais -/souhaite/voudrais/veux/aimerais arreter/quitter/sortir/partir/abandonner "
     "-/de/du/le/ce/cette/la -/cours/formation|"
     "desinscription|desinscrivez/desinscris/desabonne -/moi|desinscrivez-moi|desinscris-moi|"
     "desabonne-moi|"
     "ne me contactez/contacte/ecrivez/ecris/derangez/derange/textez plus/pas/jamais -/jamais|"
     "ne m'appelez/m'embetez/m'embete plus/pas|foutez/fichez -/moi la paix|"
     "foutez-moi/fichez-moi la paix|laisse/laissez -/moi/nous -/tranquille/tranquilles|"
     "laissez-moi/laisse-moi -/tranquille -/en -/paix|"
     "j'en/en ai -/plus assez/marre -/de -/vos/ces/tous/recevoir -/ces/vos -/messages/sms|"
     "-/j'en marre -/de -/vos/ces -/messages/sms|"
     "je quitte/abandonne/arrete -/le/la/ce/cette -/cours/formation|j'abandonne/j'arrete "
     "-/le/la/ce/cette -/cours/formation|"
     "annulez/annuler/annule/resiliez/resilier/resilie -/mon/mes/l'inscription/l'abonnement "
     "-/inscription/abonnement|-/je n'en/en veux plus/pas|"
     "-/je -/ne -/n'suis -/suis pas/plus -/du -/tout interesse/interessee/interesses|"
     "cessez/cesse -/de -/m'ecrire/m'envoyer/envoyer/ecrire/m'importuner -/les/ces/vos/des "
     "-/messages/sms|"
     "comment -/faire/fait-on/puis-je/je/on -/pour/peux -/me/se arreter/desabonner/desinscrire/"
     "quitter/annuler -/les/ces/vos/le/ce -/messages/sms/cours|"
     "-/je -/veux que ca s'arrete/cesse|-/je ne souhaite/desire/voudrais/veux plus/pas -/recevoir "
     "-/de/vos/ces/rien "
     "-/messages/sms/cours|c'est -/du spam|arretez/arrete/stop tout de suite|-/de ne plus "
     "m'ecrire/m'envoyer/m'appeler/me/nous -/contacter/deranger -/de/vos/ces -/messages/sms|je me "
     "desabonne/desinscris|je sors|-/cela/ca ne m'interesse/m'interessent plus/pas|ca m'interesse "
     "pas/plus|lache/lachez/lachez-moi/lache-moi -/moi|vous me derangez|arretez/arrete de me "
     "deranger|plus jamais|non -/merci stop|arret sms/messages/immediat|on arrete"},
    /* "No more messages", as people write it, and "more messages". */
    {PHRASES_STOP_MAYBE, "fr", "-/je -/veux plus -/de messages/sms"},
    /* Who asks so wants to know who writes and how to leave. */
    {PHRASES_STOP_MAYBE, "en",
     "-/who/how/where/from gave/got/did/do/have/where -/you -/get/got/have/from my number|"
     "-/i -/have never/not/didn't/didnt/did -/not sign/signed/subscribe/subscribed/register/"
     "registered/join/joined/ask/asked -/up -/to/for -/this/it|"
     "why are you sending/texting -/me -/this/these -/messages"},
    {PHRASES_STOP_MAYBE, "fr",
     "qui vous a donne mon numero|comment avez-vous/avez -/vous eu/mon -/mon numero|"
     "je n'ai rien demande|je ne me suis pas/jamais inscrit/inscrite"},
    {PHRASES_STOP_MAYBE, "es",
     "-/de quien/donde les/le/tienen/sacaron -/dio mi numero|yo -/no pedi esto|"
     "-/yo no me/pedi suscribi/inscribi/esto"},
    {PHRASES_STOP_MAYBE, "de",
     "woher haben/habt sie/ihr meine nummer|ich habe mich nicht/nie angemeldet"},
    {PHRASES_STOP_MAYBE, "tr", "numarami nereden/kimden buldunuz/aldiniz|ben kaydolmadim"},
    {PHRASES_STOP_MAYBE, "ru",
     "откуда у вас мой номер|-/я -/никогда не подписывался/подписывалась/регистрировался/"
     "регистрировалась"},
    {PHRASES_STOP_MAYBE, "ar", "من اين لكم/لك/حصلتم/جبتوا -/علي رقمي|لم اشترك/اسجل"},
    {PHRASES_STOP_MAYBE, "sw", "mmepata/umepata wapi namba/nambari yangu|sikujiunga|sijajiunga"},
    {PHRASES_STOP_WHOLE, "es",
     "basta -/ya|-/ya no mas|ya no quiero -/recibir -/mas/esto -/mensajes/sms|"
     "no quiero -/recibir mas/esto/mensajes/sms -/mensajes/sms|no mensajes/sms|quiero salir/parar|"
     "dejenme|no me interesa|-/es suficiente|"
     "deja/deje/dejen/para/pare/paren de enviarme/enviar/mandarme/mandar/escribirme/escribir "
     "-/mas/los/sus/tus/estos -/mensajes/sms|"
     "no -/me envies/envie/envien/mandes/mande/manden/escribas/escriba/escriban -/mas "
     "-/mensajes/sms|pare/paren -/los/sus/estos -/mensajes/sms|numero equivocado|"
     "borre/borren/elimine/eliminen/elimina -/mi/mis numero/datos|"
     "no mas sms/textos/mensajes|-/quiero/deseo/como/favor -/me -/puedo/quiero dar/darme/doy/darse "
     "-/de baja -/del/de -/curso/lista|de baja|"
     "quiten/quite/quita/saquen/saque/saca/retiren/retire/eliminen -/a -/mi -/numero -/de "
     "-/la/su/esta -/lista|"
     "quitenme/quiteme/quitame/saquenme/saqueme/sacame/eliminenme/borrenme -/de -/la/su/esta/aqui "
     "-/lista|"
     "no me molesten/moleste/molestes/contacten/contacte/contactes/llamen/llame/hablen -/mas|"
     "-/ya no estoy interesado/interesada -/en -/esto/el -/curso|ya no me interesa|"
     "detengan/detenga/detenganse/detengase/detente -/esto/los/sus/estos -/mensajes/sms|"
     "quiero/deseo/quisiera dejar/cancelar/abandonar/salirme/salir/parar/detener/anular "
     "-/el/la/mi/del/de/esto/este -/curso/suscripcion/inscripcion/lista/mensajes|"
     "-/quiero desuscribir/desuscribirme/desinscribir/desinscribirme/desapuntarme/salirme "
     "-/del/de/esto -/curso|desuscribanme/desuscribeme/desapuntenme|"
     "cancelar/cancelen/cancele/cancela/anular/anulen/anule/anula -/mi/la/esta/el "
     "-/suscripcion/inscripcion/registro/curso|como -/me/puedo/se cancelo/salgo/salir/cancelar/"
     "paro/parar -/de/del/esto/los -/esto/curso/mensajes|"
     "-/ya -/no deseo/quisiera -/recibir -/nada -/mas -/mensajes/sms|"
     "-/ya -/estoy harto/harta -/de -/esto/los/sus/estos -/mensajes/sms|es spam|deja/deje/dejen de "
     "molestar/molestarme/llamar/llamarme|no molesten/molestes/moleste -/mas|que paren -/los/sus "
     "-/mensajes|ya dejen/paren|no sigan|sin mas mensajes|para -/por -/favor ya|para por "
     "favor|-/ya no quiero/deseo seguir/continuar/participar/estar -/en -/el/este/esto/mas "
     "-/curso|me salgo|-/me/yo/quiero/solicito/pido/deseo -/doy/dar/quiero -/de la/mi/de "
     "baja|quiero -/la baja|eliminar/borrar mi numero/registro|no -/gracias stop|no me interesa "
     "-/el/este/su -/curso|me quiero salir/ir -/del -/curso"},
    {PHRASES_STOP_WHOLE, "pt",
     "nao quero mais -/receber -/isto/isso/mensagens/sms|nao quero -/receber mensagens/sms|chega|"
     "sem -/mais mensagens|"
     "pare/parem/deixe/deixem de -/me enviar/mandar/enviar-me -/mais/as/os -/mensagens/sms|parem|"
     "pare/parem -/com -/as/os/estas -/mensagens/sms|"
     "nao -/me envie/enviem/mande/mandem -/mais -/mensagens/sms|numero errado|"
     "-/nao me deixe/deixem em paz|remova/apague -/meu/o/meus numero/dados"},
    {PHRASES_STOP_WHOLE, "tr",
     "-/artik yeter -/artik|-/artik istemiyorum -/artik|ilgilenmiyorum|cik|cikis|durun|birakiyorum|"
     "-/kurstan/kursu/dersi/bu/listeden -/kurstan/kursu cikmak/ayrilmak/birakmak/durdurmak "
     "istiyorum|kursu/dersi birakiyorum|"
     "-/artik -/bana yazma/yazmayin -/artik|beni -/bu listeden/gruptan/kurstan cikar/cikarin/silin|"
     "numarami -/listeden/listenizden sil/silin/cikar/cikarin/kaldirin -/listeden|"
     "-/aboneligi/aboneligimi/uyeligi/uyeligimi/kaydimi/kaydi/aboneliklerimi iptal -/et/edin/etmek "
     "-/istiyorum|abonelikten/uyelikten cik/cikmak/cikar -/istiyorum|"
     "-/beni rahatsiz etme/etmeyin -/beni -/artik|beni rahat birak/birakin|"
     "son ver/verin -/artik|nasil cikarim/cikabilirim/durdururum/durdurabilirim/ayrilirim|"
     "nasil iptal ederim/edebilirim|"
     "durdur/durdurun|mesajlari durdur/durdurun|"
     "-/artik -/bana mesaj/sms gonderme/gondermeyin/atma/atmayin/yollama/yollamayin/istemiyorum "
     "-/artik|yanlis numara|mesaj/sms -/atmayi/gondermeyi/yollamayi kes/kesin/birak/birakin "
     "-/artik|kes/kesin -/artik|listenizden/listeden cikar/cikarin/cikarin|aboneligimi/uyeligimi "
     "sonlandirin/sonlandir/bitirin|devam/katilmak/uye/bu/mesaj/almak/artik/kursa "
     "-/etmek/olmak/kursu/mesajlari/almak/katilmak istemiyorum|bir daha -/bana "
     "yazma/yazmayin/arama/aramayin/mesaj -/atmayin/gondermeyin|beni arama/aramayin -/artik"},
    {PHRASES_STOP_WHOLE, "de",
     "genug|es reicht|mir reicht es|ich mochte/moechte/will nicht mehr|kein interesse|nicht mehr|"
     "aufhoren/aufhoeren|hor/hoer/hort/hoert auf|nie wieder -/schreiben/senden/sms/nachrichten|"
     "-/ich -/will/mochte/moechte keine nachrichten/sms -/mehr|"
     "schick/schickt/schicken/sende/senden -/sie -/mir nichts/keine -/nachrichten/sms -/mehr|"
     "falsche nummer|hor/hoer/hort/hoert/horen/hoeren -/sie auf -/mir -/mit/damit -/zu "
     "-/schreiben/senden/schicken/den/diesen/nachrichten -/nachrichten|"
     "-/ich -/will/mochte/moechte/wurde -/gern/gerne -/mich -/vom/von/aus -/kurs abmelden/"
     "austragen/aussteigen/aufhoren/aufhoeren/kundigen/kuendigen/abbrechen/abbestellen/beenden/"
     "raus|"
     "melden/melde/meldet -/sie mich -/vom -/kurs ab|trag/tragen/tragt -/sie mich -/aus/von "
     "-/der/dem -/liste -/kurs aus|streichen -/sie -/meine/mich -/nummer -/aus/von -/der -/liste|"
     "-/ich steige aus|-/ich -/habe kundige/kuendige/gekundigt -/den -/kurs|"
     "-/ich will/mochte/moechte/brauche das/es/diese/die nicht/nichts/nachrichten -/mehr -/haben|"
     "schluss -/damit/jetzt|kein interesse mehr|stoppt/stoppen -/sie -/das/die/diese "
     "-/nachrichten/sms|nerv/nervt/nerven -/sie -/mich nicht -/mehr|das/es/ihr nervt -/mich|"
     "meine nummer -/bitte loschen/loeschen/entfernen/streichen|"
     "entfernen/entfernt/entferne -/sie meine/mich -/nummer -/aus/von -/der -/liste|"
     "schreiben/schreib/schreibt -/sie mir -/bitte nicht/nichts/nie -/mehr/wieder|"
     "kontaktieren/kontaktiert -/sie mich -/bitte nicht/nie -/mehr/wieder|"
     "wie kann/melde/bestelle/kundige -/ich -/mich -/das -/die abmelden/ab/aufhoren/kundigen/"
     "abbestellen/raus|-/das/jetzt reicht -/jetzt|keine mehr|-/ich -/will/mochte -/bitte keine "
     "weiteren nachrichten/sms|-/ich -/habe/bin -/kein/nicht interesse/interessiert "
     "-/mehr|nehmen/nehmt/nimm -/sie mich -/bitte -/von/aus/raus -/der -/liste|-/ich melde mich "
     "ab|will ich nicht|ich will/mochte -/das nicht|-/das ist spam|ich bekomme zu viele "
     "nachrichten/sms -/von -/ihnen|anmeldung loschen/loeschen/stornieren"},
    {PHRASES_STOP_WHOLE, "ru",
     "достаточно|хватит|больше не надо|не надо -/больше|мне не интересно|оставьте меня|отмена|"
     "отменить|отписаться|отпишись/отпишите -/меня|"
     "-/я не хочу больше -/получать -/сообщения/сообщений/смс/это|"
     "больше не хочу -/получать -/сообщения/сообщений/смс|"
     "-/я не хочу -/получать сообщения/сообщений/смс|не надо/нужно -/мне сообщений/смс|"
     "прекратите/прекрати/перестаньте/перестань -/мне -/присылать/писать/слать/отправлять -/мне "
     "-/сообщения/смс|не шлите/пиши/присылай -/мне -/больше -/сообщения/смс|не тот номер|"
     "неверный номер|ошиблись номером|удалите мои данные|"
     "хватит -/мне -/писать/слать/присылать/сообщений/смс|"
     "не надо -/мне -/больше -/мне -/сообщений/смс/писать/слать/присылать -/больше|"
     "-/я хочу/хотел/хотела/можно -/бы отписаться/выйти/прекратить/остановить/отказаться/уйти "
     "-/от/из/с "
     "-/подписки/рассылки/рассылку/курса/этого|"
     "отмените/отменить/отменяйте/отмени/отключите/отключить/остановите/остановить -/мою/эту/мне "
     "-/подписку/рассылку/сообщения/смс/это|"
     "уберите/убери/удалите/вычеркните/исключите -/мой/меня -/номер/телефон -/из -/вашего/этого "
     "-/списка/списков/рассылки/базы|"
     "отстаньте/отстань/отвяжитесь/отвалите -/от -/меня|остановитесь|я ухожу|-/я отказываюсь/отказ "
     "-/от -/курса/рассылки/подписки|-/мне -/это -/больше не -/очень интересно/интересует|"
     "неинтересно|меня это не интересует|"
     "как -/мне/я/можно -/мне отписаться/остановить/прекратить/отключить/отменить/выйти/отказаться "
     "-/это/от/из -/рассылку/подписку/сообщения/смс/курса/рассылки|"
     "-/больше -/меня не -/надо беспокойте/тревожьте/беспокоить -/меня -/больше|"
     "завязывайте/завязывай|больше не присылайте/шлите/пишите -/мне|это спам|спам|"
     "otpiska|otpisatsya|otpishite -/menya|hvatit/xvatit/khvatit -/mne -/pisat|"
     "ne pishite/pishi/shlite/prisylaite -/mne -/bolshe|ne nado -/bolshe|bolshe ne nado/pishite|"
     "prekratite|ostanovite|прошу -/вас -/больше не писать/присылать/беспокоить -/мне|не надо "
     "-/мне писать -/мне|-/я -/больше не хочу -/больше участвовать/продолжать/учиться/получать "
     "-/сообщения|удалите меня|снимите/исключите меня -/с/из рассылки|отмена подписки|-/вы -/меня "
     "-/мне -/уже надоело/надоели/достали|отвяньте|заканчивайте|не присылайте -/мне -/больше "
     "-/ничего"},
    {PHRASES_STOP_WHOLE, "ar",
     "كفي|كفايه|اتركوني|لا اريد -/مزيد|غاء -/اشتراك/رسايل|خلاص|اوقف/اوقفوا/وقف -/ارسال -/رسايل|"
     "لا -/اريد رسايل|لا تبعث/تبعثوا -/لي -/رسايل|رقم خطا|توقفوا -/عن -/ارسال/مراسلتي -/رسايل|"
     "-/بس كفايه/يكفي -/رسايل|يكفي|لا اريد -/اي -/مزيد -/من -/رسايل -/بعد -/يوم|"
     "لم اعد اريد -/رسايل/هذا|غوا/غي/غو -/لي اشتراكي/اشتراك|غاء اشتراكي|"
     "احذفوا/احذف/امسحوا/امسح/ازيلوا/شيلوا -/لي رقمي -/من -/قايمه|"
     "-/انا اريد/بدي/عايز/عاوز خروج/مغادره/توقف/ايقاف/غاء/اطلع -/اشتراك/رسايل/دوره/من -/دوره|"
     "لا تكتبوا/تكتب/تزعجوني/تزعجني/تتصلوا/تتواصلوا/تراسلني -/لي/بي/معي -/بعد|"
     "ايقاف/اوقفوا/وقفوا/وقف -/هذه -/رسايل|"
     "مش/مو/ما عايز/عايزه/عاوز/عاوزه/بدي/ابغي/ابي/اريد -/هذه -/رسايل/رسايلكم/هذا|"
     "غير مهتم/مهتمه|لست مهتم/مهتما/مهتمه|كيف اوقف/غي/اتوقف -/رسايل/اشتراك/هذا|"
     "tawaqaf|tawaqafu|tawa9af|kafa|kefaya|kifaya|khalas|5alas|wa2ef|wa2fou|wa2fo|wa2afou|"
     "la torselo/torsel/torselu/tirsel -/li -/rasael/rasayel|mabghitch|mabghit|"
     "ma/mish/mesh/mosh baddi/badi/bedi/3ayez/3ayz/abgha/abi -/rasael/rasayel|لا اريد "
     "هذه/هذا/استمرار/مشاركه/متابعه/مواصله/اكمال -/رسايل/دوره -/بعد|كفي رسايل|يكفي "
     "رسايل|احذفني/احذفوني/ازيلوني/ازلني/شيلوني/اخرجوني من قايمه/دوره/مجموعه|احذفني|احذفوني|غ "
     "اشتراك|مو/مش مهتم/مهتمه|خلص|بكفي|حلوا عني|-/ما ابغي/ابي رسايل|ما ابي|ما ابغي"},
    {PHRASES_STOP_WHOLE, "sw",
     "inatosha|niache|niacheni|sitaki -/tena -/ujumbe/jumbe/meseji/sms/kozi/hii -/tena|"
     "simamisha/simamisheni -/ujumbe/jumbe/meseji/sms/kozi|"
     "wacha/wacheni -/kunitumia/kutuma -/ujumbe/jumbe/meseji/sms|namba/nambari si/siyo -/sahihi|"
     "niondoe/niondoeni/nitoe/nitoeni -/kwenye/katika -/orodha/kozi/mafunzo|"
     "ondoa/ondoeni/futa/futeni/toa/toeni namba/nambari -/yangu|"
     "nataka/ningependa/naomba kuacha/kujiondoa/kujitoa/kusitisha/kukoma -/kozi/mafunzo/ujumbe|"
     "jiondoe|kujiondoa|najiondoa|najitoa|naacha -/kozi|tosha|imetosha|komesha/komesheni/koma "
     "-/ujumbe/jumbe/sms|usinisumbue/msinisumbue/usinitafute -/tena|"
     "sipendi/sihitaji -/tena ujumbe/jumbe/sms/kozi -/tena|acha/acheni/wacha/wacheni "
     "-/kunisumbua/kunitumia/kutuma -/ujumbe/jumbe/sms/meseji "
     "-/tena|usinisumbue|msinisumbue|sitaki -/tena kuendelea/kushiriki/kusoma/kozi/ujumbe/hii "
     "-/hii/tena|nimechoka na ujumbe/jumbe/sms -/zenu/wenu|ujumbe/sms "
     "umezidi/zimezidi|namba/nambari -/hii si/siyo sahihi/yangu|naomba/tafadhali "
     "mniondoe/uniondoe/muache/uache"},
};
const size_t match_n_word_rows = ARRAY_LEN(match_word_rows);

struct keyword match_find_keyword(struct str word)
{
    bool is_number = str_is_empty(word) || (word.p[0] >= '0' && word.p[0] <= '9');
    for (size_t i = 0; !is_number && i < match_n_keyword_rows; i++) {
        const struct keyword_row *row = &match_keyword_rows[i];
        if (str_word_index(row->words, ' ', word) >= 0)
            return (struct keyword){row->command, row->lang, word};
    }
    return (struct keyword){COMMAND_NONE, "", STR_NONE};
}

int32_t match_find_number_word(struct str word)
{
    for (size_t i = 0; !str_is_empty(word) && i < match_n_number_rows; i++) {
        if (str_word_index(match_number_rows[i].words, ' ', word) >= 0)
            return match_number_rows[i].value;
    }
    return -1;
}

bool match_has_word(enum word_list list, struct str word)
{
    bool is_phrases = list == PHRASES_STOP || list == PHRASES_STOP_WHOLE;
    for (size_t i = 0; !str_is_empty(word) && i < match_n_word_rows; i++) {
        const struct word_row *row = &match_word_rows[i];
        if (row->list == list && str_word_index(row->words, is_phrases ? '|' : ' ', word) >= 0)
            return true;
    }
    return false;
}

bool match_is_filler(struct str word)
{
    return match_has_word(WORDS_FILLER, word) || match_has_word(WORDS_COURTESY, word);
}

bool match_has_words(enum word_list list, enum word_list other, struct str text)
{
    for (struct str word; (word = match_next_word(&text)).p != NULL;) {
        if (!match_has_word(list, word) && !match_has_word(other, word))
            return false;
    }
    return true;
}

struct str match_next_word(struct str *rest)
{
    if (str_is_empty(*rest))
        return STR_NONE;
    return str_split(rest, ' ');
}
