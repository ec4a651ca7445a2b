use jiff::{Timestamp, civil::Date};
use portage_keys::base64url;
use serde_json::Value;

use crate::Text;

/// The most bytes a binary claim may hold, decoded.
pub const MAX_BINARY_BYTES: usize = 256 << 10;

/// What a claim holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimKind {
    /// A string.
    String,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A date `YYYY-MM-DD`.
    Date,
    /// A date as the integer `YYYYMMDD`.
    DateInt,
    /// A date and time with offset (RFC 3339).
    DateTime,
    /// base64url bytes with a media type, at most 256 KiB.
    Binary,
    /// An object.
    Object,
}

/// One claim of a type.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimDefinition {
    /// Its name: a member of the SD-JWT VC payload, or of `credentialSubject`.
    pub name: String,
    /// What it holds.
    pub kind: ClaimKind,
    /// Must be there.
    pub required: bool,
    /// Flagged personal by the publisher.
    pub personal: bool,
    /// What a person reads.
    pub label: Text,
    /// The media type of a binary claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Longer, optional.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
}

/// Names that mean something to a format itself, and so can never be claims (I-17): registered JWT claims, the
/// members of SD-JWT (RFC 9901 §4.1) and of the W3C data model, and everything JSON-LD keeps for itself (`@…`).
const RESERVED: &[&str] = &[
    "...",
    "_sd",
    "_sd_alg",
    "aud",
    "client_id",
    "cnf",
    "confidenceMethod",
    "credentialSchema",
    "credentialStatus",
    "credentialSubject",
    "digestMultibase",
    "digestSRI",
    "evidence",
    "exp",
    "holder",
    "iat",
    "id",
    "iss",
    "issuanceDate",
    "issuer",
    "jku",
    "jti",
    "jwk",
    "kid",
    "mediaType",
    "nbf",
    "nonce",
    "proof",
    "refreshService",
    "relatedResource",
    "renderMethod",
    "sd_hash",
    "status",
    "sub",
    "termsOfUse",
    "type",
    "validFrom",
    "validUntil",
    "vc",
    "vct",
    "vct#integrity",
    "verifiableCredential",
    "vp",
    "x5c",
    "x5u",
    "expirationDate",
];

/// Whether a format keeps the name for itself, so that no claim may have it.
pub fn is_reserved_claim_name(name: &str) -> bool {
    name.starts_with('@') || RESERVED.contains(&name)
}

/// Whether the name may be that of a claim in a type: a letter, then letters, digits and `_`, and not reserved.
pub fn is_claim_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !is_reserved_claim_name(name)
}

impl ClaimKind {
    /// Whether the value is one of this kind.
    pub fn admits(self, value: &Value) -> bool {
        match self {
            ClaimKind::String => value.is_string(),
            ClaimKind::Number => value.is_number(),
            ClaimKind::Boolean => value.is_boolean(),
            ClaimKind::Object => value.is_object(),
            ClaimKind::Date => value.as_str().and_then(read_date).is_some(),
            ClaimKind::DateInt => value.as_i64().and_then(read_date_int).is_some(),
            ClaimKind::DateTime => value.as_str().and_then(read_date_time).is_some(),
            ClaimKind::Binary => value.as_str().is_some_and(is_binary),
        }
    }

    /// The day a value of this kind names, if it is a date.
    pub(crate) fn day_of(self, value: &Value) -> Option<Date> {
        match self {
            ClaimKind::Date => value.as_str().and_then(read_date),
            ClaimKind::DateInt => value.as_i64().and_then(read_date_int),
            _ => None,
        }
    }

    /// What the kind is, in an error message.
    pub(crate) const fn what(self) -> &'static str {
        match self {
            ClaimKind::String => "must be a string",
            ClaimKind::Number => "must be a number",
            ClaimKind::Boolean => "must be true or false",
            ClaimKind::Date => "must be a date written YYYY-MM-DD",
            ClaimKind::DateInt => "must be a date written as the number YYYYMMDD",
            ClaimKind::DateTime => "must be a date and time with an offset (RFC 3339)",
            ClaimKind::Binary => "must be base64url of at most 256 KiB",
            ClaimKind::Object => "must be an object",
        }
    }
}

/// Reads `YYYY-MM-DD`, and nothing else that a date parser might be kind to.
pub(crate) fn read_date(text: &str) -> Option<Date> {
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if shape { text.parse().ok() } else { None }
}

/// Reads the integer `YYYYMMDD`: a day of the calendar, from the year 1000 on.
pub(crate) fn read_date_int(number: i64) -> Option<Date> {
    if !(10_000_101..=99_991_231).contains(&number) {
        return None;
    }
    let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// Reads a date and time with an offset, as RFC 3339 writes it.
pub(crate) fn read_date_time(text: &str) -> Option<Timestamp> {
    let (date, time) = text.split_once(['T', 't'])?;
    read_date(date)?;
    let shape = time.starts_with(|c: char| c.is_ascii_digit()) && !time.contains('[');
    if shape { text.parse().ok() } else { None }
}

fn is_binary(text: &str) -> bool {
    // Four characters hold three bytes: the length is known before anything is decoded.
    text.len() <= MAX_BINARY_BYTES.div_ceil(3) * 4
        && base64url::decode(text).is_ok_and(|bytes| !bytes.is_empty() && bytes.len() <= MAX_BINARY_BYTES)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_date_is_a_day_of_the_calendar_in_exactly_one_spelling() {
        for good in ["2024-02-29", "1990-12-31"] {
            assert!(ClaimKind::Date.admits(&json!(good)), "{good}");
        }
        for bad in ["2023-02-29", "2024-2-9", "20240229", "2024-02-29T00:00", " 2024-02-29", "+2024-02-2", ""]
        {
            assert!(!ClaimKind::Date.admits(&json!(bad)), "{bad}");
        }
        for good in [20_240_229, 19_900_101] {
            assert!(ClaimKind::DateInt.admits(&json!(good)), "{good}");
        }
        for bad in [20_230_229, 19_901_301, 19_900_100, 0, -19_900_101, 199_001_011] {
            assert!(!ClaimKind::DateInt.admits(&json!(bad)), "{bad}");
        }
        assert!(!ClaimKind::DateInt.admits(&json!("19900101")));
        assert!(!ClaimKind::DateInt.admits(&json!(19_900_101.5)));
    }

    #[test]
    fn a_date_and_time_needs_its_offset() {
        for good in ["2023-12-04T09:43:05-08:00", "2023-12-04T17:43:05Z", "2023-12-04T17:43:05.25Z"] {
            assert!(ClaimKind::DateTime.admits(&json!(good)), "{good}");
        }
        for bad in ["2023-12-04T09:43:05", "2023-12-04 09:43:05Z", "2023-12-04", "2023-13-04T09:43:05Z"] {
            assert!(!ClaimKind::DateTime.admits(&json!(bad)), "{bad}");
        }
    }

    #[test]
    fn binary_is_unpadded_base64url_within_the_limit() {
        assert!(ClaimKind::Binary.admits(&json!("_9j_4AAQSkZJRg")));
        for bad in ["", "_9j_4AAQSkZJRg==", "/9j/4AAQSkZJRg", "_9j_4AAQSkZJRh", "a"] {
            assert!(!ClaimKind::Binary.admits(&json!(bad)), "{bad}");
        }
        let largest = base64url::encode(&vec![0; MAX_BINARY_BYTES]);
        assert!(ClaimKind::Binary.admits(&json!(largest)));
        let over = base64url::encode(&vec![0; MAX_BINARY_BYTES + 1]);
        assert!(!ClaimKind::Binary.admits(&json!(over)));
    }

    #[test]
    fn a_name_that_a_format_keeps_for_itself_is_no_claim_name() {
        for reserved in
            ["iss", "exp", "cnf", "vct", "status", "_sd", "...", "@context", "@id", "credentialStatus"]
        {
            assert!(is_reserved_claim_name(reserved), "{reserved}");
            assert!(!is_claim_name(reserved), "{reserved}");
        }
        assert!(is_claim_name("age_over_19"));
        assert!(!is_claim_name("age over 19"));
        assert!(!is_claim_name("19_plus"));
    }
}
