#!/bin/sh
# A payment program for --pay-hook that sells credit through a Lightning node (lnd): one JSON
# document on standard input, one on standard output, see docs/payments.md. Needs lncli and jq.
#
#   skerry run --pay-rate 10MiB/sat --pay-hook /usr/local/lib/skerry/lnd-pay-hook.sh
#
# LNCLI names the command, with the flags that your node needs: a macaroon that may make and look
# up invoices is enough (lncli bakemacaroon invoices:read invoices:write), and none that may spend.
# Amounts are whole satoshi: the unit of --pay-rate must be "sat".
set -eu
: "${LNCLI:=lncli}"
EXPIRES_SECONDS=3600

ask=$(jq -e -c .) || { echo "no JSON on standard input" >&2; exit 1; }
field() { printf '%s' "$ask" | jq -e -r --arg name "$1" '.[$name] | strings'; }
# LNCLI holds a command and its flags: words, which the shell is to split.
# shellcheck disable=SC2086
lnd() { $LNCLI "$@"; }

case $(field ask) in
  quote)
    [ "$(field unit)" = sat ] || { echo '{"error":"--pay-rate must be in sat"}'; exit 0; }
    echo '{"method":"lightning"}'
    ;;
  invoice)
    # Asked again after a crash it makes another invoice. The first was told to nobody.
    made=$(lnd addinvoice --amt "$(field amount)" --memo "skerry $(field invoice)" \
      --expiry "$EXPIRES_SECONDS")
    printf '%s' "$made" | jq -c --argjson seconds "$EXPIRES_SECONDS" \
      '{payTo: .payment_request, reference: .r_hash, expiresSeconds: $seconds}'
    ;;
  settled)
    found=$(lnd lookupinvoice "$(field reference)")
    printf '%s' "$found" |
      jq -c 'if .state == "SETTLED" then {settled: true, proof: .r_preimage}
        else {settled: false} end'
    ;;
  redeem)
    # What is settled is this node's already.
    echo '{"redeemed":true}'
    ;;
  *)
    echo '{"error":"this program knows quote, invoice, settled and redeem"}'
    ;;
esac
