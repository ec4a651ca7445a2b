//! Who is to be registered: its keys, its name, its DIDs, and a person's word that they are the right ones.

use std::{collections::BTreeSet, fs, path::Path};

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use portage_authority::{
    Authority, BeyondHeld, Candidate, RegisterError, Registered, Registration, RegistryStore,
};
use portage_catalog::{Catalog, Text, message};
use portage_did::{Did, did_web};
use portage_federation::{
    EntityConfiguration, EntityId, FederationKeys, HeldRights, LogAddress, Rights, Role, TypeName,
    last_day_of,
};
use portage_fetch::Fetcher;
use portage_reason::Reason;
use portage_service::{ExitCode, output};
use portage_strict_json::{Limits, parse};
use portage_web::language_of_terminal;
use serde_json::json;
use url::Url;

use super::{CommandError, clerk, record_failure, say, superiors};
use crate::{
    args::{Common, KeySource},
    words,
};

/// What an entity brings along, wherever it was read.
pub(super) struct Introduced {
    id: EntityId,
    /// Whether somebody has compared its keys already.
    compared: bool,
    keys: FederationKeys,
    name: Text,
    dids: BTreeSet<String>,
    /// Those of them that nothing but its own word makes its own.
    unproved: BTreeSet<String>,
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
    // A did:web of its own host is proved by the host. Anything else anybody can write into their configuration.
    let anybodys = |did: &&String| source.dids.is_empty() && !did.starts_with("did:web:");
    let unproved = dids.iter().filter(anybodys).cloned().collect();
    let said = configuration.metadata.organization_name();
    let (id, compared) = (entity.clone(), source.yes);
    let log = configuration.metadata.log();
    let name = name(source, said, entity);
    Ok(Introduced { id, compared, keys: configuration.keys, name, dids, unproved, log })
}

fn of_keys(source: &KeySource, entity: &EntityId, file: &Path) -> Result<Introduced, CommandError> {
    let set = parse(read(file)?.as_bytes(), Limits::METADATA)
        .map_err(|error| CommandError::Refused(error.reason(), format!("{}: {error}", file.display())))?;
    let keys = FederationKeys::from_value(&set)
        .map_err(|what| CommandError::Refused(Reason::Malformed, format!("{}: {what}", file.display())))?;
    let (id, compared) = (entity.clone(), source.yes);
    let dids = named(&source.dids)?;
    let (name, unproved) = (name(source, None, entity), BTreeSet::new());
    Ok(Introduced { id, compared, keys, name, dids, unproved, log: None })
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
    let Introduced { id, compared, keys, name, dids, unproved, log } = introduced;
    let entity = &id;
    rights.identifiers = dids;
    let log = log.filter(|_| rights.roles.contains(&Role::Authority));
    let candidate = Candidate { id: id.clone(), name, keys, rights, log };
    // Before anybody is asked anything.
    portage_authority::check_grant(held, &candidate.rights, now)
        .map_err(|beyond| refused(&RegisterError::Beyond(beyond), entity, authority.catalog()))?;
    if candidate.keys.is_empty() {
        return Err(CommandError::Refused(
            Reason::KeyNotFound,
            say("authority.no_key", &[("entity", entity.as_str())]),
        ));
    }
    let known = authority.registration(entity).await.map_err(|failure| super::store_failure(&failure))?;
    let is_new = |did: &&String| known.as_ref().is_none_or(|known| !known.rights.identifiers.contains(*did));
    if let Some(did) = unproved.iter().find(is_new) {
        let values = [("entity", entity.as_str()), ("did", did.as_str())];
        return Err(CommandError::Refused(Reason::KeyMismatch, say("authority.unproved_did", &values)));
    }
    let preview = authority.preview(&candidate);
    let lines = words::lines(&preview, authority.catalog(), language_of_terminal()).join("\n");
    if !compared && known.as_ref().is_none_or(|known| other_keys(known, &candidate)) {
        clerk::must_agree(&format!("{lines}\n{}", question(&candidate)))?;
    } else if known.as_ref().is_none_or(|known| known.rights != candidate.rights) {
        clerk::agrees(compared, &lines)?;
    }
    let registered = authority.register(candidate, held, now).await;
    let registered = registered.map_err(|error| refused(&error, entity, authority.catalog()))?;
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
fn question(candidate: &Candidate) -> String {
    let mut question = say("authority.confirm", &[]);
    if let Some(log) = &candidate.log {
        question = format!("{} {question}", say("authority.confirm_log", &[("log", &log.key.to_string())]));
    }
    question
}

/// What this authority would hand on and does not hold, in words.
fn beyond_words(beyond: &BeyondHeld, catalog: &Catalog) -> String {
    let language = language_of_terminal();
    match beyond {
        BeyondHeld::Nothing => say("authority.beyond_nothing", &[]),
        BeyondHeld::Role(role) => {
            let role = message(&format!("authority.role_{role}"), language, &[]);
            say("authority.beyond_role", &[("role", &role)])
        }
        BeyondHeld::Type(name) => {
            say("authority.beyond_type", &[("type", &words::type_named(name, catalog, language))])
        }
        BeyondHeld::Jurisdiction(code) => say("authority.beyond_jurisdiction", &[("place", code)]),
        BeyondHeld::Until(end) => {
            let day = last_day_of(*end).map(|day| day.to_string()).unwrap_or_default();
            say("authority.beyond_until", &[("until", &day)])
        }
    }
}

fn refused(error: &RegisterError, entity: &EntityId, catalog: &Catalog) -> CommandError {
    let values = [("entity", entity.as_str())];
    match error {
        RegisterError::Beyond(beyond) => {
            CommandError::Refused(beyond.reason(), beyond_words(beyond, catalog))
        }
        RegisterError::Suspended => {
            CommandError::Refused(Reason::Suspended, say("authority.is_suspended", &values))
        }
        RegisterError::Itself => CommandError::Usage(say("authority.itself", &[])),
        RegisterError::Record(failure) => record_failure(failure),
    }
}
