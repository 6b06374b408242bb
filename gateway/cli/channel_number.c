/* `waypost channel number`: what numbers become, and why (core/number.h). */
#include <stdio.h>
#include <string.h>

#include "cli/verbs.h"
#include "port/file.h"

/* How numbers are read: the forms that are tried in order. */
struct reader {
    struct str country;
    enum number_form forms[8];
    uint32_t n_forms;
};

static int take_form(const char *word, struct reader *r)
{
    static const char *const words[] = {"plus", "digits", "00", "national", "any"};
    r->n_forms = 1;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        r->forms[0] = (enum number_form)i;
        if (strcmp(words[i], word) == 0)
            return EX_OK;
    }
    cli_complain("--form is plus, digits, 00, national or any, not '%s'", word);
    return EX_USAGE;
}

/* As the channel's profile says. */
static int take_channel(const struct cli_args *args, const char *name, struct arena *arena,
                        struct reader *r)
{
    struct config config;
    const enum number_form *forms = NULL;
    int code = cli_config_load(args, arena, &config);
    if (code != EX_OK)
        return code;
    const struct config_channel *channel = config_channel_get(&config, str_from(name));
    if (channel == NULL) {
        cli_complain("the configuration has no channel '%s'", name);
        return EX_USAGE;
    }
    struct str path = arena_printf(arena, "%.*s/%.*s.yaml", STR_ARG(config.profiles_dir),
                                   STR_ARG(channel->profile));
    struct profile *profile = channel_load_profile(path.p);
    if (profile == NULL)
        return EX_CONFIG;
    r->country = channel->country;
    r->n_forms = profile_sender_forms(profile, &forms);
    for (uint32_t i = 0; i < r->n_forms; i++)
        r->forms[i] = forms[i];
    profile_free(profile);
    return EX_OK;
}

static int take_options(const struct cli_args *args, struct arena *arena, struct reader *r)
{
    const char *channel = cli_get(args, "channel", NULL);
    const char *country = cli_get(args, "country", NULL);
    const char *form = cli_get(args, "form", channel == NULL ? "any" : NULL);
    int code = channel != NULL ? take_channel(args, channel, arena, r) : EX_OK;
    if (code == EX_OK && form != NULL)
        code = take_form(form, r);
    if (code == EX_OK && country != NULL && number_calling_code(str_from(country)).p == NULL) {
        cli_complain("no plan has the country '%s'; KE is how one is written", country);
        return EX_USAGE;
    }
    if (country != NULL)
        r->country = str_from(country);
    return code;
}

/* A line of NUMBER, E.164 or -, country or -, words; tabs between. */
static bool print_number(const struct reader *r, const char *text)
{
    struct number number = {.e164 = "-"};
    struct buf words CLEANUP(buf_fini);
    enum err e = ERR_INVALID;
    buf_init(&words, 1024);
    for (uint32_t i = 0; i < r->n_forms && e != ERR_OK; i++) {
        buf_reset(&words);
        e = number_explain(str_from(text), r->forms[i], r->country, &number, &words);
    }
    printf("%s\t%s\t%s\t%.*s\n", text, number.e164,
           number.country[0] != '\0' ? number.country : "-", STR_ARG(buf_str(&words)));
    return e == ERR_OK;
}

int channel_number(const struct cli_args *args)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(CLI_CONFIG_ARENA_BYTES);
    struct reader reader = {.country = STR("")};
    bool is_good = true;
    if (args->n_words < 2) {
        cli_complain("channel number: name numbers, as a provider or a person writes them");
        return EX_USAGE;
    }
    int code = take_options(args, arena, &reader);
    if (code != EX_OK)
        return code;
    for (int i = 1; i < args->n_words; i++)
        is_good &= print_number(&reader, args->words[i]);
    return is_good ? EX_OK : EX_DATAERR;
}
