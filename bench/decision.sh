#!/bin/sh
# What a verifier's decision costs beside the signature checks that it rests on: bench/decision.sh
#
# One run prints the two signature checks of one credential (the issuer's, the holder's) with EdDSA and with ES256; the trust question
# to a cache of 1,001 chains (is anything to be asked, may the issuer, does its key still sign); the decision of the market's policy over
# three credentials; and both together. What to look at are the shares within one run, of the faster of the two algorithms: below 1, the
# decision costs less than the signatures. Nothing is asserted of speed.
set -eu
cd "$(dirname "$0")/.."
exec cargo run --quiet --release -p portage-policy --example decision
