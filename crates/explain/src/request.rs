//! What a wallet's owner is told about a request, or an offer, before anything is answered.

use portage_catalog::has_message;
use portage_reason::Reason;
use serde_json::Value;

use crate::{
    credential::host_of,
    decision::reason,
    reading::{Found, Reading},
    right::{Role, chain, right_to_issue},
    transaction::claims,
    word::Word,
};

pub(crate) fn request(reading: &mut Reading<'_>) {
    who(reading);
    purpose(reading);
    for position in 0..reading.length_at("/answers") {
        answer(reading, &format!("/answers/{position}"));
    }
    if reading.length_at("/answers") > 0 {
        reading.say("consent.not_learn_issuer", Vec::new(), &["/answers"]);
    }
    for position in 0..reading.length_at("/missing") {
        if let Some(kind) = reading.kind(&format!("/missing/{position}")) {
            reading.say("explain.missing", vec![("type", kind)], &[]);
        }
    }
    beyond(reading);
    terms(reading);
    if reading.at("/answered").is_some_and(|answered| answered == false) {
        reading.say("wallet.nothing_sent", Vec::new(), &["/answered"]);
    }
}

/// Who asks, how that is known, by what right.
fn who(reading: &mut Reading<'_>) {
    let host = reading.code("/asker/host");
    let name = reading.name("/asker/name");
    match (&name, host.clone()) {
        (Some(name), Some(host)) => {
            reading.say("explain.asks", vec![("verifier", name.clone()), ("host", host)], &[]);
        }
        (None, Some(host)) => reading.say("explain.asks_unknown", vec![("host", host)], &[]),
        (_, None) => {}
    }
    signature(reading, "/asker/client_id");
    let standing = &["/asker/standing"];
    match (reading.str_at("/asker/standing"), name.clone().or(host)) {
        (Some("registered"), _) => vouched_for(reading),
        (Some("not_registered"), Some(verifier)) => {
            reading.say("consent.not_registered", vec![("verifier", verifier)], standing);
        }
        (Some("unknown"), Some(verifier)) => {
            reading.say("consent.unknown", vec![("verifier", verifier)], standing);
        }
        _ => {}
    }
    if reading.at("/asker/log").is_some() {
        reading.say("wallet.log_invalid", Vec::new(), &["/asker/log"]);
    }
    chain(reading, "/asker", Role::Asks, None);
}

/// Who vouches for them and for what they ask for.
fn vouched_for(reading: &mut Reading<'_>) {
    let also = &["/asker/standing", "/purpose/source"];
    match reading.str_at("/purpose/source") {
        Some("registered") => reading.say("wallet.registered", Vec::new(), also),
        Some("vouched") => {
            if let Some(authority) = reading.somebody("/purpose/authority") {
                reading.say("wallet.vouched", vec![("authority", authority)], also);
            }
        }
        Some(_) => reading.say("wallet.registered_unknown", Vec::new(), also),
        None if reading.at("/purpose").is_some_and(Value::is_null) => {
            reading.say("wallet.registered_unknown", Vec::new(), &["/asker/standing", "/purpose"]);
        }
        None => {}
    }
}

/// How the name of whoever asks is known: by its prefix (OpenID4VP 1.0 §5.9).
fn signature(reading: &mut Reading<'_>, at: &str) {
    match reading.str_at(at).and_then(|id| id.split_once(':')) {
        Some(("decentralized_identifier" | "openid_federation", id)) => {
            if let Some(host) = host_of(id) {
                reading.say(
                    "explain.asker_signed_host",
                    vec![("host", Found::new(Word::Code(host), at))],
                    &[],
                );
                return;
            }
            let id = Found::new(Word::Code(id.to_owned()), at);
            reading.say("explain.asker_signed", vec![("id", id)], &[]);
        }
        Some(("redirect_uri", _)) => reading.say("explain.asker_unsigned", Vec::new(), &[at]),
        _ => {}
    }
}

/// What for, and whose words that is in.
fn purpose(reading: &mut Reading<'_>) {
    if reading.at("/purpose").is_some_and(Value::is_null) {
        reading.say("consent.no_purpose", Vec::new(), &["/purpose"]);
    }
    for (member, key, name) in [("text", "consent.why", "text"), ("law", "consent.law", "law")] {
        if let Some(text) = reading.told(&format!("/purpose/{member}")) {
            reading.say(key, vec![(name, text)], &[]);
        }
    }
    match reading.str_at("/purpose/source") {
        Some("told") => reading.say("wallet.purpose_told", Vec::new(), &["/purpose/source"]),
        Some("registered") => reading.say("explain.purpose_registered", Vec::new(), &["/purpose/source"]),
        Some("vouched") => {
            if let Some(authority) = reading.somebody("/purpose/authority") {
                reading.say("explain.purpose_signed", vec![("authority", authority)], &["/purpose/source"]);
            }
        }
        _ => {}
    }
}

/// What one credential would tell, and what it would not.
fn answer(reading: &mut Reading<'_>, at: &str) {
    let Some(kind) = reading.kind(at) else { return };
    let Some(issuer) = reading.somebody(&format!("{at}/issuer")) else { return };
    let mut values = vec![("type", kind.clone()), ("issuer", issuer)];
    match claims(reading, &format!("{at}/learned")) {
        Some(learned) => {
            values.push(("claims", learned));
            reading.say("explain.would_learn", values, &[]);
        }
        None => reading.say("explain.would_learn_existence", values, &[]),
    }
    if let Some(withheld) = claims(reading, &format!("{at}/withheld")) {
        reading.say("explain.would_not_learn", vec![("type", kind.clone()), ("claims", withheld)], &[]);
    }
    let flags = [
        ("shown_whole", "consent.whole", false),
        ("in_issuers_words", "wallet.issuers_words", false),
        ("protected", "wallet.protected", true),
    ];
    for (member, key, named) in flags {
        let place = format!("{at}/{member}");
        if reading.at(&place).is_some_and(|flag| flag == true) {
            let values = if named { vec![("type", kind.clone())] } else { Vec::new() };
            reading.say(key, values, &[&place]);
        }
    }
    for position in 0..reading.length_at(&format!("{at}/doubts")) {
        doubt(reading, &format!("{at}/doubts/{position}"), kind.clone());
    }
}

/// What the wallet's own check found against a credential.
fn doubt(reading: &mut Reading<'_>, at: &str, kind: Found) {
    let Some(reason) = reason(reading, at) else { return };
    let mut values = vec![("type", kind)];
    let key = match reason {
        Reason::Revoked => "consent.revoked",
        Reason::Suspended => "consent.suspended",
        Reason::StatusUnavailable | Reason::KeyNotFound => "consent.status_unknown",
        other => {
            values.push(("sentence", Found::new(Word::ReasonSentence(other), at)));
            "wallet.doubt"
        }
    };
    reading.say(key, values, &[at]);
}

/// What goes beyond the registered purpose, one sentence each.
fn beyond(reading: &mut Reading<'_>) {
    let length = reading.length_at("/beyond");
    let verifier = reading.name("/asker/name").or_else(|| reading.code("/asker/host"));
    if let Some(verifier) = verifier.filter(|_| length > 0) {
        reading.say("wallet.beyond_purpose", vec![("verifier", verifier)], &["/beyond"]);
    }
    for position in 0..length {
        let at = format!("/beyond/{position}");
        let place = format!("{at}/kind");
        let Some(kind) = reading.kind(&at) else { continue };
        let Some(key) = reading.str_at(&place).map(|kind| format!("wallet.beyond_{kind}")) else { continue };
        if !has_message(&key) {
            continue;
        }
        let mut values = vec![("type", kind)];
        if matches!(reading.str_at(&place), Some("claim" | "values")) {
            let Some(claim) = reading.name(&format!("{at}/claim")) else { continue };
            values.push(("claim", claim));
        }
        reading.say(key, values, &[&place]);
    }
}

/// How long, how else, whom to ask.
fn terms(reading: &mut Reading<'_>) {
    let days = "/purpose/retention_days";
    match reading.at(days).and_then(Value::as_u64) {
        Some(0) => reading.say("consent.not_kept", Vec::new(), &[days]),
        Some(count) => reading.say_counted("consent.kept", Some(count), Vec::new(), &[days]),
        None if reading.at("/purpose").is_some_and(Value::is_null) => {
            reading.say("consent.kept_unknown", Vec::new(), &["/purpose"]);
        }
        None => {}
    }
    if let Some(text) = reading.told("/purpose/alternative") {
        reading.say("consent.alternative", vec![("text", text)], &[]);
    }
    if let Some(contact) = reading.code("/purpose/contact") {
        reading.say("consent.contact", vec![("contact", contact)], &[]);
    }
}

/// An offer: who offers what, and by what right.
pub(crate) fn offer(reading: &mut Reading<'_>) {
    let mut own = None;
    for position in 0..reading.length_at("/offer/credentials") {
        let at = format!("/offer/credentials/{position}");
        own = own.or_else(|| reading.known_type(&reading.strings_at(&format!("{at}/types"))));
        let Some((issuer, kind)) = reading.somebody("/offer/issuer").zip(reading.kind(&at)) else { continue };
        reading.say("explain.offers", vec![("issuer", issuer), ("type", kind.clone())], &[]);
        if let Some(says) = claims(reading, &format!("{at}/claims")) {
            reading.say("explain.would_say", vec![("type", kind), ("claims", says)], &[]);
        }
    }
    if let Some(host) = reading.code("/offer/host") {
        reading.say("explain.offer_host", vec![("host", host)], &[]);
    }
    right_to_issue(reading, "/offer/issuer", own);
    if reading.at("/accepted").is_some_and(|accepted| accepted == false) {
        reading.say("explain.not_accepted", Vec::new(), &["/accepted"]);
    }
}
