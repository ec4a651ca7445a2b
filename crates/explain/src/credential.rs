//! What was found about one credential.

use serde_json::Value;

use crate::{
    decision::decision,
    reading::{Found, Reading},
    right::right_to_issue,
    word::Word,
};

/// A credential of a wallet: what is known of it, then what the wallet's own check says now.
pub(crate) fn stored(reading: &mut Reading<'_>) {
    if let Some(day) = reading.time("/arrived", Word::Day) {
        reading.say("explain.on_arrival", vec![("date", day)], &[]);
    }
    credential(reading, "/evidence");
    decision(reading, "");
}

/// The evidence at `at`: who, by what right, how that is known, whose, when, whether withdrawn, of what form.
pub(crate) fn credential(reading: &mut Reading<'_>, at: &str) {
    let issuer = format!("{at}/issuer");
    let own = reading.known_type(&reading.strings_at(&format!("{at}/types")));
    if let (Some(issuer), Some(kind)) = (reading.somebody(&issuer), reading.kind(at)) {
        reading.say("explain.issued", vec![("issuer", issuer), ("type", kind)], &[]);
    }
    right_to_issue(reading, &issuer, own);
    signature(reading, &format!("{at}/verification_method"));
    holder(reading, at);
    validity(reading, at);
    status(reading, at);
    let schema = format!("{at}/schema_matched");
    match reading.at(&schema).and_then(Value::as_bool) {
        Some(true) => reading.say("explain.form_checked", Vec::new(), &[&schema]),
        Some(false) => reading.say("explain.form_unknown", Vec::new(), &[&schema]),
        None => {}
    }
}

/// How it is known who signed: where the key was found.
fn signature(reading: &mut Reading<'_>, at: &str) {
    let Some(method) = reading.str_at(at) else { return };
    match host_of(method) {
        Some(host) => {
            reading.say("explain.signed_host", vec![("host", Found::new(Word::Code(host), at))], &[]);
        }
        None if method.starts_with("did:key:") => reading.say("explain.signed_name", Vec::new(), &[at]),
        None => {
            let key = Found::new(Word::Code(method.to_owned()), at);
            reading.say("explain.signed", vec![("key", key)], &[]);
        }
    }
}

/// The host at which the keys of an identifier are published: of a did:web, of an address.
pub(crate) fn host_of(id: &str) -> Option<String> {
    let of_did = id.strip_prefix("did:web:").and_then(|rest| rest.split([':', '#', '?', '/']).next());
    of_did.map(|host| host.replace("%3A", ":").replace("%3a", ":")).or_else(|| {
        let rest = id.strip_prefix("https://")?;
        rest.split(['/', '#', '?']).next().map(str::to_owned)
    })
}

/// Whose it is: issued to a key of this wallet, or shown by whoever proved that it is theirs.
fn holder(reading: &mut Reading<'_>, at: &str) {
    let bound = format!("{at}/issued_to");
    if reading.str_at(&bound) == Some("this_wallet") {
        reading.say("explain.yours", Vec::new(), &[&bound]);
    }
    let proof = format!("{at}/holder_is_subject");
    match reading.str_at(&proof) {
        Some("proved") => reading.say("explain.holder_proved", Vec::new(), &[&proof]),
        Some("not_proved") => reading.say("explain.holder_unknown", Vec::new(), &[&proof]),
        _ => {}
    }
}

fn validity(reading: &mut Reading<'_>, at: &str) {
    if let Some(from) = reading.time(&format!("{at}/valid_from"), Word::Day) {
        reading.say("explain.valid_from", vec![("date", from)], &[]);
    }
    let end = format!("{at}/valid_until");
    match reading.time(&end, Word::LastDay) {
        Some(until) => reading.say("explain.valid_until", vec![("date", until)], &[]),
        None if reading.at(&end) == Some(&Value::Null) => reading.say("explain.no_end", Vec::new(), &[&end]),
        None => {}
    }
}

fn status(reading: &mut Reading<'_>, at: &str) {
    let place = format!("{at}/status");
    match (reading.str_at(&place), reading.seconds(&format!("{at}/status_age_seconds"))) {
        (Some("valid"), Some(age)) => reading.say("explain.in_force_ago", vec![("age", age)], &[&place]),
        (Some("valid"), None) => reading.say("explain.in_force", Vec::new(), &[&place]),
        (Some("none"), _) => reading.say("explain.no_status", Vec::new(), &[&place]),
        (Some("not_checked"), _) => reading.say("explain.status_not_checked", Vec::new(), &[&place]),
        _ => {}
    }
}
