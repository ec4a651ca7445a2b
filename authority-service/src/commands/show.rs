use portage_authority::{Registration, Standing, last_day};
use portage_catalog::{Catalog, plain};
use portage_federation::{Relation, Role, TypeName};
use portage_reason::Reason;
use portage_service::{ExitCode, output};
use portage_web::language_of_terminal;
use serde_json::{Value, json};

use super::{CommandError, say, store_failure};
use crate::{
    args::{Common, ShowArgs},
    wiring,
};

/// What is said of an entity.
pub(crate) async fn run(args: &ShowArgs, common: &Common) -> Result<ExitCode, CommandError> {
    let authority = wiring::open(&common.dir)?.authority;
    let found = authority.registration(&args.entity).await.map_err(|failure| store_failure(&failure))?;
    let absent = || say("authority.absent", &[("entity", args.entity.as_str())]);
    let registration = found.ok_or_else(|| CommandError::Refused(Reason::ValueInvalid, absent()))?;
    if common.json {
        output::json_line(&json_of(&registration))?;
    } else {
        for line in lines(&registration, authority.catalog()) {
            output::line(&line)?;
        }
    }
    Ok(ExitCode::Done)
}

/// For machines.
pub(super) fn json_of(registration: &Registration) -> Value {
    let suspended = match &registration.standing {
        Standing::Active => Value::Null,
        Standing::Suspended { since, why } => {
            json!({ "since": since.to_string(), "why": { "en": why.en, "fr": why.fr } })
        }
    };
    let purposes: Vec<_> = registration
        .purposes
        .iter()
        .map(
            |purpose| json!({ "id": purpose.id, "statement": purpose.statement, "log_index": purpose.entry }),
        )
        .collect();
    json!({
        "entity": registration.id.as_str(),
        "name": { "en": registration.name.en, "fr": registration.name.fr },
        "keys": registration.keys.iter().map(portage_jose::Jwk::thumbprint).collect::<Vec<_>>(),
        "rights": registration.rights.to_value(),
        "suspended": suspended,
        "purposes": purposes,
        "log_index": registration.rights_entry,
    })
}

fn lines(registration: &Registration, catalog: &Catalog) -> Vec<String> {
    let language = language_of_terminal();
    let rights = &registration.rights;
    let mut lines = vec![registration.name.in_words(language), registration.id.to_string()];
    let mut tell = |key: &str, text: String| lines.push(say(key, &[("text", &text)]));
    if let Standing::Suspended { since, why } = &registration.standing {
        tell("authority.show_suspended", format!("{since}. {}", why.in_words(language)));
    }
    let roles: Vec<_> = rights.roles.iter().map(|role| role_word(*role)).collect();
    let kind = if rights.relation == Relation::Peer { "authority.show_peer" } else { "authority.show_roles" };
    tell(kind, roles.join(", "));
    if !rights.types.is_empty() {
        let names = rights.types.iter().map(|name| type_word(name, catalog));
        tell("authority.show_types", names.collect::<Vec<_>>().join(", "));
    }
    tell("authority.show_jurisdiction", rights.jurisdiction.to_string());
    if let Some(day) = rights.until.and_then(last_day) {
        tell("authority.show_until", day.to_string());
    }
    for did in &rights.identifiers {
        tell("authority.show_did", plain(did));
    }
    for key in registration.keys.iter() {
        tell("authority.show_key", key.thumbprint());
    }
    for key in &rights.retired_keys {
        tell("authority.show_retired", format!("{} ({}, {})", key.thumbprint, key.reason.name(), key.at));
    }
    for purpose in &registration.purposes {
        tell("authority.show_purpose", purpose.id.clone());
    }
    lines
}

/// A role in the language of the terminal.
pub(super) fn role_word(role: Role) -> String {
    match role {
        Role::Issuer => say("log.role_issuer", &[]),
        Role::Verifier => say("log.role_verifier", &[]),
        Role::Authority => say("log.role_authority", &[]),
    }
}

fn type_word(name: &TypeName, catalog: &Catalog) -> String {
    let known = catalog.by_vct(name.as_str()).or_else(|| catalog.credential_type(name.as_str()));
    known.map_or_else(|| plain(name.as_str()), |known| known.name.in_words(language_of_terminal()))
}
