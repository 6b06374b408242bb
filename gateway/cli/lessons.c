/* `waypost lessons`: what an author does with a course folder. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/author.h"
#include "cli/desk.h"
#include "core/lesson/lesson.h"
#include "core/lesson/translate.h"
#include "port/lesson_files.h"

/* One function per verb, one row in verbs. */

struct verb {
    const char *name;
    int (*run)(const struct cli_args *args, const char *dir);
};

/* Files of the folder itself, and those of its pack, and of the course that it is an edition of. */
static void tell_findings(const struct folder *folder, const char *dir, bool is_pack)
{
    const struct lesson_findings *found = folder->findings;
    uint32_t n_own = 0;
    for (uint32_t i = 0; i < folder->n_files; i++)
        n_own += lesson_files_is_own(folder->files[i].name);
    uint32_t n_others = folder->n_files - n_own;
    if (is_pack) { /* the course around it is none of the author's */
        n_own = n_others;
        n_others = 0;
    }
    (void)fprintf(stderr, "%s: %u error%s, %u warning%s, %u hint%s in %u file%s", dir,
                  found->n_errors, str_s(found->n_errors), found->n_warnings,
                  str_s(found->n_warnings), found->n_hints, str_s(found->n_hints), n_own,
                  str_s(n_own));
    (void)fprintf(stderr, n_others > 0 ? " and %u of its pack or base\n" : "\n", n_others);
}

static int run_check(const struct cli_args *args, const char *dir)
{
    static const char *const names[] = {"text", "json", "github"};
    const char *format = cli_get(args, "format", "text");
    size_t output = ARRAY_LEN(names) - 1;
    while (output > 0 && strcmp(format, names[output]) != 0)
        output--;
    struct folder folder CLEANUP(folder_fini) = {0};
    bool is_pack = lesson_files_is_pack(dir);
    int code = is_pack ? folder_read_pack(dir, &folder) : folder_read(dir, &folder);
    if (code != EXIT_CLEAN)
        return code;
    struct arena *scratch CLEANUP(arena_freep) = arena_new(LESSON_ARENA_BYTES);
    const char *lang = cli_get(args, "lang", NULL);
    if (lang == NULL)
        lesson_check(folder.source, folder.arena, scratch, folder.findings);
    else if (lesson_find_language(folder.source, str_from(lang)) >= 0 &&
             lesson_has_po(folder.source, str_from(lang)))
        lesson_check_language(folder.source, str_from(lang), folder.arena, scratch,
                              folder.findings);
    else
        return folder_no_language(&folder, dir, lang);
    struct str only = lang != NULL ? str_from(lang) : STR_NONE;
    lesson_check_terms(folder.source, only, folder.arena, scratch, folder.findings);
    lesson_findings_sort(folder.findings);
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, OUTPUT_MAX_BYTES);
    struct str shown = is_pack ? folder_shown_of_pack(dir, scratch) : folder_shown(dir);
    lesson_findings_print(folder.findings, shown, (enum lesson_output)output, &out);
    author_print(&out, stdout);
    buf_reset(&out);
    if (!is_pack) {
        lesson_tell_progress(folder.source, only, scratch, &out);
        lesson_tell_reading(&folder.source->course, &out);
        author_print(&out, stderr);
    }
    tell_findings(&folder, dir, is_pack);
    return folder.findings->n_errors > 0 ? EXIT_ERRORS : EXIT_CLEAN;
}

/* Rewrites the files that are not in canonical form; with --dry-run only says which. */
static int run_fmt(const struct cli_args *args, const char *dir)
{
    struct folder folder CLEANUP(folder_fini) = {0};
    int code = folder_read_clean(dir, "formatted", &folder);
    if (code != EXIT_CLEAN)
        return code;
    bool is_dry = cli_has(args, "dry-run");
    struct arena *scratch CLEANUP(arena_freep) = arena_new(LESSON_ARENA_BYTES);
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, OUTPUT_MAX_BYTES);
    for (uint32_t i = 0; i < folder.n_files; i++) {
        struct errmsg msg = {""};
        buf_reset(&out);
        lesson_format(folder.source, i, scratch, &out);
        struct str name = folder.files[i].name;
        bool is_of_base = str_find_char(name, '/') != SIZE_MAX && !str_starts(name, STR("packs/"));
        if (str_eq(buf_str(&out), folder.files[i].text) || is_of_base || str_ends(name, STR(".po")))
            continue;
        if (buf_error(&out) != ERR_OK || arena_error(scratch) != ERR_OK) {
            cli_complain("%.*s is too big to be formatted", STR_ARG(folder.files[i].name));
            return EXIT_USAGE;
        }
        printf("%s/%.*s\n", dir, STR_ARG(folder.files[i].name));
        if (is_dry) {
            code = EXIT_ERRORS;
        } else if (lesson_files_write(dir, folder.files[i].name, buf_str(&out), &msg) != ERR_OK) {
            cli_complain("%s", msg.text);
            return EXIT_USAGE;
        }
    }
    return code;
}

/* By --lang; NULL: the course is not there in it. */
static const struct lesson_source *in_asked_language(const struct cli_args *args,
                                                     const struct folder *folder)
{
    const char *lang = cli_get(args, "lang", NULL);
    return lang == NULL ? folder->source
                        : lesson_in_language(folder->source, str_from(lang), folder->arena);
}

/* The page, or with --transcript the plain text, on stdout. */
static int run_preview(const struct cli_args *args, const char *dir)
{
    enum err e = ERR_OK;
    struct folder folder CLEANUP(folder_fini) = {0};
    int code = folder_read_clean(dir, "previewed", &folder);
    if (code != EXIT_CLEAN)
        return code;
    const struct lesson_source *source = in_asked_language(args, &folder);
    if (source == NULL)
        return folder_no_language(&folder, dir, cli_get(args, "lang", NULL));
    struct arena *scratch CLEANUP(arena_freep) = arena_new(LESSON_ARENA_BYTES);
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, LESSON_PREVIEW_MAX_BYTES);
    if (cli_has(args, "transcript"))
        e = lesson_transcript(source, folder.arena, scratch, &out);
    else if (cli_has(args, "booklet") || cli_has(args, "meeting"))
        lesson_booklet(source,
                       cli_has(args, "meeting") ? LESSON_BOOKLET_MEETINGS : LESSON_BOOKLET_COURSE,
                       &out);
    else
        lesson_preview(source, scratch, &out);
    if (e == ERR_OK)
        e = buf_error(&out);
    if (e != ERR_OK) {
        cli_complain("%s: the course is too big to be shown whole (%s)", dir, err_name(e));
        return EXIT_USAGE;
    }
    author_print(&out, stdout);
    return EXIT_CLEAN;
}

/* The template for translators on stdout: of the course's own texts, or of its pack's. */
static int run_pot(const struct cli_args *args, const char *dir)
{
    struct folder folder CLEANUP(folder_fini) = {0};
    int code = folder_read_clean(dir, "translated", &folder);
    if (code != EXIT_CLEAN)
        return code;
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, OUTPUT_MAX_BYTES);
    lesson_pot(folder.source, cli_has(args, "pack"), STR(""), NULL, folder.arena, &out);
    author_print(&out, stdout);
    return EXIT_CLEAN;
}

/* One PO file with the texts of today. */
static int merge_file(const struct folder *folder, const char *dir, bool is_of_pack,
                      struct str lang)
{
    struct str pack = folder->source->pack;
    struct str name = is_of_pack ? arena_printf(folder->arena, "packs/%.*s/po/%.*s.po",
                                                STR_ARG(pack), STR_ARG(lang))
                                 : arena_printf(folder->arena, "po/%.*s.po", STR_ARG(lang));
    const struct po_file *old = NULL;
    for (uint32_t i = 0; i < folder->source->n_pos; i++) {
        if (str_eq(folder->source->pos[i].name, name))
            old = &folder->source->pos[i];
    }
    struct errmsg msg = {""};
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, OUTPUT_MAX_BYTES);
    lesson_pot(folder->source, is_of_pack, lang, old, folder->arena, &out);
    enum err e = buf_error(&out) != ERR_OK ? buf_error(&out) : arena_error(folder->arena);
    if (e == ERR_OK)
        e = lesson_files_write(dir, name, buf_str(&out), &msg);
    if (e == ERR_OK)
        printf("%s/%s%.*s\n", dir, is_of_pack ? "../" : "", STR_ARG(name));
    else
        cli_complain("%.*s: %s", STR_ARG(name), msg.text[0] != '\0' ? msg.text : err_name(e));
    return e == ERR_OK ? EXIT_CLEAN : EXIT_USAGE;
}

/* Both files of a language, begun or brought up to date. */
static int run_merge(const struct cli_args *args, const char *dir)
{
    struct folder folder CLEANUP(folder_fini) = {0};
    struct str lang = str_from(cli_get(args, "lang", NULL));
    if (str_is_empty(lang)) {
        cli_complain("`lessons merge` needs a language: --lang fr");
        return EXIT_USAGE;
    }
    int code = folder_read_clean(dir, "merged", &folder);
    if (code == EXIT_CLEAN && lesson_find_language(folder.source, lang) < 0)
        code = folder_no_language(&folder, dir, lang.p);
    if (code == EXIT_CLEAN)
        code = merge_file(&folder, dir, false, lang);
    if (code == EXIT_CLEAN && folder.source->pack.p != NULL)
        code = merge_file(&folder, dir, true, lang);
    return code;
}

/* The price of one segment on the channel where SMS go that belong to a USSD channel. */
static uint64_t sms_price(const struct config *config, const struct config_channel *channel)
{
    for (uint32_t i = 0; i < config->n_channels; i++) {
        if (str_eq(config->channels[i].name, channel->sms_channel))
            return config->channels[i].price;
    }
    return 0;
}

/* "12.30 EUR" for each channel of that kind that has a price; a session's is that of the channel,
 * what comes by SMS beside it costs what it does there. */
static void print_costs(const struct config *config, bool is_ussd, const struct lesson_forecast *f)
{
    for (uint32_t i = 0; config != NULL && i < config->n_channels; i++) {
        const struct config_channel *channel = &config->channels[i];
        uint64_t amount =
            is_ussd ? f->n_sessions * channel->price + f->n_parts * sms_price(config, channel)
                    : f->n_parts * channel->price;
        uint64_t hundredths = amount / (CONFIG_AMOUNT / 100);
        if (channel->price != 0 && (channel->dial_code.p != NULL) == is_ussd)
            printf("    on %.*s: %" PRIu64 ".%02" PRIu64 " %.*s\n", STR_ARG(channel->name),
                   hundredths / 100, hundredths % 100, STR_ARG(config->currency));
    }
}

/* One course in one language. False: it cannot be played to its end. */
static bool print_forecast(const struct folder *folder, const struct course *course,
                           const struct config *config)
{
    struct arena *scratch CLEANUP(arena_freep) = arena_new(LESSON_ARENA_BYTES);
    struct lesson_forecast sms, ussd;
    if (lesson_forecast(course, VIA_SMS, folder->arena, scratch, &sms) != ERR_OK ||
        lesson_forecast(course, VIA_USSD, folder->arena, scratch, &ussd) != ERR_OK)
        return false;
    printf("%.*s by SMS: %u SMS, %u part%s, %u of them UCS-2; %u SMS of the learner\n",
           STR_ARG(course->language), sms.n_sms, sms.n_parts, str_s(sms.n_parts), sms.n_ucs2_parts,
           sms.n_sent);
    print_costs(config, false, &sms);
    printf("%.*s by USSD: %u screen%s, %u key%s, %u session%s; %u SMS, %u part%s\n",
           STR_ARG(course->language), ussd.n_screens, str_s(ussd.n_screens), ussd.n_keys,
           str_s(ussd.n_keys), ussd.n_sessions, str_s(ussd.n_sessions), ussd.n_sms, ussd.n_parts,
           str_s(ussd.n_parts));
    print_costs(config, true, &ussd);
    return true;
}

/* What one learner who completes the course gets and sends; with --config what it costs. */
static int run_forecast(const struct cli_args *args, const char *dir)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(CLI_CONFIG_ARENA_BYTES);
    struct config config;
    struct folder folder CLEANUP(folder_fini) = {0};
    bool has_prices = cli_has(args, "config");
    int code = folder_read_clean(dir, "played", &folder);
    if (code == EXIT_CLEAN && has_prices)
        code = cli_config_load(args, arena, &config);
    if (code != EXIT_CLEAN)
        return code;
    const struct lesson_source *source = in_asked_language(args, &folder);
    if (source == NULL)
        return folder_no_language(&folder, dir, cli_get(args, "lang", NULL));
    if (print_forecast(&folder, &source->course, has_prices ? &config : NULL))
        return EXIT_CLEAN;
    cli_complain("%s: the course cannot be played to its end", dir);
    return EXIT_USAGE;
}

/* The skeleton's text with the name of the folder as the course's id. */
static struct str named(struct str text, struct str id, struct arena *arena)
{
    static const char line[] = "course: skeleton\n";
    size_t at = str_find(text, str_from(line));
    if (at == SIZE_MAX)
        return text;
    return arena_printf(arena, "%.*scourse: %.*s\n%.*s", STR_ARG(str_sub(text, 0, at)), STR_ARG(id),
                        STR_ARG(str_sub(text, at + strlen(line), text.len)));
}

/* A folder that passes the check and waits for words; its name is the course's id. */
static int run_new(const struct cli_args *args, const char *dir)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(LESSON_ARENA_BYTES);
    struct str id = folder_shown(dir);
    struct lesson_file *files;
    uint32_t n;
    struct errmsg msg = {""};
    (void)args; /* takes none */
    for (struct str rest = id; rest.p != NULL;)
        id = str_split(&rest, '/');
    if (!lesson_is_course_id(id)) {
        cli_complain("the folder's name is the course's id: a letter and at most 30 of a-z, 0-9, - "
                     "and _, such as lessons/first-aid");
        return EXIT_USAGE;
    }
    enum err e = lesson_files_skeleton(dir, arena, &files, &n, &msg);
    if (e == ERR_OK)
        e = lesson_files_make_folder(dir, &msg);
    for (uint32_t i = 0; i < n && e == ERR_OK; i++) {
        e = lesson_files_write(dir, files[i].name, named(files[i].text, id, arena), &msg);
        if (e == ERR_OK)
            printf("%.*s/%.*s\n", STR_ARG(folder_shown(dir)), STR_ARG(files[i].name));
    }
    if (e != ERR_OK)
        cli_complain("%s", msg.text);
    return e == ERR_OK ? EXIT_CLEAN : EXIT_USAGE;
}

/* One exit code more than the others: what the database or Redis says, as sysexits.h names it. */
static int run_publish(const struct cli_args *args, const char *dir)
{
    struct folder folder CLEANUP(folder_fini) = {0};
    struct desk desk CLEANUP(desk_close) = {0};
    int code = folder_read_clean(dir, "published", &folder);
    if (code == EXIT_CLEAN)
        code = desk_open(args, &desk);
    if (code != EXIT_CLEAN)
        return code;
    return publish_course(&desk, folder.source, folder.files, folder.n_files,
                          str_from(cli_get(args, "at", NULL)),
                          str_from(cli_get(args, "approved-by", NULL)));
}

static int run_withdraw(const struct cli_args *args, const char *course)
{
    struct desk desk CLEANUP(desk_close) = {0};
    int code = desk_open(args, &desk);
    return code == EX_OK ? publish_withdraw(&desk, str_from(course)) : code;
}

static int run_list(const struct cli_args *args, const char *nothing)
{
    struct desk desk CLEANUP(desk_close) = {0};
    (void)nothing;
    int code = desk_open(args, &desk);
    return code == EX_OK ? publish_list(&desk) : code;
}

static int run_correct(const struct cli_args *args, const char *course)
{
    struct desk desk CLEANUP(desk_close) = {0};
    int code = desk_open(args, &desk);
    return code == EX_OK ? correct_unit(&desk, str_from(course), str_from(args->words[2])) : code;
}

static const struct verb verbs[] = {
    {"new", run_new},         {"check", run_check},       {"fmt", run_fmt},
    {"preview", run_preview}, {"forecast", run_forecast}, {"publish", run_publish},
    {"pot", run_pot},         {"merge", run_merge},       {"withdraw", run_withdraw},
    {"list", run_list},       {"export", author_export},  {"import", author_import},
    {"edit", author_edit},    {"diff", author_diff},      {"graph", author_graph},
    {"correct", run_correct},
};

static int lessons_run(const struct cli_args *args)
{
    for (size_t i = 0; i < ARRAY_LEN(verbs) && args->n_words > 0; i++) {
        if (strcmp(args->words[0], verbs[i].name) != 0)
            continue;
        bool needs_none = verbs[i].run == run_list;
        bool needs_two = verbs[i].run == author_diff || verbs[i].run == run_correct;
        int n_words = needs_none ? 1 : needs_two ? 3 : 2;
        if (args->n_words == n_words)
            return verbs[i].run(args, needs_none ? NULL : args->words[1]);
        cli_complain("`lessons %s` needs %s, such as lessons/children-on-the-move", verbs[i].name,
                     verbs[i].run == run_correct ? "a course and the id of a question or lesson"
                     : needs_two                 ? "two folders"
                                                 : "one folder");
        return EXIT_USAGE;
    }
    if (args->n_words > 0)
        cli_complain("lessons cannot '%s'; `waypost lessons --help` says what it can",
                     args->words[0]);
    else
        cli_complain("say what to do with which lessons; `waypost lessons --help` has the choice");
    return EXIT_USAGE;
}

const struct cli_command cli_lessons = {
    .name = "lessons",
    .summary = "check, format, preview, translate and publish a course folder",
    .usage =
        "lessons new DIR\n"
        "lessons check DIR [--lang fr] [--format text|json|github]\n"
        "lessons fmt DIR [--dry-run]\n"
        "lessons preview DIR [--lang fr] > course.html\n"
        "lessons preview DIR [--lang fr] --transcript > course.txt\n"
        "lessons preview DIR [--lang fr] --booklet|--meeting > page.html\n"
        "lessons forecast DIR [--lang fr] [--config FILE]\n"
        "lessons publish DIR [--at TIME] [--approved-by NAME] [--config FILE]\n"
        "lessons withdraw COURSE [--config FILE]\n"
        "lessons list [--config FILE]\n"
        "lessons correct COURSE UNIT [--key N[,N]] [--why TEXT --approved-by NAME] [--by WHO]\n"
        "lessons pot DIR [--pack] > course.pot\n"
        "lessons merge DIR --lang fr\n"
        "lessons export DIR --to FORMAT [--module ID] > FILE\n"
        "lessons import FILE [--from FORMAT] [--into DIR]\n"
        "lessons export DIR --to review --lang fr > fr.xlsx\n"
        "lessons import DIR --review fr.xlsx --lang fr\n"
        "lessons diff OLD-DIR NEW-DIR\n"
        "lessons graph DIR > course.dot\n"
        "lessons edit DIR [--port N]",
    .options =
        {CLI_CONFIG_OPTION,
         {"format", "text|json|github", "how check prints what it finds", false},
         {"transcript", NULL, "preview: every SMS and USSD screen as plain text", false},
         {"lang", "CODE", "check, preview, forecast, merge, review: of one translation", false},
         {"at", "TIME", "publish: when it goes live, such as 2026-12-01 08:00+03", false},
         {"approved-by", "NAME",
          "publish, correct: who approved it, name and role; not who runs correct", false},
         {"key", "N[,N]", "correct: the options that are right", false},
         {"why", "TEXT", "correct: what was wrong; without it correct changes nothing", false},
         {"by", "WHO", "correct: who runs it; the user of the machine when left out", false},
         {"pack", NULL, "pot: of the pack's texts", false},
         {"to", "FORMAT", "export: " AUTHOR_FORMATS ", or review", false},
         {"port", "N", "edit: of the desk; any free one when left out", false},
         {"review", "FILE", "import: a sheet for reviewers that came back", false},
         {"booklet", NULL, "preview: for a facilitator, to print", false},
         {"meeting", NULL, "preview: a page for each weekly meeting, to print", false},
         {"from", "FORMAT", "import: the same; by the file's name when left out", false},
         {"module", "ID", "export: this module alone", false},
         {"into", "DIR", "import: write ID.md of each module there", false},
         {"dry-run", NULL, "fmt: only name the files that would change (exit code 1)", false}},
    .run = lessons_run,
};
