//! Registers as they come: in other encodings, with other separators, hostile, read from a pipe, in part or twice at once.

use std::{
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Output, Stdio},
    thread,
};

use encoding_rs::WINDOWS_1252;
use serde_json::Value;

use crate::program::{end, init, issuer, lines, run};

const HEADER: &str = "LicenceRSN,LicenceNumber,LicenceRevisionNumber,BusinessName,BusinessTradeName,Status,\
    IssuedDate,ExpiredDate,BusinessType,BusinessSubType,Unit,UnitType,House,Street,City,Province,PostalCode,Country,LocalArea";

fn row(key: &str, name: &str) -> String {
    let name = name.replace('"', "\"\"");
    format!(
        "{key},24-1,10,\"{name}\",,Issued,2024-01-02T03:04:05-08:00,2027-12-31,Restaurant,,,,1,A ST,Vancouver,BC,V5T 1C8,CA,"
    )
}

fn register(rows: &[String]) -> String {
    format!("{HEADER}\n{}\n", rows.join("\n"))
}

fn write(folder: &Path, bytes: impl AsRef<[u8]>) -> String {
    let file = folder.join("register.csv");
    std::fs::write(&file, bytes).unwrap();
    file.to_str().unwrap().to_owned()
}

fn offer<'a>(file: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let offer = ["offer", "--type", "business-licence", "--as-of", "2025-10-01", "--from", file];
    [&offer[..], more].concat()
}

/// The claims that the store holds.
fn kept(folder: &Path) -> Vec<Value> {
    let store = rusqlite::Connection::open(folder.join("issuer.sqlite")).unwrap();
    let mut select = store.prepare("SELECT claims FROM issuance").unwrap();
    let claims = select.query_map([], |row| row.get::<_, String>(0)).unwrap();
    claims.map(|claims| serde_json::from_str(&claims.unwrap()).unwrap()).collect()
}

/// What standard error says first: offered, refused, unchanged.
fn counts(output: &Output) -> Vec<u64> {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    let first = text.lines().next().unwrap();
    first.split(|character: char| !character.is_ascii_digit()).filter_map(|word| word.parse().ok()).collect()
}

fn with_separator(register: &str, separator: char) -> String {
    let mut is_quoted = false;
    let mut text = String::new();
    for line in register.lines() {
        let mut cell = String::new();
        for character in line.chars().chain([';']) {
            is_quoted ^= character == '"';
            if character == ';' && !is_quoted {
                let is_bare = !cell.starts_with('"') && cell.contains(separator);
                text.push_str(&if is_bare { format!("\"{cell}\"") } else { cell.clone() });
                text.push(separator);
                cell.clear();
            } else {
                cell.push(character);
            }
        }
        text.pop();
        text.push('\n');
    }
    text
}

#[test]
fn a_real_register_gives_the_same_answers_in_every_encoding_and_with_every_separator() {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/vancouver-restaurant-licences.csv");
    let Ok(text) = std::fs::read_to_string(&file) else {
        eprintln!("left out: {} is not there", file.display());
        return;
    };
    let plain = text.trim_start_matches('\u{feff}');
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let answers = |bytes: &[u8]| {
        let file = write(folder.path(), bytes);
        let output = run(folder.path(), &offer(&file, &["--check"]));
        assert_eq!(end(&output), (1, "expired".into()));
        assert_eq!(counts(&output), [1_120, 1_136, 0]);
        lines(&output)
    };
    let expected = answers(text.as_bytes());
    assert_eq!(expected.len(), 2_256);
    let utf_16 =
        |text: &str, bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<_>>();
    let (windows, _, is_lossy) = WINDOWS_1252.encode(plain);
    assert!(!is_lossy, "every character exists in Windows-1252");
    for (what, bytes) in [
        ("UTF-8 without a mark", plain.as_bytes().to_vec()),
        ("UTF-16LE", utf_16(&text, u16::to_le_bytes)),
        ("UTF-16BE", utf_16(&text, u16::to_be_bytes)),
        ("UTF-16LE without a mark", utf_16(plain, u16::to_le_bytes)),
        ("Windows-1252", windows.to_vec()),
        ("commas", with_separator(plain, ',').into_bytes()),
        ("tabs", with_separator(plain, '\t').into_bytes()),
        ("bars", with_separator(plain, '|').into_bytes()),
    ] {
        assert!(answers(&bytes) == expected, "{what}");
    }
    assert_eq!(kept(folder.path()).len(), 0, "a check writes nothing");

    // On a day when every row was good; an empty cell is an absent claim.
    let file = write(folder.path(), &windows);
    let all = run(
        folder.path(),
        &["offer", "--type", "business-licence", "--from", &file, "--as-of", "2024-10-01"],
    );
    assert_eq!((end(&all).0, counts(&all)), (0, vec![2_256, 0, 0]));
    let kept = kept(folder.path());
    let without = kept.iter().filter(|claims| claims.get("trade_name").is_none()).count();
    assert_eq!((kept.len(), without), (2_256, 308));
}

#[test]
fn a_register_is_read_from_a_pipe_in_an_encoding_that_is_named() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let text = register(&[row("1", "Café")]);
    let bytes = encoding_rs::MACINTOSH.encode(&text).0.to_vec();
    let mut program = issuer(folder.path(), &offer("-", &["--encoding", "macintosh"]));
    let mut child =
        program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&bytes).unwrap();
    assert_eq!(end(&child.wait_with_output().unwrap()).0, 0);
    assert_eq!(kept(folder.path())[0]["business_name"], "Café");
    for wrong in [&["--encoding", "klingon"][..], &["--separator", "ab"], &["--separator", "\""]] {
        assert_eq!(end(&run(folder.path(), &offer("-", wrong))).0, 2, "{wrong:?}");
    }
}

#[test]
fn d07_hostile_strings_in_cells_are_kept_as_they_are_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let hostile = [
        "'; DROP TABLE issuance; --",
        "$(touch /tmp/x) `id` | sh",
        "{{7*7}} ${7*7} {name} %s %n",
        "../../../../etc/passwd",
        "=cmd|' /C calc'!A0",
        "<script>alert(1)</script>",
        "\u{1b}[2J\u{202e}tekram",
        "a \"quoted\", thing\nwith a line",
    ];
    let mut rows: Vec<_> = hostile.iter().zip(1..).map(|(name, key)| row(&format!("{key}"), name)).collect();
    rows.push(row("'; --", "Canary"));
    rows.push(row("nul", "Can\0ary"));
    let file = write(folder.path(), register(&rows));
    let output = run(folder.path(), &offer(&file, &[]));
    assert_eq!(end(&output), (1, "malformed".into()));
    let refused: Vec<_> = lines(&output).into_iter().filter(|line| line.get("refused").is_some()).collect();
    assert_eq!(refused.len(), 1);
    // One name has a line end: the line is that of the file.
    assert_eq!(
        (&refused[0]["refused"]["line"], &refused[0]["refused"]["column"]),
        (&12.into(), &"BusinessName".into())
    );
    let names: Vec<_> = kept(folder.path()).iter().map(|claims| claims["business_name"].clone()).collect();
    for name in hostile {
        assert!(names.contains(&name.into()), "{name}");
    }
    assert_eq!(names.len(), hostile.len() + 1);
}

#[test]
fn v28_a_file_that_is_no_register_is_told_once_and_nothing_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    for (bytes, says, reason) in [
        (b"PK\x03\x04\x14\0\x06\0".to_vec(), "save it as CSV", "malformed"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), "not a text file", "malformed"),
        (b"{\"claims\": []}".to_vec(), "--claims", "malformed"),
        (b"<html></html>".to_vec(), "HTML", "malformed"),
        (b"".to_vec(), "empty", "value_missing"),
        (b"a;b\n1;2\n".to_vec(), "no column", "value_missing"),
        ("x,".repeat(1_000_000).into_bytes(), "Line 1", "too_large"),
        (vec![b'x'; 5 << 20], "Line 1", "too_large"),
    ] {
        let file = write(folder.path(), bytes);
        let output = run(folder.path(), &offer(&file, &[]));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(end(&output), (1, reason.to_owned()), "{told}");
        assert!(told.contains(says) && told.lines().count() == 1, "{told}");
        assert_eq!((lines(&output).len(), kept(folder.path()).len()), (0, 0), "{told}");
    }
    let rows = [row("1", "Canary"), row("2", &"x".repeat(5 << 20)), row("3", "Canary")];
    let output = run(folder.path(), &offer(&write(folder.path(), register(&rows)), &[]));
    assert_eq!((end(&output), counts(&output)[..3].to_vec()), ((1, "too_large".into()), vec![2, 1, 0]));
    assert_eq!(lines(&output)[1]["refused"]["line"], 3);
}

#[test]
fn a_check_names_lines_and_counts_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let rows = [
        row("1", "Canary"),
        row("2", ""),
        "x,y".to_owned(),
        row("1", "Canary"),
        row("4", ""),
        row("5", "Canary"),
    ];
    let file = write(folder.path(), register(&rows));
    let told = |output: &Output| {
        let refused: Vec<_> =
            lines(output).into_iter().filter_map(|line| line.get("refused").cloned()).collect();
        refused.iter().map(|refused| (refused["line"].clone(), refused["reason"].clone())).collect::<Vec<_>>()
    };
    let check = run(folder.path(), &offer(&file, &["--check"]));
    let wrong = [(3, "value_missing"), (4, "malformed"), (5, "duplicate_record"), (6, "value_missing")];
    assert_eq!(told(&check), wrong.map(|(line, reason)| (line.into(), reason.into())));
    let text = String::from_utf8_lossy(&check.stderr).into_owned();
    assert!(text.contains("2 rows: value_missing, column BusinessName"), "{text}");
    assert_eq!((end(&check), kept(folder.path()).len()), ((1, "value_missing".into()), 0));
    let offered = run(folder.path(), &offer(&file, &[]));
    assert_eq!((told(&offered), kept(folder.path()).len()), (told(&check), 2), "the twin writes");
}

fn refs(lines: &[Value]) -> Vec<(u64, String)> {
    lines
        .iter()
        .map(|line| (line["row"].as_u64().unwrap(), line["ref"].as_str().unwrap().to_owned()))
        .collect()
}

#[test]
fn a_check_says_what_was_offered_and_what_was_collected_before() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let file = write(folder.path(), register(&["1", "2", "3"].map(|key| row(key, "Canary"))));
    let offered = run(folder.path(), &offer(&file, &[]));
    assert_eq!((end(&offered).0, counts(&offered)), (0, vec![3, 0, 0]));
    let collected = lines(&offered).remove(1)["ref"].as_str().unwrap().to_owned();
    let store = rusqlite::Connection::open(folder.path().join("issuer.sqlite")).unwrap();
    let collect =
        "UPDATE issuance SET state = 'issued', list = 1, position = 1, day = '2025-10-01', status = 'valid'
        WHERE reference = ?1";
    assert_eq!(store.execute(collect, [&collected]).unwrap(), 1);
    drop(store);

    let told = |output: &Output| -> Vec<_> {
        lines(output)
            .into_iter()
            .map(|line| (line["unchanged"].as_bool(), line["refused"]["reason"].as_str().map(str::to_owned)))
            .collect()
    };
    let unchanged = run(folder.path(), &offer(&file, &["--check"]));
    assert_eq!((end(&unchanged).0, counts(&unchanged)), (0, vec![0, 0, 3]));
    assert_eq!(told(&unchanged), [(Some(true), None), (Some(true), None), (Some(true), None)]);

    let rows = [row("1", "Canary"), row("2", "Other"), row("3", "Other"), row("4", "Canary")];
    let file = write(folder.path(), register(&rows));
    let before = kept(folder.path());
    let check = run(folder.path(), &offer(&file, &["--check"]));
    assert_eq!((end(&check), counts(&check)[..3].to_vec()), ((1, "duplicate_record".into()), vec![2, 1, 1]));
    let refused = (None, Some("duplicate_record".to_owned()));
    assert_eq!(told(&check), [(Some(true), None), refused, (Some(false), None), (Some(false), None)]);
    assert_eq!(kept(folder.path()), before, "nothing was written");
    let twin = run(folder.path(), &offer(&file, &[]));
    assert_eq!((end(&twin), counts(&twin)[..3].to_vec()), (end(&check), vec![2, 1, 1]));
}

/// So many that their lines do not fit into a pipe: whoever is killed after some of them was not done.
const MANY: u64 = 900;

fn many(folder: &Path) -> String {
    let rows: Vec<_> = (1..=MANY).map(|number| row(&number.to_string(), "Canary")).collect();
    write(folder, register(&rows))
}

fn many_claims(folder: &Path) -> String {
    let claims = |number| {
        let mut claims = crate::world::person();
        claims.insert("family_name".into(), format!("Canary {number}").into());
        Value::Object(claims)
    };
    let file = folder.join("claims.json");
    std::fs::write(&file, Value::Array((1..=MANY).map(claims).collect()).to_string()).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn f01_killed_in_the_middle_and_run_again_nothing_is_lost_or_doubled() {
    for (rows_before, is_register) in [(1_usize, true), (101, true), (250, true), (101, false)] {
        let folder = tempfile::tempdir().unwrap();
        init(folder.path());
        let (register, claims) = (many(folder.path()), many_claims(folder.path()));
        let arguments = match is_register {
            true => offer(&register, &[]),
            false => vec!["offer", "--type", "person", "--claims", &claims],
        };
        let mut program = issuer(folder.path(), &arguments);
        let mut child = program.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut printed = BufReader::new(child.stdout.take().unwrap());
        let mut text = String::new();
        for _ in 0..rows_before {
            printed.read_line(&mut text).unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        printed.read_to_string(&mut text).unwrap();
        // A line that was cut was not told.
        let whole = text.rsplit_once('\n').unwrap().0;
        let before: Vec<Value> = whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let before = refs(&before);
        assert!(
            before.len() >= rows_before && before.len() < usize::try_from(MANY).unwrap(),
            "killed in the middle"
        );

        let again = run(folder.path(), &arguments);
        assert_eq!(end(&again).0, 0);
        let after = refs(&lines(&again));
        assert!(after.starts_with(&before), "what was told stands");
        let [offered, refused, unchanged] = counts(&again)[..] else { panic!("three counts") };
        assert_eq!((offered + unchanged, refused), (MANY, 0));
        assert!(unchanged >= u64::try_from(before.len()).unwrap());
        assert_eq!(u64::try_from(kept(folder.path()).len()).unwrap(), MANY);
    }
}

#[test]
fn two_runs_at_the_same_time_make_each_offer_once() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let file = many(folder.path());
    let both: Vec<_> = thread::scope(|scope| {
        let run = || run(folder.path(), &offer(&file, &[]));
        let both = [scope.spawn(run), scope.spawn(run)];
        both.map(|run| run.join().unwrap()).into()
    });
    assert!(both.iter().all(|output| end(output).0 == 0));
    assert_eq!(lines(&both[0]), lines(&both[1]), "the same links");
    assert_eq!(both.iter().map(|output| counts(output)[0]).sum::<u64>(), MANY);
    assert_eq!(u64::try_from(kept(folder.path()).len()).unwrap(), MANY);
}
