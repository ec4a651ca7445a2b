//! What a type should have and can do without: told to whoever writes it, never a reason to refuse it.

use crate::{CredentialType, Text};

/// The least contrast between the colours of a card that people with poor sight can read (WCAG 2.2, success criterion 1.4.3, level AA).
pub const LEAST_CONTRAST: f64 = 4.5;

/// Something to look at in a type that holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Finding {
    /// A text without French: people who read French are shown the English one, marked as English.
    NoFrench {
        /// Which text, as a path into `type.json`: `name`, `claims.family_name.label`.
        member: String,
        /// What is shown instead.
        english: String,
    },
    /// A claim that only its label explains.
    NoDescription {
        /// Which text is missing: `claims.family_name.description`.
        member: String,
    },
    /// The text on the card is hard to read on its background: below [`LEAST_CONTRAST`].
    LowContrast {
        /// Between 1 and 21.
        contrast: f64,
    },
}

impl Finding {
    /// Its name in `--json`.
    pub const fn name(&self) -> &'static str {
        match self {
            Finding::NoFrench { .. } => "no_french",
            Finding::NoDescription { .. } => "no_description",
            Finding::LowContrast { .. } => "low_contrast",
        }
    }

    /// The member of `type.json` that it is about.
    pub fn member(&self) -> &str {
        match self {
            Finding::NoFrench { member, .. } | Finding::NoDescription { member } => member,
            Finding::LowContrast { .. } => "colours",
        }
    }
}

impl CredentialType {
    /// What to look at: texts without French, claims without a description, colours that are hard to tell apart.
    pub fn findings(&self) -> Vec<Finding> {
        let no_french = |(member, text): (String, &Text)| {
            let is_lacking = text.fr.trim().is_empty() && !text.en.trim().is_empty();
            is_lacking.then(|| Finding::NoFrench { member, english: text.en.clone() })
        };
        let mut found: Vec<_> = self.texts().into_iter().filter_map(no_french).collect();
        let undescribed = self.claims.iter().filter(|claim| claim.description.is_none());
        found
            .extend(undescribed.map(|claim| Finding::NoDescription {
                member: format!("claims.{}.description", claim.name),
            }));
        let contrast = contrast(&self.colours.0, &self.colours.1).unwrap_or(LEAST_CONTRAST);
        if contrast < LEAST_CONTRAST {
            found.push(Finding::LowContrast { contrast });
        }
        found
    }

    /// Every text that a person reads, by its place in `type.json`.
    fn texts(&self) -> Vec<(String, &Text)> {
        let mut texts = vec![("name".to_owned(), &self.name), ("description".to_owned(), &self.description)];
        for claim in &self.claims {
            texts.push((format!("claims.{}.label", claim.name), &claim.label));
            let description = claim.description.as_ref();
            texts.extend(description.map(|text| (format!("claims.{}.description", claim.name), text)));
        }
        let last = [("disclosure", &self.disclosure), ("note", &self.note)];
        texts.extend(last.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text.as_ref()?))));
        texts
    }
}

/// The contrast ratio of two colours `#rrggbb`, 1 to 21 (WCAG 2.2, "contrast ratio"); `None`: not two colours.
pub fn contrast(one: &str, other: &str) -> Option<f64> {
    let (one, other) = (luminance(one)?, luminance(other)?);
    Some((one.max(other) + 0.05) / (one.min(other) + 0.05))
}

/// WCAG 2.2, "relative luminance".
fn luminance(colour: &str) -> Option<f64> {
    let hex = colour.strip_prefix('#').filter(|hex| hex.len() == 6 && hex.is_ascii())?;
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()?) / 255.0;
        Some(if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) })
    };
    Some(0.2126 * channel(0)? + 0.7152 * channel(2)? + 0.0722 * channel(4)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalog;

    #[test]
    fn nothing_in_the_box_is_without_french_or_hard_to_read() {
        for ty in Catalog::bundled().types() {
            let found: Vec<_> = ty.findings();
            assert!(found.is_empty(), "{}: {found:?}", ty.id);
        }
    }

    #[test]
    fn each_missing_french_text_is_named_with_what_is_shown_instead() {
        let mut ty = Catalog::bundled().credential_type("student-card").unwrap().clone();
        ty.name.fr.clear();
        ty.claims[0].label.fr.clear();
        ty.claims[1].description = None;
        ty.disclosure.as_mut().unwrap().fr = " ".to_owned();
        let found = ty.findings();
        let found: Vec<_> = found.iter().map(|finding| (finding.name(), finding.member())).collect();
        assert_eq!(
            found,
            [
                ("no_french", "name"),
                ("no_french", "claims.student_first_name.label"),
                ("no_french", "disclosure"),
                ("no_description", "claims.student_last_name.description"),
            ]
        );
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        assert_eq!(contrast("#000000", "#ffffff"), Some(21.0));
        assert_eq!(contrast("#777777", "#777777"), Some(1.0));
        // The usual examples: the first grey that passes on white, and the last that does not.
        assert!(contrast("#767676", "#ffffff").is_some_and(|ratio| ratio >= LEAST_CONTRAST));
        assert!(contrast("#777777", "#ffffff").is_some_and(|ratio| ratio < LEAST_CONTRAST));
        for wrong in ["", "#fff", "123456", "#12345é", "#gggggg"] {
            assert_eq!(contrast(wrong, "#ffffff"), None, "{wrong}");
        }
    }

    #[test]
    fn pale_text_on_a_pale_card_is_told() {
        let mut ty = Catalog::bundled().credential_type("student-card").unwrap().clone();
        ty.colours = ("#ffffff".to_owned(), "#cccccc".to_owned());
        assert!(matches!(ty.findings()[..], [Finding::LowContrast { contrast }] if contrast < 2.0));
    }
}
