use jiff::{Timestamp, civil::Date, tz::TimeZone};
use maud::{Markup, html};
use portage_catalog::{
    ClaimKind, Language, Text, date_in_words, message, message_for_count, plain, plain_up_to, shown_value,
};
use serde_json::Value;

/// The words of one page: its language, and the time zone that instants are told in.
#[derive(Debug, Clone)]
pub struct Words {
    language: Language,
    zone: TimeZone,
}

impl Words {
    /// The words of this language; instants are told in UTC.
    pub fn new(language: Language) -> Self {
        Words { language, zone: TimeZone::UTC }
    }

    /// Tells instants in this time zone.
    #[must_use]
    pub fn in_zone(mut self, zone: TimeZone) -> Self {
        self.zone = zone;
        self
    }

    /// The language.
    pub const fn language(&self) -> Language {
        self.language
    }

    /// The other one, for the switch.
    pub const fn other_language(&self) -> Language {
        match self.language {
            Language::En => Language::Fr,
            Language::Fr => Language::En,
        }
    }

    /// The address of a page of this language: `/en/history` of `/history`, `/en` of `/`.
    pub fn path(&self, path: &str) -> String {
        address(path, self.language)
    }

    /// A message without placeholders.
    pub fn say(&self, key: &str) -> String {
        message(key, self.language, &[])
    }

    /// A message with its placeholders filled. Fill with [`Words::name`] what others wrote.
    pub fn say_with(&self, key: &str, values: &[(&str, &str)]) -> String {
        message(key, self.language, values)
    }

    /// The same as markup, with each value as a name that stands as it is ([`Words::proper`]).
    pub fn say_naming(&self, key: &str, values: &[(&str, &str)]) -> Markup {
        // Marks that no text has: whoever wrote them into a name does not open or close anything.
        let marked: Vec<(&str, String)> = values
            .iter()
            .map(|(name, value)| {
                (*name, format!("{NAME_BEGINS}{}{NAME_ENDS}", value.replace([NAME_BEGINS, NAME_ENDS], "")))
            })
            .collect();
        let marked: Vec<(&str, &str)> = marked.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let text = self.say_with(key, &marked);
        html! {
            @for piece in text.split(NAME_ENDS) {
                @match piece.split_once(NAME_BEGINS) {
                    Some((before, name)) => { (before) span translate="no" { (name) } }
                    None => (piece),
                }
            }
        }
    }

    /// A message that depends on a count.
    pub fn count(&self, key: &str, count: u64, values: &[(&str, &str)]) -> String {
        message_for_count(key, count, self.language, values)
    }

    /// A name or label of somebody else's, for a place where there is no room for markup: one line, marked in words where it is in the other
    /// language.
    pub fn name(&self, text: &Text) -> String {
        text.in_words(self.language)
    }

    /// The same as markup: in the other language, it is marked for screen readers too.
    pub fn text(&self, text: &Text) -> Markup {
        self.text_up_to(text, 2000)
    }

    /// The same with another length.
    pub fn text_up_to(&self, text: &Text, max: usize) -> Markup {
        let shown = text.language_shown(self.language);
        let plain = plain_up_to(text.in_language(self.language), max);
        if shown == self.language {
            return html! { (plain) };
        }
        let key = if shown == Language::En { "page.in_english" } else { "page.in_french" };
        html! { span lang=(shown.tag()) { (plain) } " " (message(key, self.language, &[])) }
    }

    /// A name that stands as it is and is no word of the page's own: of an organisation, a law, a credential type. A program that translates the
    /// page leaves it, and it does not count when the page is held to plain words.
    pub fn proper(&self, text: &Text) -> Markup {
        html! { span translate="no" { (self.text(text)) } }
    }

    /// A number with the separators of the language.
    pub fn number(&self, number: u64) -> String {
        let digits = number.to_string();
        let separator = match self.language {
            Language::En => ',',
            Language::Fr => '\u{a0}',
        };
        let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
        for (at, digit) in digits.chars().enumerate() {
            // French leaves four digits together, as English may not.
            let is_short = self.language == Language::Fr && digits.len() == 4;
            if at > 0 && (digits.len() - at).is_multiple_of(3) && !is_short {
                grouped.push(separator);
            }
            grouped.push(digit);
        }
        grouped
    }

    /// A day: `January 2, 2026`, « 1er janvier 2026 ».
    pub fn date(&self, date: Date) -> String {
        date_in_words(date, self.language)
    }

    /// The day that it is at this instant.
    pub fn day_of(&self, instant: Timestamp) -> String {
        self.date(self.zone.to_datetime(instant).date())
    }

    /// A claim's value as a person reads it: days in the words of the language, everything else as the commands tell it.
    pub fn value(&self, value: &Value, kind: Option<ClaimKind>) -> String {
        let date = match (value, kind) {
            (Value::Number(number), Some(ClaimKind::DateInt)) => number.as_i64().and_then(date_of_int),
            (Value::String(text), Some(ClaimKind::Date)) => text.parse().ok(),
            (Value::String(text), Some(ClaimKind::DateTime)) => {
                return text.parse().map_or_else(|_| plain(text), |instant| self.instant(instant));
            }
            _ => None,
        };
        date.map_or_else(|| shown_value(value, kind, self.language), |date| self.date(date))
    }

    /// An instant to the minute: `January 2, 2026, 2:05 p.m.`, « 2 janvier 2026, 14 h 05 »; with its time zone where that is UTC.
    pub fn instant(&self, instant: Timestamp) -> String {
        format!("{}, {}", self.day_of(instant), self.time_of(instant))
    }

    /// The time of day that it is at this instant: `2:05 p.m.`, « 14 h 05 »; with its time zone where that is UTC.
    pub fn time_of(&self, instant: Timestamp) -> String {
        let zoned = self.zone.to_datetime(instant);
        let minute = format!("{:02}", zoned.minute());
        let (hour, key) = match (self.language, zoned.hour()) {
            (Language::Fr, hour) => (hour, "page.time"),
            (Language::En, 0) => (12, "page.time_morning"),
            (Language::En, hour @ 1..=11) => (hour, "page.time_morning"),
            (Language::En, 12) => (12, "page.time"),
            (Language::En, hour) => (hour - 12, "page.time"),
        };
        let hour = hour.to_string();
        let time = message(key, self.language, &[("hour", &hour), ("minute", &minute)]);
        let zone = if self.zone == TimeZone::UTC { " UTC" } else { "" };
        format!("{time}{zone}")
    }

    /// An identifier, an address, a word of somebody else's: one line, without what turns text round.
    pub fn plain(&self, text: &str) -> String {
        plain(text)
    }
}

/// `19900115`.
fn date_of_int(date: i64) -> Option<Date> {
    let part = |number: i64| i8::try_from(number).ok();
    Date::new(i16::try_from(date / 10_000).ok()?, part(date / 100 % 100)?, part(date % 100)?).ok()
}

/// Where a name stands in a text that [`Words::say_naming`] puts together: of the private use area, so that no message has them.
const NAME_BEGINS: char = '\u{f0000}';
const NAME_ENDS: char = '\u{f0001}';

/// A path below its language.
pub(super) fn address(path: &str, language: Language) -> String {
    format!("/{}{}", language.tag(), path.strip_suffix('/').unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_times_are_told_as_in_the_language() {
        let (en, fr) = (Words::new(Language::En), Words::new(Language::Fr));
        let first = jiff::civil::date(2026, 8, 1);
        assert_eq!(en.date(first), "August 1, 2026");
        assert_eq!(fr.date(first), "1er août 2026");
        let instant: Timestamp = "2026-08-02T14:05:09Z".parse().unwrap();
        assert_eq!(en.instant(instant), "August 2, 2026, 2:05\u{a0}p.m. UTC");
        assert_eq!(fr.instant(instant), "2 août 2026, 14\u{a0}h\u{a0}05 UTC");
        let midnight: Timestamp = "2026-08-02T00:05:00Z".parse().unwrap();
        assert_eq!(en.instant(midnight), "August 2, 2026, 12:05\u{a0}a.m. UTC");
        let vancouver = TimeZone::fixed(jiff::tz::offset(-7));
        assert_eq!(en.in_zone(vancouver).instant(midnight), "August 1, 2026, 5:05\u{a0}p.m.");
    }

    #[test]
    fn a_name_inside_a_message_is_marked_and_cannot_mark_anything_itself() {
        let words = Words::new(Language::En);
        let said = words
            .say_naming("page.title", &[("title", "<b>\u{f0001}\u{f0000}x"), ("service", "A & B")])
            .into_string();
        assert_eq!(said.matches("<span translate=\"no\">").count(), 2, "{said}");
        assert!(said.starts_with("<span translate=\"no\">&lt;b&gt;x</span>"), "{said}");
        assert!(said.ends_with("<span translate=\"no\">A &amp; B</span>"), "{said}");
    }

    #[test]
    fn numbers_have_the_separators_of_the_language() {
        let (en, fr) = (Words::new(Language::En), Words::new(Language::Fr));
        for (number, english, french) in [
            (7, "7", "7"),
            (1234, "1,234", "1234"),
            (12345, "12,345", "12\u{a0}345"),
            (1_000_000, "1,000,000", "1\u{a0}000\u{a0}000"),
        ] {
            assert_eq!((en.number(number).as_str(), fr.number(number).as_str()), (english, french));
        }
    }

    #[test]
    fn u03_a_name_of_somebody_elses_is_text_and_marked_where_it_is_in_the_other_language() {
        let text = Text { en: "<b>Photo</b>\u{202e}".to_owned(), fr: String::new() };
        let shown = Words::new(Language::Fr).text(&text).into_string();
        assert_eq!(shown, "<span lang=\"en\">&lt;b&gt;Photo&lt;/b&gt;</span> (en anglais)");
        assert_eq!(Words::new(Language::En).text(&text).into_string(), "&lt;b&gt;Photo&lt;/b&gt;");
        let proper = Words::new(Language::En).proper(&text).into_string();
        assert_eq!(proper, "<span translate=\"no\">&lt;b&gt;Photo&lt;/b&gt;</span>");
    }
}
