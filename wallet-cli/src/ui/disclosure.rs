//! The most important screen: who asks, by what right, for what, what they learn and what they do not.

use portage_catalog::{Catalog, Language, message, message_for_count, plain, reason_sentence};
use portage_dcql::ExcessKind;
use portage_reason::Reason;
use portage_trust::MayAsk;
use portage_wallet::{Asker, Beyond, DisclosurePlan, Missing, PlannedAnswer, PurposeSource, ShownPurpose};

use super::{credential::claim_line, issuer_name, named};

/// Longest text of a purpose that is shown.
const MAX_PURPOSE: usize = 2000;

/// Who asks, as a person calls them.
pub(crate) fn asker_name(asker: &Asker, language: Language) -> String {
    asker.name().map_or_else(|| asker.host.clone(), |name| named(name, language))
}

/// The whole plan.
pub(crate) fn plan(plan: &DisclosurePlan, catalog: &Catalog, language: Language) -> Vec<String> {
    let mut lines = asker(plan.asker(), language);
    lines.push(String::new());
    lines.push(message("consent.learn", language, &[]));
    for answer in plan.answers() {
        lines.extend(learned(answer, language));
    }
    lines.push(String::new());
    lines.push(message("consent.not_learn", language, &[]));
    for answer in plan.answers().iter().filter(|answer| !answer.withheld.is_empty()) {
        lines.push(format!("  {}", withheld(answer, language)));
    }
    lines.push(format!("  {}", message("consent.not_learn_issuer", language, &[])));
    let warnings = warnings(plan, catalog, language);
    if !warnings.is_empty() {
        lines.push(String::new());
        lines.extend(warnings);
    }
    lines.push(String::new());
    lines.extend(terms(plan.asker().purpose.as_ref(), language));
    lines
}

/// A request that nothing in the wallet answers.
pub(crate) fn unanswerable(
    who: &Asker,
    missing: &[Missing],
    catalog: &Catalog,
    language: Language,
) -> Vec<String> {
    let mut lines = asker(who, language);
    lines.push(String::new());
    lines.push(message("wallet.missing", language, &[]));
    for query in missing {
        let name = asked_type(query.credential_type.as_deref(), &query.query, catalog, language);
        lines.push(format!("  {name}"));
    }
    let beyond = beyond(who, catalog, language);
    if !beyond.is_empty() {
        lines.push(String::new());
        lines.extend(beyond);
    }
    lines.push(String::new());
    lines.extend(terms(who.purpose.as_ref(), language));
    lines
}

fn asker(asker: &Asker, language: Language) -> Vec<String> {
    let verifier = asker_name(asker, language);
    let mut lines = vec![
        message("consent.who", language, &[("verifier", &verifier)]),
        message("consent.host", language, &[("host", &asker.host)]),
        message(asker.proof_message(), language, &[("host", &asker.host)]),
    ];
    match &asker.standing {
        MayAsk::Registered(_) => lines.push(registered(asker, language)),
        MayAsk::NotRegistered(_) => {
            lines.push(message("consent.not_registered", language, &[("verifier", &verifier)]));
        }
        MayAsk::Unknown => lines.push(message("consent.unknown", language, &[("verifier", &verifier)])),
    }
    if asker.log.is_err() {
        lines.push(message("wallet.log_invalid", language, &[]));
    }
    match &asker.purpose {
        None => lines.push(message("consent.no_purpose", language, &[])),
        Some(purpose) => {
            let words = &purpose.words;
            let text = |text: &portage_catalog::Text| text.in_words_up_to(language, MAX_PURPOSE);
            lines.push(message("consent.why", language, &[("text", &text(&words.text))]));
            lines.push(message("consent.law", language, &[("law", &text(&words.law))]));
            if purpose.source == PurposeSource::Told {
                lines.push(message("wallet.purpose_told", language, &[]));
            }
        }
    }
    lines
}

/// Who vouches for them.
fn registered(asker: &Asker, language: Language) -> String {
    match asker.purpose.as_ref().map(|purpose| &purpose.source) {
        Some(PurposeSource::Registered) => message("wallet.registered", language, &[]),
        Some(PurposeSource::Vouched(by)) => {
            message("wallet.vouched", language, &[("authority", &named(&by.name, language))])
        }
        Some(PurposeSource::Told) | None => message("wallet.registered_unknown", language, &[]),
    }
}

fn learned(answer: &PlannedAnswer, language: Language) -> Vec<String> {
    let name = named(&answer.name, language);
    let issuer = issuer_name(&answer.issuer, language);
    let mut lines = vec![format!(
        "  {}",
        message("consent.learn_from", language, &[("type", &name), ("issuer", &issuer)])
    )];
    for claim in &answer.learned {
        lines.push(format!("    {}", claim_line("consent.learn_claim", claim, language)));
    }
    if answer.learned.is_empty() {
        lines.push(format!("    {}", message("consent.learn_exists", language, &[])));
    }
    if answer.in_issuers_words {
        lines.push(format!("    {}", message("wallet.issuers_words", language, &[])));
    }
    if answer.is_shown_whole() {
        lines.push(format!("    {}", message("consent.whole", language, &[])));
    }
    if !answer.others.is_empty() {
        let others: Vec<String> = answer.others.iter().map(ToString::to_string).collect();
        let values =
            [("id", answer.credential.0.as_str()), ("others", &others.join(", ")), ("query", &answer.query)];
        lines.push(format!("    {}", message("wallet.others", language, &values)));
    }
    lines
}

fn withheld(answer: &PlannedAnswer, language: Language) -> String {
    let labels: Vec<String> = answer.withheld.iter().map(|claim| named(&claim.label, language)).collect();
    let labels = labels.join(", ");
    let name = named(&answer.name, language);
    message("wallet.not_learned_of", language, &[("type", &name), ("labels", &labels)])
}

/// What goes beyond the purpose, and what the wallet found against what would be shown.
fn warnings(plan: &DisclosurePlan, catalog: &Catalog, language: Language) -> Vec<String> {
    let mut lines = beyond(plan.asker(), catalog, language);
    for answer in plan.answers() {
        if answer.protected {
            let name = named(&answer.name, language);
            lines.push(message("wallet.protected", language, &[("type", &name)]));
        }
        lines.extend(answer.doubts.iter().map(|doubt| warning(answer, *doubt, language)));
    }
    lines
}

/// What is asked beyond the registered purpose, one line each.
fn beyond(asker: &Asker, catalog: &Catalog, language: Language) -> Vec<String> {
    if asker.beyond_purpose.is_empty() {
        return Vec::new();
    }
    let verifier = asker_name(asker, language);
    let mut lines = vec![message("wallet.beyond_purpose", language, &[("verifier", &verifier)])];
    for beyond in &asker.beyond_purpose {
        lines.push(format!("  {}", excess(beyond, catalog, language)));
    }
    lines
}

/// One thing beyond the purpose, in words.
pub(crate) fn excess(beyond: &Beyond, catalog: &Catalog, language: Language) -> String {
    let name = asked_type(beyond.credential_type.as_deref(), &beyond.query, catalog, language);
    let claim = beyond.claim.as_ref().map(|claim| named(claim, language)).unwrap_or_default();
    let key = match beyond.kind {
        ExcessKind::Claim => "wallet.beyond_claim",
        ExcessKind::Values => "wallet.beyond_values",
        ExcessKind::Format => "wallet.beyond_format",
        ExcessKind::Type => "wallet.beyond_type",
        ExcessKind::ClaimsTogether => "wallet.beyond_claims_together",
        ExcessKind::Issuers => "wallet.beyond_issuers",
        ExcessKind::HolderBinding => "wallet.beyond_holder_binding",
        ExcessKind::Multiple => "wallet.beyond_multiple",
        ExcessKind::CredentialsTogether => "wallet.beyond_credentials_together",
        ExcessKind::TooComplex => "wallet.beyond_too_complex",
    };
    message(key, language, &[("type", &name), ("claim", &claim)])
}

/// A type that a query asks for: the name of one that is known here, else what the request calls it.
fn asked_type(id: Option<&str>, query: &str, catalog: &Catalog, language: Language) -> String {
    match id.and_then(|id| catalog.credential_type(id)) {
        Some(known) => named(&known.name, language),
        None => plain(id.unwrap_or(query)),
    }
}

fn warning(answer: &PlannedAnswer, doubt: Reason, language: Language) -> String {
    let name = named(&answer.name, language);
    let values = [("type", name.as_str())];
    match doubt {
        Reason::Revoked => message("consent.revoked", language, &values),
        Reason::Suspended => message("consent.suspended", language, &values),
        Reason::StatusUnavailable | Reason::KeyNotFound => {
            message("consent.status_unknown", language, &values)
        }
        other => {
            let sentence = reason_sentence(other, language);
            message("wallet.doubt", language, &[("type", &name), ("sentence", sentence)])
        }
    }
}

/// How long, how else, whom to ask.
fn terms(purpose: Option<&ShownPurpose>, language: Language) -> Vec<String> {
    let Some(purpose) = purpose else { return vec![message("consent.kept_unknown", language, &[])] };
    let words = &purpose.words;
    let kept = match words.retention_days {
        0 => message("consent.not_kept", language, &[]),
        days => message_for_count("consent.kept", u64::from(days), language, &[]),
    };
    let alternative = words.alternative.in_words_up_to(language, MAX_PURPOSE);
    let contact = plain(&words.contact);
    vec![
        kept,
        message("consent.alternative", language, &[("text", &alternative)]),
        message("consent.contact", language, &[("contact", &contact)]),
    ]
}
