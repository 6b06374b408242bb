/* Regular expressions of profiles, with limits that no text of a provider can exceed: PCRE2's own
 * default would let one callback burn 100 ms (docs/reliability.md finding 10). */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <assert.h>
#include <pcre2.h>

#include "base/xalloc.h"
#include "profile/model.h"

#define MATCH_LIMIT 10000
#define DEPTH_LIMIT 500
#define MAX_PATTERN_BYTES 512u

struct pattern {
    pcre2_code *code;
    struct pattern *next;
};

static pcre2_code *compile(struct str text, struct errmsg *msg)
{
    int number;
    PCRE2_SIZE at;
    if (text.len > MAX_PATTERN_BYTES) {
        (void)errmsg_set(msg, ERR_TOO_LONG, "a pattern has at most %u bytes", MAX_PATTERN_BYTES);
        return NULL;
    }
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)(text.p != NULL ? text.p : ""), text.len,
                                     PCRE2_NEVER_BACKSLASH_C, &number, &at, NULL);
    if (code == NULL) {
        PCRE2_UCHAR words[128];
        (void)pcre2_get_error_message(number, words, sizeof(words)); /* cut is fine */
        (void)errmsg_set(msg, ERR_INVALID, "not a regular expression: %s at byte %zu", words, at);
    }
    return code;
}

struct pattern *pattern_new(struct str text, struct profile *owner, struct errmsg *msg)
{
    pcre2_code *code = compile(text, msg);
    if (code == NULL)
        return NULL;
    struct pattern *pattern = xcalloc(1, sizeof(*pattern));
    pattern->code = code;
    pattern->next = owner->patterns;
    owner->patterns = pattern;
    return pattern;
}

void pattern_free_all(struct pattern *patterns)
{
    while (patterns != NULL) {
        struct pattern *next = patterns->next;
        pcre2_code_free(patterns->code);
        free(patterns);
        patterns = next;
    }
}

static bool match(const pcre2_code *code, struct str text, struct str *ret_group)
{
    pcre2_match_context *limits = pcre2_match_context_create(NULL);
    pcre2_match_data *data = pcre2_match_data_create(2, NULL);
    assert(limits != NULL && data != NULL);           /* as base/xalloc.h says */
    (void)pcre2_set_match_limit(limits, MATCH_LIMIT); /* cannot fail */
    (void)pcre2_set_depth_limit(limits, DEPTH_LIMIT); /* cannot fail */
    PCRE2_SPTR subject = (PCRE2_SPTR)(text.p != NULL ? text.p : "");
    int n = pcre2_match(code, subject, text.len, 0, 0, data, limits);
    assert(n != PCRE2_ERROR_NOMEMORY);
    bool is_match = n >= 0; /* 0: more groups than room, the first two are set */
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(data);
    const PCRE2_SIZE *group = n != 1 && ends[2] != PCRE2_UNSET ? ends + 2 : ends;
    if (is_match)
        *ret_group = str_sub(text, group[0], group[1]);
    pcre2_match_data_free(data);
    pcre2_match_context_free(limits);
    return is_match;
}

bool pattern_match(const struct pattern *pattern, struct str text, struct str *ret_group)
{
    return match(pattern->code, text, ret_group);
}

bool pattern_match_text(struct str pattern, struct str text)
{
    struct str group;
    pcre2_code *code = compile(pattern, NULL);
    bool is_match = code != NULL && match(code, text, &group);
    pcre2_code_free(code);
    return is_match;
}
