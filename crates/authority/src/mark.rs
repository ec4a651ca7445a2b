//! Trust marks (OpenID Federation 1.0 §7, §8.4–8.6): that an entity keeps to something, by this authority's word. A mark is evidence and never a
//! right: nothing in a chain narrows or widens with it.

use jiff::{SignedDuration, Timestamp};
use portage_catalog::Text;
use portage_federation::{
    EntityId, MarkStatus, TrustMark, TrustMarkOwner, TrustMarkStatusResponse, in_both_languages, last_day_of,
};
use portage_transparency_log::{Event, Mark, Named};
use serde_json::{Value, json};

use crate::{
    Authority, ChangeError, Proves, Registration, RegistryStore, StatementFailure, StoreFailure,
    own_keys::Signing,
};

/// Path of the endpoint that gives out a mark (§8.6).
pub const TRUST_MARK_PATH: &str = "/federation/trust-mark";
/// Path of the endpoint that lists who has one (§8.5).
pub const TRUST_MARK_LIST_PATH: &str = "/federation/trust-mark-list";
/// Path of the endpoint that says whether one still counts (§8.4).
pub const TRUST_MARK_STATUS_PATH: &str = "/federation/trust-mark-status";

/// Longest life of a mark: whoever carries it fetches the next one, and so long may a withdrawal stay unknown to whoever asks nobody.
const MARK_LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A type of marks that the authority knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkType {
    /// `trust_mark_type`.
    pub id: String,
    /// What people call it.
    pub name: Text,
    /// Who may issue it, for those who pin this authority; empty: anybody.
    pub issuers: Vec<EntityId>,
    /// Whose type it is, when another than its issuer must agree.
    pub owner: Option<TrustMarkOwner>,
    /// The owner's signed word that this authority may issue it.
    pub delegation: Option<String>,
}

/// A mark that was given to a registered entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenMark {
    /// `trust_mark_type`.
    pub trust_mark_type: String,
    /// From when on.
    pub since: Timestamp,
    /// Its end; `None`: until it is withdrawn.
    pub until: Option<Timestamp>,
}

impl GivenMark {
    pub(crate) fn to_value(&self) -> Value {
        let until = self.until.map(|until| until.to_string());
        json!({ "type": self.trust_mark_type, "since": self.since.to_string(), "until": until })
    }

    pub(crate) fn restored(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        Some(GivenMark {
            trust_mark_type: text("type")?.to_owned(),
            since: text("since")?.parse().ok()?,
            until: text("until").map(str::parse).transpose().ok()?,
        })
    }

    fn counts(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

impl<S: RegistryStore> Authority<S> {
    /// The type of marks that goes by this address.
    pub fn mark_type(&self, id: &str) -> Option<&MarkType> {
        self.profile.marks.iter().find(|known| known.id == id)
    }

    /// Says that an entity has a mark, in the place of what was said of the same type before.
    ///
    /// # Errors
    /// [`ChangeError`]; nothing was written. [`ChangeError::Unchanged`]: it has it so already.
    pub async fn give_mark(
        &self,
        id: &EntityId,
        mark: &MarkType,
        until: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), ChangeError> {
        let mut kept = self.known(id).await?;
        let marks = &mut kept.registration.marks;
        if marks.iter().any(|known| known.trust_mark_type == mark.id && known.until == until) {
            return Err(ChangeError::Unchanged);
        }
        marks.retain(|known| known.trust_mark_type != mark.id);
        marks.push(GivenMark { trust_mark_type: mark.id.clone(), since: now, until });
        let event = Event::Mark(Mark { mark: named(mark), until: until.and_then(last_day_of) });
        self.record(kept.version, kept.registration, vec![(event, Proves::Nothing)], now).await?;
        Ok(())
    }

    /// Says it no more.
    ///
    /// # Errors
    /// [`ChangeError`]; nothing was written.
    pub async fn withdraw_mark(
        &self,
        id: &EntityId,
        mark: &MarkType,
        now: Timestamp,
    ) -> Result<(), ChangeError> {
        let mut kept = self.known(id).await?;
        let marks = &mut kept.registration.marks;
        let before = marks.len();
        marks.retain(|known| known.trust_mark_type != mark.id);
        if marks.len() == before {
            return Err(ChangeError::Unchanged);
        }
        let event = Event::MarkWithdrawn(Mark { mark: named(mark), until: None });
        self.record(kept.version, kept.registration, vec![(event, Proves::Nothing)], now).await?;
        Ok(())
    }

    /// The mark of this type that an entity has (§8.6), signed now; nothing for one that has none, or of whom nothing is said.
    ///
    /// # Errors
    /// [`StatementFailure`].
    pub async fn trust_mark(
        &self,
        trust_mark_type: &str,
        subject: &EntityId,
        now: Timestamp,
    ) -> Result<Option<String>, StatementFailure> {
        let Some(known) = self.mark_type(trust_mark_type) else { return Ok(None) };
        let kept = self.store.registration(subject).await?.map(|kept| kept.registration);
        let given = kept.as_ref().and_then(|registration| given(registration, trust_mark_type, now));
        let Some(given) = given else { return Ok(None) };
        let latest = now.checked_add(MARK_LIFETIME).map_err(|_| StatementFailure::Time)?;
        let mark = TrustMark {
            issuer: self.profile.id.clone(),
            subject: subject.clone(),
            trust_mark_type: known.id.clone(),
            issued_at: now,
            expires_at: Some(given.until.map_or(latest, |until| until.min(latest))),
            delegation: known.delegation.clone(),
            name: Some(known.name.clone()),
        };
        let signing = self.signing().await?;
        Ok(Some(mark.sign(&signing.keys, signing.signer.as_ref())?))
    }

    /// Who has a mark of this type now (§8.5), by id; of one entity alone when `subject` names it.
    ///
    /// # Errors
    /// [`StoreFailure`].
    pub async fn trust_marked(
        &self,
        trust_mark_type: &str,
        subject: Option<&EntityId>,
        now: Timestamp,
    ) -> Result<Vec<EntityId>, StoreFailure> {
        let mut registrations = self.store.registrations().await?;
        registrations.retain(|registration| {
            subject.is_none_or(|subject| registration.id == *subject)
                && given(registration, trust_mark_type, now).is_some()
        });
        Ok(registrations.into_iter().map(|registration| registration.id).collect())
    }

    /// Whether a mark that somebody shows still counts (§8.4), signed; nothing about a mark that this authority never gave.
    ///
    /// # Errors
    /// [`StatementFailure`].
    pub async fn trust_mark_status(
        &self,
        mark: &str,
        now: Timestamp,
    ) -> Result<Option<String>, StatementFailure> {
        if TrustMark::unverified_issuer(mark).as_ref() != Some(&self.profile.id) {
            return Ok(None);
        }
        let (_, own) = self.own_keys().await?;
        let Signing { keys, signer } = self.signing_with(&own)?;
        let status = match TrustMark::verify(mark, &keys, Some(&own.historical(&self.profile.id, now)), now) {
            Err(_) => MarkStatus::Invalid,
            Ok(said) => {
                let kept = self.store.registration(&said.subject).await?.map(|kept| kept.registration);
                let given = kept.as_ref().and_then(|kept| given(kept, &said.trust_mark_type, now));
                match given {
                    _ if said.is_over(now) => MarkStatus::Expired,
                    Some(_) => MarkStatus::Active,
                    None => MarkStatus::Revoked,
                }
            }
        };
        let response = TrustMarkStatusResponse {
            issuer: self.profile.id.clone(),
            issued_at: now,
            trust_mark: mark.to_owned(),
            status,
        };
        Ok(Some(response.sign(&keys, signer.as_ref())?))
    }
}

/// The mark that an entity has now; none while it is suspended.
fn given<'r>(registration: &'r Registration, trust_mark_type: &str, now: Timestamp) -> Option<&'r GivenMark> {
    let mut marks = registration.marks.iter().filter(|_| registration.is_active());
    marks.find(|mark| mark.trust_mark_type == trust_mark_type && mark.counts(now))
}

fn named(mark: &MarkType) -> Named {
    Named { id: mark.id.clone(), name: in_both_languages(&mark.name) }
}
