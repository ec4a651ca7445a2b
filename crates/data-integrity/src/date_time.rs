//! `dateTimeStamp` (XML Schema 1.1 Part 2 §3.4.28): the offset is required, the shape exact.

use jiff::Timestamp;

/// Reads `2023-02-24T23:36:38Z`, with an optional fraction and either `Z` or `±hh:mm`. More lenient readers take a
/// space for the `T`, small letters or a zone in brackets.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let (date_time, offset) = match text.strip_suffix('Z') {
        Some(date_time) => (date_time, "+00:00"),
        None => text.split_at_checked(text.len().checked_sub(6)?)?,
    };
    let (seconds, fraction) = date_time.split_once('.').unwrap_or((date_time, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let exact = fits(seconds, "0000-00-00T00:00:00")
        && (fits(offset, "+00:00") || fits(offset, "-00:00"))
        && digits(fraction);
    // Nobody measures below a nanosecond; what is finer is cut, not refused.
    let fraction = fraction.get(..9).unwrap_or(fraction);
    if exact { format!("{seconds}.{fraction}{offset}").parse().ok() } else { None }
}

/// Whether `text` has the shape of `pattern`, where `0` is any digit.
fn fits(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(byte, expected)| match expected {
            b'0' => byte.is_ascii_digit(),
            other => byte == other,
        })
}

/// Writes whole seconds in UTC.
pub(crate) fn write(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_and_fractions_are_read() {
        let expected: Timestamp = "2023-02-24T23:36:38Z".parse().unwrap();
        for text in ["2023-02-24T23:36:38Z", "2023-02-24T23:36:38.000Z", "2023-02-25T01:36:38+02:00"] {
            assert_eq!(parse(text), Some(expected), "{text}");
        }
        assert!(parse("2023-02-24T23:36:38.1234567890123Z").is_some());
        assert_eq!(write(expected), "2023-02-24T23:36:38Z");
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "Z",
            "2023-02-24",
            "2023-02-24T23:36:38",
            "2023-02-24 23:36:38Z",
            "2023-02-24t23:36:38z",
            "2023-02-24T23:36Z",
            "2023-02-30T23:36:38Z",
            "2023-02-24T25:36:38Z",
            "2023-02-24T23:36:38.Z",
            "2023-02-24T23:36:38+0200",
            "2023-02-24T23:36:38+02:00[Europe/Berlin]",
            "2023-02-24T23:36:38é:00",
            "1677281798",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
