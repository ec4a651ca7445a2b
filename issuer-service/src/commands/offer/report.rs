//! What the clerk reads of it: a line a row on standard output, the counts on standard error.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use portage_catalog::{Language, message, message_for_count};
use portage_issuer::{CheckedOffer, CreatedOffer, RowRefusal};
use portage_reason::Reason;
use portage_service::{ExitCode, output};
use portage_strict_json::Position;
use portage_web::language_of_terminal;
use serde_json::{Value, json};

use super::{CommandError, letters::Written};

/// Where a row stands: its number, and where the file has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) row: u64,
    pub(super) at: Option<At>,
}

/// Where something stands in a file.
#[derive(Debug, Clone, Copy)]
pub(super) enum At {
    /// A row of a register, which begins a line.
    Line(u64),
    /// An element of an array.
    Element(Position),
}

impl Place {
    /// As members of a JSON line.
    fn add_to(self, members: &mut Value) {
        match self.at {
            Some(At::Line(line)) => members["line"] = line.into(),
            Some(At::Element(Position { line, column })) => {
                members["line"] = line.into();
                members["character"] = column.into();
            }
            None => {}
        }
    }
}

/// What became of a row that was not refused.
pub(super) enum Answer {
    /// And where its letter is, if one was made.
    Offer(Box<CreatedOffer>, Option<Written>),
    /// Under `--check`.
    Checked(CheckedOffer),
}

/// The lines of one batch, and the counts of all.
pub(super) struct Report {
    json: bool,
    check: bool,
    language: Language,
    lines: Vec<String>,
    offered: u64,
    already: u64,
    refused: u64,
    first_reason: Option<Reason>,
    /// As many as there are reasons and columns: the size of the register does not matter.
    refusals: BTreeMap<(String, Option<String>), u64>,
}

impl Report {
    pub(super) fn new(json: bool, check: bool) -> Self {
        Report {
            json,
            check,
            language: language_of_terminal(),
            lines: Vec::new(),
            offered: 0,
            already: 0,
            refused: 0,
            first_reason: None,
            refusals: BTreeMap::new(),
        }
    }

    /// Keeps the line of a row until [`Report::print`].
    pub(super) fn tell(&mut self, place: Place, answer: Result<Answer, RowRefusal>) {
        let line = match answer {
            Ok(Answer::Offer(offer, written)) => {
                *(if offer.is_new { &mut self.offered } else { &mut self.already }) += 1;
                Some(self.offer(place, &offer, written.as_ref()))
            }
            Ok(Answer::Checked(checked)) => {
                let is_new = checked == CheckedOffer::New;
                *(if is_new { &mut self.offered } else { &mut self.already }) += 1;
                self.json.then(|| {
                    let mut line = json!({ "row": place.row, "checked": true, "unchanged": !is_new });
                    place.add_to(&mut line);
                    line.to_string()
                })
            }
            Err(refusal) => {
                self.refused += 1;
                self.first_reason = self.first_reason.or(Some(refusal.reason));
                let kind = (refusal.reason.to_string(), refusal.column.clone());
                *self.refusals.entry(kind).or_default() += 1;
                Some(self.refusal(place, &refusal))
            }
        };
        self.lines.extend(line);
    }

    /// Prints what was told since the last time, at once.
    pub(super) fn print(&mut self) -> Result<(), CommandError> {
        let lines = std::mem::take(&mut self.lines);
        if lines.is_empty() { Ok(()) } else { output::line(&lines.join("\n")) }
    }

    /// A code that is on a sheet is not printed beside its link.
    fn offer(&self, place: Place, offer: &CreatedOffer, written: Option<&Written>) -> String {
        let (row, reference, uri) = (place.row, offer.reference.as_str(), offer.uri.to_string());
        let tx_code = offer.tx_code.as_ref().filter(|_| written.is_none());
        if self.json {
            let mut line = json!({ "row": row, "ref": reference, "offer": uri });
            if let Some(tx_code) = tx_code {
                line["tx_code"] = tx_code.expose().into();
            }
            if let Some(written) = written {
                line["letter"] = written.letter.display().to_string().into();
                line["code_sheet"] =
                    written.code_sheet.as_ref().map(|path| path.display().to_string()).into();
            }
            return line.to_string();
        }
        let tx_code = tx_code.map(|code| format!("\ttx_code {}", code.expose())).unwrap_or_default();
        let letter = written.map(|written| format!("\t{}", written.letter.display())).unwrap_or_default();
        format!("{row}\t{reference}\t{uri}{tx_code}{letter}")
    }

    fn refusal(&self, place: Place, refusal: &RowRefusal) -> String {
        let RowRefusal { column, reason, message: text } = refusal;
        let text = text.in_language(self.language);
        if self.json {
            let mut refused = json!({ "column": column, "reason": reason, "message": text });
            place.add_to(&mut refused);
            return json!({ "row": place.row, "refused": refused }).to_string();
        }
        let row = place.row.to_string();
        let column = column.as_deref().unwrap_or("-");
        let mut values = vec![("row", row.as_str()), ("column", column), ("message", text)];
        let (line, character) = match place.at {
            Some(At::Line(line)) => (line.to_string(), String::new()),
            Some(At::Element(at)) => (at.line.to_string(), at.column.to_string()),
            None => (String::new(), String::new()),
        };
        values.extend([("line", line.as_str()), ("character", &character)]);
        let text = match place.at {
            Some(At::Line(_)) => message("issuer.row_of_register_refused", self.language, &values),
            Some(At::Element(_)) => message("issuer.element_refused", self.language, &values),
            None => message("issuer.row_refused", self.language, &values),
        };
        format!("{text} {reason}")
    }

    /// Counts on standard error; the reason's name as the last word when something was refused.
    pub(super) fn finish(&self) -> Result<ExitCode, CommandError> {
        let counts = [self.offered, self.refused, self.already].map(|count| count.to_string());
        let [offered, refused, unchanged] = &counts;
        let values = [("offered", offered.as_str()), ("refused", refused), ("unchanged", unchanged)];
        let mut text = if self.check {
            message("issuer.checked", self.language, &values)
        } else {
            message("issuer.offered", self.language, &values)
        };
        for ((reason, column), count) in &self.refusals {
            let values = [("reason", reason.as_str()), ("column", column.as_deref().unwrap_or("-"))];
            text.push_str("\n  ");
            text.push_str(&message_for_count("issuer.refused_for", *count, self.language, &values));
        }
        // Err: nobody reads standard error any more.
        let _ = writeln!(io::stderr().lock(), "{text}");
        match self.first_reason {
            None => Ok(ExitCode::Done),
            Some(reason) => {
                let key = if self.check { "issuer.some_would_be_refused" } else { "issuer.some_refused" };
                let refused = [("refused", refused.as_str())];
                Err(CommandError::Refused(reason, message(key, self.language, &refused)))
            }
        }
    }
}
