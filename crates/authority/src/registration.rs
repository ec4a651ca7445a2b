//! What an authority knows of an entity it vouches for.

use jiff::Timestamp;
use portage_catalog::Text;
use portage_federation::{
    EntityId, FEDERATION_ENTITY, FederationKeys, LogAddress, OPENID_CREDENTIAL_ISSUER,
    OPENID_CREDENTIAL_VERIFIER, Rights, Role,
};
use serde_json::{Map, Value, json};

use crate::GivenMark;

/// An entity that was registered or recognised, as it stands now.
#[derive(Debug, Clone, PartialEq)]
pub struct Registration {
    /// Which entity.
    pub id: EntityId,
    /// What people call it.
    pub name: Text,
    /// The keys it signs its statements with.
    pub keys: FederationKeys,
    /// What it may do.
    pub rights: Rights,
    /// Its own public log, when it is an authority: people look at the key when they register it, and its statements are held against it.
    pub log: Option<LogAddress>,
    /// Whether anything is said of it at all.
    pub standing: Standing,
    /// The purposes it may ask for, by id.
    pub purposes: Vec<RegisteredPurpose>,
    /// The trust marks it was given.
    pub marks: Vec<GivenMark>,
    /// The entry of the log that tells its rights; given by the store when the entry is appended.
    pub rights_entry: Option<u64>,
}

/// Whether an authority speaks for an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Active,
    /// It does not, for the time being.
    Suspended {
        /// From when on.
        since: Timestamp,
        /// Why, in the authority's words.
        why: Text,
    },
}

/// A purpose that was registered for a verifier.
#[derive(Debug, Clone, PartialEq)]
pub struct RegisteredPurpose {
    /// Its id.
    pub id: String,
    /// The file of `specs/purposes/`, as it was registered.
    pub purpose: Value,
    /// The entry of the log that tells it; given by the store when the entry is appended.
    pub entry: Option<u64>,
}

/// What an entry of the log proves, so that the store can note its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proves {
    /// The rights.
    Rights,
    /// The purpose with this id.
    Purpose(String),
    /// Nothing that is shown to wallets.
    Nothing,
}

/// A stored registration that does not read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stored registration does not hold: {0}")]
pub struct NotARegistration(pub &'static str);

impl Registration {
    /// Notes at which place of the log something stands.
    pub fn note_entry(&mut self, proves: &Proves, index: u64) {
        match proves {
            Proves::Rights => self.rights_entry = Some(index),
            Proves::Purpose(id) => {
                for purpose in self.purposes.iter_mut().filter(|purpose| purpose.id == *id) {
                    purpose.entry = Some(index);
                }
            }
            Proves::Nothing => {}
        }
    }

    /// Whether a statement about it is given out.
    pub fn is_active(&self) -> bool {
        self.standing == Standing::Active
    }

    /// The Entity Types of its roles, as `federation_list_endpoint` filters by them (§8.2.1).
    pub fn has_entity_type(&self, entity_type: &str) -> bool {
        entity_type == FEDERATION_ENTITY
            || self.rights.roles.iter().any(|role| entity_type_of(*role) == entity_type)
    }

    /// As the store keeps it.
    pub fn to_value(&self) -> Value {
        let standing = match &self.standing {
            Standing::Active => Value::Null,
            Standing::Suspended { since, why } => {
                json!({ "since": since.to_string(), "why": { "en": why.en, "fr": why.fr } })
            }
        };
        let purpose = |purpose: &RegisteredPurpose| json!({ "id": purpose.id, "purpose": purpose.purpose, "entry": purpose.entry });
        json!({
            "id": self.id.as_str(),
            "name": { "en": self.name.en, "fr": self.name.fr },
            "jwks": self.keys.to_value(),
            "rights": self.rights.to_value(),
            "log": self.log.as_ref().map(LogAddress::to_value),
            "suspended": standing,
            "purposes": self.purposes.iter().map(purpose).collect::<Vec<_>>(),
            "marks": self.marks.iter().map(GivenMark::to_value).collect::<Vec<_>>(),
            "rights_entry": self.rights_entry,
        })
    }

    /// Reads what [`Registration::to_value`] wrote.
    ///
    /// # Errors
    /// [`NotARegistration`].
    pub fn restored(value: &Value) -> Result<Self, NotARegistration> {
        let members = value.as_object().ok_or(NotARegistration("not an object"))?;
        let member = |name| members.get(name).ok_or(NotARegistration("a member is missing"));
        let id = member("id")?.as_str().and_then(|id| EntityId::parse(id).ok());
        Ok(Registration {
            id: id.ok_or(NotARegistration("id"))?,
            name: read_name(member("name")?).ok_or(NotARegistration("name"))?,
            keys: FederationKeys::from_value(member("jwks")?).map_err(NotARegistration)?,
            rights: Rights::from_value(member("rights")?).map_err(NotARegistration)?,
            log: match members.get("log") {
                None | Some(Value::Null) => None,
                Some(log) => Some(LogAddress::from_value(log).ok_or(NotARegistration("log"))?),
            },
            standing: read_standing(member("suspended")?).ok_or(NotARegistration("suspended"))?,
            purposes: read_purposes(member("purposes")?).ok_or(NotARegistration("purposes"))?,
            // Stores of before there were marks have none.
            marks: members
                .get("marks")
                .map_or(Some(Vec::new()), read_marks)
                .ok_or(NotARegistration("marks"))?,
            rights_entry: member("rights_entry")?.as_u64(),
        })
    }
}

/// The Entity Type that a role goes with.
pub const fn entity_type_of(role: Role) -> &'static str {
    match role {
        Role::Issuer => OPENID_CREDENTIAL_ISSUER,
        Role::Verifier => OPENID_CREDENTIAL_VERIFIER,
        Role::Authority => FEDERATION_ENTITY,
    }
}

fn text<'m>(members: &'m Map<String, Value>, name: &str) -> Option<&'m str> {
    members.get(name)?.as_str()
}

fn read_name(value: &Value) -> Option<Text> {
    let members = value.as_object()?;
    Some(Text { en: text(members, "en")?.to_owned(), fr: text(members, "fr")?.to_owned() })
}

fn read_standing(value: &Value) -> Option<Standing> {
    let Value::Object(members) = value else { return value.is_null().then_some(Standing::Active) };
    let since = text(members, "since")?.parse().ok()?;
    Some(Standing::Suspended { since, why: read_name(members.get("why")?)? })
}

fn read_marks(value: &Value) -> Option<Vec<GivenMark>> {
    value.as_array()?.iter().map(GivenMark::restored).collect()
}

fn read_purposes(value: &Value) -> Option<Vec<RegisteredPurpose>> {
    let read = |entry: &Value| {
        let members = entry.as_object()?;
        // One from before statements had an end: its entry names the statement of then, and proves no other. It is registered again.
        let has_old_entry = members.contains_key("statement");
        Some(RegisteredPurpose {
            id: text(members, "id")?.to_owned(),
            purpose: members.get("purpose")?.clone(),
            entry: members.get("entry")?.as_u64().filter(|_| !has_old_entry),
        })
    };
    value.as_array()?.iter().map(read).collect()
}
