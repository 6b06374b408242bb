#!/bin/bash
# watch.sh: what an operator watches with. Prometheus itself reads the metrics of a gateway at work, the alert rules and
# every query of the dashboards; PostgreSQL runs those of the dashboard that asks it. Each alert has a unit test and a
# paragraph of what to do.
. "$(dirname "$0")/lib.sh"
for name in promtool prometheus jq; do
    command -v "$name" >/dev/null || skip "there is no $name"
done
cd "$ROOT"
PROMETHEUS=

clean_up()
{
    local code=$?
    [ -z "$PROMETHEUS" ] || stop_pid "$PROMETHEUS" TERM 20
    world_down "$code"
}

rules=config/alerts/waypost.yaml
quietly()
{
    "$@" >"$STATE/said" 2>&1 || { sed 's/^/# /' "$STATE/said" && false; }
}

STATE=$(mktemp -d /tmp/waypost-test.XXXXXX)
trap 'rm -rf "$STATE"' EXIT
check 'Prometheus takes the rules' quietly promtool check rules --lint-fatal "$rules"
check 'each fires on what it is for, and not before' quietly promtool test rules config/alerts/waypost_test.yaml
alerts=$(sed -n 's/^ *- alert: //p' "$rules")
check_same 'each has a unit test' "$(sort <<<"$alerts")" \
    "$(sed -n 's/^ *alertname: //p' config/alerts/waypost_test.yaml | sort -u)"
check_same 'each has a paragraph of what to do' "$alerts" "$(sed -n 's/^## //p' docs/operating/alerts.md)"

rm -rf "$STATE"
world_up
trap clean_up EXIT
"$WAYPOST" phone --url "http://127.0.0.1:$PORT" --from +254700000001 --script <(printf '%s\n' JOIN 1) >/dev/null
curl -fsS "http://127.0.0.1:$ADMIN_PORT/metrics" >"$STATE/metrics"
check 'the names are as Prometheus wants them' quietly promtool check metrics <"$STATE/metrics"
cat >"$STATE/prometheus.yml" <<YAML
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: ["$ROOT/$rules"]
scrape_configs:
  - job_name: waypost
    static_configs: [{targets: ["127.0.0.1:$ADMIN_PORT"]}]
YAML
api="127.0.0.1:$(free_port)"
(cd "$STATE" && exec prometheus --config.file=prometheus.yml --storage.tsdb.path="$STATE/tsdb" \
    --web.listen-address="$api") >"$STATE/prometheus.log" 2>&1 &
PROMETHEUS=$!

# query EXPRESSION: how many series it gives; fails where Prometheus does not understand it.
query()
{
    curl -fsS --data-urlencode "query=$1" "http://$api/api/v1/query" | jq -e '.data.result | length'
}

# Five samples: each rule, those of rates too, was asked with data behind it.
has_channels()
{
    [ "$(query 'waypost_channel_received_total{channel="kannel"}')" = 1 ] &&
        [ "$(query 'count_over_time(waypost_callbacks_total[5m]) >= 5')" = 1 ]
}
wait_for 30 has_channels
# A process that stands still tells of this host, where other tests run, and not of the gateway.
check_same 'a gateway that is well fires nothing' '' \
    "$(curl -fsS "http://$api/api/v1/alerts" | jq -r '.data.alerts[] | select(.state == "firing") | .labels.alertname' |
        grep -vx WaypostStalls)"

# What other programs tell (node and PostgreSQL exporters, backup scripts) is not there; all that the gateway tells is.
known()
{
    local name
    while read -r name; do
        case $name in waypost_backup_* | waypost_drill_*) continue ;; esac
        grep -qx "$name" "$STATE/names" || return 1
    done < <(grep -oE 'waypost_[a-z_]+' <<<"$1" | sort -u)
}
is_asked()
{
    curl -fsS --data-urlencode "query=$1" "http://$api/api/v1/query" >/dev/null && known "$1"
}
curl -fsS "http://$api/api/v1/label/__name__/values" | jq -r '.data[]' >"$STATE/names"
while read -r expression; do
    check "rule: ${expression:0:90}" is_asked "$expression"
done < <(awk '/^          [^ ]/ && is_in { sub(/^ +/, ""); line = line " " $0; next }
    is_in { print line; is_in = 0; line = "" } /expr: >-/ { is_in = 1 }' "$rules")
while read -r expression; do
    check "panel: ${expression:0:90}" is_asked "$expression"
done < <(jq -r '.panels[].targets[].expr' config/grafana/operations.json)
runs()
{
    sql "$(sed -E "s/\\\$__timeFilter\(([a-z_]+)\)/\\1 > now() - interval '1 day'/" <<<"$1")" >/dev/null
}
while read -r query; do
    check "panel: ${query:0:90}" runs "$query"
done < <(jq -r '.panels[].targets[].rawSql' config/grafana/learners.json)
done_testing
