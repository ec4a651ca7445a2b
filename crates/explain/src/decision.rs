//! The decision, and for a refusal each reason in words, with what to do.

use portage_reason::Reason;

use crate::{
    Listener,
    reading::{Found, Reading},
    word::Word,
};

/// `decision` and `reasons`, below `at`.
pub(crate) fn decision(reading: &mut Reading<'_>, at: &str) {
    let place = format!("{at}/decision");
    let key = match (reading.str_at(&place), reading.listener) {
        (Some("accepted"), Listener::Person) => "explain.sound",
        (Some("accepted"), Listener::Service) => "decision.accepted",
        (Some("rejected"), Listener::Person) => "explain.not_sound",
        (Some("rejected"), Listener::Service) => "decision.rejected",
        (Some("indeterminate"), Listener::Person) => "explain.not_known",
        (Some("indeterminate"), Listener::Service) => "decision.indeterminate",
        _ => return,
    };
    reading.say(key, Vec::new(), &[&place]);
    reasons(reading, &format!("{at}/reasons"));
}

/// Each reason of an array, once.
fn reasons(reading: &mut Reading<'_>, at: &str) {
    let mut said = Vec::new();
    for position in 0..reading.length_at(at) {
        let place = format!("{at}/{position}");
        let Some(reason) = reason(reading, &place).filter(|reason| !said.contains(reason)) else { continue };
        said.push(reason);
        let sentence = Found::new(Word::ReasonSentence(reason), &place);
        reading.say("decision.because", vec![("sentence", sentence)], &[]);
        let hint = Found::new(Word::ReasonHint(reason), &place);
        reading.say("decision.todo", vec![("hint", hint)], &[]);
    }
}

/// The reason at `at`.
pub(crate) fn reason(reading: &Reading<'_>, at: &str) -> Option<Reason> {
    reading.at(at).cloned().and_then(|reason| serde_json::from_value(reason).ok())
}
