#!/bin/sh
# How long `verifier check` takes over documents made to keep RDF canonicalization busy, and in how much memory: bench/poison.sh
#
# Cliques of 8 to 12 blank nodes, and 10,000 quads of one pattern (alike leaves, a chain, a ring), each beside a credential that
# holds nothing of the kind. Each must be refused as too_complex; that is asserted, and the time and the peak memory are printed.
# The aim is a second and 100 MB for each. Needs GNU time and awk.
set -eu
cd "$(dirname "$0")/.."
cargo build --quiet --release -p verifier-service
target=${CARGO_TARGET_DIR:-target}
case $target in /*) ;; *) target=$PWD/$target ;; esac
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

printf '{"@context":{"knows":{"@id":"https://poison.example/v1#knows","@type":"@id"},"is":"https://poison.example/v1#is"}}' \
    >"$folder/context.jsonld"
# The key of did:key v0.9 §3.1.1, and a signature of nobody: canonicalization comes before it.
did=did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK
value=z66vWyqwAghu52WbpRkCwFRTu6Msn92ArtjpJ3gGMSVoU5RADwBfszoDt1QWY8owqLPz4nTj7hAwV7xFti1p93zdr
printf '{"issuers":[{"id":"%s","name":{"en":"x","fr":"x"},"tier":"municipal","types":["person"]}],"verifiers":[]}' "$did" \
    >"$folder/trust.json"

document() {
    printf '{"@context":["https://www.w3.org/ns/credentials/v2","https://poison.example/v1"],"type":"VerifiableCredential",'
    printf '"issuer":"%s","credentialSubject":{"knows":[%s]},"proof":{"type":"DataIntegrityProof",' "$did" "$1"
    printf '"cryptosuite":"eddsa-rdfc-2022","verificationMethod":"%s#%s","proofPurpose":"assertionMethod","proofValue":"%s"}}' \
        "$did" "${did#did:key:}" "$value"
}

clique() {
    awk -v n="$1" 'BEGIN { for (a = 0; a < n; a++) {
        printf "%s{\"id\":\"_:n%d\",\"knows\":[", a ? "," : "", a
        for (b = 0; b < n; b++) if (b != a) printf "%s\"_:n%d\"", (b > (a == 0)) ? "," : "", b
        printf "]}" } }'
}

# 5,000 nodes, each known to the subject and knowing another, or saying the same: 10,000 quads.
many() {
    awk -v kind="$1" 'BEGIN { n = 5000; for (a = 0; a < n; a++) {
        printf "%s{\"id\":\"_:n%d\",", a ? "," : "", a
        if (kind == "leaves") printf "\"is\":\"x\"}"
        else printf "\"knows\":\"_:n%d\"}", kind == "ring" ? (a + 1) % n : a + 1 } }'
}

# measure NAME REASON FILE
measure() {
    /usr/bin/time -f '%e %M' -o "$folder/time" "$target/release/verifier" check --json --trust "$folder/trust.json" \
        --context "https://poison.example/v1=$folder/context.jsonld" "$3" >"$folder/said" 2>"$folder/errors" || true
    grep -q "\"$2\"" "$folder/said" || { cat "$folder/said" "$folder/errors" >&2; exit 1; }
    tail -n 1 "$folder/time" |
        awk -v name="$1" -v reason="$2" -v bytes="$(wc -c <"$3")" '{ printf "%-12s %8d bytes  %6.2f s  %7d kB  %s\n", name, bytes, $1, $2, reason }'
}

document '{"id":"_:n0","is":"x"}' >"$folder/usual.json"
measure usual signature_invalid "$folder/usual.json"
for nodes in 3 8 9 10 11 12; do
    document "$(clique "$nodes")" >"$folder/clique.json"
    reason=too_complex
    [ "$nodes" -gt 5 ] || reason=signature_invalid
    measure "clique $nodes" "$reason" "$folder/clique.json"
done
for kind in leaves chain ring; do
    document "$(many "$kind")" >"$folder/many.json"
    measure "$kind" too_complex "$folder/many.json"
done
