use std::fmt;

use serde_json::Value;

/// The tier of government (or `other`) somebody issues for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Federal.
    Federal,
    /// Provincial.
    Provincial,
    /// Territorial.
    Territorial,
    /// Indigenous.
    Indigenous,
    /// Municipal.
    Municipal,
    /// Not a government.
    Other,
}

/// For whom somebody acts: a code of which one can say what lies within it.
///
/// - `CA`, `CA-BC`: ISO 3166-1 and 3166-2. `CA-BC-5915`, `CA-BC-5915022`: below a province or territory of Canada, the census division or
///   subdivision of Statistics Canada's Standard Geographical Classification, whose first two digits are the province's.
/// - `nation:haida`, `nation:haida/old-massett`: an Indigenous government, under the name it goes by, and what lies within it. It is **not**
///   within `CA` or a province: nobody holds a right for it but who is pinned for it or recognised under it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Jurisdiction(String);

/// The text is not such a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a code of a jurisdiction: CA, CA-BC, CA-BC-5915022 or nation:name")]
pub struct NotAJurisdiction;

/// Province or territory, and its number in the Standard Geographical Classification.
const PROVINCES: [(&str, &str, Tier); 13] = [
    ("NL", "10", Tier::Provincial),
    ("PE", "11", Tier::Provincial),
    ("NS", "12", Tier::Provincial),
    ("NB", "13", Tier::Provincial),
    ("QC", "24", Tier::Provincial),
    ("ON", "35", Tier::Provincial),
    ("MB", "46", Tier::Provincial),
    ("SK", "47", Tier::Provincial),
    ("AB", "48", Tier::Provincial),
    ("BC", "59", Tier::Provincial),
    ("YT", "60", Tier::Territorial),
    ("NT", "61", Tier::Territorial),
    ("NU", "62", Tier::Territorial),
];

const NATION: &str = "nation:";
/// Digits of a census division, and of a census subdivision.
const DIVISION: usize = 4;
const SUBDIVISION: usize = 7;

impl Jurisdiction {
    /// Reads a code, as it is written and no other way: capitals for ISO 3166, small letters for nations.
    ///
    /// # Errors
    /// [`NotAJurisdiction`].
    pub fn parse(text: &str) -> Result<Self, NotAJurisdiction> {
        tier_of(text).map(|_| Jurisdiction(text.to_owned())).ok_or(NotAJurisdiction)
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whose it is.
    pub fn tier(&self) -> Tier {
        tier_of(&self.0).unwrap_or(Tier::Other)
    }

    /// Whether the other one is this one or lies within it.
    pub fn contains(&self, other: &Jurisdiction) -> bool {
        let Some(rest) = other.0.strip_prefix(&self.0) else { return false };
        let separator = if self.0.starts_with(NATION) { '/' } else { '-' };
        rest.is_empty()
            || rest.starts_with(separator)
            || (self.is_division() && rest.len() == SUBDIVISION - DIVISION)
    }

    /// What is within both.
    #[must_use]
    pub fn within(&self, other: &Jurisdiction) -> Option<Jurisdiction> {
        match (self.contains(other), other.contains(self)) {
            (true, _) => Some(other.clone()),
            (_, true) => Some(self.clone()),
            _ => None,
        }
    }

    fn is_division(&self) -> bool {
        self.0
            .rsplit('-')
            .next()
            .is_some_and(|last| last.len() == DIVISION && last.bytes().all(|b| b.is_ascii_digit()))
            && !self.0.starts_with(NATION)
    }
}

/// The tier of a code; `None` when it is none.
fn tier_of(code: &str) -> Option<Tier> {
    const LONGEST: usize = 100;
    if code.len() > LONGEST {
        return None;
    }
    if let Some(names) = code.strip_prefix(NATION) {
        let of_name = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let is_name = |name: &str| !name.is_empty() && name.bytes().all(of_name);
        return names.split('/').all(is_name).then_some(Tier::Indigenous);
    }
    let mut parts = code.split('-');
    let country = parts.next().filter(|country| is_capitals(country, 2..=2))?;
    let Some(subdivision) = parts.next() else { return Some(Tier::Federal) };
    let place = parts.next();
    if parts.next().is_some() {
        return None;
    }
    if country != "CA" {
        return (place.is_none() && is_capitals(subdivision, 1..=3)).then_some(Tier::Provincial);
    }
    let (_, number, tier) = PROVINCES.iter().find(|(name, ..)| *name == subdivision)?;
    let Some(place) = place else { return Some(*tier) };
    let digits = [DIVISION, SUBDIVISION].contains(&place.len()) && place.bytes().all(|b| b.is_ascii_digit());
    (digits && place.starts_with(number)).then_some(Tier::Municipal)
}

fn is_capitals(text: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

impl fmt::Display for Jurisdiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for Jurisdiction {
    type Err = NotAJurisdiction;

    fn from_str(text: &str) -> Result<Self, NotAJurisdiction> {
        Self::parse(text)
    }
}

impl From<&Jurisdiction> for Value {
    fn from(jurisdiction: &Jurisdiction) -> Self {
        Value::from(jurisdiction.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Jurisdiction {
        Jurisdiction::parse(text).unwrap()
    }

    #[test]
    fn a_code_is_read_as_it_is_written_and_tells_its_tier() {
        for (text, tier) in [
            ("CA", Tier::Federal),
            ("CA-BC", Tier::Provincial),
            ("CA-NU", Tier::Territorial),
            ("CA-BC-5915", Tier::Municipal),
            ("CA-BC-5915022", Tier::Municipal),
            ("US-WA", Tier::Provincial),
            ("nation:haida", Tier::Indigenous),
            ("nation:haida/old-massett", Tier::Indigenous),
        ] {
            assert_eq!(code(text).tier(), tier, "{text}");
        }
        for text in [
            "",
            "ca",
            "CA-",
            "CA-XX",
            "CA-BC-",
            "CA-BC-591502",
            "CA-BC-4806016",
            "CA-BC-5915022-1",
            "CAN",
            "nation:",
            "nation:Haida",
            "nation:haida/",
            "nation:a//b",
            "CA BC",
            "*",
        ] {
            assert_eq!(Jurisdiction::parse(text), Err(NotAJurisdiction), "{text}");
        }
    }

    #[test]
    fn what_lies_within_a_code_is_told_by_whole_labels_and_by_census_divisions() {
        for (outer, inner) in [
            ("CA", "CA-BC-5915022"),
            ("CA-BC", "CA-BC"),
            ("CA-BC-5915", "CA-BC-5915022"),
            ("nation:haida", "nation:haida/old-massett"),
        ] {
            assert!(code(outer).contains(&code(inner)), "{outer} {inner}");
            assert_eq!(code(outer).within(&code(inner)), Some(code(inner)));
            assert_eq!(code(inner).within(&code(outer)), Some(code(inner)));
        }
        for (one, other) in [
            ("CA-BC", "CA-AB"),
            ("CA-BC-5915", "CA-BC-5917034"),
            ("CA", "nation:haida"),
            ("CA-BC", "nation:haida"),
            ("nation:haida", "nation:haida-gwaii"),
            ("US", "CA"),
        ] {
            assert!(!code(one).contains(&code(other)) && !code(other).contains(&code(one)), "{one} {other}");
            assert_eq!(code(one).within(&code(other)), None);
        }
    }
}
