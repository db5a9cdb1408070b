#!/bin/sh
# Writes authority_cert.pem, a certificate authority of our own, and chain_cert.pem with chain_key.pem:
# a gateway's certificate and behind it the intermediate one that signed it, as a certificate comes
# in real life. The keys of the two authorities are not kept. Needs openssl.
#
# Run: sh test/vectors/tls/make_chain.sh
set -eu
cd "$(dirname "$0")"
kept=$(mktemp -d)
trap 'rm -rf "$kept"' EXIT

request() { # name, subject
  openssl ecparam -name prime256v1 -genkey -noout -out "$kept/$1.ec"
  openssl pkcs8 -topk8 -nocrypt -in "$kept/$1.ec" -out "$kept/$1.key"
  openssl req -new -key "$kept/$1.key" -subj "/CN=$2" -out "$kept/$1.csr"
}
sign() { # name, issuer, extensions
  printf '%b' "$3" > "$kept/$1.ext"
  openssl x509 -req -in "$kept/$1.csr" -CA "$kept/$2.pem" -CAkey "$kept/$2.key" -CAcreateserial \
    -days 36500 -sha256 -extfile "$kept/$1.ext" -out "$kept/$1.pem" 2>/dev/null
}

IS_AUTHORITY='basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n'
request authority 'skerry test authority'
printf '%b' "$IS_AUTHORITY" > "$kept/authority.ext"
openssl x509 -req -in "$kept/authority.csr" -signkey "$kept/authority.key" -days 36500 -sha256 \
  -extfile "$kept/authority.ext" -out "$kept/authority.pem" 2>/dev/null
request intermediate 'skerry test intermediate'
sign intermediate authority "$IS_AUTHORITY"
request chain gw.example
sign chain intermediate \
  'basicConstraints=CA:FALSE\nsubjectAltName=DNS:gw.example,DNS:localhost,DNS:*.localhost,IP:127.0.0.1\n'

cp "$kept/authority.pem" authority_cert.pem
cat "$kept/chain.pem" "$kept/intermediate.pem" > chain_cert.pem
cp "$kept/chain.key" chain_key.pem
