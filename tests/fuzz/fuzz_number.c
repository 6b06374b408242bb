/* Any sender from a provider: refused, or one E.164 number that comes back in every form. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/number.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const homes[] = {"",   "KE", "US", "RU", "IT", "CI",
                                        "HU", "KZ", "AR", "BJ", "MX", "BR"};
    if (size < 2)
        return 0;
    enum number_form form = (enum number_form)(data[0] % (NUMBER_FORM_OPAQUE + 1));
    struct str home = str_from(homes[data[1] % ARRAY_LEN(homes)]);
    struct str text = {(const char *)data + 2, size - 2};
    struct number number;
    if (number_parse(text, form, home, &number) != ERR_OK)
        return 0;
    char written[24];
    size_t len = strlen(number.e164);
    if (form == NUMBER_FORM_OPAQUE) {
        assert(str_eq(text, str_from(number.e164)));
        assert(number_format(&number, NUMBER_FORM_OPAQUE, written) == ERR_OK);
        return 0;
    }
    assert(number.e164[0] == '+' && len >= 8 && len <= 16);
    assert(strspn(number.e164 + 1, "0123456789") == len - 1);
    static const enum number_form forms[] = {NUMBER_FORM_PLUS, NUMBER_FORM_DIGITS, NUMBER_FORM_00};
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        struct number again;
        assert(number_format(&number, forms[i], written) == ERR_OK);
        enum err e = number_parse(str_from(written), forms[i], STR(""), &again);
        /* Of a length that no plan knows, digits alone must be more (number.c). */
        if (e != ERR_OK && number.is_unplanned && forms[i] == NUMBER_FORM_DIGITS)
            continue;
        assert(e == ERR_OK);
        assert(memcmp(&again, &number, sizeof(number)) == 0);
    }
    assert(number_format(&number, NUMBER_FORM_NATIONAL, written) == ERR_OK);
    return 0;
}
