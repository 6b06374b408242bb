#!/bin/bash
# signatures.sh: the providers' own npm packages (signatures/package.json) against a running gateway:
# what they sign is let in, what they refuse is refused, what we compute they accept. The packages
# are test tools only and live in a temporary folder; without npm or its registry this is skipped.
. "$(dirname "$0")/lib.sh"

HERE="$ROOT/tests/integration/signatures"
VONAGE_METHODS='md5hash md5 sha1 sha256 sha512'

# channel NAME PROFILE SETTING...
channel()
{
    printf '  - name: %s\n    profile: %s\n    country: KE\n    from: "20880"\n    settings:\n' "$1" "$2"
    printf '      %s\n' "${@:3}" "public_url: https://learn.example.org"
}

channels()
{
    local method
    channel twilio twilio 'account_sid: AC0' "token: $KEY"
    for method in $VONAGE_METHODS; do
        channel "vonage-$method" vonage 'api_key: k' 'api_secret: s' "secret: $KEY" "method: $method"
    done
    channel plivo plivo 'auth_id: MA0' "token: $KEY"
    channel messagebird messagebird 'token: t' "secret: $KEY"
    channel telnyx telnyx 'api_key: k' "public_key_b64: $1"
}

KEY=key-of-the-test
world_make
npm_packages "$HERE"

openssl genpkey -algorithm ed25519 -outform DER -out "$STATE/telnyx.der"
TELNYX_KEY=$(base64 -w 0 "$STATE/telnyx.der")
export TELNYX_KEY
public_key=$(openssl pkey -inform DER -in "$STATE/telnyx.der" -pubout -outform DER | tail -c 32 | base64)
{
    demo_write_config "$STATE" "$PORT" | sed '/^channels:/q'
    channels "$public_key"
    printf 'countries:\n  - {code: KE, cost: Free, emergency: "999", helpline: "116"}\n'
} >"$STATE/waypost.yaml"
redis_start "$STATE"
postgres_start "$STATE"
demo_prepare "$STATE" >"$STATE/prepare.log" 2>&1 || die 69 "$(cat "$STATE/prepare.log")"
demo_start "$STATE" "$PORT"

node "$HERE/check.mjs" "$STATE/packages" "$PORT" "$WAYPOST" >"$STATE/said" 2>"$STATE/node.log" ||
    die 70 "$(cat "$STATE/node.log")"
while read -r verdict words; do
    case $verdict in
    ok) check "$words" true ;;
    not) check "${words#ok }" false ;;
    phones) phones=$words ;;
    esac
done <"$STATE/said"
check_same 'who was let in was heard, and nobody else' "$phones" \
    "$(wait_for 20 sql "select 1/(count(*) = $phones)::int from core.learner" || true
    sql 'select count(*) from core.learner')"
done_testing
