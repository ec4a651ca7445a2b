//! The objects of `--json`.

use jiff::Timestamp;
use portage_catalog::Catalog;
use portage_dcql::Step;
use portage_reason::Reason;
use portage_trust::MayAsk;
use portage_wallet::{
    Asker, Beyond, ClaimName, DisclosurePlan, Event, IssuerOnRecord, Missing, PlannedAnswer, PurposeSource,
    ShownClaim, StoredCredential, Words,
};
use serde_json::{Value, json};

/// A credential without what it says.
pub(crate) fn credential(credential: &StoredCredential, catalog: &Catalog) -> Value {
    json!({
        "id": credential.id,
        "type": credential.catalog_type,
        "types": credential.types,
        "name": credential.name(catalog),
        "words": words(credential.words(catalog)),
        "format": credential.format().name(),
        "shown_whole": !credential.format().is_selective(),
        "issuer": issuer(&credential.issuer),
        "received": instant(Some(credential.received)),
        "valid_from": instant(credential.valid_from),
        "valid_until": instant(credential.valid_until),
    })
}

/// Whose words the names are in.
fn words(words: Words<'_>) -> &'static str {
    match words {
        Words::Catalogue(_) => "catalogue",
        Words::Issuer(_) => "issuer",
        Words::None => "none",
    }
}

/// Who issued it, by what right.
pub(crate) fn issuer(issuer: &IssuerOnRecord) -> Value {
    json!({ "id": issuer.id, "name": issuer.name, "tier": issuer.tier, "source": issuer.source })
}

/// Claims with values.
pub(crate) fn claims(claims: &[ShownClaim]) -> Value {
    let claim = |claim: &ShownClaim| json!({ "path": claim.name.path, "label": claim.name.label, "personal": claim.name.personal, "value": claim.value });
    claims.iter().map(claim).collect()
}

fn names(claims: &[ClaimName]) -> Value {
    let name =
        |claim: &ClaimName| json!({ "path": claim.path, "label": claim.label, "personal": claim.personal });
    claims.iter().map(name).collect()
}

/// The review of a request that can be answered.
pub(crate) fn plan(plan: &DisclosurePlan) -> Value {
    json!({
        "answerable": true,
        "verifier": verifier(plan.asker()),
        "purpose": purpose(plan.asker()),
        "answers": plan.answers().iter().map(answer).collect::<Value>(),
        "missing": [],
        "warnings": warnings(plan),
        "needs_second_agreement": plan.needs_second_agreement(),
    })
}

/// The review of a request that cannot.
pub(crate) fn unanswerable(asker: &Asker, missing: &[Missing]) -> Value {
    let query = |query: &Missing| json!({ "query": query.query, "format": query.format, "type": query.credential_type });
    json!({
        "answerable": false,
        "verifier": verifier(asker),
        "purpose": purpose(asker),
        "answers": [],
        "missing": missing.iter().map(query).collect::<Value>(),
        "warnings": log_trouble(asker).chain(asker.beyond_purpose.iter().map(excess)).collect::<Value>(),
    })
}

/// Who asks.
pub(crate) fn verifier(asker: &Asker) -> Value {
    let standing = match asker.standing {
        MayAsk::Registered(_) => "registered",
        MayAsk::NotRegistered(_) => "not_registered",
        MayAsk::Unknown => "unknown",
    };
    json!({ "client_id": asker.client_id, "proved_by": asker.proved_by.name(), "host": asker.host, "name": asker.name(), "standing": standing })
}

fn purpose(asker: &Asker) -> Value {
    let Some(purpose) = &asker.purpose else { return Value::Null };
    let words = &purpose.words;
    let (source, vouched_by) = match &purpose.source {
        PurposeSource::Registered => ("registered", Value::Null),
        PurposeSource::Vouched(by) => {
            let (until, log) = (by.until.to_string(), by.log.to_json());
            let chain = by.chain.to_json();
            ("vouched", json!({ "id": by.id, "name": by.name, "until": until, "log": log, "chain": chain }))
        }
        PurposeSource::Told => ("told", Value::Null),
    };
    json!({
        "id": words.id,
        "name": words.name,
        "text": words.text,
        "law": words.law,
        "alternative": words.alternative,
        "retention_days": words.retention_days,
        "contact": words.contact,
        "source": source,
        "vouched_by": vouched_by,
    })
}

fn answer(answer: &PlannedAnswer) -> Value {
    json!({
        "query": answer.query,
        "credential": answer.credential,
        "type": answer.catalog_type,
        "name": answer.name,
        "in_issuers_words": answer.in_issuers_words,
        "format": answer.format.name(),
        "issuer": issuer(&answer.issuer),
        "shown_whole": answer.is_shown_whole(),
        "learned": claims(&answer.learned),
        "withheld": names(&answer.withheld),
        "others": answer.others,
    })
}

/// What is wrong with what would be shown, and with whoever asks.
fn warnings(plan: &DisclosurePlan) -> Value {
    let mut found: Vec<_> = log_trouble(plan.asker()).collect();
    if !plan.asker().has_vouched_purpose() {
        found.push(json!({ "reason": Reason::PurposeNotRegistered }));
    }
    let beyond = plan.asker().beyond_purpose.iter();
    found.extend(beyond.map(excess));
    for answer in plan.answers() {
        if answer.protected {
            found.push(json!({ "reason": Reason::ProtectedType, "query": answer.query, "credential": answer.credential }));
        }
        let warn = |doubt| json!({ "reason": doubt, "query": answer.query, "credential": answer.credential });
        found.extend(answer.doubts.iter().map(warn));
    }
    Value::Array(found)
}

/// The public log behind whoever asks does not hold.
fn log_trouble(asker: &Asker) -> impl Iterator<Item = Value> {
    asker.log.err().map(|reason| json!({ "reason": reason })).into_iter()
}

/// One thing asked beyond the registered purpose.
fn excess(beyond: &Beyond) -> Value {
    let step = |step: &Step| match step {
        Step::Name(name) => json!(name),
        Step::Index(index) => json!(index),
        Step::All => Value::Null,
    };
    let path = beyond.path.as_deref().map(|path| path.iter().map(step).collect::<Value>());
    json!({ "reason": Reason::BeyondPurpose, "query": beyond.query, "path": path, "kind": beyond.kind.name() })
}

/// What was shown, without values.
pub(crate) fn shown(plan: &DisclosurePlan) -> Value {
    let one = |answer: &PlannedAnswer| {
        let paths: Vec<&Vec<String>> = answer.learned.iter().map(|claim| &claim.name.path).collect();
        json!({ "query": answer.query, "credential": answer.credential, "claims": paths })
    };
    plan.answers().iter().map(one).collect()
}

/// An entry of the history.
pub(crate) fn event(event: &Event) -> Value {
    let credentials: Vec<Value> = event
        .credentials
        .iter()
        .map(
            |credential| json!({ "id": credential.id, "name": credential.name, "claims": credential.claims }),
        )
        .collect();
    json!({
        "id": event.id,
        "at": instant(Some(event.at)),
        "what": event.what,
        "outcome": event.outcome,
        "counterpart": event.counterpart,
        "purpose": event.purpose,
        "credentials": credentials,
        "reason": event.reason,
        "type_name": event.type_name,
        "beyond_purpose": event.beyond_purpose,
        "promise": event.promise,
    })
}

fn instant(instant: Option<Timestamp>) -> Value {
    instant.map_or(Value::Null, |instant| format!("{instant:.0}").into())
}
