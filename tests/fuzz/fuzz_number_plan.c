/* Any file of numbering plans: read or refused with words, and what was read reads numbers. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "core/number.h"
#include "core/number_plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const texts[] = {"+254700000101", "0700000101", "700000101", "2065550177",
                                        "011 15 2300-0101"};
    struct str yaml = {(const char *)data, size};
    struct number_plans *plans = NULL;
    struct buf errors CLEANUP(buf_fini);
    buf_init(&errors, 1u << 20);
    if (number_plans_parse(yaml, STR("f"), &plans, &errors) != ERR_OK) {
        assert(plans == NULL && errors.len > 0);
        return 0;
    }
    number_plans_use(plans);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct number number;
        if (number_parse(str_from(texts[i]), NUMBER_FORM_ANY, STR("KE"), &number) == ERR_OK)
            assert(number.e164[0] == '+');
    }
    number_plans_use(NULL);
    return 0;
}
