#!/bin/sh
# How fast `issuer offer` works through a register, and in how much memory: bench/register.sh [ROWS]
#
# Two registers, of ROWS (1,000,000 unless told otherwise) and of a hundredth of it, are only checked and then offered by
# the release build. What to look at are the ratios within one run: rows a second of offering to those of checking (what
# the store costs), and the peak memory of the long register to that of the short one (what a row costs: 16 bytes of
# digest, some 25 with their tree). Nothing here is asserted. Needs GNU time.
set -eu
rows=${1:-1000000}
cd "$(dirname "$0")/.."
cargo build --quiet --release -p issuer-service
issuer=$PWD/${CARGO_TARGET_DIR:-target}/release/issuer
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

register() {
    awk -v rows="$1" 'BEGIN {
        print "LicenceRSN;LicenceNumber;LicenceRevisionNumber;BusinessName;BusinessTradeName;Status;IssuedDate;ExpiredDate;" \
            "BusinessType;BusinessSubType;Unit;UnitType;House;Street;City;Province;PostalCode;Country;LocalArea"
        for (row = 1; row <= rows; row++)
            printf "%d;24-%06d;00;Canary Ltd %d;;Issued;2024-01-02T03:04:05-08:00;2027-12-31;Restaurant;;;;%d;MAIN ST;" \
                "Vancouver;BC;V5T 1C8;CA;\n", row, row, row, row % 9000
    }'
}

# measure WHAT ROWS OPTIONS: seconds, rows a second, peak memory.
measure() {
    what=$1 count=$2
    shift 2
    /usr/bin/time -f '%e %M' -o "$folder/time" \
        "$issuer" --dir "$folder/city" offer --type business-licence --as-of 2025-10-01 --json \
        --from "$folder/register-$count.csv" "$@" >/dev/null
    tail -n 1 "$folder/time" | awk -v what="$what" -v rows="$count" \
        '{ printf "%-12s %9d rows  %8.1f s  %8d rows/s  %7d kB\n", what, rows, $1, rows / ($1 > 0 ? $1 : 0.01), $2 }'
}

"$issuer" --dir "$folder/city" init --demo >/dev/null
for count in $((rows / 100)) "$rows"; do
    register "$count" >"$folder/register-$count.csv"
    measure check "$count" --check
    measure offer "$count"
    measure unchanged "$count"
done
