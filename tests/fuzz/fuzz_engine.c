/*
 * Any sequence of messages: bytes are a conversation, each message being kind and channel (one
 * byte), minutes that passed (one byte), length (one byte), text. After every step the engine's
 * promises must hold: a response to everything, the same one twice, at most two SMS, a learner that
 * survives its encoding.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/engine/engine.h"
#include "core/gsm/gsm.h"
#include "port/lesson_files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct courses courses;

static const struct engine_context context = {.org = {"Red Cross", 9},
                                              .url = {"example.org", 11},
                                              .code = {"*384*7#", 7},
                                              .emergency = {"999", 3}};

static void load_course(void)
{
    struct arena *arena = arena_new(LESSON_ARENA_BYTES);
    struct lesson_file *files;
    uint32_t n;
    struct errmsg msg;
    if (lesson_files_read("lessons/children-on-the-move", arena, &files, &n, &msg) != ERR_OK ||
        lesson_load(files, n, arena, &courses.list[0], &msg) != ERR_OK) {
        (void)fprintf(stderr, "run from the project's root: %s\n", msg.text);
        abort();
    }
    courses.n = 1;
}

static void require(bool is_true, const char *promise)
{
    if (is_true)
        return;
    (void)fprintf(stderr, "broken promise: %s\n", promise);
    abort();
}

/* Encoded, since structs have padding. */
static void encode(const struct learner *learner, struct buf *out)
{
    buf_init(out, LEARNER_MAX_BYTES);
    require(learner_encode(learner, LEARNER_RECORD, out) == ERR_OK, "a learner can be stored");
}

static void step(struct learner *learner, const struct input *input, struct arena *arena)
{
    struct outcome out, again;
    arena_reset(arena);
    require(engine_step(&courses, &context, learner, input, arena, &out) == ERR_OK,
            "every input has an answer");
    struct gsm_size size = gsm_measure(gsm_fold(out.reply, GSM_FOLD_NONE, arena));
    require(input->via == VIA_USSD || size.segments <= 2, "a reply is at most two SMS");
    require(out.n_events <= EVENTS_MAX, "events are bounded");
    for (uint32_t i = 0; i < out.n_events && !input->is_shown; i++) {
        enum event_kind kind = out.events[i].kind;
        require(kind != EVENT_answered && kind != EVENT_consented && kind != EVENT_lesson_read &&
                    kind != EVENT_role_set && kind != EVENT_language_set,
                "only what was shown counts");
    }
    require(engine_step(&courses, &context, learner, input, arena, &again) == ERR_OK,
            "every input has an answer twice");
    struct buf first CLEANUP(buf_fini), second CLEANUP(buf_fini), third CLEANUP(buf_fini);
    struct learner back;
    encode(&out.next, &first);
    encode(&again.next, &second);
    require(str_eq(buf_str(&first), buf_str(&second)) && str_eq(again.reply, out.reply) &&
                again.n_events == out.n_events,
            "the same arguments give the same outcome");
    require(learner_decode(buf_str(&first), &back) == ERR_OK, "what was stored can be read");
    encode(&back, &third);
    require(str_eq(buf_str(&first), buf_str(&third)), "a learner survives its encoding");
    *learner = out.next;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (courses.n == 0)
        load_course();
    struct arena *arena = arena_new(262144);
    struct learner learner;
    struct input input = {.now = {1732433860000}};
    learner_init(&learner);
    for (size_t i = 0; i + 3 <= size;) {
        size_t len = data[i + 2];
        if (len > size - i - 3)
            len = size - i - 3;
        input.kind = (enum input_kind)(data[i] & 3);
        input.is_shown = (data[i] & 0x30) != 0x30;
        input.via = data[i] & 4 ? VIA_USSD : VIA_SMS;
        input.now.ms += data[i + 1] * (data[i] & 8 ? 3600000LL * 24 : 60000LL);
        input.text = (struct str){(const char *)data + i + 3, len};
        memset(input.seed, data[i + 1] | 1, sizeof(input.seed));
        step(&learner, &input, arena);
        i += 3 + len;
    }
    arena_free(arena);
    return 0;
}
