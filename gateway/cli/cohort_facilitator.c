/* `waypost cohort facilitator`: who may send GROUP from which number, with which PIN. */
#include <stdio.h>
#include <string.h>

#include "cli/verbs.h"
#include "core/number.h"
#include "port/vault/pin.h"
#include "port/vault/vault.h"

/* The number's pseudonym in hex, which is all that is kept of it. */
static int number_of(struct desk *desk, const char *text, struct vault **ret_vault, struct str *ret)
{
    struct number number;
    struct errmsg msg;
    char hex[2 * NUMBER_ID_BYTES + 1];
    if (number_parse(str_from(text), NUMBER_FORM_PLUS, STR_NONE, &number) != ERR_OK) {
        cli_complain("cohort facilitator: %s is no number; write it like +254700000001", text);
        return EX_USAGE;
    }
    if (vault_openssl_new(desk->config.keys_dir.p, ret_vault, &msg) != ERR_OK) {
        cli_complain("cohort facilitator: %s", msg.text);
        return EX_CONFIG;
    }
    struct number_id id = vault_number_id(*ret_vault, str_from(number.e164));
    hex_encode(id.bytes, sizeof(id.bytes), hex);
    *ret = arena_str(desk->arena, str_from(hex));
    return EX_OK;
}

/* Six random digits, unless the coordinator has chosen some. */
static int pin_of(const struct cli_args *args, char pin[8])
{
    uint8_t random[4];
    uint64_t value;
    struct str chosen = str_from(cli_get(args, "pin", NULL));
    vault_random(random, sizeof(random));
    uint32_t n = (uint32_t)random[0] << 16 | (uint32_t)random[1] << 8 | random[2];
    (void)snprintf(pin, 8, "%06u", n % 1000000); /* six digits */
    if (chosen.p == NULL)
        return EX_OK;
    if (chosen.len != 6 || str_to_u64(chosen, 999999, &value) != ERR_OK ||
        str_copy(chosen, pin, 8) != ERR_OK) {
        cli_complain("cohort facilitator: a PIN has six digits");
        return EX_USAGE;
    }
    return EX_OK;
}

static int set_facilitator(struct desk *desk, struct str code, struct str number, const char *pin)
{
    uint8_t salt[PIN_SALT_BYTES], hash[PIN_HASH_BYTES];
    char salt_hex[2 * PIN_SALT_BYTES + 1], hash_hex[2 * PIN_HASH_BYTES + 1];
    vault_random(salt, sizeof(salt));
    pin_hash(salt, str_from(pin), hash);
    hex_encode(salt, sizeof(salt), salt_hex);
    hex_encode(hash, sizeof(hash), hash_hex);
    struct str params[] = {code, number, str_from(salt_hex),
                           pin != NULL ? str_from(hash_hex) : STR_NONE};
    return cohort_change(desk, "select core.set_facilitator($1::integer, $2, $3, $4)", params, 4);
}

static int facilitator_with(struct desk *desk, const struct cli_args *args, struct str code,
                            bool is_added)
{
    struct vault *vault = NULL;
    struct str number;
    char pin[8];
    int result = is_added ? pin_of(args, pin) : EX_OK;
    if (result == EX_OK)
        result = number_of(desk, args->words[3], &vault, &number);
    if (result == EX_OK)
        result = set_facilitator(desk, code, number, is_added ? pin : NULL);
    vault_free(vault);
    if (result != EX_OK)
        return result;
    if (is_added)
        printf("%s\n", pin);
    (void)fprintf(
        stderr, is_added ? "Tell the facilitator this PIN, in person or by phone. GROUP, sent from "
                           "that number, asks for it.\n"
                         : "That number does not look after the group any more.\n");
    return EX_OK;
}

int cohort_facilitator(const struct cli_args *args)
{
    struct desk desk;
    struct str code;
    const char *verb = args->n_words == 4 ? args->words[1] : "";
    bool is_added = strcmp(verb, "add") == 0;
    if (!is_added && strcmp(verb, "remove") != 0) {
        cli_complain("cohort facilitator: `add CODE NUMBER` or `remove CODE NUMBER`");
        return EX_USAGE;
    }
    int result = cohort_code_of(args, 2, &code);
    if (result != EX_OK)
        return result;
    result = cohort_open_both(args, &desk);
    if (result == EX_OK)
        result = facilitator_with(&desk, args, code, is_added);
    desk_close(&desk);
    return result;
}
