use jiff::Timestamp;
use portage_jose::NumericDate;
use portage_reason::Reason;
use serde_json::{Map, Value};

use crate::{LEEWAY, refusal::Refusal};

/// When it is valid: all that its dates allow together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Validity {
    pub(crate) from: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
    /// When it was signed, as the signer says: says nothing about when it holds, and cannot lie ahead.
    signed: Option<Timestamp>,
}

impl Validity {
    /// `iat`, `nbf` and `exp` of a JWT (RFC 7519 §4.1). One that is there and is no date is malformed, never absent.
    pub(crate) fn of_claims(claims: &Map<String, Value>) -> Result<Self, Refusal> {
        let date = |name| NumericDate::from_claim(claims, name).map_err(|error| error.reason());
        let date = |name| date(name).map(|date| date.map(|date| date.0));
        Ok(Validity::default().signed_at(date("iat")?).not_before(date("nbf")?).not_after(date("exp")?))
    }

    /// Signed at `at`; the latest of several counts.
    #[must_use]
    pub(crate) fn signed_at(self, at: Option<Timestamp>) -> Self {
        Validity { signed: self.signed.max(at), ..self }
    }

    /// When it was signed, as the signer says; where nothing says so, when it begins.
    pub(crate) fn signed_when(self) -> Option<Timestamp> {
        self.signed.or(self.from)
    }

    /// Not before `from` either.
    #[must_use]
    pub(crate) fn not_before(self, from: Option<Timestamp>) -> Self {
        Validity { from: self.from.max(from), ..self }
    }

    /// Not after `until` either.
    #[must_use]
    pub(crate) fn not_after(self, until: Option<Timestamp>) -> Self {
        let earliest = match (self.until, until) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Validity { until: earliest, ..self }
    }

    /// Whether `now` lies within, with a leeway of [`LEEWAY`] at both ends.
    pub(crate) fn check(self, now: Timestamp) -> Result<(), Reason> {
        if self.until.is_some_and(|until| now.duration_since(until) > LEEWAY) {
            Err(Reason::Expired)
        } else if self.from.max(self.signed).is_some_and(|from| from.duration_since(now) > LEEWAY) {
            Err(Reason::NotYetValid)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn v26_the_leeway_counts_at_both_ends_and_no_second_more() {
        let validity = Validity::default().not_before(Some(at(1_000))).not_after(Some(at(2_000)));
        assert_eq!(validity.check(at(940)), Ok(()));
        assert_eq!(validity.check(at(939)), Err(Reason::NotYetValid));
        assert_eq!(validity.check(at(2_060)), Ok(()));
        assert_eq!(validity.check(at(2_061)), Err(Reason::Expired));
    }

    #[test]
    fn the_narrowest_of_several_dates_counts() {
        let validity =
            Validity::default().not_before(Some(at(1_000))).not_before(Some(at(500))).not_before(None);
        let validity = validity.not_after(None).not_after(Some(at(3_000))).not_after(Some(at(2_000)));
        assert_eq!((validity.from, validity.until), (Some(at(1_000)), Some(at(2_000))));
    }

    #[test]
    fn when_it_was_signed_is_no_beginning_and_cannot_lie_ahead() {
        let validity = Validity::default().signed_at(Some(at(1_000))).signed_at(None);
        assert_eq!((validity.from, validity.check(at(940))), (None, Ok(())));
        assert_eq!(validity.check(at(939)), Err(Reason::NotYetValid));
    }
}
