/* `waypost channel number`: what numbers become, and why (core/number.h). */
#include <stdio.h>
#include <string.h>

#include "cli/channel.h"
#include "cli/config_file.h"
#include "core/number.h"

static bool find_form(const char *word, enum number_form *ret)
{
    static const char *const words[] = {"plus", "digits", "00", "national", "any", "opaque"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (strcmp(words[i], word) == 0) {
            *ret = (enum number_form)i;
            return true;
        }
    }
    cli_complain("--form is plus, digits, 00, national, any or opaque, not '%s'", word);
    return false;
}

static int find_country(const struct cli_args *args, struct arena *arena, struct str *ret)
{
    struct config config;
    const char *name = cli_get(args, "channel", NULL);
    *ret = str_from(cli_get(args, "country", ""));
    if (ret->len > 0 && number_calling_code(*ret).p == NULL) {
        cli_complain("no plan has the country '%s'; KE is how one is written",
                     cli_get(args, "country", ""));
        return EX_USAGE;
    }
    if (name == NULL)
        return EX_OK;
    int code = config_file_load(args, arena, &config);
    const struct config_channel *channel =
        code == EX_OK ? config_channel_get(&config, str_from(name)) : NULL;
    if (code == EX_OK && channel == NULL) {
        cli_complain("the configuration has no channel '%s'", name);
        return EX_USAGE;
    }
    if (channel != NULL && ret->len == 0)
        *ret = channel->country;
    return code;
}

/* A line of NUMBER, E.164 or -, country or -, words; tabs between. */
int channel_number(const struct cli_args *args)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(CONFIG_FILE_ARENA_BYTES);
    enum number_form form;
    struct str country;
    bool is_good = true;
    if (args->n_words < 2) {
        cli_complain("channel number: name numbers, as a provider or a person writes them");
        return EX_USAGE;
    }
    if (!find_form(cli_get(args, "form", "any"), &form))
        return EX_USAGE;
    int code = find_country(args, arena, &country);
    if (code != EX_OK)
        return code;
    for (int i = 1; i < args->n_words; i++) {
        struct buf words CLEANUP(buf_fini);
        struct number number = {.e164 = "-"};
        buf_init(&words, 512);
        bool is_number =
            number_explain(str_from(args->words[i]), form, country, &number, &words) == ERR_OK;
        printf("%s\t%s\t%s\t%.*s\n", args->words[i], number.e164,
               number.country[0] != '\0' ? number.country : "-", STR_ARG(buf_str(&words)));
        is_good &= is_number;
    }
    return is_good ? EX_OK : EX_DATAERR;
}
