//! Registers an entity below, or recognises an authority beside: an authority hands on only what it holds.

use jiff::Timestamp;
use portage_catalog::Text;
use portage_federation::{EntityId, FederationKeys, HeldRights, LogAddress, Relation, Rights, Role};
use portage_reason::Reason;

use crate::{Authority, Kept, RecordFailure, Registration, RegistryStore, Standing, StoreFailure, change};

/// Who is to be registered, and as what.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Which entity.
    pub id: EntityId,
    /// What people call it.
    pub name: Text,
    /// The keys it signs its statements with, as somebody looked at them.
    pub keys: FederationKeys,
    /// What it is to be allowed. `retired_keys` are added to those that are known.
    pub rights: Rights,
    /// Its own public log, when it is an authority with one.
    pub log: Option<LogAddress>,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registered {
    /// It was not known.
    New,
    /// It was known, with other keys, rights or another name.
    Changed,
    /// It stands there so already; nothing was written.
    Unchanged,
}

/// Why nobody was registered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegisterError {
    /// The authority would hand on what it does not hold.
    #[error(transparent)]
    Beyond(#[from] BeyondHeld),
    /// It is suspended: that ends first.
    #[error("the entity is suspended")]
    Suspended,
    /// An authority does not register itself.
    #[error("an authority does not vouch for itself")]
    Itself,
    /// The store, or somebody else at the same time.
    #[error(transparent)]
    Record(#[from] RecordFailure),
}

/// What the authority does not hold, and would have handed on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BeyondHeld {
    /// Any right to vouch for others, or not any more.
    #[error("this authority holds no right to vouch for others")]
    Nothing,
    /// A role.
    #[error("this authority may not let anybody act as {0}")]
    Role(&'static str),
    /// A type.
    #[error("this authority may not let anybody issue {0}")]
    Type(String),
    /// A jurisdiction.
    #[error("{0} does not lie within what this authority acts for")]
    Jurisdiction(String),
    /// A time after its own end.
    #[error("this authority's own right ends at {0}")]
    Until(Timestamp),
}

impl BeyondHeld {
    /// The verdict.
    pub const fn reason(&self) -> Reason {
        Reason::IssuerNotAuthorizedForType
    }
}

/// Whether one of several chains holds all that `rights` hands on, at `now`.
///
/// # Errors
/// [`BeyondHeld`]: what is missing in the chain that comes nearest.
pub fn check_grant(held: &[HeldRights], rights: &Rights, now: Timestamp) -> Result<(), BeyondHeld> {
    let mut nearest = BeyondHeld::Nothing;
    for chain in held {
        match beyond(chain, rights, now) {
            None => return Ok(()),
            Some(BeyondHeld::Nothing) => {}
            Some(missing) => nearest = missing,
        }
    }
    Err(nearest)
}

fn beyond(held: &HeldRights, rights: &Rights, now: Timestamp) -> Option<BeyondHeld> {
    if !held.may_act_as(Role::Authority, now) {
        return Some(BeyondHeld::Nothing);
    }
    if let Some(role) = rights.roles.iter().find(|role| !held.may_act_as(**role, now)) {
        return Some(BeyondHeld::Role(role.name()));
    }
    if let Some(name) = rights.types.iter().find(|name| !held.covers_type(&[name.as_str()])) {
        return Some(BeyondHeld::Type(name.as_str().to_owned()));
    }
    // Beside, a jurisdiction of its own begins.
    let within = rights.relation == Relation::Peer
        || held.jurisdiction().is_some_and(|jurisdiction| jurisdiction.contains(&rights.jurisdiction));
    if !within {
        return Some(BeyondHeld::Jurisdiction(rights.jurisdiction.as_str().to_owned()));
    }
    let end = held.until()?;
    rights.until.is_some_and(|until| until > end).then_some(BeyondHeld::Until(end))
}

impl<S: RegistryStore> Authority<S> {
    /// Registers or recognises an entity, and puts it into the log. The same again changes nothing. `held` is what the authority holds by
    /// each chain it knows ([`Authority::held_by_itself`] for an anchor).
    ///
    /// # Errors
    /// [`RegisterError`]; nothing was written.
    pub async fn register(
        &self,
        candidate: Candidate,
        held: &[HeldRights],
        now: Timestamp,
    ) -> Result<Registered, RegisterError> {
        if candidate.id == self.profile.id {
            return Err(RegisterError::Itself);
        }
        check_grant(held, &candidate.rights, now)?;
        let kept = self.store.registration(&candidate.id).await.map_err(RecordFailure::Store)?;
        let Some(Kept { version, registration: known }) = kept else {
            let registration = fresh(candidate);
            let events = change::events(None, &registration, &self.catalog);
            self.record(0, registration, events, now).await?;
            return Ok(Registered::New);
        };
        if !known.is_active() {
            return Err(RegisterError::Suspended);
        }
        let mut changed =
            Registration { purposes: known.purposes.clone(), marks: known.marks.clone(), ..fresh(candidate) };
        changed.rights_entry = known.rights_entry;
        add_retired(&mut changed.rights, &known.rights);
        if changed == known {
            return Ok(Registered::Unchanged);
        }
        let events = change::events(Some(&known), &changed, &self.catalog);
        self.record(version, changed, events, now).await?;
        Ok(Registered::Changed)
    }

    /// How the candidate would stand here: what a clerk sees before saying yes.
    pub fn preview(&self, candidate: &Candidate) -> Registration {
        fresh(candidate.clone())
    }

    /// What an anchor holds: what its configuration says.
    pub fn held_by_itself(&self) -> HeldRights {
        HeldRights::narrow(&self.profile.own, [])
    }

    /// Everybody who is registered or recognised, by id.
    ///
    /// # Errors
    /// [`StoreFailure`].
    pub async fn registrations(&self) -> Result<Vec<Registration>, StoreFailure> {
        self.store.registrations().await
    }

    /// One of them.
    ///
    /// # Errors
    /// [`StoreFailure`].
    pub async fn registration(&self, id: &EntityId) -> Result<Option<Registration>, StoreFailure> {
        Ok(self.store.registration(id).await?.map(|kept| kept.registration))
    }
}

fn fresh(candidate: Candidate) -> Registration {
    Registration {
        id: candidate.id,
        name: candidate.name,
        keys: candidate.keys,
        log: candidate.log.filter(|_| candidate.rights.roles.contains(&Role::Authority)),
        rights: candidate.rights,
        standing: Standing::Active,
        purposes: Vec::new(),
        marks: Vec::new(),
        rights_entry: None,
    }
}

/// A key that was retired stays retired.
fn add_retired(rights: &mut Rights, known: &Rights) {
    for key in &known.retired_keys {
        if !rights.retired_keys.iter().any(|other| other.thumbprint == key.thumbprint) {
            rights.retired_keys.push(key.clone());
        }
    }
}
