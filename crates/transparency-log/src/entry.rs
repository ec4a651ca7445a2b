//! What an authority writes into its log: one event an entry, canonical JSON (RFC 8785), versioned.
//!
//! ```json
//! {"at":"2026-11-24T10:00:00Z","authority":{"id":"https://bc.example","name":{"en":"Province of British Columbia","fr":"…"}},
//!  "event":{"place":{…},"types":[…],"until":"2027-03-31"},"kind":"right","subject":{"id":"https://vancouver.example","name":{…}},"v":1}
//! ```
//!
//! An entry is for ever and for everybody: it names organizations, types, purposes and laws, and has no place for a person. What is
//! not exactly of this form is kept and shown as unknown: a newer authority may say more than we understand.

use jiff::{Timestamp, civil::Date};
use portage_catalog::{Catalog, CredentialType, Purpose, Text};
use portage_keys::{base64url, digest::sha256};
use portage_strict_json::{Limits, parse_object};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::tile::MAX_ENTRY_BYTES;

/// The version of the form.
const VERSION: u64 = 1;
/// Longest name of an organization, a type, a place, in characters.
const MAX_NAME: usize = 200;
/// Longest sentence: what for, by what law, why.
const MAX_SENTENCE: usize = 2000;
/// Most types, claims or roles in one list.
const MAX_LIST: usize = 200;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// When the authority says it happened, to the second.
    pub at: Timestamp,
    /// Who says it.
    pub authority: Entity,
    /// Whom it is about.
    pub subject: Entity,
    /// What.
    pub event: Event,
}

/// An organization: its entity identifier and what it is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entity {
    /// Its entity identifier.
    pub id: String,
    /// What people call it.
    pub name: Text,
}

/// A type of credential, or a place: its name for machines and for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// A type's `vct`, a jurisdiction's code.
    pub id: String,
    /// What people call it.
    pub name: Text,
}

impl Named {
    /// A type of the catalogue.
    pub fn credential_type(ty: &CredentialType) -> Self {
        let fr = if ty.name.fr.is_empty() { ty.name.en.clone() } else { ty.name.fr.clone() };
        Named { id: ty.vct.clone(), name: Text { en: ty.name.en.clone(), fr } }
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The authority knows the subject and vouches for it.
    Registration(Registration),
    /// What the subject may issue from now on: all of it, in the place of what was said before.
    Right(Right),
    /// A purpose for which the subject may ask people, in the place of an earlier one of that id.
    Purpose(RegisteredPurpose),
    /// A purpose for which it may ask no longer.
    PurposeWithdrawn(PurposeWithdrawn),
    /// The authority does not vouch for the subject for now.
    Suspension(Suspension),
    /// It does again.
    Reinstatement(Reinstatement),
    /// The authority recognises what another authority, the subject, vouches for.
    Recognition(Recognition),
    /// A key of the subject came or went.
    KeyChange(KeyChange),
    /// The subject has a trust mark, in the place of an earlier one of that type.
    Mark(Mark),
    /// It has it no longer.
    MarkWithdrawn(Mark),
}

/// What an entity is registered as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// It issues credentials.
    Issuer,
    /// It asks people for them.
    Verifier,
    /// It vouches for others.
    Authority,
}

/// See [`Event::Registration`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// As what.
    #[serde(rename = "as")]
    pub roles: Vec<Role>,
}

/// See [`Event::Right`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Right {
    /// The types; none is nothing.
    pub types: Vec<Named>,
    /// In which roles.
    #[serde(rename = "as", default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// The DIDs it signs with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identifiers: Vec<String>,
    /// The key of its own log (a verifier key), when it is an authority with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
    /// For which jurisdiction alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Named>,
    /// Its last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

/// See [`Event::Purpose`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisteredPurpose {
    /// The purpose's id, and its name.
    pub purpose: Named,
    /// What for, in plain words.
    pub text: Text,
    /// By what law.
    pub law: Text,
    /// What is asked for: one for each type.
    pub asks: Vec<Ask>,
    /// Its last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// SHA-256 of the purpose, in base64url ([`purpose_digest`]): the one that the authority signs for the subject again and again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose_sha256: Option<String>,
    /// SHA-256 of the one signed statement that the entry was about, in base64url: in entries from before statements had an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement_sha256: Option<String>,
}

/// What a purpose asks for of one type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// The type.
    #[serde(rename = "type")]
    pub credential_type: Named,
    /// The claims that are read; none: only that it is there.
    pub claims: Vec<Named>,
}

/// See [`Event::PurposeWithdrawn`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PurposeWithdrawn {
    /// The purpose's id, and its name.
    pub purpose: Named,
}

/// See [`Event::Suspension`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suspension {
    /// Why, without a word about any person.
    pub why: Text,
}

/// See [`Event::Reinstatement`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reinstatement {}

/// See [`Event::Recognition`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recognition {
    /// The types alone that are recognised; absent: all it vouches for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub types: Option<Vec<Named>>,
    /// In which roles.
    #[serde(rename = "as", default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// The DIDs it signs with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identifiers: Vec<String>,
    /// The key of its own log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
    /// Its jurisdiction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Named>,
    /// Its last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

/// See [`Event::KeyChange`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyChange {
    /// The key's thumbprint (RFC 7638).
    pub key: String,
    /// What happened to it.
    pub change: KeyEvent,
}

/// See [`Event::Mark`] and [`Event::MarkWithdrawn`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// The mark's type, and its name.
    pub mark: Named,
    /// Its last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

/// What happened to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyEvent {
    /// It signs from now on.
    Added,
    /// It signs no longer; what it signed stands.
    Retired,
    /// Somebody else may have it: nothing that it signed stands.
    Compromised,
}

/// The SHA-256 of a purpose as an entry names it: over its canonical JSON (RFC 8785). `None` when it has none.
pub fn purpose_digest(purpose: &Value) -> Option<String> {
    serde_json_canonicalizer::to_vec(purpose).ok().map(|bytes| base64url::encode(&sha256(&bytes)))
}

impl RegisteredPurpose {
    /// The entry's words for a purpose file: the types and claims that its query asks for.
    ///
    /// # Errors
    /// What is wrong with the query.
    pub fn of(purpose: &Purpose, catalog: &Catalog) -> Result<Self, String> {
        let mut asks: Vec<Ask> = Vec::new();
        for (ty, claims) in purpose.asked(catalog)? {
            let claims = claims.into_iter().map(|claim| Named {
                id: claim.to_owned(),
                name: Text {
                    en: ty.label(claim, portage_catalog::Language::En).to_owned(),
                    fr: ty.label(claim, portage_catalog::Language::Fr).to_owned(),
                },
            });
            let credential_type = Named::credential_type(ty);
            // One type in two formats is one type to people.
            let known = asks.iter_mut().find(|ask| ask.credential_type.id == credential_type.id);
            let Some(ask) = known else {
                asks.push(Ask { credential_type, claims: claims.collect() });
                continue;
            };
            for claim in claims {
                if !ask.claims.contains(&claim) {
                    ask.claims.push(claim);
                }
            }
        }
        Ok(RegisteredPurpose {
            purpose: Named { id: purpose.id.0.clone(), name: purpose.name.clone() },
            text: purpose.text.clone(),
            law: purpose.law.clone(),
            asks,
            until: None,
            purpose_sha256: None,
            statement_sha256: None,
        })
    }
}

/// Why an entry was not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Something of it is not fit for the log.
    #[error("an entry of the log cannot hold this: {0}")]
    Invalid(&'static str),
    /// Over [`MAX_ENTRY_BYTES`].
    #[error("the entry is longer than the log takes")]
    TooLarge,
}

/// What stands at one place of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadEntry {
    /// An event that we understand.
    Known(Box<LogEntry>),
    /// Of a kind or a version that we do not know, or not of the form at all. Its bytes are as public as all others.
    Unknown {
        /// What it says it is, if it says so in small letters.
        kind: Option<String>,
    },
}

impl ReadEntry {
    /// Reads an entry. Never an error: what is not understood is still there.
    pub fn read(bytes: &[u8]) -> Self {
        match LogEntry::from_bytes(bytes) {
            Some(entry) => ReadEntry::Known(Box::new(entry)),
            None => ReadEntry::Unknown { kind: kind_of(bytes) },
        }
    }

    /// The event, if we understand it.
    pub fn known(&self) -> Option<&LogEntry> {
        match self {
            ReadEntry::Known(entry) => Some(entry),
            ReadEntry::Unknown { .. } => None,
        }
    }
}

fn kind_of(bytes: &[u8]) -> Option<String> {
    let members = parse_object(bytes, Limits::METADATA).ok()?;
    let kind = members.get("kind")?.as_str()?;
    let plain = kind.len() <= 40 && kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    plain.then(|| kind.to_owned())
}

/// The form on the wire; `event` is read by its kind.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    v: u64,
    at: Timestamp,
    kind: String,
    authority: Entity,
    subject: Entity,
    event: Map<String, Value>,
}

impl LogEntry {
    /// The entry as it goes into the log: one form for one event.
    ///
    /// # Errors
    /// [`EntryError`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, EntryError> {
        self.check()?;
        let (kind, event) = self.event.to_members();
        let form = Form {
            v: VERSION,
            at: self.at,
            kind: kind.to_owned(),
            authority: self.authority.clone(),
            subject: self.subject.clone(),
            event,
        };
        let bytes = serde_json_canonicalizer::to_vec(&form)
            .map_err(|_| EntryError::Invalid("it has no canonical form"))?;
        if bytes.len() <= MAX_ENTRY_BYTES { Ok(bytes) } else { Err(EntryError::TooLarge) }
    }

    /// The event that these bytes say, if they are exactly what [`LogEntry::to_bytes`] makes of one.
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let limits = Limits { max_bytes: MAX_ENTRY_BYTES, max_depth: 8 };
        let form: Form = serde_json::from_value(Value::Object(parse_object(bytes, limits).ok()?)).ok()?;
        let entry = LogEntry {
            at: form.at,
            authority: form.authority,
            subject: form.subject,
            event: Event::read(&form.kind, form.event)?,
        };
        (form.v == VERSION && entry.to_bytes().is_ok_and(|canonical| canonical == bytes)).then_some(entry)
    }

    fn check(&self) -> Result<(), EntryError> {
        if self.at.subsec_nanosecond() != 0 {
            return Err(EntryError::Invalid("a time with parts of a second"));
        }
        for entity in [&self.authority, &self.subject] {
            check_id(&entity.id)?;
            check_text(&entity.name, MAX_NAME)?;
        }
        self.event.check()
    }
}

macro_rules! kinds {
    ($($kind:literal $variant:ident,)*) => {
        impl Event {
            /// The names of the kinds, as entries spell them.
            pub const KINDS: &'static [&'static str] = &[$($kind,)*];

            fn to_members(&self) -> (&'static str, Map<String, Value>) {
                let (kind, value) = match self { $(Event::$variant(event) => ($kind, serde_json::to_value(event)),)* };
                match value {
                    Ok(Value::Object(members)) => (kind, members),
                    _ => (kind, Map::new()),
                }
            }

            fn read(kind: &str, members: Map<String, Value>) -> Option<Self> {
                match kind {
                    $($kind => serde_json::from_value(Value::Object(members)).ok().map(Event::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

kinds! {
    "registration" Registration,
    "right" Right,
    "purpose" Purpose,
    "purpose_withdrawn" PurposeWithdrawn,
    "suspension" Suspension,
    "reinstatement" Reinstatement,
    "recognition" Recognition,
    "key_change" KeyChange,
    "mark" Mark,
    "mark_withdrawn" MarkWithdrawn,
}

impl Event {
    fn check(&self) -> Result<(), EntryError> {
        match self {
            Event::Registration(Registration { roles }) => {
                let sorted = roles.is_sorted_by(|a, b| a < b);
                check_that(!roles.is_empty() && sorted, "roles are there, in order, and each once")
            }
            Event::Right(right) => {
                check_names(&right.types)?;
                check_standing(&right.roles, &right.identifiers, right.log.as_deref())?;
                right.place.as_ref().map_or(Ok(()), check_named)
            }
            Event::Purpose(purpose) => purpose.check(),
            Event::PurposeWithdrawn(PurposeWithdrawn { purpose }) => check_named(purpose),
            Event::Suspension(Suspension { why }) => check_text(why, MAX_SENTENCE),
            Event::Reinstatement(Reinstatement {}) => Ok(()),
            Event::Recognition(Recognition { types, roles, identifiers, log, place, .. }) => {
                check_standing(roles, identifiers, log.as_deref())?;
                place.as_ref().map_or(Ok(()), check_named)?;
                types.as_ref().map_or(Ok(()), |types| check_names(types))
            }
            Event::KeyChange(KeyChange { key, .. }) => check_digest(key),
            Event::Mark(Mark { mark, .. }) | Event::MarkWithdrawn(Mark { mark, .. }) => check_named(mark),
        }
    }
}

impl RegisteredPurpose {
    fn check(&self) -> Result<(), EntryError> {
        check_named(&self.purpose)?;
        check_text(&self.text, MAX_SENTENCE)?;
        check_text(&self.law, MAX_SENTENCE)?;
        check_that(!self.asks.is_empty() && self.asks.len() <= MAX_LIST, "a purpose asks for something")?;
        for ask in &self.asks {
            check_named(&ask.credential_type)?;
            check_names(&ask.claims)?;
        }
        let digests = [&self.purpose_sha256, &self.statement_sha256];
        digests.into_iter().flatten().try_for_each(|digest| check_digest(digest))
    }
}

/// Roles in order and each once, names for machines.
fn check_standing(roles: &[Role], identifiers: &[String], log: Option<&str>) -> Result<(), EntryError> {
    check_that(roles.is_sorted_by(|a, b| a < b), "roles are in order, and each once")?;
    check_that(identifiers.len() <= MAX_LIST, "a list that is too long")?;
    identifiers.iter().map(String::as_str).chain(log).try_for_each(check_id)
}

fn check_names(names: &[Named]) -> Result<(), EntryError> {
    check_that(names.len() <= MAX_LIST, "a list that is too long")?;
    names.iter().try_for_each(check_named)
}

fn check_named(named: &Named) -> Result<(), EntryError> {
    check_id(&named.id)?;
    check_text(&named.name, MAX_NAME)
}

fn check_id(id: &str) -> Result<(), EntryError> {
    let plain = id.bytes().all(|byte| byte.is_ascii_graphic());
    check_that(!id.is_empty() && id.len() <= 512 && plain, "a name for machines with spaces, or none")
}

/// Both languages, one line, nothing that could turn a page around.
fn check_text(text: &Text, max: usize) -> Result<(), EntryError> {
    [&text.en, &text.fr].into_iter().try_for_each(|words| {
        let hidden = words.contains(|c: char| {
            c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        });
        check_that(!hidden, "a text with hidden characters or several lines")?;
        check_that(!words.trim().is_empty(), "a text that is not there in both languages")?;
        check_that(words.chars().count() <= max, "a text that is too long")
    })
}

fn check_digest(text: &str) -> Result<(), EntryError> {
    check_that(base64url::decode(text).is_ok_and(|digest| digest.len() == 32), "a digest that is none")
}

fn check_that(holds: bool, otherwise: &'static str) -> Result<(), EntryError> {
    if holds { Ok(()) } else { Err(EntryError::Invalid(otherwise)) }
}

#[cfg(test)]
mod tests;
