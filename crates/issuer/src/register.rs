//! A register as a file of comma- or semicolon-separated values, read row by row.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, BufRead, BufReader, Read},
};

use csv::{Reader, ReaderBuilder, StringRecord};
use portage_catalog::{Language, RegisterMapping, RegisterRecord, Text, message};
use portage_reason::Reason;

/// A register that is being read. Of a file of any length one row is in memory, and the keys of the rows before it.
pub struct Register<'a> {
    mapping: &'a RegisterMapping,
    reader: Reader<Box<dyn Read + 'a>>,
    columns: Vec<String>,
    seen: BTreeSet<String>,
    number: u64,
}

/// A row of the register.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its number, from 1, the line of the column names not counted.
    pub number: u64,
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
        let [en, fr] = Language::ALL.map(|language| message(key, language, values));
        RowRefusal { column, reason, message: Text { en, fr } }
    }
}

/// Why the file is not a register of this kind at all.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// It could not be read.
    #[error("the register could not be read: {0}")]
    Io(#[from] io::Error),
    /// The first line does not read as column names.
    #[error("the first line does not read as column names")]
    Header,
    /// Without these columns every row would be refused.
    #[error("the register has no column {0}")]
    ColumnMissing(String),
    /// The same column name twice.
    #[error("the register has the column {0} twice")]
    ColumnTwice(String),
}

impl RegisterError {
    /// The verdict about the file; `None` for a failure of the machine.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            RegisterError::Io(_) => None,
            RegisterError::Header | RegisterError::ColumnTwice(_) => Some(Reason::Malformed),
            RegisterError::ColumnMissing(_) => Some(Reason::ValueMissing),
        }
    }
}

impl<'a> Register<'a> {
    /// Reads the column names. A byte-order mark is skipped; the separator is whichever of `;` and `,` the first line has more of.
    ///
    /// # Errors
    /// [`RegisterError`].
    pub fn open(file: impl Read + 'a, mapping: &'a RegisterMapping) -> Result<Self, RegisterError> {
        let mut file = BufReader::new(file);
        let first = first_line(&mut file)?;
        let text = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&first);
        let separator = separator_of(text);
        // The first line was taken from the file to look at it: it is read again, in front of the rest.
        let whole: Box<dyn Read + 'a> = Box::new(io::Cursor::new(text.to_vec()).chain(file));
        let mut reader = ReaderBuilder::new().delimiter(separator).from_reader(whole);
        let columns: Vec<String> = reader
            .headers()
            .map_err(|_| RegisterError::Header)?
            .iter()
            .map(|name| name.trim().to_owned())
            .collect();
        check_columns(&columns, mapping)?;
        Ok(Register { mapping, reader, columns, seen: BTreeSet::new(), number: 0 })
    }

    fn read(&mut self, record: &StringRecord) -> Result<RegisterRecord, RowRefusal> {
        let cells: BTreeMap<String, String> =
            self.columns.iter().cloned().zip(record.iter().map(str::to_owned)).collect();
        let record = self.mapping.claims_of(&cells)?;
        if !self.seen.insert(record.record.clone()) {
            let column = Some(self.mapping.record.clone());
            return Err(RowRefusal::new(column, Reason::DuplicateRecord, "row.duplicate", &[]));
        }
        Ok(record)
    }
}

impl Iterator for Register<'_> {
    type Item = Result<Row, io::Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut record = StringRecord::new();
        let read = self.reader.read_record(&mut record);
        if matches!(read, Ok(false)) {
            return None;
        }
        self.number += 1;
        let record = match read {
            Ok(_) => self.read(&record),
            Err(error) => match malformed(error) {
                Ok(refusal) => Err(refusal),
                Err(failure) => return Some(Err(failure)),
            },
        };
        Some(Ok(Row { number: self.number, record }))
    }
}

impl From<portage_catalog::RowError> for RowRefusal {
    fn from(error: portage_catalog::RowError) -> Self {
        RowRefusal { column: Some(error.column), reason: error.reason, message: error.message }
    }
}

/// What the csv crate says of a row, without the row: only where it stands.
fn malformed(error: csv::Error) -> Result<RowRefusal, io::Error> {
    if error.is_io_error() {
        return Err(error.into());
    }
    let line = error.position().map_or(0, csv::Position::line).to_string();
    Ok(RowRefusal::new(None, Reason::Malformed, "row.malformed", &[("line", &line)]))
}

/// Longest first line that is looked at.
const MAX_HEADER: u64 = 64 << 10;

fn first_line(file: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    file.take(MAX_HEADER).read_until(b'\n', &mut line)?;
    Ok(line)
}

fn separator_of(line: &[u8]) -> u8 {
    let count = |separator| line.iter().filter(|byte| **byte == separator).count();
    if count(b';') > count(b',') { b';' } else { b',' }
}

fn check_columns(columns: &[String], mapping: &RegisterMapping) -> Result<(), RegisterError> {
    let mut seen = BTreeSet::new();
    if let Some(twice) = columns.iter().find(|column| !seen.insert(column.as_str())) {
        return Err(RegisterError::ColumnTwice(twice.clone()));
    }
    match mapping.required_columns().into_iter().find(|column| !seen.contains(column)) {
        Some(missing) => Err(RegisterError::ColumnMissing(missing.to_owned())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use portage_catalog::Catalog;

    use super::*;

    const HEADER: &str = "LicenceRSN,LicenceNumber,LicenceRevisionNumber,BusinessName,BusinessTradeName,Status,IssuedDate,\
        ExpiredDate,BusinessType,BusinessSubType,Unit,UnitType,House,Street,City,Province,PostalCode,Country,LocalArea";

    fn row(record: &str) -> String {
        format!(
            "{record},24-1,10,Canary Ltd,,Issued,2024-01-02T03:04:05-08:00,2027-12-31,Restaurant,,,,1,A ST,Vancouver,BC,V5T 1C8,CA,"
        )
    }

    fn read(text: &str) -> Vec<Row> {
        let catalog = Catalog::bundled();
        let mapping = catalog.credential_type("business-licence").unwrap().register.clone().unwrap();
        Register::open(text.as_bytes(), &mapping).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn separators_byte_order_marks_and_line_ends_of_every_kind_are_read() {
        let plain = format!("{HEADER}\n{}\n{}\n", row("1"), row("2"));
        let semicolons = plain.replace(',', ";");
        for text in [&plain, &format!("\u{feff}{plain}"), &semicolons, &plain.replace('\n', "\r\n")] {
            let records: Vec<_> = read(text).into_iter().map(|row| row.record.unwrap().record).collect();
            assert_eq!(records, ["1", "2"]);
        }
    }

    #[test]
    fn a_malformed_row_names_its_line_and_the_others_stand() {
        let rows = read(&format!("{HEADER}\n{}\nx,y\n{}\n{}\n", row("1"), row("1"), row("2")));
        assert_eq!(rows.len(), 4);
        let refusal = |at: usize| rows[at].record.clone().unwrap_err();
        assert_eq!(refusal(1).reason, Reason::Malformed);
        assert!(refusal(1).message.en.starts_with("Line 3 "), "{}", refusal(1).message.en);
        assert_eq!(refusal(2).reason, Reason::DuplicateRecord);
        assert!(rows[0].record.is_ok() && rows[3].record.is_ok());
    }

    #[test]
    fn a_file_of_another_kind_is_refused_as_a_whole() {
        let catalog = Catalog::bundled();
        let mapping = catalog.credential_type("business-licence").unwrap().register.clone().unwrap();
        let open =
            |text: &'static str| Register::open(text.as_bytes(), &mapping).map(|_| ()).unwrap_err().reason();
        assert_eq!(open("a,b\n1,2\n"), Some(Reason::ValueMissing));
        assert_eq!(open("a,a\n1,2\n"), Some(Reason::Malformed));
        assert_eq!(open(""), Some(Reason::ValueMissing));
    }
}
