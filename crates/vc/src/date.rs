//! `xsd:dateTimeStamp` as VCDM 2.0 uses it (§4.9, §5.2 of XML Schema part 2).

use jiff::{Timestamp, civil::DateTime, tz::Offset};

/// Reads a `dateTimeStamp`. A value without an offset is read as UTC. An instant beyond the last that a [`Timestamp`] can hold (the end of
/// the year 9999, which issuers write for "never") is that last one.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let (date_time, offset) = split_offset(text)?;
    if !has_shape(date_time) {
        return None;
    }
    let date_time: DateTime = date_time.parse().ok()?;
    match offset.to_timestamp(date_time) {
        Ok(timestamp) => Some(timestamp),
        Err(_) => Some(if date_time.year() > 0 { Timestamp::MAX } else { Timestamp::MIN }),
    }
}

/// Writes one in UTC, whole seconds.
pub(crate) fn write(timestamp: Timestamp) -> String {
    Timestamp::from_second(timestamp.as_second()).unwrap_or(timestamp).to_string()
}

/// `Z`, `+hh:mm`, `-hh:mm` or nothing; at most 14 hours.
fn split_offset(text: &str) -> Option<(&str, Offset)> {
    if let Some(date_time) = text.strip_suffix('Z') {
        return Some((date_time, Offset::UTC));
    }
    let time = text.find('T')?;
    let Some(sign) = text.rfind(['+', '-']).filter(|sign| *sign > time) else {
        return Some((text, Offset::UTC));
    };
    let (date_time, offset) = text.split_at_checked(sign)?;
    let [sign, tens, ones, b':', minute_tens, minute_ones] = offset.as_bytes() else { return None };
    let number = |tens: &u8, ones: &u8| {
        let digits = tens.is_ascii_digit() && ones.is_ascii_digit();
        digits.then(|| i32::from(tens - b'0') * 10 + i32::from(ones - b'0'))
    };
    let (hours, minutes) = (number(tens, ones)?, number(minute_tens, minute_ones)?);
    let seconds = hours * 3600 + minutes * 60;
    if minutes > 59 || seconds > 14 * 3600 {
        return None;
    }
    let offset = Offset::from_seconds(if *sign == b'-' { -seconds } else { seconds }).ok()?;
    Some((date_time, offset))
}

/// `yyyy-mm-ddThh:mm:ss`, and a fraction of one to nine digits: jiff alone would take more.
fn has_shape(date_time: &str) -> bool {
    const SHAPE: &str = "0000-00-00T00:00:00";
    let Some((whole, fraction)) = date_time.split_at_checked(SHAPE.len()) else { return false };
    let fits = whole.bytes().zip(SHAPE.bytes()).all(|(byte, shape)| match shape {
        b'0' => byte.is_ascii_digit(),
        _ => byte == shape,
    });
    let seconds_fit = !whole.ends_with(":60");
    let fraction_fits = match fraction.strip_prefix('.') {
        None => fraction.is_empty(),
        Some(digits) => (1..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()),
    };
    fits && seconds_fit && fraction_fits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_compared_not_strings() {
        for (text, utc) in [
            ("2023-02-25T19:10:39-06:00", "2023-02-26T01:10:39Z"),
            ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"),
            ("2024-01-01T00:00:00", "2024-01-01T00:00:00Z"),
            ("2024-01-01T14:00:00+14:00", "2024-01-01T00:00:00Z"),
            ("4023-02-26T01:02:58.447Z", "4023-02-26T01:02:58.447Z"),
            ("2024-02-29T23:59:59.123456789Z", "2024-02-29T23:59:59.123456789Z"),
        ] {
            assert_eq!(parse(text), Some(utc.parse().expect("an instant")), "{text}");
        }
        assert_eq!(parse("9999-12-31T23:59:59Z"), Some(Timestamp::MAX));
    }

    #[test]
    fn what_xml_schema_does_not_allow_is_refused() {
        for text in [
            "",
            "T",
            "Z",
            "2024-01-01",
            "2024-01-01T00:00Z",
            "2024-01-01 00:00:00Z",
            "2024-01-01t00:00:00Z",
            "2024-01-01T00:00:00z",
            "2024-02-30T00:00:00Z",
            "2023-02-29T00:00:00Z",
            "2024-01-01T25:00:00Z",
            "2024-01-01T00:00:60Z",
            "2024-01-01T00:00:00.Z",
            "2024-01-01T00:00:00,5Z",
            "2024-01-01T00:00:00+0100",
            "2024-01-01T00:00:00+15:00",
            "2024-01-01T00:00:00+01:60",
            "2024-01-01T00:00:00Z[UTC]",
            "24-01-01T00:00:00Z",
            "2024-01-01T00:00:00ZZ",
            "2024-01-01T00:00:00é",
            " 2024-01-01T00:00:00Z",
            "Sat 25 Feb 2023 07:16:31 PM CST",
            "Sun, 26 Feb 2023 01:22:14 +0000",
            "1700000000",
            "2024-01-01T00:00:00+é1:00",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        let now: Timestamp = "2026-01-15T18:00:00.5Z".parse().expect("an instant");
        assert_eq!(write(now), "2026-01-15T18:00:00Z");
        assert_eq!(parse(&write(Timestamp::MAX)).map(|t| t.as_second()), Some(Timestamp::MAX.as_second()));
    }
}
