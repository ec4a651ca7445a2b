//! A text of separated values, cut into records and cells (RFC 4180, with any of four separators and any line ends).
//!
//! Not the `csv` crate: it reads a record of any length into memory, takes a quotation mark that is never closed for one cell up to the
//! end of the file, and cannot say on which line that mark stood.

use std::io::{self, Read};

use encoding_rs::Encoding;

use super::decoding::{CHUNK, Decoding};

/// Longest record.
pub(super) const MAX_RECORD: usize = 1 << 20;

/// Most cells of a record: as many as a spreadsheet has.
pub(super) const MAX_CELLS: usize = 16_384;

/// What separates cells, the likelier first.
pub(super) const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// One record: its cells, and the line of the file on which it begins.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) line: u64,
    text: Vec<u8>,
    ends: Vec<usize>,
}

/// Why there is no record. The cells before stand in [`Record`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Damage {
    /// A quotation mark opened on this line is closed nowhere.
    Unclosed(u64),
    /// The same, and the text between it and the end of the file is longer than [`MAX_RECORD`]: no line of it was read.
    NeverClosed(u64),
    /// Of a cell between quotation marks that opened on this line, something stands after the closing one.
    AfterQuote(u64),
    /// Longer than [`MAX_RECORD`].
    TooLong,
    /// More than [`MAX_CELLS`].
    TooManyCells,
}

pub(super) struct Records<R> {
    decoding: Decoding<R>,
    separator: u8,
    /// Text from the record that is being read on.
    buffer: Vec<u8>,
    at: usize,
    line: u64,
    is_over: bool,
}

/// Where the reading of a record stands.
#[derive(Clone, Copy)]
struct Place {
    at: usize,
    line: u64,
}

enum End {
    Cell,
    Record,
    Damage(Damage, Resume),
}

/// Where the reading goes on after a damaged record.
#[derive(Clone, Copy)]
enum Resume {
    /// At this line of it.
    Line(Place),
    /// At the line after the one where the damage was found.
    NextLine,
    /// After the record, which is not kept: from within a cell whose quotation mark opened on this line, or from outside of one.
    NextRecord(Option<u64>),
}

impl Record {
    pub(super) fn cells(&self) -> impl Iterator<Item = &[u8]> {
        let starts = [0].into_iter().chain(self.ends.iter().copied());
        starts
            .zip(self.ends.iter().copied())
            .map(|(start, end)| self.text.get(start..end).unwrap_or_default())
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The whole of it, without separators.
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    fn clear(&mut self, line: u64) {
        self.line = line;
        self.text.clear();
        self.ends.clear();
    }
}

impl<R: Read> Records<R> {
    /// Finds the separator: the one that was given, the one that a line `sep=;` says, or the one that the first line has most of.
    pub(super) fn open(decoding: Decoding<R>, separator: Option<u8>) -> io::Result<Self> {
        let mut records =
            Records { decoding, separator: b',', buffer: Vec::new(), at: 0, line: 1, is_over: false };
        while records.buffer.len() < CHUNK && !records.is_over {
            records.fill()?;
        }
        let said = records.skip_separator_line();
        records.separator = separator.or(said).unwrap_or_else(|| most_of(&records.buffer, records.at));
        Ok(records)
    }

    pub(super) fn encoding(&self) -> &'static Encoding {
        self.decoding.encoding()
    }

    pub(super) fn is_guess(&self) -> bool {
        self.decoding.is_guess()
    }

    /// How many bytes of text are in memory.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.buffer.len()
    }

    /// The first characters of the text.
    pub(super) fn beginning(&self) -> &[u8] {
        self.buffer.get(self.at..).unwrap_or_default()
    }

    /// Reads the next record, empty lines left out; `false` after the last one. After one with a quotation mark too many the reading goes on
    /// at the line after the one on which that mark stands, so that it costs one row. After one over a limit it goes on where the record
    /// ends: who can write a long cell into a register must not write rows into it.
    pub(super) fn read(&mut self, record: &mut Record) -> io::Result<Result<bool, Damage>> {
        loop {
            self.release();
            record.clear(self.line);
            let mut place = Place { at: self.at, line: self.line };
            if self.byte(place.at)?.is_none() {
                return Ok(Ok(false));
            }
            let mut was_quoted = false;
            let damage = loop {
                let is_quoted = self.byte(place.at)? == Some(b'"');
                was_quoted |= is_quoted;
                let end = if is_quoted {
                    self.quoted(record, &mut place)?
                } else {
                    self.unquoted(record, &mut place)?
                };
                record.ends.push(record.text.len());
                match end {
                    End::Cell if record.len() >= MAX_CELLS => {
                        // On the separator: a cell begins after it.
                        place.at -= 1;
                        break Some((Damage::TooManyCells, Resume::NextRecord(None)));
                    }
                    End::Cell => {}
                    End::Record => break None,
                    End::Damage(damage, resume) => break Some((damage, resume)),
                }
            };
            (self.at, self.line) = (place.at, place.line);
            match damage {
                Some((damage, resume)) => return self.go_on(damage, resume).map(Err),
                None if record.len() > 1 || was_quoted || !record.text.is_empty() => return Ok(Ok(true)),
                None => {}
            }
        }
    }

    fn unquoted(&mut self, record: &mut Record, place: &mut Place) -> io::Result<End> {
        loop {
            match self.byte(place.at)? {
                None => return Ok(End::Record),
                Some(byte) if byte == self.separator => {
                    place.at += 1;
                    return Ok(End::Cell);
                }
                Some(b'\n' | b'\r') => {
                    self.line_end(place)?;
                    return Ok(End::Record);
                }
                Some(_) if place.at - self.at >= MAX_RECORD => {
                    return Ok(End::Damage(Damage::TooLong, Resume::NextRecord(None)));
                }
                Some(byte) => {
                    record.text.push(byte);
                    place.at += 1;
                }
            }
        }
    }

    fn quoted(&mut self, record: &mut Record, place: &mut Place) -> io::Result<End> {
        let opened = place.line;
        // The line after the one where the quotation mark stands.
        let mut resume = Resume::NextLine;
        place.at += 1;
        loop {
            match self.byte(place.at)? {
                None => return Ok(End::Damage(Damage::Unclosed(opened), resume)),
                Some(_) if place.at - self.at >= MAX_RECORD => {
                    return Ok(End::Damage(Damage::TooLong, Resume::NextRecord(Some(opened))));
                }
                Some(b'"') if self.byte(place.at + 1)? == Some(b'"') => {
                    record.text.push(b'"');
                    place.at += 2;
                }
                Some(b'"') => {
                    place.at += 1;
                    return self.after_quote(opened, resume, place);
                }
                Some(b'\n' | b'\r') => {
                    let start = place.at;
                    self.line_end(place)?;
                    record.text.extend_from_slice(self.buffer.get(start..place.at).unwrap_or_default());
                    if matches!(resume, Resume::NextLine) {
                        resume = Resume::Line(*place);
                    }
                }
                Some(byte) => {
                    record.text.push(byte);
                    place.at += 1;
                }
            }
        }
    }

    /// After the closing quotation mark: blanks, and then the cell is over.
    fn after_quote(&mut self, opened: u64, resume: Resume, place: &mut Place) -> io::Result<End> {
        loop {
            match self.byte(place.at)? {
                None => return Ok(End::Record),
                Some(byte) if byte == self.separator => {
                    place.at += 1;
                    return Ok(End::Cell);
                }
                Some(b'\n' | b'\r') => {
                    self.line_end(place)?;
                    return Ok(End::Record);
                }
                Some(b' ' | b'\t') if place.at - self.at < MAX_RECORD => place.at += 1,
                Some(_) => return Ok(End::Damage(Damage::AfterQuote(opened), resume)),
            }
        }
    }

    /// Over `\n`, `\r\n` or `\r`.
    fn line_end(&mut self, place: &mut Place) -> io::Result<()> {
        let is_pair = self.byte(place.at)? == Some(b'\r') && self.byte(place.at + 1)? == Some(b'\n');
        place.at += if is_pair { 2 } else { 1 };
        place.line += 1;
        Ok(())
    }

    /// Puts the reading where it goes on after the damage.
    fn go_on(&mut self, damage: Damage, resume: Resume) -> io::Result<Damage> {
        match resume {
            Resume::Line(place) => (self.at, self.line) = (place.at, place.line),
            Resume::NextLine => self.skip_line()?,
            Resume::NextRecord(opened) => {
                if let Some(unclosed) = self.skip_record(opened)? {
                    return Ok(Damage::NeverClosed(unclosed));
                }
            }
        }
        Ok(damage)
    }

    /// Over the rest of a record, of which nothing is kept. Of a quotation mark that is closed nowhere the line.
    fn skip_record(&mut self, mut opened: Option<u64>) -> io::Result<Option<u64>> {
        loop {
            if opened.is_some() && !self.skip_quoted()? {
                return Ok(opened);
            }
            match self.byte(self.at)? {
                None => return Ok(None),
                Some(b'\n' | b'\r') => return self.skip_line().map(|()| None),
                // What opened the cell was closed, and something stands after it: the record is no record, and its line the last of it.
                Some(byte) if byte != self.separator && opened.is_some() => {
                    return self.skip_line().map(|()| None);
                }
                Some(byte) => {
                    self.at += 1;
                    let is_quote = byte == self.separator && self.byte(self.at)? == Some(b'"');
                    self.at += usize::from(is_quote);
                    opened = is_quote.then_some(self.line);
                }
            }
            self.release();
        }
    }

    /// From within a cell over its closing quotation mark, and the blanks after it; `false` when there is none.
    fn skip_quoted(&mut self) -> io::Result<bool> {
        while let Some(byte) = self.byte(self.at)? {
            match byte {
                b'"' if self.byte(self.at + 1)? == Some(b'"') => self.at += 2,
                b'"' => {
                    self.at += 1;
                    let separator = self.separator;
                    let is_blank = |byte: u8| matches!(byte, b' ' | b'\t') && byte != separator;
                    while self.byte(self.at)?.is_some_and(is_blank) {
                        self.at += 1;
                    }
                    return Ok(true);
                }
                b'\n' | b'\r' => self.skip_line()?,
                _ => self.at += 1,
            }
            self.release();
        }
        Ok(false)
    }

    fn skip_line(&mut self) -> io::Result<()> {
        while let Some(byte) = self.byte(self.at)? {
            if matches!(byte, b'\n' | b'\r') {
                let mut place = Place { at: self.at, line: self.line };
                self.line_end(&mut place)?;
                (self.at, self.line) = (place.at, place.line);
                return Ok(());
            }
            self.at += 1;
            self.release();
        }
        Ok(())
    }

    fn byte(&mut self, at: usize) -> io::Result<Option<u8>> {
        while at >= self.buffer.len() && !self.is_over {
            self.fill()?;
        }
        Ok(self.buffer.get(at).copied())
    }

    fn fill(&mut self) -> io::Result<()> {
        self.is_over = !self.decoding.fill(&mut self.buffer)?;
        Ok(())
    }

    /// Lets go of what was read.
    fn release(&mut self) {
        if self.at >= CHUNK {
            self.buffer.drain(..self.at);
            self.at = 0;
        }
    }

    /// `sep=;`, as a spreadsheet writes it in front of the column names.
    fn skip_separator_line(&mut self) -> Option<u8> {
        let (&[s, e, p, equals, separator], rest) = self.buffer.split_first_chunk()?;
        let is_said = [s, e, p].eq_ignore_ascii_case(b"sep") && equals == b'=' && separator.is_ascii();
        let line_end = match rest {
            [b'\r', b'\n', ..] => 2,
            [b'\r' | b'\n', ..] => 1,
            _ => return None,
        };
        if !is_said {
            return None;
        }
        (self.at, self.line) = (5 + line_end, 2);
        Some(separator)
    }
}

/// The separator that the first line has most of, between its quotation marks not counted.
fn most_of(text: &[u8], start: usize) -> u8 {
    let mut counts = [0_usize; SEPARATORS.len()];
    let mut is_quoted = false;
    let text = text.get(start..).unwrap_or_default();
    for byte in text.iter().skip_while(|byte| matches!(byte, b'\r' | b'\n')) {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\r' | b'\n' if !is_quoted => break,
            byte if !is_quoted => {
                let counted = SEPARATORS.iter().zip(&mut counts).filter(|(separator, _)| *separator == byte);
                counted.for_each(|(_, count)| *count += 1);
            }
            _ => {}
        }
    }
    // Of equals the first: it is the likelier.
    SEPARATORS.into_iter().zip(counts).rev().max_by_key(|(_, count)| *count).map_or(b',', |(byte, _)| byte)
}
