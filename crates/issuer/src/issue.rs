use jiff::{Timestamp, civil::Date};
use portage_catalog::{CredentialType, Format};
use portage_jose::Jwk;
use portage_oid4vci::{
    CredentialErrorCode, CredentialRequest, CredentialResponse, IssuedCredential, IssuedResponse,
    KeyProofError, KeyProofExpectation, Proofs, RequestedCredential, UnverifiedKeyProof, VerifiedKeyProof,
};

use portage_status_list::bitstring::{self, StatusPurpose};
use serde_json::Value;

use crate::{
    Entry, Grant, IssuanceStore, Issued, Issuer, Issuing, ListKind, StatusEntry, StoreFailure,
    configuration_id,
    create_offer::{start_of_day, today},
    credential::{Signing, SigningError, StatusAddresses, UnsignedCredential},
    metadata::{key_forms, proof_algorithms},
    nonce::LiveNonce,
    one_time::Kind,
};

/// How many random places are tried in a list that is three quarters full at most: all taken once in 10^8 times.
const PLACES_TRIED: usize = 64;

/// Why no credential was issued.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// The access token is unknown, over or revoked (RFC 6750 §3.1).
    #[error("the access token is not good")]
    InvalidToken,
    /// The key proof does not hold: `invalid_proof`.
    #[error("the key proof does not hold: {0}")]
    Proof(#[from] KeyProofError),
    /// The request is refused.
    #[error("{0}")]
    Refused(CredentialErrorCode),
    /// What was offered cannot be issued any more: the type has changed since.
    #[error("what was offered does not fit its type any more")]
    Stale,
    /// The credential was not signed.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreFailure),
}

impl<S: IssuanceStore> Issuer<S> {
    /// What the token authorises, before its request is read.
    ///
    /// # Errors
    /// [`IssueError::InvalidToken`], [`IssueError::Store`].
    pub async fn authorize(&self, access_token: &str, now: Timestamp) -> Result<Grant, IssueError> {
        let token = self.keys.secret.hash(Kind::AccessToken, access_token);
        self.store.grant(token, now).await?.ok_or(IssueError::InvalidToken)
    }

    /// Issues the credential a token authorises (§8). Checks that cost nothing to the store come first; then the nonce is consumed, the
    /// issuance bound to the key and the status entry allocated in one step; only then is anything signed.
    ///
    /// # Errors
    /// [`IssueError`].
    pub async fn issue(
        &self,
        access_token: &str,
        request: &CredentialRequest,
        now: Timestamp,
    ) -> Result<CredentialResponse, IssueError> {
        let grant = self.authorize(access_token, now).await?;
        check_requested(&grant, &request.credential)?;
        let proof = self.verify_proof(grant.format, request.proofs.as_ref(), now)?;
        let nonce = self
            .live_nonce(proof.nonce(), now)
            .ok_or(IssueError::Refused(CredentialErrorCode::InvalidNonce))?;
        let credential_type =
            self.catalog.credential_type(&grant.credential_type).ok_or(IssueError::Stale)?;
        let entry = self.bind(access_token, nonce, &proof, today(credential_type, now), now).await?;
        let credential = self.sign(credential_type, grant.format, entry, &proof)?;
        let notification_id = self.profile.notification.then(|| self.notification_id(&grant.reference));
        Ok(CredentialResponse::Issued(IssuedResponse { credentials: vec![credential], notification_id }))
    }

    /// Exactly one `jwt` proof: `batch_credential_issuance` is not announced.
    fn verify_proof(
        &self,
        format: Format,
        proofs: Option<&Proofs>,
        now: Timestamp,
    ) -> Result<VerifiedKeyProof, IssueError> {
        let compact = match proofs {
            None => return Err(IssueError::Refused(CredentialErrorCode::InvalidProof)),
            Some(Proofs::Jwt(proofs)) => match proofs.as_slice() {
                [only] => only,
                _ => return Err(IssueError::Refused(CredentialErrorCode::InvalidCredentialRequest)),
            },
            Some(Proofs::Unsupported) => {
                return Err(IssueError::Refused(CredentialErrorCode::InvalidCredentialRequest));
            }
        };
        let expected = KeyProofExpectation {
            issuer: &self.profile.identifier,
            algorithms: proof_algorithms(format),
            key_forms: key_forms(format),
            now,
        };
        Ok(UnverifiedKeyProof::parse(compact)?.verify(&expected)?)
    }

    async fn bind(
        &self,
        access_token: &str,
        nonce: LiveNonce,
        proof: &VerifiedKeyProof,
        day: Date,
        now: Timestamp,
    ) -> Result<Entry, IssueError> {
        let thumbprint = Jwk::from_key(proof.key().clone()).thumbprint();
        let issuing = Issuing {
            token: self.keys.secret.hash(Kind::AccessToken, access_token),
            nonce: nonce.hash,
            nonce_until: nonce.until,
            holder: self.keys.secret.hash(Kind::HolderKey, &thumbprint),
            indices: self.random_indices(),
            list_capacity: StatusEntry::LIST_CAPACITY,
            day,
            now,
        };
        match self.store.issue(issuing).await? {
            Issued::Entry(entry) => Ok(entry),
            Issued::NonceUsed => Err(IssueError::Refused(CredentialErrorCode::InvalidNonce)),
            Issued::TokenGone => Err(IssueError::InvalidToken),
            Issued::OtherKey => Err(IssueError::Refused(CredentialErrorCode::CredentialRequestDenied)),
            Issued::NoPlace => {
                Err(StoreFailure::Environment("no free place in the status list was found".into()).into())
            }
        }
    }

    /// Random places: no holder's indices form a sequence. The length of a list is a power of two, so the low bits are fair.
    fn random_indices(&self) -> Vec<u32> {
        let mut bytes = [0; PLACES_TRIED * 4];
        self.entropy.fill(&mut bytes);
        bytes
            .chunks_exact(4)
            .filter_map(|chunk| chunk.try_into().ok())
            .map(|chunk| u32::from_le_bytes(chunk) % StatusEntry::LIST_LENGTH)
            .collect()
    }

    fn sign(
        &self,
        credential_type: &CredentialType,
        format: Format,
        entry: Entry,
        proof: &VerifiedKeyProof,
    ) -> Result<IssuedCredential, IssueError> {
        let day = start_of_day(credential_type, entry.day);
        let claims = credential_type.with_derived(&entry.claims, entry.day).map_err(|_| IssueError::Stale)?;
        let unsigned = UnsignedCredential {
            credential_type,
            format,
            issuer: self.profile.did.as_str(),
            claims,
            holder: proof,
            status: self.status_addresses(entry.status),
            valid_from: entry.valid_from.map_or(day, |from| from.max(day)),
            valid_until: entry.valid_until,
        };
        let checked = unsigned.check().map_err(|_| IssueError::Stale)?;
        let algorithm = match format {
            Format::LdpVc => self.profile.cryptosuite_key,
            _ => self.profile.algorithm,
        };
        let key = self.signer(algorithm).map_err(SigningError::Key)?;
        Ok(checked.sign(&Signing {
            signer: key.signer.as_ref(),
            verification_method: &key.kid,
            cryptosuite: self.profile.cryptosuite,
            contexts: &self.contexts,
            entropy: self.entropy.as_ref(),
        })?)
    }

    fn status_addresses(&self, entry: StatusEntry) -> StatusAddresses {
        StatusAddresses {
            revocation: self.list_address(ListKind::Revocation, entry.list),
            suspension: self.list_address(ListKind::Suspension, entry.list),
            token: self.list_address(ListKind::Token, entry.list),
            index: entry.index,
            told: self.told_entries(entry),
        }
    }

    fn told_entries(&self, entry: StatusEntry) -> Vec<Value> {
        let index = entry.index as usize;
        let refresh = self.told.refresh.then(|| {
            bitstring::entry(&self.list_address(ListKind::Refresh, entry.list), StatusPurpose::Refresh, index)
        });
        let message = self.told.messages.as_ref().map(|messages| {
            bitstring::message_entry(&self.list_address(ListKind::Message, entry.list), index, messages)
        });
        refresh.into_iter().chain(message).collect()
    }

    /// Where a list stands.
    pub fn list_address(&self, kind: ListKind, list: u32) -> String {
        self.profile.identifier.endpoint(&format!("status/{}/{list}", kind.name()))
    }
}

/// No `authorization_details` are given out, so a request names the configuration, and it is the one of the token.
fn check_requested(grant: &Grant, requested: &RequestedCredential) -> Result<(), IssueError> {
    match requested {
        RequestedCredential::ConfigurationId(id)
            if *id == configuration_id(&grant.credential_type, grant.format) =>
        {
            Ok(())
        }
        RequestedCredential::ConfigurationId(_) => {
            Err(IssueError::Refused(CredentialErrorCode::UnknownCredentialConfiguration))
        }
        RequestedCredential::Identifier(_) => {
            Err(IssueError::Refused(CredentialErrorCode::UnknownCredentialIdentifier))
        }
    }
}

impl IssueError {
    /// The error code on the wire; `None` for a token that is not good and for failures of ours.
    pub fn code(&self) -> Option<CredentialErrorCode> {
        match self {
            IssueError::Proof(_) => Some(CredentialErrorCode::InvalidProof),
            IssueError::Refused(code) => Some(*code),
            IssueError::Stale => Some(CredentialErrorCode::CredentialRequestDenied),
            IssueError::InvalidToken | IssueError::Signing(_) | IssueError::Store(_) => None,
        }
    }
}

const _: () = assert!(StatusEntry::LIST_LENGTH.is_power_of_two());
