use std::{
    borrow::Borrow,
    collections::{BTreeMap, BTreeSet},
};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use portage_reason::Reason;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    CatalogError, ClaimDefinition, ClaimKind, Language, Text,
    claim::{read_date, read_date_int, read_date_time},
    credential_type::{end_of_day, start_of_day},
    definition::time_zone,
    error::read_file,
    message,
};

/// How the columns of a register become claims (`register.json`).
///
/// A row is a record of the register. An empty cell is an absent claim; a row is refused only when a claim that the
/// type requires is missing or a cell cannot be read. Whether the record is valid on some day is the issuer's
/// question: [`Validity::check_on`].
#[derive(Debug, Clone)]
pub struct RegisterMapping {
    /// Column that names a record: the reference under which nothing is issued twice.
    pub record: String,
    /// Where the days of this register begin and end.
    pub time_zone: TimeZone,
    /// Claim ← column(s), in the order of the type.
    pub claims: Vec<MappedClaim>,
    /// Column of the last valid day, if any.
    pub valid_until: Option<String>,
    /// Column of the first valid day, if any.
    pub valid_from: Option<String>,
    /// Where a letter to the person of a record goes, if the register says.
    pub letter: Option<LetterMapping>,
}

/// Which cells make the address of a letter. They are read for the letter alone, and kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterMapping {
    /// The name and the lines of the address, from the top; an empty one is left out.
    pub lines: Vec<Cells>,
    /// Column of the person's language, if any: what begins with an f is French, with an e or an a English.
    pub language: Option<String>,
}

/// Whom a letter is for.
#[derive(Clone, PartialEq, Eq)]
pub struct Addressee {
    /// The name, and the lines of the address.
    pub lines: Vec<String>,
    /// Their language, if it is known.
    pub language: Option<Language>,
}

impl std::fmt::Debug for Addressee {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Addressee")
    }
}

/// Where one claim comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedClaim {
    /// The claim.
    pub claim: String,
    /// What it holds.
    pub kind: ClaimKind,
    /// Whether the type requires it.
    pub required: bool,
    /// Its cells.
    pub cells: Cells,
}

/// The cells that make a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cells {
    /// One column.
    Column(String),
    /// Several, the empty ones left out, joined by a separator.
    Columns {
        /// In this order.
        columns: Vec<String>,
        /// Between them.
        separator: String,
    },
    /// The same text for every row.
    Constant(String),
}

/// What one row says.
#[derive(Debug, Clone, PartialEq)]
pub struct RegisterRecord {
    /// The reference of the record.
    pub record: String,
    /// Its claims, not yet checked against the type.
    pub claims: Map<String, Value>,
    /// When it is valid.
    pub validity: Validity,
    /// Where a letter goes; none where the register does not say, or every cell of it is empty.
    pub addressee: Option<Addressee>,
}

/// From when to when a record is valid, as its register says.
#[derive(Debug, Clone, PartialEq)]
pub struct Validity {
    /// The first instant, if the register says.
    pub from: Option<Timestamp>,
    /// The last second, if the register says.
    pub until: Option<Timestamp>,
    time_zone: TimeZone,
}

/// Why a row gives no claims. Names the column, never what stands in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {}", message.en)]
pub struct RowError {
    /// The column.
    pub column: String,
    /// `value_missing`, `value_invalid` or `schema_mismatch`.
    pub reason: Reason,
    /// What is wrong, for the clerk.
    pub message: Text,
}

/// `register.json`, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegisterFile {
    record: String,
    time_zone: String,
    claims: BTreeMap<String, CellsFile>,
    valid_from: Option<String>,
    valid_until: Option<String>,
    letter: Option<LetterFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LetterFile {
    lines: Vec<CellsFile>,
    language: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CellsFile {
    column: Option<String>,
    columns: Option<Vec<String>>,
    separator: Option<String>,
    constant: Option<String>,
}

impl RegisterMapping {
    /// Reads `register.json` for a type with these claims.
    pub(crate) fn read(
        file: &str,
        bytes: &[u8],
        claims: &[ClaimDefinition],
        is_derived: impl Fn(&str) -> bool,
    ) -> Result<Self, CatalogError> {
        let mapping: RegisterFile = read_file(file, bytes)?;
        Self::build(mapping, claims, is_derived).map_err(|what| CatalogError::invalid(file, what))
    }

    fn build(
        mut file: RegisterFile,
        definitions: &[ClaimDefinition],
        is_derived: impl Fn(&str) -> bool,
    ) -> Result<Self, String> {
        let mut claims = Vec::new();
        for definition in definitions {
            let name = &definition.name;
            let Some(cells) = file.claims.remove(name) else {
                if definition.required {
                    return Err(format!("the required claim {name} comes from no column"));
                }
                continue;
            };
            if is_derived(name) {
                return Err(format!("the claim {name} is computed when issued and comes from no column"));
            }
            if matches!(definition.kind, ClaimKind::Binary | ClaimKind::Object) {
                return Err(format!("the claim {name} is of a kind that no cell can hold"));
            }
            let cells = cells.read().ok_or_else(|| {
                format!("claim {name}: say one of column, columns with separator, or constant")
            })?;
            let (kind, required) = (definition.kind, definition.required);
            claims.push(MappedClaim { claim: name.clone(), kind, required, cells });
        }
        if let Some(name) = file.claims.keys().next() {
            return Err(format!("the claim {name} is not one of the type"));
        }
        let letter = file.letter.map(LetterFile::read).transpose()?;
        Ok(RegisterMapping {
            letter,
            record: file.record,
            time_zone: time_zone(&file.time_zone)?,
            claims,
            valid_until: file.valid_until,
            valid_from: file.valid_from,
        })
    }

    /// What a row (column → cell) says.
    ///
    /// # Errors
    /// [`RowError`] for the first column, in the order of the type, that is missing or cannot be read.
    pub fn claims_of<C: Borrow<str> + Ord, T: AsRef<str>>(
        &self,
        row: &BTreeMap<C, T>,
    ) -> Result<RegisterRecord, RowError> {
        let record = cell(row, &self.record).ok_or_else(|| RowError::missing(&self.record))?.to_owned();
        let mut claims = Map::new();
        for mapped in &self.claims {
            match mapped.cells.text(row) {
                Some(text) => {
                    let value = read_cell(&text, mapped.kind, &self.time_zone);
                    let value =
                        value.ok_or_else(|| RowError::unreadable(mapped.cells.column(), mapped.kind))?;
                    claims.insert(mapped.claim.clone(), value);
                }
                None if mapped.required => return Err(RowError::missing(mapped.cells.column())),
                None => {}
            }
        }
        let addressee = self.letter.as_ref().and_then(|letter| letter.addressee(row));
        Ok(RegisterRecord { record, claims, validity: self.validity_of(row)?, addressee })
    }

    /// Every column the mapping reads.
    pub fn columns(&self) -> BTreeSet<&str> {
        let claims = self.claims.iter().flat_map(|mapped| mapped.cells.columns());
        let days = [&self.valid_from, &self.valid_until].into_iter().flatten().map(String::as_str);
        let of_letter = self.letter.iter().flat_map(LetterMapping::columns);
        claims.chain(days).chain(of_letter).chain([self.record.as_str()]).collect()
    }

    /// The columns without which every row would be refused, so that a wrong file is told apart from wrong rows.
    pub fn required_columns(&self) -> BTreeSet<&str> {
        let required = self.claims.iter().filter(|mapped| mapped.required);
        let claims = required.filter_map(|mapped| match &mapped.cells {
            Cells::Column(column) => Some(column.as_str()),
            Cells::Columns { .. } | Cells::Constant(_) => None,
        });
        claims.chain([self.record.as_str()]).collect()
    }

    /// The same error as of a row: a claim that does not fit its type, told by the column it came from.
    pub fn row_error(&self, claim: &str, reason: Reason) -> RowError {
        let mapped = self.claims.iter().find(|mapped| mapped.claim == claim);
        let column = mapped.map_or(claim, |mapped| mapped.cells.column());
        match (reason, mapped) {
            (Reason::ValueMissing, _) => RowError::missing(column),
            (Reason::ValueInvalid, Some(mapped)) => RowError::unreadable(column, mapped.kind),
            _ => RowError::new(column, reason, "row.does_not_fit"),
        }
    }

    fn validity_of<C: Borrow<str> + Ord, T: AsRef<str>>(
        &self,
        row: &BTreeMap<C, T>,
    ) -> Result<Validity, RowError> {
        let read = |column: &Option<String>, of_day: fn(Date, &TimeZone) -> Option<Timestamp>| {
            let Some((column, text)) = column.as_ref().and_then(|column| Some((column, cell(row, column)?)))
            else {
                return Ok(None);
            };
            // A date with a time is that instant; a plain date is all of its day.
            let instant = read_date_time(text)
                .or_else(|| of_day(read_day(text, &self.time_zone)?, &self.time_zone))
                .ok_or_else(|| RowError::unreadable(column, ClaimKind::Date))?;
            Ok(Some(instant))
        };
        let from = read(&self.valid_from, start_of_day)?;
        let until = read(&self.valid_until, end_of_day)?;
        match (from, until, &self.valid_until) {
            (Some(from), Some(until), Some(column)) if until < from => {
                Err(RowError::new(column, Reason::ValueInvalid, "row.ends_before_it_begins"))
            }
            _ => Ok(Validity { from, until, time_zone: self.time_zone.clone() }),
        }
    }
}

impl Validity {
    /// Whether the record is valid at some time of that day.
    ///
    /// # Errors
    /// [`Reason::Expired`], [`Reason::NotYetValid`].
    pub fn check_on(&self, day: Date) -> Result<(), Reason> {
        let starts = start_of_day(day, &self.time_zone);
        let ends = end_of_day(day, &self.time_zone);
        if self.until.zip(starts).is_some_and(|(until, starts)| until < starts) {
            return Err(Reason::Expired);
        }
        if self.from.zip(ends).is_some_and(|(from, ends)| from > ends) {
            return Err(Reason::NotYetValid);
        }
        Ok(())
    }
}

impl LetterFile {
    fn read(self) -> Result<LetterMapping, String> {
        let lines = self.lines.into_iter().map(CellsFile::read).collect::<Option<Vec<_>>>();
        let lines = lines.filter(|lines| !lines.is_empty()).ok_or(
            "letter.lines: at least one, each of them one of column, columns with separator, or constant",
        )?;
        Ok(LetterMapping { lines, language: self.language })
    }
}

impl LetterMapping {
    fn addressee<C: Borrow<str> + Ord, T: AsRef<str>>(&self, row: &BTreeMap<C, T>) -> Option<Addressee> {
        let lines: Vec<_> = self.lines.iter().filter_map(|cells| cells.text(row)).collect();
        let language = self.language.as_ref().and_then(|column| read_language(cell(row, column)?));
        (!lines.is_empty()).then_some(Addressee { lines, language })
    }

    fn columns(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().flat_map(Cells::columns).chain(self.language.as_deref())
    }
}

/// `fr`, `Français`, `F`; `en`, `English`, `E`, `Anglais`.
fn read_language(text: &str) -> Option<Language> {
    match text.chars().next()?.to_ascii_lowercase() {
        'f' => Some(Language::Fr),
        'e' | 'a' => Some(Language::En),
        _ => None,
    }
}

impl CellsFile {
    fn read(self) -> Option<Cells> {
        match (self.column, self.columns, self.separator, self.constant) {
            (Some(column), None, None, None) => Some(Cells::Column(column)),
            (None, Some(columns), Some(separator), None) if !columns.is_empty() => {
                Some(Cells::Columns { columns, separator })
            }
            (None, None, None, Some(constant)) => Some(Cells::Constant(constant)),
            _ => None,
        }
    }
}

impl Cells {
    /// The text of the claim in this row; none if every cell is empty.
    fn text<C: Borrow<str> + Ord, T: AsRef<str>>(&self, row: &BTreeMap<C, T>) -> Option<String> {
        match self {
            Cells::Column(column) => cell(row, column).map(str::to_owned),
            Cells::Constant(text) => Some(text.clone()),
            Cells::Columns { columns, separator } => {
                let parts: Vec<_> = columns.iter().filter_map(|column| cell(row, column)).collect();
                (!parts.is_empty()).then(|| parts.join(separator))
            }
        }
    }

    /// The column an error is told by: the first.
    fn column(&self) -> &str {
        self.columns().next().unwrap_or_default()
    }

    fn columns(&self) -> impl Iterator<Item = &str> {
        let columns = match self {
            Cells::Column(column) => std::slice::from_ref(column),
            Cells::Columns { columns, .. } => columns.as_slice(),
            Cells::Constant(_) => &[],
        };
        columns.iter().map(String::as_str)
    }
}

impl RowError {
    fn missing(column: &str) -> Self {
        RowError::new(column, Reason::ValueMissing, "row.missing")
    }

    fn unreadable(column: &str, kind: ClaimKind) -> Self {
        let key = match kind {
            ClaimKind::Date | ClaimKind::DateInt => "row.not_a_date",
            ClaimKind::DateTime => "row.not_a_date_and_time",
            ClaimKind::Number => "row.not_a_number",
            ClaimKind::Boolean => "row.not_yes_or_no",
            ClaimKind::String | ClaimKind::Binary | ClaimKind::Object => "row.does_not_fit",
        };
        RowError::new(column, Reason::ValueInvalid, key)
    }

    fn new(column: &str, reason: Reason, key: &str) -> Self {
        let [en, fr] = Language::ALL.map(|language| message(key, language, &[("column", column)]));
        RowError { column: column.to_owned(), reason, message: Text { en, fr } }
    }
}

/// A cell that is not empty, without the blanks around it.
fn cell<'r, C: Borrow<str> + Ord, T: AsRef<str>>(row: &'r BTreeMap<C, T>, column: &str) -> Option<&'r str> {
    row.get(column).map(|text| text.as_ref().trim()).filter(|text| !text.is_empty())
}

fn read_cell(text: &str, kind: ClaimKind, zone: &TimeZone) -> Option<Value> {
    match kind {
        ClaimKind::String => Some(Value::from(text)),
        ClaimKind::Number => read_number(text),
        ClaimKind::Boolean => read_boolean(text).map(Value::Bool),
        ClaimKind::Date => read_day(text, zone).map(|day| Value::from(day.to_string())),
        // A day before the year 1000 has no number of eight digits.
        ClaimKind::DateInt => read_day(text, zone).filter(|day| day.year() >= 1000).map(|day| {
            let (year, month, day) = (i64::from(day.year()), i64::from(day.month()), i64::from(day.day()));
            Value::from(year * 10_000 + month * 100 + day)
        }),
        ClaimKind::DateTime => read_date_time(text).map(|_| Value::from(text)),
        ClaimKind::Binary | ClaimKind::Object => None,
    }
}

/// A day: `YYYY-MM-DD`, `YYYYMMDD`, or the day on which an instant with its offset falls in the register's zone.
fn read_day(text: &str, zone: &TimeZone) -> Option<Date> {
    let from_number = || if text.len() == 8 { read_date_int(text.parse().ok()?) } else { None };
    read_date(text)
        .or_else(|| read_date_time(text).map(|instant| instant.to_zoned_datetime(zone.clone()).date()))
        .or_else(from_number)
}

/// A number; one without a fraction becomes an integer, as `25.0` in a register means 25.
fn read_number(text: &str) -> Option<Value> {
    const MAX_SAFE: f64 = 9_007_199_254_740_991.0;
    let number: f64 =
        text.parse().ok().filter(|number: &f64| number.is_finite() && number.abs() <= MAX_SAFE)?;
    if number.fract() == 0.0 {
        // Exact: within ±(2^53 − 1), where every integer is a float.
        return format!("{number:.0}").parse::<i64>().ok().map(Value::from);
    }
    serde_json::Number::from_f64(number).map(Value::Number)
}

fn read_boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "y" | "1" | "oui" | "o" | "vrai" => Some(true),
        "false" | "no" | "n" | "0" | "non" | "faux" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
