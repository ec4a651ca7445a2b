//! A registration in plain words, for the terminal and for the page.

use portage_authority::{Registration, Standing};
use portage_catalog::{Catalog, Language, message, plain};
use portage_federation::{Relation, Role, TypeName};

/// A line each; its name first.
pub(crate) fn lines(registration: &Registration, catalog: &Catalog, language: Language) -> Vec<String> {
    let rights = &registration.rights;
    let mut lines = vec![registration.name.in_words(language), registration.id.to_string()];
    let mut tell = |key: &str, text: String| lines.push(message(key, language, &[("text", &text)]));
    if let Standing::Suspended { since, why } = &registration.standing {
        tell("authority.show_suspended", format!("{:.0}. {}", since, why.in_words(language)));
    }
    let kind = if rights.relation == Relation::Peer { "authority.show_peer" } else { "authority.show_roles" };
    tell(kind, roles(registration, language));
    if !rights.types.is_empty() {
        let names = rights.types.iter().map(|name| type_word(name, catalog, language));
        tell("authority.show_types", names.collect::<Vec<_>>().join(", "));
    }
    tell("authority.show_jurisdiction", rights.jurisdiction.to_string());
    if let Some(day) = rights.last_day() {
        tell("authority.show_until", day.to_string());
    }
    for did in &rights.identifiers {
        tell("authority.show_did", plain(did));
    }
    for key in registration.keys.iter() {
        tell("authority.show_key", key.thumbprint());
    }
    if let Some(log) = &registration.log {
        tell("authority.show_log", log.key.to_string());
    }
    for key in &rights.retired_keys {
        tell("authority.show_retired", format!("{} ({}, {:.0})", key.thumbprint, key.reason.name(), key.at));
    }
    for mark in &registration.marks {
        tell("authority.show_mark", plain(&mark.trust_mark_type));
    }
    for purpose in &registration.purposes {
        let name = serde_json::from_value(purpose.purpose.get("name").cloned().unwrap_or_default());
        let name =
            name.map_or_else(|_| purpose.id.clone(), |name: portage_catalog::Text| name.in_words(language));
        tell("authority.show_purpose", name);
    }
    lines
}

/// Its roles, in words.
pub(crate) fn roles(registration: &Registration, language: Language) -> String {
    let word = |role: &Role| match role {
        Role::Issuer => message("authority.role_issuer", language, &[]),
        Role::Verifier => message("authority.role_verifier", language, &[]),
        Role::Authority => message("authority.role_authority", language, &[]),
    };
    registration.rights.roles.iter().map(word).collect::<Vec<_>>().join(", ")
}

fn type_word(name: &TypeName, catalog: &Catalog, language: Language) -> String {
    type_named(name.as_str(), catalog, language)
}

/// A type by the name that a right gives it, in the words of the catalogue where it knows the type.
pub(crate) fn type_named(name: &str, catalog: &Catalog, language: Language) -> String {
    let known = catalog.named(name);
    known.map_or_else(|| plain(name), |known| known.name.in_words(language))
}
