//! The words of `specs/messages/{en,fr}.json`.
//!
//! **Keys.** A file is a tree of objects; the key of a text is its path, joined by dots: `consent.why`. The first step
//! is the area, one object per area, so that two people who add messages seldom meet:
//!
//! | area | what |
//! |---|---|
//! | `reason.<name>.sentence`, `.hint` | every [`Reason`]: what happened, and what the person can do |
//! | `tier`, `format`, `status`, `value` | words that stand inside other messages |
//! | `offer` | the review of an offer, before anything is stored |
//! | `consent` | the review of a request, before anything is sent |
//! | `decision` | what a person is told at the end |
//! | `place` | jurisdictions by their codes, as they stand after “for” |
//! | `explain` | sentences about a decision, each from evidence (`portage-explain`) |
//! | `policy` | what the rules of a policy read (`portage-policy`) |
//! | `history` | lines of the wallet's history |
//! | `log` | entries of an authority's public log |
//! | `register` | why a file is not a register at all |
//! | `letter` | what stands on paper: an offer's letter, the sheet with its code |
//! | `lint` | what a purpose asks too much: `lint.<rule>` |
//! | `row` | why a row of a register was refused |
//! | `page` | what the pages of all programs share |
//! | `page_staff` | the door to a service's own pages: signing in, passwords |
//! | `page_wallet`, `page_counter`, `page_clerk` | what stands on the pages of one program: `page_wallet.<page>_<what>` |
//! | `wallet`, `issuer`, `verifier`, `authority` | everything else that one program says |
//!
//! Names are small letters, digits and `_`. A text has `{name}` placeholders, the same ones in both languages; a text
//! that depends on a count is an object with `one` and `other` ([`message_for_count`]). Both files have the same keys.
//! Tests hold all of this, and that every key a program names in its source exists.
//!
//! **Style.** Plain words, short sentences, what happened before what to do, nobody blamed. French as in Canada: a
//! no-break space before a colon and inside « guillemets », none before `;`, `!` and `?`; the apostrophe is ’.

use std::{collections::BTreeMap, sync::OnceLock};

use portage_reason::Reason;
use serde_json::Value;

use crate::{Language, contexts::SPECS};

/// A message of `specs/messages/{en,fr}.json` by its key.
pub type Message = &'static str;

/// The text of a message with `{name}` placeholders filled; an unknown key is shown as itself (a test finds it).
pub fn message(key: &str, language: Language, values: &[(&str, &str)]) -> String {
    fill(text(key, language).unwrap_or(key), values)
}

/// The same for a text that depends on a count: `key.one` or `key.other`, with `{count}` filled too. French has the
/// singular for 0 and 1, English for 1 alone.
pub fn message_for_count(key: &str, count: u64, language: Language, values: &[(&str, &str)]) -> String {
    let is_one = count == 1 || (count == 0 && language == Language::Fr);
    let key = format!("{key}.{}", if is_one { "one" } else { "other" });
    let count = count.to_string();
    let values: Vec<_> = [("count", count.as_str())].into_iter().chain(values.iter().copied()).collect();
    message(&key, language, &values)
}

/// Whether there is a message of that key.
pub fn has_message(key: &str) -> bool {
    Language::ALL.into_iter().all(|language| text(key, language).is_some())
}

/// Words in a row: `a`, `a and b`, `a, b and c`.
pub fn joined(mut words: Vec<String>, language: Language) -> String {
    let Some(last) = words.pop() else { return String::new() };
    if words.is_empty() {
        return last;
    }
    message("log.and", language, &[("list", &words.join(", ")), ("last", &last)])
}

/// What happened, in one sentence.
pub fn reason_sentence(reason: Reason, language: Language) -> &'static str {
    of_reason(reason, language, "sentence")
}

/// What the person can do.
pub fn reason_hint(reason: Reason, language: Language) -> &'static str {
    of_reason(reason, language, "hint")
}

fn of_reason(reason: Reason, language: Language, part: &str) -> &'static str {
    // A test of this crate finds a reason without words; its name is then the best there is.
    text(&format!("reason.{}.{part}", reason.name()), language).unwrap_or(reason.name())
}

fn text(key: &str, language: Language) -> Option<&'static str> {
    table(language).get(key).map(String::as_str)
}

/// Fills the placeholders in one pass: what a value holds is never filled again.
fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let placeholder = after.split_once('}').and_then(|(name, after)| {
            values.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value, after))
        });
        match placeholder {
            Some((value, after)) => {
                filled.push_str(value);
                rest = after;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    filled
}

fn table(language: Language) -> &'static BTreeMap<String, String> {
    static TABLES: [OnceLock<BTreeMap<String, String>>; 2] = [OnceLock::new(), OnceLock::new()];
    let [en, fr] = &TABLES;
    match language {
        Language::En => en.get_or_init(|| read("messages/en.json")),
        Language::Fr => fr.get_or_init(|| read("messages/fr.json")),
    }
}

/// Reads one file; a test of this crate fails if it cannot be read.
fn read(path: &str) -> BTreeMap<String, String> {
    let tree = SPECS.get_file(path).and_then(|file| serde_json::from_slice(file.contents()).ok());
    let mut table = BTreeMap::new();
    flatten("", &tree.unwrap_or(Value::Null), &mut table);
    table
}

fn flatten(path: &str, value: &Value, table: &mut BTreeMap<String, String>) {
    match value {
        Value::String(text) => {
            table.insert(path.to_owned(), text.clone());
        }
        Value::Object(members) => {
            for (name, member) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(&path, member, table);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
