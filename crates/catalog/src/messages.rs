use portage_reason::Reason;

use crate::Language;

/// A message of `specs/messages/{en,fr}.json` by its key.
pub type Message = &'static str;

/// The text of a message with `{name}` placeholders filled; an unknown key is shown as itself (a test finds it).
pub fn message(key: &str, language: Language, values: &[(&str, &str)]) -> String {
    let _ = (key, language, values);
    todo!()
}

/// What happened, in one sentence.
pub fn reason_sentence(reason: Reason, language: Language) -> &'static str {
    let _ = (reason, language);
    todo!()
}

/// What the person can do.
pub fn reason_hint(reason: Reason, language: Language) -> &'static str {
    let _ = (reason, language);
    todo!()
}
