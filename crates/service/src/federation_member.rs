//! What an issuer or a verifier says of itself in a federation (OpenID Federation 1.0 §9): who is above it, and what it is.

use std::{fs, io, path::Path};

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use jiff::{SignedDuration, Timestamp};
use portage_catalog::Text;
use portage_did::Did;
use portage_federation::{
    CarriedTrustMark, ENTITY_STATEMENT_MEDIA_TYPE, EntityConfiguration, EntityId, FEDERATION_ENTITY,
    FederationKeys, Metadata, TrustMark,
};
use portage_keys::{Algorithm, Entropy, Signer, SigningFailure, SigningKey};
use portage_storage::KeyFolder;
use portage_web::Refusal;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::CommandError;

/// Name of the key that signs it, in the service's folder of keys. It signs nothing else.
const KEY: &str = "federation";
/// Folder of the trust marks it carries, in the service's folder.
pub const TRUST_MARKS: &str = "trust-marks";
/// How long what it says of itself holds.
const LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// `[federation]` of a service's configuration.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FederationSection {
    superiors: Vec<String>,
}

impl FederationSection {
    /// The authorities above the service at `url`.
    ///
    /// # Errors
    /// What is wrong.
    pub fn superiors(&self, url: &Url) -> Result<Vec<EntityId>, String> {
        let own = entity_id(url);
        let read = |text: &String| {
            let id = EntityId::parse(text).map_err(|error| format!("federation.superiors: {error}"))?;
            if own.as_ref() == Some(&id) {
                return Err("federation.superiors: nobody is above itself".to_owned());
            }
            Ok(id)
        };
        self.superiors.iter().map(read).collect()
    }
}

/// The Entity Identifier of a service; none where its address cannot be one.
fn entity_id(url: &Url) -> Option<EntityId> {
    EntityId::parse(url.as_str().trim_end_matches('/')).ok()
}

/// A service as a member of a federation.
pub struct FederationMember {
    id: EntityId,
    superiors: Vec<EntityId>,
    metadata: Metadata,
    key: SigningKey,
    marks: Vec<CarriedTrustMark>,
}

impl FederationMember {
    /// The member at `url`, below `superiors`, with its metadata under one entity type and the DIDs it proposes. Its key is made when
    /// there is none yet. `None` where the address cannot be an Entity Identifier.
    ///
    /// # Errors
    /// [`CommandError::Fault`]: the key.
    pub fn open(
        url: &Url,
        superiors: &[EntityId],
        keys: &KeyFolder,
        entropy: &dyn Entropy,
    ) -> Result<Option<Self>, CommandError> {
        let Some(id) = entity_id(url) else { return Ok(None) };
        let key = keys.signing_key_or_new(KEY, Algorithm::EdDsa, entropy).map_err(CommandError::fault)?;
        Ok(Some(FederationMember {
            id,
            superiors: superiors.to_vec(),
            metadata: Metadata::new(),
            key,
            marks: Vec::new(),
        }))
    }

    /// With the trust marks in a folder, `*.jwt`: each as its issuer signed it.
    ///
    /// # Errors
    /// [`CommandError::Fault`]: a file that cannot be read or is no mark of this member. It stops the start: people would be told of a mark
    /// that does not hold.
    pub fn carrying(mut self, folder: &Path) -> Result<Self, CommandError> {
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(self),
            entries => entries.map_err(CommandError::fault)?,
        };
        let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "jwt"));
        paths.sort();
        for path in paths {
            let refused = |what: &str| CommandError::Fault(format!("{}: {what}", path.display()));
            let text = fs::read_to_string(&path).map_err(|error| refused(&error.to_string()))?;
            let text = text.trim();
            let (trust_mark_type, subject) =
                TrustMark::unverified_subject(text).ok_or_else(|| refused("no trust mark"))?;
            if subject != self.id {
                return Err(refused("a trust mark of another"));
            }
            self.marks.push(CarriedTrustMark { trust_mark_type, trust_mark: text.to_owned() });
        }
        Ok(self)
    }

    /// With its name.
    #[must_use]
    pub fn named(mut self, name: &Text) -> Self {
        let names = [
            ("organization_name", Value::from(name.en.clone())),
            ("organization_name#fr", Value::from(name.fr.clone())),
        ];
        self.metadata =
            self.metadata.with(FEDERATION_ENTITY, names.into_iter().filter(|(_, name)| name != ""));
        self
    }

    /// With the DID it signs with: what it says is a proposal, its superior's word counts.
    #[must_use]
    pub fn signing_as(mut self, did: &Did) -> Self {
        self.metadata = self.metadata.proposing_identifiers([did]);
        self
    }

    /// With the metadata of an entity type.
    #[must_use]
    pub fn being(mut self, entity_type: &str, parameters: &Value) -> Self {
        let mut metadata = self.metadata.to_value();
        let mut parameters = parameters.clone();
        if let Value::Object(members) = &mut parameters {
            members.retain(|_, value| !value.is_null());
        }
        metadata[entity_type] = if parameters.is_object() { parameters } else { json!({}) };
        self.metadata = Metadata::from_value(&metadata).unwrap_or(self.metadata);
        self
    }

    /// Its Entity Identifier.
    pub fn id(&self) -> &EntityId {
        &self.id
    }

    /// The authorities above it.
    pub fn superiors(&self) -> &[EntityId] {
        &self.superiors
    }

    /// Whether an authority stands above it.
    pub fn has_superiors(&self) -> bool {
        !self.superiors.is_empty()
    }

    /// Its Entity Configuration, signed now.
    ///
    /// # Errors
    /// [`SigningFailure`].
    pub fn entity_configuration(&self, now: Timestamp) -> Result<String, SigningFailure> {
        let keys = FederationKeys::of([self.key.verification_key().clone()]);
        let end = now.checked_add(LIFETIME).map_err(|_| SigningFailure)?;
        let mut configuration = EntityConfiguration::new(self.id.clone(), keys, now, end);
        configuration.authority_hints = self.superiors.clone();
        configuration.metadata = self.metadata.clone();
        configuration.trust_marks = self.marks.clone();
        configuration.sign(&self.key)
    }

    /// The answer at [`portage_federation::WELL_KNOWN`]; 404 without a member.
    ///
    /// # Errors
    /// The refusal.
    pub fn answer(member: Option<&Self>, now: Timestamp) -> Result<Response, Refusal> {
        let member = member.ok_or(Refusal::not_found())?;
        let jwt =
            member.entity_configuration(now).map_err(|failure| Refusal::unavailable().logging(failure))?;
        let media_type = HeaderValue::from_static(ENTITY_STATEMENT_MEDIA_TYPE);
        Ok(([(header::CONTENT_TYPE, media_type)], jwt).into_response())
    }
}
