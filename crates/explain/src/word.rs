use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use portage_catalog::{
    Language, Text, joined, message, message_for_count, name_at, plain, reason_hint, reason_sentence,
};
use portage_reason::Reason;

/// Longest text of a purpose that is told.
const LONGEST_TEXT: usize = 2000;

/// What fills a message, in either language.
#[derive(Debug, Clone)]
pub(crate) enum Word {
    /// A name, in somebody's words.
    Name(Text),
    /// The same with the host of its bearer's identifier, where two of that name meet.
    NameAt(Text, String),
    /// A name in quotation marks.
    Quoted(Text),
    /// A longer text.
    Told(Text),
    /// An identifier or address.
    Code(String),
    /// Another message, with one value perhaps.
    Message(String, Option<(&'static str, String)>),
    /// The last day of something that ends at this instant.
    LastDay(Timestamp),
    /// The day of an instant.
    Day(Timestamp),
    /// An instant, to the minute.
    Minute(Timestamp),
    /// How long, in seconds.
    Duration(i64),
    /// What happened.
    ReasonSentence(Reason),
    /// What can be done.
    ReasonHint(Reason),
    /// Several, of which so many are not named.
    List(Vec<Word>, usize),
}

impl Word {
    /// A message without values.
    pub(crate) fn message(key: impl Into<String>) -> Self {
        Word::Message(key.into(), None)
    }

    /// On one line, fit for a terminal.
    pub(crate) fn text(&self, language: Language) -> String {
        match self {
            Word::Name(name) => name.in_words(language),
            Word::NameAt(name, id) => name_at(&name.in_words(language), id),
            Word::Quoted(name) => message("log.quoted", language, &[("name", &name.in_words(language))]),
            Word::Told(text) => text.in_words_up_to(language, LONGEST_TEXT),
            Word::Code(code) => plain(code),
            Word::Message(key, value) => {
                let value = value.as_ref().map(|(name, value)| (*name, plain(value)));
                let values: Vec<_> =
                    value.as_ref().map(|(name, value)| (*name, value.as_str())).into_iter().collect();
                message(key, language, &values)
            }
            Word::LastDay(end) => day(last_day(*end), language),
            Word::Day(at) => day(TimeZone::UTC.to_datetime(*at).date(), language),
            Word::Minute(at) => minute(*at, language),
            Word::Duration(seconds) => duration(*seconds, language),
            Word::ReasonSentence(reason) => reason_sentence(*reason, language).to_owned(),
            Word::ReasonHint(reason) => reason_hint(*reason, language).to_owned(),
            Word::List(words, more) => list(words, *more, language),
        }
    }
}

/// The last day of something that ends at this instant: the day that it is in the westernmost of Canada's time zones, so that an end at
/// midnight, there or in UTC, is never told as a day longer than it is.
fn last_day(end: Timestamp) -> Date {
    let west = end.saturating_sub(SignedDuration::from_hours(8)).unwrap_or(end);
    TimeZone::UTC.to_datetime(west).date()
}

fn day(day: Date, language: Language) -> String {
    let key = match (language, day.day()) {
        (Language::En, _) => return day.to_string(),
        (Language::Fr, 1) => "explain.first_of_month",
        (Language::Fr, _) => "explain.day_of_month",
    };
    let month = message(&format!("explain.month_{:02}", day.month()), language, &[]);
    let values = [("day", day.day().to_string()), ("month", month), ("year", day.year().to_string())];
    message(key, language, &values.each_ref().map(|(name, value)| (*name, value.as_str())))
}

fn minute(at: Timestamp, language: Language) -> String {
    let local = TimeZone::UTC.to_datetime(at);
    let (hour, minute) = (format!("{:02}", local.hour()), format!("{:02}", local.minute()));
    let day = day(local.date(), language);
    message("explain.minute", language, &[("day", &day), ("hour", &hour), ("minute", &minute)])
}

/// In the largest unit that it has two of.
fn duration(seconds: i64, language: Language) -> String {
    let minutes = u64::try_from(seconds).unwrap_or_default() / 60;
    let (key, count) = match (minutes, minutes / 60, minutes / 60 / 24) {
        (0, ..) => return message("explain.moment", language, &[]),
        (_, _, days @ 2..) => ("explain.days", days),
        (_, hours @ 2.., _) => ("explain.hours", hours),
        (minutes, ..) => ("explain.minutes", minutes),
    };
    message_for_count(key, count, language, &[])
}

fn list(words: &[Word], more: usize, language: Language) -> String {
    let words: Vec<String> = words.iter().map(|word| word.text(language)).collect();
    if more > 0 {
        let list = words.join(", ");
        let more = u64::try_from(more).unwrap_or(u64::MAX);
        return message_for_count("explain.and_more", more, language, &[("list", &list)]);
    }
    joined(words, language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_told_as_each_language_tells_them() {
        let told = |end: &str, language| Word::LastDay(end.parse().unwrap()).text(language);
        assert_eq!(told("2027-04-01T06:59:59Z", Language::En), "2027-03-31");
        assert_eq!(told("2027-04-01T06:59:59Z", Language::Fr), "31 mars 2027");
        assert_eq!(told("2027-04-02T00:00:00Z", Language::Fr), "1er avril 2027");
        let at = Word::Minute("2026-11-24T10:05:59Z".parse().unwrap());
        assert_eq!(at.text(Language::En), "2026-11-24 at 10:05 UTC");
        assert_eq!(at.text(Language::Fr), "24 novembre 2026 à 10\u{a0}h\u{a0}05 UTC");
    }

    #[test]
    fn a_time_is_told_in_the_largest_unit_it_has_two_of() {
        for (seconds, en, fr) in [
            (-5, "less than a minute", "moins d’une minute"),
            (59, "less than a minute", "moins d’une minute"),
            (60, "1 minute", "1 minute"),
            (7199, "119 minutes", "119 minutes"),
            (7200, "2 hours", "2 heures"),
            (2 * 86400, "2 days", "2 jours"),
        ] {
            assert_eq!(Word::Duration(seconds).text(Language::En), en);
            assert_eq!(Word::Duration(seconds).text(Language::Fr), fr);
        }
    }

    #[test]
    fn a_list_ends_with_and() {
        let words = |count: usize| (0..count).map(|at| Word::Code(at.to_string())).collect::<Vec<_>>();
        assert_eq!(Word::List(words(1), 0).text(Language::En), "0");
        assert_eq!(Word::List(words(3), 0).text(Language::En), "0, 1 and 2");
        assert_eq!(Word::List(words(2), 4).text(Language::Fr), "0, 1 et 4 autres");
    }
}
