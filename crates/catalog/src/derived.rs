use jiff::civil::Date;

/// A claim computed when issued.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DerivedClaim {
    /// The new claim.
    pub claim: String,
    /// The claim it is computed from.
    pub from: String,
    /// How.
    pub rule: Rule,
}

/// The rules for derived claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Rule {
    /// `{"age_at_least": N}`: at least N full years on the day of issuance.
    #[serde(rename = "age_at_least")]
    AgeAtLeast(u16),
}

impl Rule {
    /// Applies the rule to the day of the source claim. `None` where that day makes no sense: a birth after `today`.
    pub(crate) fn apply(self, day: Date, today: Date) -> Option<bool> {
        match self {
            Rule::AgeAtLeast(years) => (day <= today).then(|| is_age_at_least(day, years, today)),
        }
    }
}

/// Whether somebody born on `birth` has `years` full years on `today`.
///
/// An age is reached at the start of the anniversary (Interpretation Act, R.S.C. 1985, c. I-21, s. 30). Who was born
/// on 29 February reaches it on 1 March of a year that has no such day: never a day too early.
fn is_age_at_least(birth: Date, years: u16, today: Date) -> bool {
    let reached_in = i32::from(birth.year()) + i32::from(years);
    let anniversary = if is_leap_day(birth) && !is_leap_year(reached_in) {
        (reached_in, 3, 1)
    } else {
        (reached_in, birth.month(), birth.day())
    };
    (i32::from(today.year()), today.month(), today.day()) >= anniversary
}

fn is_leap_day(day: Date) -> bool {
    day.month() == 2 && day.day() == 29
}

fn is_leap_year(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn an_age_is_reached_on_the_birthday_and_not_the_day_before() {
        let rule = Rule::AgeAtLeast(19);
        let birth = date(2007, 11, 24);
        assert_eq!(rule.apply(birth, date(2026, 11, 23)), Some(false));
        assert_eq!(rule.apply(birth, date(2026, 11, 24)), Some(true));
        assert_eq!(rule.apply(birth, date(2027, 1, 1)), Some(true));
    }

    #[test]
    fn somebody_born_on_29_february_reaches_an_age_on_1_march_of_a_common_year() {
        let rule = Rule::AgeAtLeast(19);
        let birth = date(2008, 2, 29);
        assert_eq!(rule.apply(birth, date(2027, 2, 28)), Some(false));
        assert_eq!(rule.apply(birth, date(2027, 3, 1)), Some(true));
        // And on the day itself where the year has it.
        assert_eq!(Rule::AgeAtLeast(20).apply(birth, date(2028, 2, 28)), Some(false));
        assert_eq!(Rule::AgeAtLeast(20).apply(birth, date(2028, 2, 29)), Some(true));
        // 2100 is no leap year.
        assert_eq!(Rule::AgeAtLeast(92).apply(birth, date(2100, 2, 28)), Some(false));
        assert_eq!(Rule::AgeAtLeast(92).apply(birth, date(2100, 3, 1)), Some(true));
    }

    #[test]
    fn a_birth_in_the_future_has_no_age() {
        assert_eq!(Rule::AgeAtLeast(0).apply(date(2026, 11, 25), date(2026, 11, 24)), None);
        assert_eq!(Rule::AgeAtLeast(0).apply(date(2026, 11, 24), date(2026, 11, 24)), Some(true));
    }

    #[test]
    fn the_rule_reads_as_the_file_writes_it() {
        let rule: Rule = serde_json::from_str(r#"{"age_at_least": 19}"#).unwrap();
        assert_eq!(rule, Rule::AgeAtLeast(19));
        assert!(serde_json::from_str::<Rule>(r#"{"age_at_most": 19}"#).is_err());
    }
}
