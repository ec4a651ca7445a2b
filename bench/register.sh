#!/bin/sh
# How fast `issuer offer` works through a register, and in how much memory: bench/register.sh [ROWS]
#
# Two registers, of ROWS (1,000,000 unless told otherwise) and of a hundredth of it, are read, checked, offered and
# offered again by the release build, and offered once more by a program that is killed half way and run again. What to
# look at are the ratios within one run: the time of each step to that of reading alone (what the checks cost, what the
# store costs), and the peak memory of the long register to that of the short one (what a row costs: 16 bytes of digest,
# some 25 with their tree). Nothing of speed is asserted; that no offer is lost or doubled is. Needs GNU time.
set -eu
rows=${1:-1000000}
cd "$(dirname "$0")/.."
cargo build --quiet --release -p issuer-service
target=${CARGO_TARGET_DIR:-target}
case $target in /*) ;; *) target=$PWD/$target ;; esac
issuer=$target/release/issuer
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

# measure WHAT ROWS OPTIONS: seconds, rows a second, time to that of reading, peak memory.
measure() {
    what=$1 count=$2
    shift 2
    # Reading alone ends with 1: no row has the key.
    /usr/bin/time -f '%e %M' -o "$folder/time" \
        "$issuer" --dir "$folder/city" offer --type business-licence --as-of 2025-10-01 --json --progress none \
        --from "$folder/register-$count.csv" "$@" >/dev/null 2>"$folder/said" || [ "$what" = read ] || {
        cat "$folder/said" >&2
        exit 1
    }
    seconds=$(tail -n 1 "$folder/time" | cut -d' ' -f1)
    [ "$what" != read ] || reading=$seconds
    tail -n 1 "$folder/time" | awk -v what="$what" -v rows="$count" -v reading="$reading" '{
        seconds = $1 > 0 ? $1 : 0.01
        printf "%-12s %9d rows  %8.1f s  %8d rows/s  %6.1f x reading  %7d kB\n",
            what, rows, $1, rows / seconds, seconds / (reading > 0 ? reading : 0.01), $2 }'
}

"$issuer" --dir "$folder/city" init --demo >/dev/null
for count in $((rows / 100)) "$rows"; do
    register "$count" >"$folder/register-$count.csv"
    measure read "$count" --record none
    measure check "$count" --check
    measure offer "$count"
    measure unchanged "$count"
done
printf 'store        %9d rows  %d kB\n' "$rows" "$(du -k "$folder/city/issuer.sqlite" | cut -f1)"

# Killed half way: what it had printed stands, and the next run makes the others.
rm -r "$folder/city"
"$issuer" --dir "$folder/city" init --demo >/dev/null
set -- --dir "$folder/city" offer --type business-licence --as-of 2025-10-01 --json --progress none \
    --from "$folder/register-$rows.csv"
mkfifo "$folder/printed"
"$issuer" "$@" >"$folder/printed" 2>/dev/null &
offering=$!
# Held open until it is dead: a pipe that nobody reads would end it in another way.
exec 3<"$folder/printed"
head -n $((rows / 2)) <&3 >"$folder/before"
kill -KILL "$offering"
wait "$offering" 2>/dev/null || true
exec 3<&-
"$issuer" "$@" >"$folder/after" 2>"$folder/said"
head -n $((rows / 2)) "$folder/after" | cmp - "$folder/before"
made=$(sed 's/.*"ref":"\([^"]*\)".*/\1/' "$folder/after" | sort -u | wc -l)
[ "$made" -eq "$rows" ] || { echo "$made offers of $rows rows" >&2; exit 1; }
echo "killed half way and run again: $(head -n 1 "$folder/said")"
