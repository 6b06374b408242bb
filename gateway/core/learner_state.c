#include "core/learner_state.h"

static const struct {
    const char *name;
    uint8_t stored;
    bool is_side;
} state_rows[N_LEARNER_STATES] = {
#define LEARNER_STATE_ROW(name, stored, text, is_side)                                             \
    [LEARNER_STATE_##name] = {text, stored, is_side},
    LEARNER_STATES(LEARNER_STATE_ROW)
#undef LEARNER_STATE_ROW
};

const char *learner_state_name(enum learner_state state)
{
    return state_rows[state].name;
}

bool learner_state_is_side(enum learner_state state)
{
    return state_rows[state].is_side;
}

uint8_t learner_state_byte(enum learner_state state)
{
    return state_rows[state].stored;
}
