//! What became of a verifier's request.

use serde_json::Value;

use crate::{
    credential::credential,
    decision::{decision, reason},
    reading::{Found, Reading},
    word::Word,
};

pub(crate) fn transaction(reading: &mut Reading<'_>) {
    state(reading);
    if let Some(at) = reading.time("/decided_at", Word::Minute) {
        reading.say("explain.decided", vec![("at", at)], &[]);
    }
    decision(reading, "");
    policy(reading);
    let queries = reading.members_at("/asked");
    for query in &queries {
        asked(reading, query);
    }
    let shown = reading.members_at("/shown");
    for query in &shown {
        was_shown(reading, query);
    }
    let refused = matches!(reading.str_at("/decision"), Some("rejected" | "indeterminate"));
    if refused && shown.is_empty() {
        reading.say("explain.nothing_kept", Vec::new(), &["/decision"]);
    }
    let credentials = reading.members_at("/evidence/credentials");
    for at in &credentials {
        // What did not hold has no evidence but its reason.
        refused_credential(reading, at);
        credential(reading, at);
    }
    holders(reading, credentials.len());
    kept(reading);
}

/// Which of the credentials it was, and why.
fn refused_credential(reading: &mut Reading<'_>, at: &str) {
    let decision = format!("{at}/decision");
    if !matches!(reading.str_at(&decision), Some("rejected" | "indeterminate")) {
        return;
    }
    let first = format!("{at}/reasons/0");
    let query = at.split('/').nth(3).unwrap_or_default();
    let kind = reading.kind(&format!("/asked/{query}"));
    if let (Some(kind), Some(reason)) = (kind, reason(reading, &first)) {
        let sentence = Found::new(Word::ReasonSentence(reason), first);
        reading.say("explain.refused", vec![("type", kind), ("sentence", sentence)], &[&decision]);
    }
}

/// Where a request without a verdict stands.
fn state(reading: &mut Reading<'_>) {
    let key = match reading.str_at("/state") {
        Some("requested") => "explain.waiting",
        Some("received") => "explain.received",
        Some("expired") => "explain.expired",
        _ => return,
    };
    reading.say(key, Vec::new(), &["/state"]);
    if let Some(until) = reading.time("/expires_at", Word::Minute) {
        reading.say("explain.waiting_until", vec![("at", until)], &[]);
    }
}

/// What the purpose's own rules said: each rule that determined it, and what it read.
fn policy(reading: &mut Reading<'_>) {
    const OUTCOME: &str = "/evidence/policy/outcome";
    let Some(outcome @ ("permitted" | "forbidden" | "failed")) = reading.str_at(OUTCOME) else { return };
    let (key, failed) = (format!("explain.policy_{outcome}"), outcome == "failed");
    reading.say(key, Vec::new(), &[OUTCOME]);
    for position in 0..reading.length_at("/evidence/policy/rules") {
        let at = format!("/evidence/policy/rules/{position}");
        let (effect, applied) = (format!("{at}/effect"), format!("{at}/applied"));
        let is_applied = reading.at(&applied).and_then(Value::as_bool);
        let (key, also) = match (reading.str_at(&effect), is_applied) {
            _ if failed => ("explain.rule_failed", vec![OUTCOME]),
            (Some("forbid"), Some(true)) => ("explain.rule_forbade", vec![effect.as_str(), &applied]),
            (Some("permit"), Some(true)) => ("explain.rule_permitted", vec![effect.as_str(), &applied]),
            (Some("permit"), Some(false)) => ("explain.rule_not_met", vec![effect.as_str(), &applied]),
            _ => continue,
        };
        let text = format!("{at}/text");
        let Some(rule) = reading.text_at(&text).map(Word::Told) else { continue };
        let read = (0..reading.length_at(&format!("{at}/read")))
            .filter_map(|position| reading.text_at(&format!("{at}/read/{position}/name")));
        let reads: Vec<Word> = read.map(Word::Name).collect();
        if reads.is_empty() {
            continue;
        }
        let reads = Found::new(Word::List(reads, 0), format!("{at}/read"));
        reading.say(key, vec![("rule", Found::new(rule, &text)), ("reads", reads)], &also);
    }
}

fn asked(reading: &mut Reading<'_>, at: &str) {
    let Some(kind) = reading.kind(at) else { return };
    let claims = claims(reading, &format!("{at}/claims"));
    let mut values = vec![("type", kind)];
    let key = match claims {
        Some(claims) => {
            values.push(("claims", claims));
            "explain.asked"
        }
        None => "explain.asked_existence",
    };
    match reading.name("/purpose/name") {
        Some(Found { word: Word::Name(name), from }) => {
            values.push(("purpose", Found { word: Word::Quoted(name), from }));
            reading.say(format!("{key}_for"), values, &[]);
        }
        _ => reading.say(key, values, &[]),
    }
}

fn was_shown(reading: &mut Reading<'_>, at: &str) {
    let Some(kind) = reading.kind(at) else { return };
    match claims(reading, &format!("{at}/claims")) {
        Some(claims) => {
            reading.say("explain.shown", vec![("type", kind.clone()), ("claims", claims)], &[]);
        }
        None => reading.say("explain.shown_existence", vec![("type", kind.clone())], &[]),
    }
    if let Some(claims) = claims(reading, &format!("{at}/not_asked")) {
        reading.say("explain.not_asked", vec![("type", kind.clone()), ("claims", claims)], &[]);
    }
    let whole = format!("{at}/whole");
    if reading.at(&whole).is_some_and(|whole| whole == true) {
        reading.say("explain.shown_whole", vec![("type", kind)], &[&whole]);
    }
}

/// The labels of claims: an array of texts.
pub(crate) fn claims(reading: &Reading<'_>, at: &str) -> Option<Found> {
    let words: Vec<Word> = (0..reading.length_at(at))
        .filter_map(|position| reading.text_at(&format!("{at}/{position}")))
        .map(Word::Name)
        .collect();
    (!words.is_empty()).then(|| Found::new(Word::List(words, 0), at))
}

/// Whether it is one person's, and whether that person is the one who sat there.
fn holders(reading: &mut Reading<'_>, credentials: usize) {
    if credentials > 1 {
        match reading.str_at("/evidence/same_holder") {
            Some("proved") => reading.say("explain.same_holder", Vec::new(), &["/evidence/same_holder"]),
            Some("not_proved") => {
                reading.say("explain.same_holder_unknown", Vec::new(), &["/evidence/same_holder"]);
            }
            _ => {}
        }
    }
    match reading.str_at("/device") {
        Some("cross") => reading.say("explain.other_device", Vec::new(), &["/device"]),
        Some("same") => reading.say("explain.same_device", Vec::new(), &["/device"]),
        _ => {}
    }
}

fn kept(reading: &mut Reading<'_>) {
    if let Some(at) = reading.time("/delete_at", Word::Minute) {
        reading.say("explain.deleted_at", vec![("at", at)], &[]);
    }
}
