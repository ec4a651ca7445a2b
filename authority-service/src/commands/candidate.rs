//! Who is to be registered: its keys, its name, its DIDs, and a person's word that they are the right ones.

use std::{collections::BTreeSet, fs, io::IsTerminal, path::Path};

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use portage_authority::{Authority, Candidate, RegisterError, Registered, Registration, RegistryStore};
use portage_catalog::{Catalog, Text};
use portage_did::{Did, did_web};
use portage_federation::{
    EntityConfiguration, EntityId, FederationKeys, HeldRights, LogAddress, Rights, Role, TypeName,
};
use portage_fetch::Fetcher;
use portage_reason::Reason;
use portage_service::{ExitCode, output};
use portage_strict_json::{Limits, parse};
use serde_json::json;
use url::Url;

use super::{CommandError, record_failure, say, superiors};
use crate::args::{Common, KeySource};

/// What an entity brings along, wherever it was read.
pub(super) struct Introduced {
    id: EntityId,
    /// Whether somebody has compared its keys already.
    compared: bool,
    keys: FederationKeys,
    name: Text,
    dids: BTreeSet<String>,
    /// Its public log, as it says itself.
    log: Option<LogAddress>,
}

/// Reads the keys from a file, from a configuration at hand, or from the entity itself at this moment.
pub(super) async fn introduced(
    source: &KeySource,
    entity: &EntityId,
    fetcher: &Fetcher,
    now: Timestamp,
) -> Result<Introduced, CommandError> {
    let configuration = match (&source.jwks, &source.configuration) {
        (Some(file), _) => return of_keys(source, entity, file),
        (None, Some(file)) => superiors::read_configuration(&read(file)?, entity, now)?,
        (None, None) => superiors::configuration(fetcher, entity, now).await?,
    };
    let dids = if source.dids.is_empty() { proposed(&configuration)? } else { named(&source.dids)? };
    let said = configuration.metadata.organization_name();
    let (id, compared) = (entity.clone(), source.yes);
    let log = configuration.metadata.log();
    Ok(Introduced { id, compared, keys: configuration.keys, name: name(source, said, entity), dids, log })
}

fn of_keys(source: &KeySource, entity: &EntityId, file: &Path) -> Result<Introduced, CommandError> {
    let set = parse(read(file)?.as_bytes(), Limits::METADATA)
        .map_err(|error| CommandError::Refused(error.reason(), format!("{}: {error}", file.display())))?;
    let keys = FederationKeys::from_value(&set)
        .map_err(|what| CommandError::Refused(Reason::Malformed, format!("{}: {what}", file.display())))?;
    let (id, compared) = (entity.clone(), source.yes);
    let dids = named(&source.dids)?;
    Ok(Introduced { id, compared, keys, name: name(source, None, entity), dids, log: None })
}

/// The DIDs that the entity proposes. A did:web or did:webvh of another address is not taken on its word: a person names it with `--did`.
fn proposed(configuration: &EntityConfiguration) -> Result<BTreeSet<String>, CommandError> {
    let own = Url::parse(configuration.id.as_str()).ok().and_then(|url| did_web(&url).ok());
    let mut dids = BTreeSet::new();
    for did in configuration.metadata.proposed_identifiers() {
        if did.web_location().is_some() && own.as_ref().and_then(Did::web_location) != did.web_location() {
            let values = [("entity", configuration.id.as_str()), ("did", did.as_str())];
            return Err(CommandError::Refused(Reason::KeyMismatch, say("authority.foreign_did", &values)));
        }
        dids.insert(did.to_string());
    }
    Ok(dids)
}

fn named(dids: &[String]) -> Result<BTreeSet<String>, CommandError> {
    let check = |did: &String| {
        Did::parse(did)
            .map(|did| did.to_string())
            .map_err(|error| CommandError::Usage(format!("--did: {error}")))
    };
    dids.iter().map(check).collect()
}

/// The name given here, else what the entity calls itself, else its identifier.
fn name(source: &KeySource, said: Option<Text>, entity: &EntityId) -> Text {
    let said = said.unwrap_or_else(|| Text { en: entity.to_string(), fr: String::new() });
    let en = source.name_en.clone().unwrap_or(said.en);
    let fr = source.name_fr.clone().unwrap_or(said.fr);
    let fr = if fr.trim().is_empty() { en.clone() } else { fr };
    Text { en, fr }
}

fn read(path: &Path) -> Result<String, CommandError> {
    fs::read_to_string(path)
        .map_err(|error| CommandError::Usage(format!("{} could not be read: {error}", path.display())))
}

/// The names of types as rights spell them: a type of the catalogue by its `vct`, everything else as it was named.
pub(super) fn type_names(names: &[String], catalog: &Catalog) -> Result<Vec<TypeName>, CommandError> {
    let read = |name: &String| {
        let vct = catalog.credential_type(name).map(|known| known.vct.as_str());
        let name = vct.unwrap_or(name);
        let is_address = name.starts_with("https://") || name.starts_with("urn:");
        if vct.is_none() && name != "*" && !is_address {
            return Err(CommandError::Usage(say("authority.unknown_type", &[("type", name)])));
        }
        TypeName::parse(name).map_err(|what| CommandError::Usage(format!("{name}: {what}")))
    };
    names.iter().map(read).collect()
}

/// The time at which a right with this last day ends.
pub(super) fn end_of(day: Date) -> Result<Timestamp, CommandError> {
    let next = day.checked_add(1.day()).map_err(CommandError::fault)?;
    TimeZone::UTC.to_timestamp(next.at(0, 0, 0, 0)).map_err(CommandError::fault)
}

/// Shows the keys, asks whether they are right, and registers.
pub(super) async fn register<S: RegistryStore>(
    authority: &Authority<S>,
    introduced: Introduced,
    mut rights: Rights,
    held: &[HeldRights],
    common: &Common,
    now: Timestamp,
) -> Result<ExitCode, CommandError> {
    let Introduced { id, compared, keys, name, dids, log } = introduced;
    let entity = &id;
    rights.identifiers = dids;
    let log = log.filter(|_| rights.roles.contains(&Role::Authority));
    let candidate = Candidate { id: id.clone(), name, keys, rights, log };
    // Before anybody is asked anything.
    portage_authority::check_grant(held, &candidate.rights, now)
        .map_err(|beyond| refused(&RegisterError::Beyond(beyond), entity))?;
    if candidate.keys.is_empty() {
        return Err(CommandError::Refused(
            Reason::KeyNotFound,
            say("authority.no_key", &[("entity", entity.as_str())]),
        ));
    }
    let known = authority.registration(entity).await.map_err(|failure| super::store_failure(&failure))?;
    if !compared && known.is_none_or(|known| other_keys(&known, &candidate)) {
        confirm(&candidate)?;
    }
    let registered =
        authority.register(candidate, held, now).await.map_err(|error| refused(&error, entity))?;
    let (word, key) = match registered {
        Registered::New => ("new", "authority.registered"),
        Registered::Changed => ("changed", "authority.changed"),
        Registered::Unchanged => ("unchanged", "authority.unchanged"),
    };
    if common.json {
        output::json_line(&json!({ "entity": entity.as_str(), "done": word }))?;
    } else {
        output::line(&say(key, &[("entity", entity.as_str())]))?;
    }
    Ok(ExitCode::Done)
}

fn other_keys(known: &Registration, candidate: &Candidate) -> bool {
    known.keys != candidate.keys
        || known.rights.identifiers != candidate.rights.identifiers
        || known.log != candidate.log
}

/// A key that nobody compared is anybody's: on a terminal a person says yes, elsewhere `--yes` does.
fn confirm(candidate: &Candidate) -> Result<(), CommandError> {
    let thumbprints: Vec<_> = candidate.keys.iter().map(portage_jose::Jwk::thumbprint).collect();
    let dids: Vec<_> = candidate.rights.identifiers.iter().map(String::as_str).collect();
    let shown = dids.join(", ");
    let values = [
        ("entity", candidate.id.as_str()),
        ("name", candidate.name.in_language(portage_web::language_of_terminal())),
        ("keys", &thumbprints.join(", ")),
        ("dids", if dids.is_empty() { "—" } else { &shown }),
    ];
    let mut question = say("authority.confirm", &values.map(|(name, value)| (name, value)));
    if let Some(log) = &candidate.log {
        question = format!("{} {question}", say("authority.confirm_log", &[("log", &log.key.to_string())]));
    }
    if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
        return Err(CommandError::Refused(
            Reason::ConsentRequired,
            format!("{question} {}", say("authority.yes_needed", &[])),
        ));
    }
    let answer = dialoguer::Confirm::new().with_prompt(question).default(false).interact();
    match answer {
        Ok(true) => Ok(()),
        Ok(false) => Err(CommandError::Refused(Reason::ConsentRequired, say("authority.not_confirmed", &[]))),
        Err(error) => Err(CommandError::fault(error)),
    }
}

fn refused(error: &RegisterError, entity: &EntityId) -> CommandError {
    let values = [("entity", entity.as_str())];
    match error {
        RegisterError::Beyond(beyond) => CommandError::Refused(beyond.reason(), beyond.to_string()),
        RegisterError::Suspended => {
            CommandError::Refused(Reason::Suspended, say("authority.is_suspended", &values))
        }
        RegisterError::Itself => CommandError::Usage(error.to_string()),
        RegisterError::Record(failure) => record_failure(failure),
    }
}
