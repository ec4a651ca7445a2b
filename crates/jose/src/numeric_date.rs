use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::JwtError;

/// Seconds since 1970 (RFC 7519 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NumericDate(pub Timestamp);

impl NumericDate {
    /// Reads a member as described at [`crate::VerifiedJwt::date`]. What lies beyond the calendar (the year 9999) is its end.
    ///
    /// # Errors
    /// [`JwtError::Malformed`].
    pub fn from_claim(claims: &Map<String, Value>, name: &'static str) -> Result<Option<Self>, JwtError> {
        let Some(value) = claims.get(name) else { return Ok(None) };
        let seconds = value.as_f64().filter(|_| value.is_number());
        match seconds.filter(|seconds| (0.0..=MAX_SECONDS).contains(seconds)) {
            Some(seconds) => Ok(Some(NumericDate(timestamp(seconds)))),
            None => Err(JwtError::Malformed(name)),
        }
    }
}

impl From<NumericDate> for Value {
    /// Whole seconds, as we write them.
    fn from(date: NumericDate) -> Value {
        date.0.as_second().into()
    }
}

/// 2^53-1, up to which every whole number of seconds is a float of its own.
const MAX_SECONDS: f64 = 9_007_199_254_740_991.0;

#[expect(
    clippy::cast_possible_truncation,
    reason = "the caller bounds it: whole seconds fit i64, the rest is under 10^9"
)]
fn timestamp(seconds: f64) -> Timestamp {
    let nanoseconds = (seconds.fract() * 1e9) as i32;
    Timestamp::new(seconds.trunc() as i64, nanoseconds).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, test_runner::RngSeed};
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> Result<Option<NumericDate>, JwtError> {
        NumericDate::from_claim(&Map::from_iter([("exp".to_owned(), value)]), "exp")
    }

    #[test]
    fn whole_seconds_and_fractions_are_dates() {
        for (value, expected) in [
            (json!(0), "1970-01-01T00:00:00Z"),
            (json!(1_759_320_000), "2025-10-01T12:00:00Z"),
            (json!(1_759_320_000.5), "2025-10-01T12:00:00.5Z"),
            (json!(1.75932e9), "2025-10-01T12:00:00Z"),
        ] {
            assert_eq!(read(value).unwrap().unwrap().0, expected.parse::<Timestamp>().unwrap());
        }
        assert_eq!(read(json!(9_007_199_254_740_991_u64)), Ok(Some(NumericDate(Timestamp::MAX))));
        assert_eq!(NumericDate::from_claim(&Map::new(), "exp"), Ok(None));
    }

    #[test]
    fn v25_what_is_no_date_is_malformed_and_never_absent() {
        for value in [
            json!("1759320000"),
            json!(true),
            json!(null),
            json!(-1),
            json!(-0.5),
            json!(9_007_199_254_740_992_u64),
            json!(1e300),
            json!([1]),
            json!({}),
        ] {
            assert_eq!(read(value.clone()), Err(JwtError::Malformed("exp")), "{value}");
        }
    }

    #[test]
    fn a_date_is_written_in_whole_seconds() {
        let date = NumericDate("2025-10-01T12:00:00.9Z".parse().unwrap());
        assert_eq!(Value::from(date), json!(1_759_320_000));
    }

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

        #[test]
        fn any_number_is_a_date_or_malformed(number in any::<f64>(), whole in any::<i64>()) {
            for value in [json!(number), json!(whole)] {
                let seconds = value.as_f64().filter(|seconds| (0.0..=MAX_SECONDS).contains(seconds));
                prop_assert_eq!(read(value).is_ok(), seconds.is_some());
            }
        }
    }
}
