use jiff::Timestamp;
use portage_keys::base64url;
use portage_reason::Reason;
use portage_status_list::{
    bitstring::{self, Bitstring, StatusMessages, StatusPurpose},
    token::{TokenList, TokenListClaims, TokenStatus},
};
use portage_strict_json::{Limits, parse_object};

use crate::{
    ChangeBy, Changed, ClerkStore, IssuanceStore, Issuer, ListKind, ListState, NoticeChange, Notices,
    PublishedList, Reference, Status, StatusChange, StoreFailure, Told, credential::SigningError,
};

/// Why a status was not changed, or a list not published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatusError {
    /// No such reference.
    #[error("there is no such reference")]
    Absent,
    /// Revoked is for ever.
    #[error("it is revoked, and that is for ever")]
    RevokedForEver,
    /// The issuer does not tell this, or its messages are fewer.
    #[error("the issuer does not tell this of its credentials")]
    NotTold,
    /// Nothing was collected yet.
    #[error("the offer was not collected yet: there is nothing to suspend or reinstate")]
    NotIssued,
    /// An entry that no list has.
    #[error("the store holds an entry that is in no list")]
    Entry,
    /// The list was not signed.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreFailure),
}

impl StatusError {
    /// The verdict; `None` for a failure of ours.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            StatusError::Absent => Some(Reason::ValueInvalid),
            StatusError::RevokedForEver => Some(Reason::Revoked),
            StatusError::NotIssued | StatusError::NotTold => Some(Reason::Unsupported),
            StatusError::Entry | StatusError::Signing(_) | StatusError::Store(_) => None,
        }
    }
}

/// The status afterwards, or why it is as before.
fn changed(changed: Changed) -> Result<Status, StatusError> {
    match changed {
        Changed::Done(status) | Changed::Unchanged(status) => Ok(status),
        Changed::Withdrawn => Ok(Status::Revoked),
        Changed::RevokedForEver => Err(StatusError::RevokedForEver),
        Changed::NotIssued => Err(StatusError::NotIssued),
        Changed::Absent => Err(StatusError::Absent),
    }
}

impl<S: ClerkStore> Issuer<S> {
    /// As [`Issuer::change_status`], by somebody whose name the trail keeps.
    ///
    /// # Errors
    /// [`StatusError`].
    pub async fn change_status_by(&self, by: ChangeBy, now: Timestamp) -> Result<Status, StatusError> {
        changed(self.store.change_by(by, now).await?)
    }
}

impl<S: IssuanceStore> Issuer<S> {
    /// Revokes, suspends or reinstates; the status it has afterwards. The same change again changes nothing. Durable when it returns;
    /// the list follows at its cadence.
    ///
    /// # Errors
    /// [`StatusError`].
    pub async fn change_status(
        &self,
        reference: &Reference,
        change: StatusChange,
        now: Timestamp,
    ) -> Result<Status, StatusError> {
        changed(self.store.change_status(reference.clone(), change, now).await?)
    }

    /// Tells something of a credential that refuses nothing: a newer one is there, or one of the issuer's messages. Durable when it returns; the list
    /// follows at its cadence.
    ///
    /// # Errors
    /// [`StatusError`].
    pub async fn change_notice(
        &self,
        reference: &Reference,
        change: NoticeChange,
    ) -> Result<Notices, StatusError> {
        let is_told = match change {
            NoticeChange::Refresh(_) => self.told.refresh,
            NoticeChange::Message(value) => {
                self.told.messages.as_ref().is_some_and(|messages| messages.text(value).is_some())
            }
        };
        if !is_told {
            return Err(StatusError::NotTold);
        }
        match self.store.change_notice(reference.clone(), change).await? {
            Told::Done(notices) => Ok(notices),
            Told::NotIssued => Err(StatusError::NotIssued),
            Told::Nobody => Err(StatusError::Absent),
        }
    }

    /// Whether it publishes lists of this kind.
    fn publishes(&self, kind: ListKind) -> bool {
        match kind {
            ListKind::Revocation | ListKind::Suspension | ListKind::Token => true,
            ListKind::Refresh => self.told.refresh,
            ListKind::Message => self.told.messages.is_some(),
        }
    }

    /// The signed list, published anew when it is due; `None`: there is no such list.
    ///
    /// # Errors
    /// [`StatusError`].
    pub async fn status_list(
        &self,
        list: u32,
        kind: ListKind,
        now: Timestamp,
    ) -> Result<Option<PublishedList>, StatusError> {
        if !self.publishes(kind) {
            return Ok(None);
        }
        let Some(version) = self.store.list_version(list).await? else { return Ok(None) };
        let last = self.store.published(list, kind).await?;
        // An issuer that has ended signs no more: what was published stands as it is.
        if self.has_ended() || last.as_ref().is_some_and(|last| !self.is_due(last, version, now)) {
            return Ok(last);
        }
        match (self.publish_list(list, kind, last.as_ref(), now).await, last) {
            // A store that cannot be written: what was published holds until its own end.
            (Err(StatusError::Store(StoreFailure::Environment(_))), Some(last)) if now < last.valid_until => {
                Ok(Some(last))
            }
            (published, _) => published,
        }
    }

    async fn publish_list(
        &self,
        list: u32,
        kind: ListKind,
        last: Option<&PublishedList>,
        now: Timestamp,
    ) -> Result<Option<PublishedList>, StatusError> {
        let Some(state) = self.store.list(list).await? else { return Ok(None) };
        // A clock that went back does not make a list older than the one it follows.
        let issued_at = last.map_or(now, |last| last.issued_at.max(now));
        let signed = self.sign_list(list, kind, &state, issued_at)?;
        Ok(Some(self.store.publish(list, kind, signed).await?))
    }

    /// A changed list, or one that another key signed than the one in use, at its cadence; any list at half its life.
    fn is_due(&self, last: &PublishedList, version: u64, now: Timestamp) -> bool {
        let policy = self.profile.status;
        let age = now.duration_since(last.issued_at);
        // Who signed it is looked at last: that takes reading it.
        age >= policy.validity / 2
            || (age >= policy.cadence && (last.version != version || self.is_by_another_key(last)))
    }

    fn is_by_another_key(&self, last: &PublishedList) -> bool {
        let key = self.signer(self.profile.algorithm);
        key.is_ok_and(|key| kid_of(&last.jwt).as_deref() != Some(key.kid.as_str()))
    }

    fn sign_list(
        &self,
        list: u32,
        kind: ListKind,
        state: &ListState,
        issued_at: Timestamp,
    ) -> Result<PublishedList, StatusError> {
        let address = self.list_address(kind, list);
        let valid_until = issued_at.checked_add(self.profile.status.validity).unwrap_or(Timestamp::MAX);
        let jwt = match kind {
            ListKind::Revocation | ListKind::Suspension | ListKind::Refresh | ListKind::Message => {
                self.sign_bitstring(&address, kind, state, issued_at, valid_until)
            }
            ListKind::Token => self.sign_token_list(&address, state, issued_at, valid_until),
        }?;
        Ok(PublishedList { version: state.version, issued_at, valid_until, jwt })
    }

    /// The purpose of a list, and its entries.
    fn bitstring(
        &self,
        kind: ListKind,
        state: &ListState,
    ) -> Result<(StatusPurpose, Bitstring), StatusError> {
        let of_status = |shown: Status| {
            let entries = state.entries.iter().filter(move |(_, status)| *status == shown);
            entries.map(|(index, _)| (*index, 1)).collect::<Vec<_>>()
        };
        let of_notices = |value: fn(&Notices) -> u8| {
            state.notices.iter().map(|(index, notices)| (*index, value(notices))).collect::<Vec<_>>()
        };
        let (purpose, size, values) = match kind {
            ListKind::Suspension => (StatusPurpose::Suspension, 1, of_status(Status::Suspended)),
            ListKind::Refresh => (StatusPurpose::Refresh, 1, of_notices(|notices| notices.refresh.into())),
            ListKind::Message => {
                let size = self.told.messages.as_ref().map_or(1, StatusMessages::bits);
                (StatusPurpose::Message, size, of_notices(|notices| notices.message))
            }
            ListKind::Revocation | ListKind::Token => {
                (StatusPurpose::Revocation, 1, of_status(Status::Revoked))
            }
        };
        let mut bits = Bitstring::with_size(size).ok_or(StatusError::Entry)?;
        for (index, value) in values {
            bits.set_value(index as usize, value).map_err(|_| StatusError::Entry)?;
        }
        Ok((purpose, bits))
    }

    fn sign_bitstring(
        &self,
        address: &str,
        kind: ListKind,
        state: &ListState,
        issued_at: Timestamp,
        valid_until: Timestamp,
    ) -> Result<String, StatusError> {
        let (purpose, bits) = self.bitstring(kind, state)?;
        let ttl = u64::try_from(self.profile.status.ttl.as_millis()).unwrap_or_default();
        let mut credential = bitstring::list_credential(
            address,
            self.profile.did.as_str(),
            purpose,
            &bits,
            issued_at,
            valid_until,
            ttl,
        );
        if let (ListKind::Message, Some(messages)) = (kind, &self.told.messages) {
            credential = bitstring::with_messages(credential, messages);
        }
        let key = self.signer(self.profile.algorithm).map_err(SigningError::Key)?;
        portage_vc::jose::sign_credential(&credential, &key.kid, key.signer.as_ref())
            .map_err(|error| SigningError::Key(error).into())
    }

    fn sign_token_list(
        &self,
        address: &str,
        state: &ListState,
        issued_at: Timestamp,
        valid_until: Timestamp,
    ) -> Result<String, StatusError> {
        let mut values = TokenList::new();
        for (index, status) in &state.entries {
            let status = match status {
                Status::Valid => TokenStatus::Valid,
                Status::Revoked => TokenStatus::Invalid,
                Status::Suspended => TokenStatus::Suspended,
            };
            values.set(*index as usize, status).map_err(|_| StatusError::Entry)?;
        }
        let key = self.signer(self.profile.algorithm).map_err(SigningError::Key)?;
        let claims = TokenListClaims {
            uri: address,
            issued_at,
            expires_at: valid_until,
            ttl_seconds: self.profile.status.ttl.as_secs().max(1).unsigned_abs(),
            kid: &key.kid,
        };
        values.sign(&claims, key.signer.as_ref()).map_err(|error| SigningError::Key(error).into())
    }
}

/// Which key signed a list of ours.
fn kid_of(jwt: &str) -> Option<String> {
    let header = base64url::decode(jwt.split('.').next()?).ok()?;
    parse_object(&header, Limits::METADATA).ok()?.get("kid")?.as_str().map(str::to_owned)
}
