//! A register as a file of separated values, in the encoding and with the separators it comes in, read row by row.

mod decoding;
mod records;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Read},
};

use encoding_rs::{Encoding, WINDOWS_1252};
use portage_catalog::{Language, RegisterMapping, RegisterRecord, Text, message};
use portage_keys::digest::sha256;
use portage_reason::Reason;

use self::{
    decoding::Decoding,
    records::{Damage, MAX_CELLS, MAX_RECORD, Record, Records},
};

/// A register that is being read. Of a file of any length a piece is in memory (the longest row, and some 200 kB), and 16 bytes of
/// digest for each record before it, by which a record that comes twice is found: some 25 MB for a million.
pub struct Register<'a> {
    mapping: &'a RegisterMapping,
    records: Records<Box<dyn Read + 'a>>,
    record: Record,
    columns: Vec<String>,
    seen: BTreeSet<u128>,
    number: u64,
}

/// What is known of a file that does not tell it by itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reading {
    /// The encoding; `None`: what the bytes look like.
    pub encoding: Option<TextEncoding>,
    /// What separates cells, an ASCII character; `None`: what the first line has most of.
    pub separator: Option<u8>,
}

/// An encoding of the Encoding Standard (<https://encoding.spec.whatwg.org/#names-and-labels>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextEncoding(&'static Encoding);

impl TextEncoding {
    /// By any of its labels: `utf-8`, `windows-1252`, `latin1`, `utf-16le`, `macintosh`.
    pub fn by_name(name: &str) -> Option<Self> {
        Encoding::for_label_no_replacement(name.as_bytes()).map(TextEncoding)
    }
}

/// A row of the register.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its number, from 1, the line of the column names and empty lines not counted.
    pub number: u64,
    /// The line of the file on which it begins.
    pub line: u64,
    /// What it says, or why it says nothing.
    pub record: Result<RegisterRecord, RowRefusal>,
}

/// Why a row, or the claims of one, were refused. Names the column, never what stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowRefusal {
    /// The column, when it is one column's doing.
    pub column: Option<String>,
    /// Why.
    pub reason: Reason,
    /// What is wrong, for the clerk.
    pub message: Text,
}

impl RowRefusal {
    /// A refusal with the text of a message in both languages.
    pub fn new(column: Option<String>, reason: Reason, key: &str, values: &[(&str, &str)]) -> Self {
        RowRefusal { column, reason, message: text(key, values) }
    }
}

/// Why the file is not a register of this kind at all.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// It could not be read.
    #[error("the register could not be read: {0}")]
    Io(#[from] io::Error),
    /// Nothing stands in it.
    #[error("the register is empty")]
    Empty,
    /// It is a file of another kind.
    #[error("the file is not a register: {0:?}")]
    OtherKind(OtherKind),
    /// The first line does not read as column names.
    #[error("the first line does not read as column names")]
    Header,
    /// The first line is over a limit.
    #[error("the first line is too long")]
    HeaderTooLong,
    /// Without these columns every row would be refused.
    #[error("the register has no column {0}")]
    ColumnMissing(String),
    /// The same column name twice.
    #[error("the register has the column {0} twice")]
    ColumnTwice(String),
}

/// What a file is that is no register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherKind {
    /// A workbook of a spreadsheet, or another archive.
    Spreadsheet,
    /// JSON.
    Json,
    /// HTML or XML.
    Markup,
    /// An image, a PDF, a database, or something else that is not text.
    Binary,
}

impl RegisterError {
    /// The verdict about the file; `None` for a failure of the machine.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            RegisterError::Io(_) => None,
            RegisterError::OtherKind(_) | RegisterError::Header | RegisterError::ColumnTwice(_) => {
                Some(Reason::Malformed)
            }
            RegisterError::HeaderTooLong => Some(Reason::TooLarge),
            RegisterError::Empty | RegisterError::ColumnMissing(_) => Some(Reason::ValueMissing),
        }
    }

    /// What is wrong, for the clerk; a failure of the machine in its own words.
    pub fn text(&self) -> Text {
        match self {
            RegisterError::Io(error) => Text { en: error.to_string(), fr: error.to_string() },
            RegisterError::Empty => text("register.empty", &[]),
            RegisterError::OtherKind(OtherKind::Spreadsheet) => text("register.spreadsheet", &[]),
            RegisterError::OtherKind(OtherKind::Json) => text("register.json", &[]),
            RegisterError::OtherKind(OtherKind::Markup) => text("register.markup", &[]),
            RegisterError::OtherKind(OtherKind::Binary) => text("register.binary", &[]),
            RegisterError::Header => text("register.header", &[]),
            RegisterError::HeaderTooLong => text("register.header_too_long", &[]),
            RegisterError::ColumnMissing(column) => text("register.column_missing", &[("column", column)]),
            RegisterError::ColumnTwice(column) => text("register.column_twice", &[("column", column)]),
        }
    }
}

/// The names of the columns of a file that is to become a register, those without a name left out: found as [`Register::open`] finds them, with
/// no type to map them to. No row is read.
///
/// # Errors
/// [`RegisterError`].
pub fn column_names(file: impl Read, reading: Reading) -> Result<Vec<String>, RegisterError> {
    let (_, _, mut columns) = open(file, reading)?;
    distinct(&columns)?;
    columns.retain(|column| !column.is_empty());
    Ok(columns)
}

/// Encoding, separator and first line of a file.
fn open<R: Read>(file: R, reading: Reading) -> Result<(Records<R>, Record, Vec<String>), RegisterError> {
    let decoding = Decoding::open(file, reading.encoding.map(|encoding| encoding.0))?;
    refuse_binary(decoding.first_bytes())?;
    let mut records = Records::open(decoding, reading.separator)?;
    refuse_other_text(records.beginning())?;
    let mut record = Record::default();
    match records.read(&mut record)? {
        Ok(true) => {}
        Ok(false) => return Err(RegisterError::Empty),
        Err(Damage::TooLong | Damage::TooManyCells) => return Err(RegisterError::HeaderTooLong),
        Err(Damage::Unclosed(_) | Damage::NeverClosed(_) | Damage::AfterQuote(_)) => {
            return Err(RegisterError::Header);
        }
    }
    let columns = columns_of(&record)?;
    Ok((records, record, columns))
}

impl<'a> Register<'a> {
    /// Reads the column names.
    ///
    /// # Errors
    /// [`RegisterError`].
    pub fn open(
        file: impl Read + 'a,
        reading: Reading,
        mapping: &'a RegisterMapping,
    ) -> Result<Self, RegisterError> {
        let file: Box<dyn Read + 'a> = Box::new(file);
        let (records, record, columns) = open(file, reading)?;
        check_columns(&columns, mapping)?;
        Ok(Register { mapping, records, record, columns, seen: BTreeSet::new(), number: 0 })
    }

    fn read(&mut self) -> Result<RegisterRecord, RowRefusal> {
        let cells = self.cells()?;
        let record = self.mapping.claims_of(&cells)?;
        if !self.seen.insert(digest(&record.record)) {
            let column = Some(self.mapping.record.clone());
            return Err(RowRefusal::new(column, Reason::DuplicateRecord, "row.duplicate", &[]));
        }
        Ok(record)
    }

    /// The cells by their columns, those without a name left out.
    fn cells(&self) -> Result<BTreeMap<&str, &str>, RowRefusal> {
        let mut cells = BTreeMap::new();
        let mut is_ascii = true;
        for (at, cell) in self.record.cells().enumerate() {
            let cell = self.text_of(at, cell)?;
            is_ascii &= cell.is_ascii();
            match self.columns.get(at) {
                Some(column) if column.is_empty() => {}
                Some(column) => _ = cells.insert(column.as_str(), cell),
                // A spreadsheet writes separators for columns that were once there.
                None if cell.trim().is_empty() => {}
                None => return Err(self.wrong_cells()),
            }
        }
        if self.record.len() < self.columns.len() {
            return Err(self.wrong_cells());
        }
        if self.records.is_guess() && !is_ascii && reads_as_utf_8(self.record.text()) {
            return Err(self.refusal("row.two_encodings", &[]));
        }
        Ok(cells)
    }

    fn text_of<'c>(&self, at: usize, cell: &'c [u8]) -> Result<&'c str, RowRefusal> {
        let column = || self.columns.get(at).filter(|column| !column.is_empty()).cloned();
        let Ok(cell) = std::str::from_utf8(cell) else {
            let encoding = [("encoding", self.records.encoding().name())];
            return Err(RowRefusal { column: column(), ..self.refusal("row.meaningless", &encoding) });
        };
        if cell.contains('\0') {
            return Err(RowRefusal { column: column(), ..self.refusal("row.nul", &[]) });
        }
        Ok(cell)
    }

    fn wrong_cells(&self) -> RowRefusal {
        let [cells, columns] = [self.record.len(), self.columns.len()].map(|count| count.to_string());
        self.refusal("row.wrong_cells", &[("cells", &cells), ("columns", &columns)])
    }

    /// Where the row is damaged, without what stands in it.
    fn damaged(&self, damage: Damage) -> RowRefusal {
        let column = self.record.len().checked_sub(1).and_then(|at| self.columns.get(at)).cloned();
        let of_line = |key: &str, line: u64| {
            RowRefusal::new(column.clone(), Reason::Malformed, key, &[("line", &line.to_string())])
        };
        let of_size = |column: Option<String>, key: &str, limit: usize| RowRefusal {
            column,
            reason: Reason::TooLarge,
            ..self.refusal(key, &[("limit", &limit.to_string())])
        };
        match damage {
            Damage::Unclosed(line) => of_line("row.unclosed", line),
            Damage::NeverClosed(line) => of_line("row.never_closed", line),
            Damage::AfterQuote(line) => of_line("row.after_quote", line),
            Damage::TooLong => of_size(column, "row.too_long", MAX_RECORD),
            Damage::TooManyCells => of_size(None, "row.too_many_cells", MAX_CELLS),
        }
    }

    fn refusal(&self, key: &str, values: &[(&str, &str)]) -> RowRefusal {
        let line = self.record.line.to_string();
        let values: Vec<_> = [("line", line.as_str())].into_iter().chain(values.iter().copied()).collect();
        RowRefusal::new(None, Reason::Malformed, key, &values)
    }

    /// The next record that holds anything: a spreadsheet writes empty rows after the last one.
    fn next_record(&mut self) -> io::Result<Result<bool, Damage>> {
        loop {
            let read = self.records.read(&mut self.record)?;
            if read != Ok(true) || !is_blank(self.record.text()) {
                return Ok(read);
            }
        }
    }
}

impl Iterator for Register<'_> {
    type Item = Result<Row, io::Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = match self.next_record() {
            Ok(Ok(false)) => return None,
            Ok(read) => read,
            Err(error) => return Some(Err(error)),
        };
        self.number += 1;
        let record = match read {
            Ok(_) => self.read(),
            Err(damage) => Err(self.damaged(damage)),
        };
        Some(Ok(Row { number: self.number, line: self.record.line, record }))
    }
}

impl From<portage_catalog::RowError> for RowRefusal {
    fn from(error: portage_catalog::RowError) -> Self {
        RowRefusal { column: Some(error.column), reason: error.reason, message: error.message }
    }
}

fn text(key: &str, values: &[(&str, &str)]) -> Text {
    let [en, fr] = Language::ALL.map(|language| message(key, language, values));
    Text { en, fr }
}

/// Of a key 128 bits: nobody makes two keys that have the same, and a million take little room.
fn digest(key: &str) -> u128 {
    sha256(key.as_bytes()).first_chunk().map_or(0, |half| u128::from_be_bytes(*half))
}

fn is_blank(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| text.trim().is_empty())
}

/// Whether what was read as Windows-1252 is UTF-8, as nobody writes « Ã© »: parts of the file come from two programs.
fn reads_as_utf_8(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let (bytes, _, _) = WINDOWS_1252.encode(&text);
    std::str::from_utf8(&bytes).is_ok()
}

fn refuse_binary(bytes: &[u8]) -> Result<(), RegisterError> {
    const SPREADSHEETS: [&[u8]; 2] = [b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"];
    const OTHERS: [&[u8]; 6] =
        [b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"\x1f\x8b", b"SQLite format 3\0"];
    let is_one = |magic: &&[u8]| bytes.starts_with(magic);
    if SPREADSHEETS.iter().any(is_one) {
        return Err(RegisterError::OtherKind(OtherKind::Spreadsheet));
    }
    if OTHERS.iter().any(is_one) {
        return Err(RegisterError::OtherKind(OtherKind::Binary));
    }
    Ok(())
}

/// No column name begins like JSON or HTML.
fn refuse_other_text(text: &[u8]) -> Result<(), RegisterError> {
    match text.trim_ascii_start().first() {
        Some(b'{' | b'[') => Err(RegisterError::OtherKind(OtherKind::Json)),
        Some(b'<') => Err(RegisterError::OtherKind(OtherKind::Markup)),
        _ => Ok(()),
    }
}

/// The column names, without the blanks around them; columns without a name at the end are none.
fn columns_of(record: &Record) -> Result<Vec<String>, RegisterError> {
    let mut columns = Vec::new();
    for cell in record.cells() {
        if cell.contains(&0) {
            return Err(RegisterError::OtherKind(OtherKind::Binary));
        }
        let name = std::str::from_utf8(cell).map_err(|_| RegisterError::Header)?;
        columns.push(name.trim().to_owned());
    }
    let length = columns.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1);
    columns.truncate(length);
    Ok(columns)
}

/// The names, each of them once.
fn distinct(columns: &[String]) -> Result<BTreeSet<&str>, RegisterError> {
    let mut seen = BTreeSet::new();
    let mut named = columns.iter().filter(|column| !column.is_empty());
    match named.find(|column| !seen.insert(column.as_str())) {
        Some(twice) => Err(RegisterError::ColumnTwice(twice.clone())),
        None => Ok(seen),
    }
}

fn check_columns(columns: &[String], mapping: &RegisterMapping) -> Result<(), RegisterError> {
    let seen = distinct(columns)?;
    match mapping.required_columns().into_iter().find(|column| !seen.contains(column)) {
        Some(missing) => Err(RegisterError::ColumnMissing(missing.to_owned())),
        None => Ok(()),
    }
}
