//! What an authority says: of itself, of one entity, and whom it knows.

use jiff::Timestamp;
use portage_catalog::Text;
use portage_federation::{
    EntityConfiguration, EntityId, FEDERATION_ENTITY, Metadata, PURPOSES_ENDPOINT, SubordinateStatement,
};
use portage_keys::SigningFailure;
use portage_transparency_log::SignedCheckpoint;
use serde_json::Value;

use crate::{
    Authority, PURPOSES_PATH, RESOLVE_PATH, RegistryStore, StoreFailure, TRUST_MARK_LIST_PATH,
    TRUST_MARK_PATH, TRUST_MARK_STATUS_PATH,
};

/// Path of the fetch endpoint (§8.1).
pub const FETCH_PATH: &str = "/federation/fetch";
/// Path of the list endpoint (§8.2).
pub const LIST_PATH: &str = "/federation/list";
/// Path of the historical keys endpoint (§8.7).
pub const HISTORICAL_KEYS_PATH: &str = "/federation/historical-keys";

/// Why nothing was said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementFailure {
    /// The key's keeper did not answer.
    #[error(transparent)]
    Signing(#[from] SigningFailure),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreFailure),
    /// A time outside the calendar.
    #[error("the time is outside the calendar")]
    Time,
}

/// Which entities [`Authority::list`] names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListFilter {
    /// `entity_type`: one of these.
    pub entity_types: Vec<String>,
    /// `intermediate`: those that vouch for others, or those that do not.
    pub intermediate: Option<bool>,
}

impl<S: RegistryStore> Authority<S> {
    /// Its own Entity Configuration (§9): keys, superiors, endpoints, name.
    ///
    /// # Errors
    /// [`StatementFailure`].
    pub async fn entity_configuration(&self, now: Timestamp) -> Result<String, StatementFailure> {
        let signing = self.signing().await?;
        let mut configuration =
            EntityConfiguration::new(self.profile.id.clone(), signing.keys, now, self.end_of_statement(now)?);
        configuration.authority_hints = self.profile.superiors.clone();
        configuration.metadata = Metadata::new()
            .with(FEDERATION_ENTITY, organization_name(&self.profile.name))
            .with(
                FEDERATION_ENTITY,
                [
                    ("federation_fetch_endpoint", self.address(FETCH_PATH)),
                    ("federation_list_endpoint", self.address(LIST_PATH)),
                    ("federation_resolve_endpoint", self.address(RESOLVE_PATH)),
                    ("federation_historical_keys_endpoint", self.address(HISTORICAL_KEYS_PATH)),
                    (PURPOSES_ENDPOINT, self.address(PURPOSES_PATH)),
                    ("federation_trust_mark_endpoint", self.address(TRUST_MARK_PATH)),
                    ("federation_trust_mark_list_endpoint", self.address(TRUST_MARK_LIST_PATH)),
                    ("federation_trust_mark_status_endpoint", self.address(TRUST_MARK_STATUS_PATH)),
                ],
            )
            .with_log(&self.profile.log);
        // Who may issue which mark is the anchor's to say.
        if self.profile.superiors.is_empty() {
            let marks = self.profile.marks.iter();
            let issuers = marks.clone().map(|mark| (mark.id.clone(), mark.issuers.clone()));
            configuration.trust_mark_issuers = issuers.collect();
            let owners = marks.filter_map(|mark| Some((mark.id.clone(), mark.owner.clone()?)));
            configuration.trust_mark_owners = owners.collect();
        }
        Ok(configuration.sign(signing.signer.as_ref())?)
    }

    /// What it says of an entity (§8.1); nothing of one it does not know, or that is suspended. The proof that its rights are in the log goes
    /// up to `published`, the checkpoint that everybody sees.
    ///
    /// # Errors
    /// [`StatementFailure`].
    pub async fn fetch(
        &self,
        subject: &EntityId,
        published: &SignedCheckpoint,
        now: Timestamp,
    ) -> Result<Option<String>, StatementFailure> {
        let kept = self.store.registration(subject).await?.map(|kept| kept.registration);
        let Some(registration) = kept.filter(|registration| registration.is_active()) else {
            return Ok(None);
        };
        let mut statement = SubordinateStatement::new(
            self.profile.id.clone(),
            registration.id,
            registration.keys,
            now,
            self.end_of_statement(now)?,
        );
        // Its name is the authority's word, too: a chain shows that one.
        statement.metadata = Metadata::new().with(FEDERATION_ENTITY, organization_name(&registration.name));
        if let Some(log) = &registration.log {
            statement.metadata = statement.metadata.with_log(log);
        }
        statement.rights = Some(registration.rights);
        if let Some(entry) = registration.rights_entry {
            statement.log_evidence = self.store.evidence(entry, published).await?;
        }
        let signing = self.signing().await?;
        Ok(Some(statement.sign(&signing.keys, signing.signer.as_ref())?))
    }

    /// The entities it vouches for now (§8.2), by id.
    ///
    /// # Errors
    /// [`StoreFailure`].
    pub async fn list(&self, filter: &ListFilter) -> Result<Vec<EntityId>, StoreFailure> {
        let mut registrations = self.store.registrations().await?;
        registrations.retain(|registration| {
            let of_type = |entity_type: &String| registration.has_entity_type(entity_type);
            let vouches = registration.rights.roles.contains(&portage_federation::Role::Authority);
            registration.is_active()
                && (filter.entity_types.is_empty() || filter.entity_types.iter().any(of_type))
                && filter.intermediate.is_none_or(|intermediate| intermediate == vouches)
        });
        Ok(registrations.into_iter().map(|registration| registration.id).collect())
    }

    pub(crate) fn end_of_statement(&self, now: Timestamp) -> Result<Timestamp, StatementFailure> {
        now.checked_add(self.profile.statement_lifetime).map_err(|_| StatementFailure::Time)
    }

    fn address(&self, path: &str) -> Value {
        format!("{}{path}", self.profile.id.as_str().trim_end_matches('/')).into()
    }
}

/// `organization_name` (§5.2.2) in both languages; the untagged one is the English.
pub fn organization_name(name: &Text) -> [(&'static str, Value); 2] {
    [("organization_name", name.en.clone().into()), ("organization_name#fr", name.fr.clone().into())]
}
