#!/usr/bin/env bash
# Makes the certificates of the tests anew, valid for a hundred years: two CAs, one server key signed by each, one client.
# They are kept in the repository so that the tests need no openssl; nothing outside the tests trusts them.
set -euo pipefail
cd "$(dirname "$0")"
key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }
sign() { # NAME CA SUBJECT EXTENSIONS
  openssl req -new -key "$1.key" -subj "$3" | openssl x509 -req -CA "$2.crt" -CAkey "$2.key" -CAcreateserial -days 36500 \
    -extfile <(printf '%s\n' "$4") -out "${5:-$1}.crt"
}
for ca in ca-a ca-b; do
  key $ca
  openssl req -x509 -new -key $ca.key -subj "/CN=$ca" -days 36500 -addext 'basicConstraints=critical,CA:TRUE' -out $ca.crt
done
key server; key client
names='subjectAltName=IP:127.0.0.1,DNS:kube.internal'
sign server ca-a /CN=server "$names" server-a
sign server ca-b /CN=server "$names" server-b
sign server ca-a /CN=server 'subjectAltName=DNS:kube.internal' server-named
sign client ca-a /O=system:masters/CN=client 'extendedKeyUsage=clientAuth'
rm -f ./*.srl ca-*.key
