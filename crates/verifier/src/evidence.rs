use portage_verification::{StatusEvidence, VerifiedCredential};
use serde_json::{Map, Value, json};

/// What the verdict on one credential rests on, as JSON: issuer and by what right, types, key, validity, age of the status, holder.
pub fn credential_evidence(credential: &VerifiedCredential) -> Map<String, Value> {
    let found = credential.evidence();
    let mut evidence = Map::new();
    let mut put = |name: &str, value: Value| {
        evidence.insert(name.to_owned(), value);
    };
    put("format", credential.format().name().into());
    put("types", json!(credential.types()));
    put(
        "issuer",
        json!({
            "id": found.issuer.id,
            "name": found.issuer.name,
            "tier": found.issuer.tier,
            "source": found.issuer.source,
        }),
    );
    put("verification_method", found.verification_method.as_str().into());
    if let Some(from) = found.valid_from {
        put("valid_from", from.to_string().into());
    }
    if let Some(until) = found.valid_until {
        put("valid_until", until.to_string().into());
    }
    match found.status {
        StatusEvidence::None => put("status", "none".into()),
        StatusEvidence::NotChecked => put("status", "not_checked".into()),
        StatusEvidence::Valid { age_seconds } => {
            put("status", "valid".into());
            put("status_age", age_seconds.into());
        }
    }
    put("schema_matched", found.schema_matched.into());
    let is_subject = found.holder.as_ref().is_some_and(|holder| holder.is_subject);
    put("holder_is_subject", proved(is_subject).into());
    evidence
}

/// `proved` or `not_proved`.
pub(crate) const fn proved(is_proved: bool) -> &'static str {
    if is_proved { "proved" } else { "not_proved" }
}
