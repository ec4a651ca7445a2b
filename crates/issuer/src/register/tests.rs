use std::{cell::Cell, rc::Rc};

use encoding_rs::Encoding;
use portage_catalog::Catalog;

use super::*;
use crate::register::decoding::{CHUNK, LOOKAHEAD};

const HEADER: &str = "LicenceRSN,LicenceNumber,LicenceRevisionNumber,BusinessName,BusinessTradeName,Status,IssuedDate,\
    ExpiredDate,BusinessType,BusinessSubType,Unit,UnitType,House,Street,City,Province,PostalCode,Country,LocalArea";

fn row_named(record: &str, name: &str) -> String {
    format!(
        "{record},24-1,10,{name},,Issued,2024-01-02T03:04:05-08:00,2027-12-31,Restaurant,,,,1,A ST,Vancouver,BC,V5T 1C8,CA,"
    )
}

fn row(record: &str) -> String {
    row_named(record, "Canary Ltd")
}

fn mapping() -> RegisterMapping {
    let catalog = Catalog::bundled();
    catalog.credential_type("business-licence").unwrap().register.clone().unwrap()
}

fn read_as(bytes: &[u8], reading: Reading) -> Vec<Row> {
    let mapping = mapping();
    Register::open(bytes, reading, &mapping).unwrap().map(Result::unwrap).collect()
}

fn read(text: &str) -> Vec<Row> {
    read_as(text.as_bytes(), Reading::default())
}

fn records(rows: &[Row]) -> Vec<&str> {
    rows.iter().filter_map(|row| row.record.as_ref().ok()).map(|record| record.record.as_str()).collect()
}

fn name(row: &Row) -> &str {
    row.record.as_ref().unwrap().claims["business_name"].as_str().unwrap()
}

fn refusal(row: &Row) -> &RowRefusal {
    row.record.as_ref().unwrap_err()
}

fn refuse(bytes: &[u8]) -> RegisterError {
    let mapping = mapping();
    Register::open(bytes, Reading::default(), &mapping).map(|_| ()).unwrap_err()
}

fn utf_16(text: &str, is_little: bool) -> Vec<u8> {
    let bytes = |unit: u16| if is_little { unit.to_le_bytes() } else { unit.to_be_bytes() };
    text.encode_utf16().flat_map(bytes).collect()
}

fn named(name: &str) -> Reading {
    Reading { encoding: TextEncoding::by_name(name), ..Reading::default() }
}

#[test]
fn separators_byte_order_marks_and_line_ends_of_every_kind_are_read() {
    let plain = format!("{HEADER}\n{}\n{}\n", row("1"), row("2"));
    let semicolons = plain.replace(',', ";");
    for text in [
        &plain,
        &format!("\u{feff}{plain}"),
        &semicolons,
        &plain.replace(',', "\t"),
        &plain.replace(',', "|"),
        &plain.replace('\n', "\r\n"),
        &plain.replace('\n', "\r"),
        &format!("sep=;\r\n{semicolons}"),
        &format!("\u{feff}sep=;\n{semicolons}"),
        &format!("\n\n{plain}\n\n"),
        &format!("{plain}{}\n", ",".repeat(18)),
        &plain.replace('\n', ",,\n"),
        &plain.replacen("LicenceRSN", "\u{a0} LicenceRSN ", 1),
        &plain.replacen("LicenceRSN", "\"LicenceRSN\" ", 1),
        &plain.trim_end().to_owned(),
    ] {
        assert_eq!(records(&read(text)), ["1", "2"], "{text}");
    }
    let tildes = plain.replace(',', "~");
    let reading = Reading { separator: Some(b'~'), ..Reading::default() };
    assert_eq!(records(&read_as(tildes.as_bytes(), reading)), ["1", "2"]);
    assert_eq!(refuse(tildes.as_bytes()).reason(), Some(Reason::ValueMissing), "only when it is named");
}

#[test]
fn every_encoding_gives_the_same_rows() {
    let text = format!("{HEADER}\n{}\n{}\n", row_named("1", "Café à l’œuf – Ltée"), row_named("2", "Ñandú"));
    let (windows, _, is_lossy) = WINDOWS_1252.encode(&text);
    assert!(!is_lossy);
    let with_mark = format!("\u{feff}{text}");
    for (what, bytes) in [
        ("UTF-8", text.as_bytes().to_vec()),
        ("UTF-8 with a mark", with_mark.as_bytes().to_vec()),
        ("UTF-16LE with a mark", utf_16(&with_mark, true)),
        ("UTF-16BE with a mark", utf_16(&with_mark, false)),
        ("UTF-16LE", utf_16(&text, true)),
        ("UTF-16BE", utf_16(&text, false)),
        ("Windows-1252", windows.to_vec()),
    ] {
        let rows = read_as(&bytes, Reading::default());
        assert_eq!(rows.iter().map(name).collect::<Vec<_>>(), ["Café à l’œuf – Ltée", "Ñandú"], "{what}");
    }
    let text = text.replace(['à', 'Ñ', 'ú', '’'], "x").replace("œ", "oe").replace('–', "-");
    for label in ["macintosh", "iso-8859-2", "gb18030", "ibm866"] {
        let encoding = Encoding::for_label(label.as_bytes()).unwrap();
        let text = if label == "ibm866" { text.replace('é', "Ж") } else { text.clone() };
        let (bytes, _, is_lossy) = encoding.encode(&text);
        assert!(!is_lossy, "{label}");
        assert_eq!(read_as(&bytes, named(label)), read(&text), "{label}");
    }
    assert_eq!(TextEncoding::by_name("no-such-encoding"), None);
}

#[test]
fn an_encoding_is_chosen_where_the_first_byte_beyond_ascii_stands_however_late() {
    let ascii: Vec<_> = (0..4_000).map(|number| row(&number.to_string())).collect();
    let text = format!("{HEADER}\n{}\n{}\n", ascii.join("\n"), row_named("x", "Café"));
    assert!(text.len() > 2 * (CHUNK + LOOKAHEAD), "later than anything that is looked at");
    for bytes in [text.clone().into_bytes(), WINDOWS_1252.encode(&text).0.to_vec()] {
        let rows = read_as(&bytes, Reading::default());
        assert_eq!((rows.len(), name(&rows[4_000]), rows[4_000].line), (4_001, "Café", 4_002));
    }
}

#[test]
fn a_row_that_disagrees_with_the_encoding_is_refused_and_never_guessed_at() {
    let utf_8 = format!("{HEADER}\n{}\n{}\n", row_named("1", "Café"), row_named("2", "Été"));
    // One line of another program at the end of each.
    let mut mixed = utf_8.clone().into_bytes();
    mixed.extend_from_slice(&WINDOWS_1252.encode(&row_named("3", "Café")).0);
    let rows = read_as(&mixed, Reading::default());
    assert_eq!(records(&rows), ["1", "2"]);
    assert_eq!(
        (refusal(&rows[2]).reason, refusal(&rows[2]).column.as_deref()),
        (Reason::Malformed, Some("BusinessName"))
    );
    assert!(
        refusal(&rows[2]).message.en.starts_with("Line 4 ")
            && refusal(&rows[2]).message.fr.contains("--encoding")
    );

    let mut mixed = WINDOWS_1252.encode(&utf_8).0.to_vec();
    mixed.extend_from_slice(row_named("3", "Café").as_bytes());
    let rows = read_as(&mixed, Reading::default());
    assert_eq!(records(&rows), ["1", "2"]);
    assert!(refusal(&rows[2]).message.en.starts_with("Line 4 is in UTF-8"), "{:?}", refusal(&rows[2]));
    assert_eq!(records(&read_as(&mixed, named("windows-1252"))), ["1", "2", "3"], "who names it is believed");

    // 0x81 is undefined in Windows-1252, half a surrogate pair in UTF-16.
    let mut undefined = WINDOWS_1252.encode(&utf_8).0.to_vec();
    let at = undefined.iter().rposition(|byte| *byte == 0xe9).unwrap();
    undefined[at] = 0x81;
    assert_eq!(records(&read_as(&undefined, named("windows-1252"))), ["1"]);
    let mut half = utf_16(&utf_8, true);
    let at = half.windows(2).rposition(|pair| pair == [0xe9, 0]).unwrap();
    half[at + 1] = 0xd8;
    assert_eq!(records(&read_as(&half, Reading::default())), ["1"]);
}

#[test]
fn a_malformed_row_names_its_line_and_the_others_stand() {
    let rows = read(&format!("{HEADER}\n{}\nx,y\n{}\n{}\n", row("1"), row("1"), row("2")));
    assert_eq!(rows.len(), 4);
    assert_eq!(refusal(&rows[1]).reason, Reason::Malformed);
    assert!(refusal(&rows[1]).message.en.starts_with("Line 3 "), "{}", refusal(&rows[1]).message.en);
    assert_eq!(refusal(&rows[2]).reason, Reason::DuplicateRecord);
    assert!(rows[0].record.is_ok() && rows[3].record.is_ok());

    // Lines are those of the file: line ends in cells, empty lines and `sep=` are counted.
    let text = format!("sep=,\n{HEADER}\n\n{}\nx,y\n{},z\n", row_named("1", "\"a\r\nb\nc\""), row("2"));
    let rows = read(&text);
    assert_eq!(name(&rows[0]), "a\r\nb\nc");
    assert_eq!(rows.iter().map(|row| (row.number, row.line)).collect::<Vec<_>>(), [(1, 4), (2, 7), (3, 8)]);
    assert!(
        refusal(&rows[1]).message.en.starts_with("Line 7 ")
            && refusal(&rows[2]).message.en.starts_with("Line 8 ")
    );
}

#[test]
fn a_quotation_mark_too_many_costs_one_row() {
    for damaged in ["\"Canary", "\"Canary\" Ltd", "\"\"\"Canary"] {
        for after in [row("2"), row_named("2", "\"x\"")] {
            let rows = read(&format!("{HEADER}\n{}\n{after}\n{}\n", row_named("1", damaged), row("3")));
            assert_eq!(records(&rows), ["2", "3"], "{damaged}");
            assert_eq!((rows.len(), refusal(&rows[0]).column.as_deref()), (3, Some("BusinessName")));
            assert!(refusal(&rows[0]).message.en.contains("line 2"), "{}", refusal(&rows[0]).message.en);
        }
    }
    let twin = format!("{HEADER}\n{}\n", row_named("1", "\"a \"\"b\"\", {c}\" "));
    assert_eq!(name(&read(&twin)[0]), "a \"b\", {c}");
}

#[test]
fn v28_a_row_over_a_limit_is_refused_by_its_line_and_the_next_one_read() {
    let long = "x".repeat(5 << 20);
    let wide = "x,".repeat(1_000_000);
    for (damaged, column) in [
        (row_named("1", &long), Some("BusinessName")),
        (row_named("1", &format!("\"{long}\"")), Some("BusinessName")),
        (wide.clone(), None),
    ] {
        let rows = read(&format!("{HEADER}\n{damaged}\n{}\n", row("2")));
        assert_eq!((rows.len(), records(&rows)), (2, vec!["2"]));
        assert_eq!(
            (refusal(&rows[0]).reason, refusal(&rows[0]).column.as_deref()),
            (Reason::TooLarge, column)
        );
        assert!(refusal(&rows[0]).message.en.contains("line 2"));
    }
    let rows = read(&format!("{HEADER}\n{}\n{}\n", row_named("1", "a\0b"), row("2")));
    assert_eq!((records(&rows), refusal(&rows[0]).column.as_deref()), (vec!["2"], Some("BusinessName")));
    let rows = read(&format!("{HEADER}\n{}\n", row_named("1", &"x".repeat(900_000))));
    assert_eq!(records(&rows), ["1"], "the twin");
    assert_eq!(refuse(wide.as_bytes()).reason(), Some(Reason::TooLarge));
    assert_eq!(refuse(long.as_bytes()).reason(), Some(Reason::TooLarge));
}

#[test]
fn a_file_of_another_kind_is_refused_as_a_whole() {
    let open = |text: &str| refuse(text.as_bytes()).reason();
    assert_eq!(open("a,b\n1,2\n"), Some(Reason::ValueMissing));
    assert_eq!(open("a,a\n1,2\n"), Some(Reason::Malformed));
    assert_eq!(open(""), Some(Reason::ValueMissing));
    for (bytes, kind) in [
        (&b"PK\x03\x04\x14\0\x06\0"[..], OtherKind::Spreadsheet),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OtherKind::Spreadsheet),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", OtherKind::Binary),
        (b"%PDF-1.7\n", OtherKind::Binary),
        (b"a,b\0,c\n", OtherKind::Binary),
        (b" {\"a\": 1}", OtherKind::Json),
        (b"\xef\xbb\xbf[]", OtherKind::Json),
        (b"\n<!DOCTYPE html>", OtherKind::Markup),
        (b"\xff\xfe<\0?\0", OtherKind::Markup),
    ] {
        let error = refuse(bytes);
        assert!(matches!(error, RegisterError::OtherKind(found) if found == kind), "{error:?} {bytes:?}");
    }
    assert!(refuse(b"PK\x03\x04").text().en.contains("save it as CSV"));
}

/// Counts what is taken from it.
struct Taken<R>(R, Rc<Cell<usize>>);

impl<R: Read> Read for Taken<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        self.1.set(self.1.get() + read);
        Ok(read)
    }
}

#[test]
fn no_more_is_read_ahead_of_a_row_than_a_piece_and_a_look() {
    // Longer than a file can be: it never ends.
    let rows = (0_u32..).map(|number| format!("{}\n", row_named(&number.to_string(), "Café")).into_bytes());
    let taken = Rc::new(Cell::new(0));
    let mapping = mapping();
    let endless = Endless { pieces: rows, rest: format!("{HEADER}\n").into_bytes() };
    let mut register =
        Register::open(Taken(endless, Rc::clone(&taken)), Reading::default(), &mapping).unwrap();
    let mut given = HEADER.len() + 1;
    for number in 0..3_000_u32 {
        let row = register.next().unwrap().unwrap();
        assert_eq!(row.record.unwrap().record, number.to_string());
        given += row_named(&number.to_string(), "Café").len() + 1;
        assert!(taken.get() - given <= 2 * CHUNK + LOOKAHEAD, "{} bytes ahead", taken.get() - given);
        assert!(register.records.held() <= 4 * CHUNK, "{} bytes held", register.records.held());
    }
    // What is kept of a row that was read: half a digest.
    assert_eq!(size_of_val(register.seen.first().unwrap()), 16);
    assert_eq!(register.seen.len(), 3_000);
}

#[test]
fn a_quotation_mark_that_is_never_closed_holds_no_more_than_a_row_may_be_long() {
    let start = format!("{HEADER}\n{}\n{}", row("1"), row_named("2", "\"Canary"));
    let rest = (3_u32..40_000).map(|number| format!("\n{}", row(&number.to_string())).into_bytes());
    let mapping = mapping();
    let long = Endless { pieces: rest, rest: start.into_bytes() };
    let mut register = Register::open(long, Reading::default(), &mapping).unwrap();
    assert!(register.next().unwrap().unwrap().record.is_ok());
    let damaged = register.next().unwrap().unwrap();
    assert_eq!((refusal(&damaged).reason, damaged.line), (Reason::Malformed, 3));
    assert!(refusal(&damaged).message.en.contains("line 3"), "{}", refusal(&damaged).message.en);
    assert!(register.records.held() <= MAX_RECORD + 4 * CHUNK, "{} bytes held", register.records.held());
    assert!(register.next().is_none(), "no line of a cell is a row");
}

#[test]
fn v28_d07_the_lines_of_a_cell_over_the_limit_are_never_read_as_rows() {
    // What somebody wrote into the City's form as a name, and the City exported as it should.
    let forged = format!("\r\n{}", row("forged"));
    let many = forged.repeat((MAX_RECORD + 4 * CHUNK) / forged.len());
    let long = "x".repeat(MAX_RECORD);
    let wide = ",x".repeat(MAX_CELLS);
    for (what, damaged, is_one_line) in [
        ("a long cell", row_named("1", &format!("\"{many}\"")), false),
        ("with quotation marks", row_named("1", &format!("\"a \"\"b\"\"{many}\"\"\"\"\" ")), false),
        ("after a long cell", row_named("1", &format!("{long},\"x{forged}\"")), false),
        ("before a quoted one", row_named("1", &format!("\"{many}\",\"x{forged}\",\"\"")), false),
        ("after many cells", format!("1{wide},\"x{forged}\""), false),
        ("in one line", row_named("1", &format!("\"{long}\"")), true),
    ] {
        let text = format!("{HEADER}\r\n{damaged}\r\n{}\r\n", row("2"));
        let rows = read(&text);
        assert_eq!((rows.len(), records(&rows)), (2, vec!["2"]), "{what}");
        assert_eq!((refusal(&rows[0]).reason, rows[0].line), (Reason::TooLarge, 2), "{what}");
        assert_eq!(rows[1].line == 3, is_one_line, "{what}");
        assert_eq!(rows[1].line, 2 + damaged.lines().count() as u64, "{what}");
    }
    // Not long, and read: the twin.
    let rows = read(&format!("{HEADER}\n{}\n{}\n", row_named("1", &format!("\"x{forged}\"")), row("2")));
    assert_eq!(records(&rows), ["1", "2"]);
    // A mark too many, and another one far behind that opens a cell: the rows between are lost, those after it are not.
    let rows_between = format!("\n{}", row("x")).repeat(many.len() / row("x").len());
    let mark = row_named("1", "\"Canary");
    let text = format!("{HEADER}\n{mark}{rows_between}\n{}\n{}\n", row_named("y", "\"Canary\""), row("2"));
    let rows = read(&text);
    assert_eq!((rows.len(), records(&rows)), (2, vec!["2"]));
}

/// As long as its pieces.
struct Endless<I> {
    pieces: I,
    rest: Vec<u8>,
}

impl<I: Iterator<Item = Vec<u8>>> Read for Endless<I> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty() {
            self.rest = self.pieces.next().unwrap_or_default();
        }
        let length = self.rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&self.rest[..length]);
        self.rest.drain(..length);
        Ok(length)
    }
}
