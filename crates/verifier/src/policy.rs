//! The one place that says what a purpose asks beyond a sound credential, and the one maker of [`Verdict::Accepted`].

use jiff::{SignedDuration, Timestamp};
use portage_catalog::{Catalog, Contexts, Purpose};
use portage_dcql::{CredentialQuery, check_answer, check_claims, project};
use portage_did::LoopbackOrigins;
use portage_oid4vp::{Presentation, VpToken};
use portage_reason::{Fault, Reason};
use portage_trust::Authority;
use portage_verification::{
    Decision, Expectations, HolderExpectation, InputFormat, PolicyAnswer, PolicyFacts, PolicyOutcome,
    Presented, Proof, PurposePolicies, Sources, StatusPolicy, VerifiedCredential, same_holder,
};
use serde_json::{Map, Value, json};

use crate::{Device, Verdict, create_request::askable_query};

/// What a response is judged against.
pub(crate) struct Against<'a> {
    pub(crate) now: Timestamp,
    pub(crate) device: Device,
    pub(crate) catalog: &'a Catalog,
    pub(crate) policies: &'a dyn PurposePolicies,
    pub(crate) contexts: &'a Contexts,
    pub(crate) authority: &'a dyn Authority,
    pub(crate) loopback: &'a LoopbackOrigins,
    pub(crate) audience: &'a str,
    pub(crate) nonce: &'a str,
}

/// A verdict, and what the wallet hears of it.
pub(crate) struct Judgement {
    pub(crate) verdict: Verdict,
    /// Why the response itself is refused: forged, malformed or unasked. `None` for a sound one, whatever the verdict.
    pub(crate) refused: Option<Reason>,
}

impl Judgement {
    /// A verdict whose reasons say by themselves whether the response was sound.
    fn of(verdict: Verdict) -> Self {
        let refused = verdict.reasons().iter().copied().find(|reason| !is_sound(*reason));
        Judgement { verdict, refused }
    }

    /// A rejection before anything was verified.
    pub(crate) fn rejected(reason: Reason) -> Self {
        Self::of(Verdict::Rejected { reasons: vec![reason], evidence: Map::new() })
    }
}

/// One presentation that held.
struct Held {
    claims: Value,
    credential: VerifiedCredential,
}

/// One presentation that did not.
#[derive(Clone, Copy)]
enum NotHeld {
    Rejected(Reason),
    Indeterminate(Reason),
}

/// Judges a response: its shape against the query, each presentation by the pipeline and against its Credential Query, then all of
/// them together.
pub(crate) async fn decide(
    purpose: &Purpose,
    vp_token: &VpToken,
    against: &Against<'_>,
    sources: &impl Sources,
) -> Judgement {
    let Ok(query) = askable_query(purpose) else { return Judgement::rejected(Reason::Unsupported) };
    let answered: Vec<(&str, usize)> =
        vp_token.entries().map(|(id, presentations)| (id, presentations.len())).collect();
    if !check_answer(&query, &answered) {
        return Judgement::rejected(Reason::QueryNotSatisfied);
    }
    let mut judged = Vec::new();
    for credential in &query.credentials {
        for presentation in vp_token.presentations(&credential.id) {
            let outcome = judge(credential, presentation, purpose, against, sources).await;
            judged.push((credential, outcome));
        }
    }
    conclude(purpose, judged, against)
}

/// Whether the response goes back to the wallet as sound: time, status, authority and policy may speak against it; forged, malformed or
/// unasked it is not (`threats.md` §1).
fn is_sound(reason: Reason) -> bool {
    match reason {
        Reason::StatusListInvalid
        | Reason::StatusIndexInvalid
        | Reason::TrustChainInvalid
        | Reason::TrustMarkInvalid => true,
        _ => !matches!(reason.fault(), Fault::Sender),
    }
}

/// The format of a Credential Query, if this version verifies it.
pub(crate) fn verified_format(format: &str) -> Option<InputFormat> {
    [InputFormat::DcSdJwt, InputFormat::VcSdJwt, InputFormat::VcJwt, InputFormat::LdpVc]
        .into_iter()
        .find(|known| known.name() == format)
}

async fn judge(
    query: &CredentialQuery,
    presentation: &Presentation,
    purpose: &Purpose,
    against: &Against<'_>,
    sources: &impl Sources,
) -> Result<Held, NotHeld> {
    let max_age = i64::try_from(purpose.max_status_age).unwrap_or(i64::MAX);
    let expectations = Expectations {
        now: against.now,
        catalog: against.catalog,
        contexts: against.contexts,
        authority: against.authority,
        loopback: against.loopback,
        issuer_key: None,
        holder: HolderExpectation::Presented { audience: against.audience, nonce: against.nonce },
        query: Some(query),
        status: StatusPolicy::Required { max_age: SignedDuration::from_secs(max_age) },
        format: verified_format(&query.format),
    };
    let outcome = portage_verification::run(&presentation.to_bytes(), &expectations, sources).await;
    match outcome.decision {
        Decision::Accepted(credentials) => {
            let mut credentials = credentials.into_iter();
            let credential = credentials.next().ok_or(NotHeld::Rejected(Reason::QueryNotSatisfied))?;
            hold(query, credential).map_err(NotHeld::Rejected)
        }
        Decision::Rejected(reasons) => Err(NotHeld::Rejected(first(&reasons))),
        Decision::Indeterminate(reasons) => Err(NotHeld::Indeterminate(first(&reasons))),
    }
}

/// A verified credential that answers its query: whether its holder is its subject, and what of it was asked.
fn hold(query: &CredentialQuery, credential: VerifiedCredential) -> Result<Held, Reason> {
    let holder = credential.evidence().holder.as_ref().ok_or(Reason::HolderBindingMissing)?;
    if !holder.is_subject {
        return Err(Reason::HolderBindingInvalid);
    }
    let claims = Value::Object(credential.claims().clone());
    let asked = check_claims(query, &claims).ok_or(Reason::QueryNotSatisfied)?;
    Ok(Held { claims: project(query, &claims, &asked), credential })
}

/// Whom the credential speaks of: `credentialSubject.id`, or `sub`.
fn subject(credential: &VerifiedCredential) -> Option<&str> {
    let claims = credential.claims();
    let id =
        claims.get("credentialSubject").and_then(|subject| subject.get("id")).or_else(|| claims.get("sub"));
    id.and_then(Value::as_str)
}

fn conclude(
    purpose: &Purpose,
    judged: Vec<(&CredentialQuery, Result<Held, NotHeld>)>,
    against: &Against<'_>,
) -> Judgement {
    let failures: Vec<NotHeld> =
        judged.iter().filter_map(|(_, outcome)| outcome.as_ref().err().copied()).collect();
    let held: Vec<&Held> = judged.iter().filter_map(|(_, outcome)| outcome.as_ref().ok()).collect();
    let one_holder = failures.is_empty() && is_one_holder(&held);
    let mut found = Map::new();
    found.insert("session_bound".into(), false.into());
    found.insert("holder_is_subject".into(), proved(failures.is_empty()).into());
    found.insert("same_holder".into(), proved(one_holder).into());
    found.insert("credentials".into(), Value::Object(grouped(&judged, evidence_of)));
    if !failures.is_empty() {
        return Judgement::of(negative(&failures, found));
    }
    if purpose.same_holder && !one_holder {
        // Each of them is sound; that they are several people's is this purpose's own objection.
        let verdict = Verdict::Rejected { reasons: vec![Reason::HolderBindingInvalid], evidence: found };
        return Judgement { verdict, refused: None };
    }
    if purpose.policy.is_some() {
        let said = ask_policy(purpose, &judged, one_holder, against);
        // A policy that is not at hand permits nothing.
        let permits = said.as_ref().is_some_and(|said| said.outcome == PolicyOutcome::Permitted);
        found.extend(said.map(|said| ("policy".to_owned(), said.evidence)));
        if !permits {
            let verdict = Verdict::Rejected { reasons: vec![Reason::PolicyNotSatisfied], evidence: found };
            return Judgement { verdict, refused: None };
        }
    }
    let claims = grouped(&judged, |outcome| outcome.as_ref().map_or(Value::Null, |held| held.claims.clone()));
    Judgement { verdict: Verdict::Accepted { claims, evidence: found }, refused: None }
}

/// Asks the purpose's policy about what held; `None` when there is none to ask.
fn ask_policy(
    purpose: &Purpose,
    judged: &[(&CredentialQuery, Result<Held, NotHeld>)],
    one_holder: bool,
    against: &Against<'_>,
) -> Option<PolicyAnswer> {
    let held = judged.iter().filter_map(|(query, outcome)| Some((query.id.as_str(), outcome.as_ref().ok()?)));
    let held: Vec<(&str, &Held, Map<String, Value>)> =
        held.map(|(query, held)| (query, held, held.credential.evidence().to_json())).collect();
    let credentials = held.iter().map(|(query, held, evidence)| {
        let credential_type = held.credential.catalog_type();
        (*query, Presented { claims: &held.claims, evidence, credential_type })
    });
    let facts = PolicyFacts {
        now: against.now,
        // On the same device nobody gets the result but with the response code of the session that asked.
        session_bound: against.device == Device::Same,
        same_holder: one_holder,
        credentials: credentials.collect(),
    };
    against.policies.decide(&purpose.id, &facts)
}

fn negative(failures: &[NotHeld], evidence: Map<String, Value>) -> Verdict {
    let reasons = failures
        .iter()
        .map(|failure| match failure {
            NotHeld::Rejected(reason) | NotHeld::Indeterminate(reason) => *reason,
        })
        .collect();
    if failures.iter().any(|failure| matches!(failure, NotHeld::Rejected(_))) {
        Verdict::Rejected { reasons, evidence }
    } else {
        Verdict::Indeterminate { reasons, evidence }
    }
}

fn evidence_of(outcome: &Result<Held, NotHeld>) -> Value {
    match outcome {
        Ok(Held { credential, .. }) => {
            let mut evidence = credential.evidence().to_json();
            evidence.insert("format".to_owned(), credential.format().name().into());
            evidence.insert("types".to_owned(), json!(credential.types()));
            Value::Object(evidence)
        }
        Err(NotHeld::Rejected(reason)) => json!({ "decision": "rejected", "reasons": [reason] }),
        Err(NotHeld::Indeterminate(reason)) => json!({ "decision": "indeterminate", "reasons": [reason] }),
    }
}

/// Query id → what was made of its presentation, or the array of them when the query takes several.
fn grouped(
    judged: &[(&CredentialQuery, Result<Held, NotHeld>)],
    value_of: impl Fn(&Result<Held, NotHeld>) -> Value,
) -> Map<String, Value> {
    let mut object = Map::new();
    for (query, outcome) in judged {
        let value = value_of(outcome);
        if !query.multiple {
            object.insert(query.id.clone(), value);
        } else if let Some(values) =
            object.entry(&query.id).or_insert_with(|| Value::Array(Vec::new())).as_array_mut()
        {
            values.push(value);
        }
    }
    object
}

/// All shown by one key, or all about one subject (whose key each of them proved).
fn is_one_holder(held: &[&Held]) -> bool {
    let credentials = || held.iter().map(|held| &held.credential);
    let one_subject = match credentials().next().and_then(subject) {
        Some(subject_of_first) => credentials().all(|other| subject(other) == Some(subject_of_first)),
        None => false,
    };
    one_subject || same_holder(credentials()) == Proof::Proved
}

const fn proved(is_proved: bool) -> &'static str {
    if is_proved { Proof::Proved.name() } else { Proof::NotProved.name() }
}

fn first(reasons: &[Reason]) -> Reason {
    reasons.first().copied().unwrap_or(Reason::Malformed)
}
