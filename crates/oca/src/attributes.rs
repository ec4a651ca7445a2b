//! From an attribute of the capture base to a claim.

use portage_catalog::{ClaimDefinition, ClaimKind, DraftClaim, is_claim_name, is_reserved_claim_name};
use portage_reason::Reason;
use serde_json::{Number, Value};

use crate::{
    Bundle, Problem,
    bundle::Attribute,
    error::shown,
    texts::{self, MAX_DESCRIPTION, MAX_NAME},
};

/// So that one of these credentials, all of it shown, stays within what a presentation may have.
pub(crate) const MAX_ATTRIBUTES: usize = 400;
/// Media type of bytes of which the bundle does not say what they are (RFC 2046 §4.5.1).
const UNKNOWN_BYTES: &str = "application/octet-stream";

impl Bundle {
    /// The claims, or every attribute that cannot be one.
    pub(crate) fn claims(&self) -> Result<Vec<DraftClaim>, Vec<Problem>> {
        let mut claims = Vec::new();
        let mut problems = Vec::new();
        if let Some(beyond) = self.attributes.get(MAX_ATTRIBUTES) {
            let what = format!("more than {MAX_ATTRIBUTES} attributes");
            return Err(vec![Problem { reason: Reason::TooLarge, place: beyond.place, what }]);
        }
        for attribute in &self.attributes {
            match self.claim(attribute) {
                Ok(claim) => claims.push(claim),
                Err((reason, what)) => problems.push(Problem { reason, place: attribute.place, what }),
            }
        }
        if problems.is_empty() { Ok(claims) } else { Err(problems) }
    }

    fn claim(&self, attribute: &Attribute) -> Result<DraftClaim, (Reason, String)> {
        let name = attribute.name.as_str();
        check_name(name)?;
        let kind = self.kind(attribute)?;
        let too_long = |what: &str| (Reason::TooLarge, format!("{what} of the attribute {name} is too long"));
        let definition = ClaimDefinition {
            name: name.to_owned(),
            kind,
            required: self
                .text_of("conformance", "conformance", name)
                .is_some_and(|it| it.eq_ignore_ascii_case("M")),
            personal: self.is_flagged(name),
            label: texts::label(self, name, MAX_NAME).ok_or_else(|| too_long("the label"))?,
            media_type: (kind == ClaimKind::Binary).then(|| self.media_type(name)),
            description: texts::description(self, name, MAX_DESCRIPTION)
                .ok_or_else(|| too_long("the description"))?,
        };
        Ok(DraftClaim { values: self.entry_codes(name, kind), definition })
    }

    fn kind(&self, attribute: &Attribute) -> Result<ClaimKind, (Reason, String)> {
        let name = attribute.name.as_str();
        let written = match &attribute.attribute_type {
            Value::String(written) => written.trim().to_owned(),
            // OCA 2.0 writes an array as an array.
            other => other.to_string(),
        };
        let unsupported = |what: String| {
            (Reason::Unsupported, format!("the attribute {name} is {what}: such a claim cannot be made"))
        };
        match written.to_ascii_lowercase().as_str() {
            "text" => Ok(ClaimKind::String),
            "numeric" => Ok(ClaimKind::Number),
            "boolean" => Ok(ClaimKind::Boolean),
            "binary" => Ok(ClaimKind::Binary),
            "datetime" => {
                let format = self.text_of("format", "formats", name).unwrap_or_default();
                date_time(name, format)
                    .ok_or_else(|| unsupported(format!("a {} written {}", shown(&written), shown(format))))
            }
            _ => Err(unsupported(format!("of the type {}", shown(&written)))),
        }
    }

    /// The media type of the format overlay, where it is one.
    fn media_type(&self, attribute: &str) -> String {
        let format = self.text_of("format", "formats", attribute).unwrap_or_default().to_ascii_lowercase();
        let is_token = |part: &str, other: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || other.as_bytes().contains(&b))
        };
        match format.split_once('/') {
            Some((kind, subtype))
                if format.len() <= 100
                    && kind.bytes().all(|b| b.is_ascii_lowercase())
                    && is_token(kind, "")
                    && is_token(subtype, ".+-") =>
            {
                format
            }
            _ => UNKNOWN_BYTES.to_owned(),
        }
    }

    /// What the entry code overlay allows. Codes that stand in a table elsewhere (a SAID) are not had, and bind nobody.
    fn entry_codes(&self, attribute: &str, kind: ClaimKind) -> Vec<Value> {
        let codes = self.of_attribute("entry_code", "entry_codes", attribute).and_then(Value::as_array);
        let read = |code: &Value| match (kind, code) {
            (ClaimKind::String, Value::String(_)) | (ClaimKind::Number, Value::Number(_)) => {
                Some(code.clone())
            }
            (ClaimKind::Number, Value::String(code)) => code.parse::<Number>().ok().map(Value::Number),
            _ => None,
        };
        let mut values: Vec<Value> = Vec::new();
        for code in codes.map(Vec::as_slice).unwrap_or_default() {
            // One that cannot be read leaves the list without meaning.
            let Some(value) = read(code) else { return Vec::new() };
            if !values.contains(&value) {
                values.push(value);
            }
        }
        values
    }
}

fn check_name(name: &str) -> Result<(), (Reason, String)> {
    if is_reserved_claim_name(name) {
        let what = "the formats keep this name for themselves";
        return Err((Reason::Unsupported, format!("the attribute {}: {what}", shown(name))));
    }
    if !is_claim_name(name) {
        let what = "a claim's name is a letter and then letters, digits and _, at most 64 of them";
        return Err((Reason::Unsupported, format!("the attribute {}: {what}", shown(name))));
    }
    Ok(())
}

/// What a `DateTime` written so holds. The patterns of OCA (`YYYY-MM-DDThh:mm:ssZ`) and of `strftime` are read; of a day with any
/// punctuation the claim has the one spelling that all dates have here.
fn date_time(name: &str, format: &str) -> Option<ClaimKind> {
    if name.to_ascii_lowercase().ends_with("dateint") {
        return Some(ClaimKind::DateInt);
    }
    let format = strftime(format);
    match format.to_ascii_lowercase().replace(['-', '_', ' '], "").as_str() {
        "yyyymmdd" if !format.contains(['-', '_', ' ']) => return Some(ClaimKind::DateInt),
        "" | "datetime" | "iso8601" | "rfc3339" => return Some(ClaimKind::DateTime),
        "date" => return Some(ClaimKind::Date),
        "epoch" | "unixtime" => return Some(ClaimKind::Number),
        _ => {}
    }
    let (date, time) = split_time(&format);
    let is_day = ["yyyy", "mm", "dd"].iter().all(|part| date.contains(part))
        && date.chars().all(|c| matches!(c, 'y' | 'm' | 'd' | '-' | '/' | '.' | ' ' | '_'));
    match (is_day, time) {
        (true, None) => Some(ClaimKind::Date),
        (true, Some(time)) if time.contains("mm") => Some(ClaimKind::DateTime),
        _ => None,
    }
}

/// The part before the hours, and the part from them on.
fn split_time(format: &str) -> (String, Option<String>) {
    let format = format.to_ascii_lowercase().replace('\'', "");
    match format.find("hh") {
        None => (format, None),
        Some(at) => {
            let (date, time) = format.split_at(at);
            (date.trim_end_matches('t').trim_end().to_owned(), Some(time.to_owned()))
        }
    }
}

/// `%Y-%m-%dT%H:%M:%S%z` in the other notation.
fn strftime(format: &str) -> String {
    let longer = [
        ("%F", "YYYY-MM-DD"),
        ("%T", "hh:mm:ss"),
        ("%Y", "YYYY"),
        ("%m", "MM"),
        ("%d", "DD"),
        ("%H", "hh"),
        ("%M", "mm"),
        ("%S", "ss"),
        ("%z", "Z"),
    ];
    longer.iter().fold(format.to_owned(), |format, (short, long)| format.replace(short, long))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_of_the_kind_that_its_format_says() {
        for (name, format, kind) in [
            ("birthdate_dateint", "", Some(ClaimKind::DateInt)),
            ("birthdate_dateint", "YYYYMMDD", Some(ClaimKind::DateInt)),
            ("expiry_date", "YYYYMMDD", Some(ClaimKind::DateInt)),
            ("expiry_date", "%Y%m%d", Some(ClaimKind::DateInt)),
            ("day", "YYYY-MM-DD", Some(ClaimKind::Date)),
            ("day", "yyyy-MM-dd", Some(ClaimKind::Date)),
            ("day", "%F", Some(ClaimKind::Date)),
            ("day", "DD/MM/YYYY", Some(ClaimKind::Date)),
            ("day", "date", Some(ClaimKind::Date)),
            ("at", "YYYY-MM-DDThh:mm:ssZ", Some(ClaimKind::DateTime)),
            ("at", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", Some(ClaimKind::DateTime)),
            ("at", "YYYY-MM-DDThh:mm:ss.sss+zz:zz", Some(ClaimKind::DateTime)),
            ("at", "%Y-%m-%dT%H:%M:%S%z", Some(ClaimKind::DateTime)),
            ("at", "YYYY-MM-DD hh:mm", Some(ClaimKind::DateTime)),
            ("at", "ISO 8601", Some(ClaimKind::DateTime)),
            ("at", "", Some(ClaimKind::DateTime)),
            ("at", "epoch", Some(ClaimKind::Number)),
            ("at", "hh:mm:ss", None),
            ("at", "PnYnMnD", None),
            ("at", "YYYY", None),
            ("at", "YYYY-MM", None),
            ("at", "tomorrow", None),
        ] {
            assert_eq!(date_time(name, format), kind, "{name} {format}");
        }
    }
}
