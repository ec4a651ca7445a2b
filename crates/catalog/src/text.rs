use jiff::civil::Date;

use crate::{
    message, plain,
    plain::{MAX_SHOWN, plain_up_to},
};

/// The languages of the texts in the box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// English (`en-CA`).
    #[default]
    En,
    /// French (`fr-CA`).
    Fr,
}

impl Language {
    /// Both.
    pub const ALL: [Language; 2] = [Language::En, Language::Fr];

    /// The tag of BCP 47 that pages and metadata name it by.
    pub const fn tag(self) -> &'static str {
        match self {
            Language::En => "en",
            Language::Fr => "fr",
        }
    }

    /// Reads a tag, its region ignored: `fr`, `fr-CA`, `FR_ca.UTF-8`.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_', '.']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }
}

/// A day as people write it: `January 2, 2026`, « 1er janvier 2026 ».
pub fn date_in_words(date: Date, language: Language) -> String {
    let month = message(&format!("explain.month_{:02}", date.month()), language, &[]);
    let (day, year) = (date.day().to_string(), date.year().to_string());
    let key = if date.day() == 1 { "explain.first_of_month" } else { "explain.day_of_month" };
    message(key, language, &[("day", &day), ("month", &month), ("year", &year)])
}

/// One text in both languages. French may be missing only in types of a department's own, and is then never invented; English only in what
/// an issuer says of a type that nobody else describes.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// English; empty where an issuer's metadata has French alone.
    pub en: String,
    /// French; empty where its publisher gave none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub fr: String,
}

impl Text {
    /// The text in that language, or the one there is ([`Text::language_shown`] tells which).
    pub fn in_language(&self, language: Language) -> &str {
        match self.language_shown(language) {
            Language::En => &self.en,
            Language::Fr => &self.fr,
        }
    }

    /// What a person reads: on one line, fit for a terminal, and marked in words where it is in the other language. The words after the text
    /// are heard as they are seen.
    pub fn in_words(&self, language: Language) -> String {
        self.in_words_up_to(language, MAX_SHOWN)
    }

    /// The same with another length.
    pub fn in_words_up_to(&self, language: Language, max: usize) -> String {
        let text = plain_up_to(self.in_language(language), max);
        match self.language_shown(language) {
            shown if shown == language => text,
            Language::En => message("value.english_only", language, &[("text", &text)]),
            Language::Fr => message("value.french_only", language, &[("text", &text)]),
        }
    }

    /// The language that [`Text::in_language`] answers in, so that English in a French page is marked as English.
    pub fn language_shown(&self, language: Language) -> Language {
        match language {
            Language::Fr if self.fr.trim().is_empty() => Language::En,
            Language::En if self.en.is_empty() && !self.fr.trim().is_empty() => Language::Fr,
            language => language,
        }
    }
}

/// A name with the host of the URL or `did:web` that its bearer goes by, for where two of the same name meet: `Province (bc.example)`. On one
/// line, fit for a terminal.
pub fn name_at(name: &str, id: &str) -> String {
    let host = match (id.strip_prefix("did:web:"), id.split_once("://")) {
        (Some(web), _) => web.split(':').next().unwrap_or(web).replace("%3A", ":"),
        (None, Some((_, rest))) => rest.split('/').next().unwrap_or(rest).to_owned(),
        (None, None) => id.to_owned(),
    };
    format!("{} ({})", plain(name), plain(&host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_of_one_name_are_told_apart_by_their_hosts() {
        assert_eq!(name_at("BC", "https://bc.example/authority"), "BC (bc.example)");
        assert_eq!(name_at("BC", "did:web:localhost%3A8443:issuer"), "BC (localhost:8443)");
        assert_eq!(name_at("BC", "did:key:z6Mk"), "BC (did:key:z6Mk)");
        assert_eq!(name_at("B\u{202e}C", "https://a\u{9b}b"), "BC (ab)");
    }

    #[test]
    fn missing_french_is_shown_in_english_and_says_so() {
        let text = Text { en: "Photo".to_owned(), fr: String::new() };
        assert_eq!(text.in_language(Language::Fr), "Photo");
        assert_eq!(text.language_shown(Language::Fr), Language::En);
        assert_eq!(text.in_words(Language::Fr), "Photo (en anglais)");
        assert_eq!(text.in_words(Language::En), "Photo");
        let french = Text { en: String::new(), fr: "Nom\u{202e}".to_owned() };
        assert_eq!(french.in_words(Language::En), "Nom (in French)");
        assert_eq!(french.in_words(Language::Fr), "Nom");
    }

    #[test]
    fn a_tag_is_read_without_its_region() {
        assert_eq!(Language::from_tag("fr_CA.UTF-8"), Some(Language::Fr));
        assert_eq!(Language::from_tag("EN-ca"), Some(Language::En));
        assert_eq!(Language::from_tag("de"), None);
        assert_eq!(Language::from_tag(""), None);
    }
}
