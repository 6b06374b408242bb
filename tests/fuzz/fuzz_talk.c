/* Any bytes as a transcript: parsed or refused with a place; patterns end whatever they are. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lab/talk/talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena *arena;
    static struct talk_script script;
    struct errmsg msg = {""};
    if (arena == NULL)
        arena = arena_new(16u << 20);
    arena_reset(arena);
    struct str text = {(const char *)data, size};
    enum err e = talk_parse(text, STR("fuzz"), arena, &script, &msg);
    assert(e == ERR_OK || strncmp(msg.text, "fuzz:", 5) == 0);
    for (uint32_t i = 0; e == ERR_OK && i + 1 < script.n_lines; i++) {
        (void)talk_match(script.lines[i].text, script.lines[i + 1].text);
        (void)talk_match_event(script.lines[i].text, script.lines[i + 1].text);
    }
    return 0;
}
