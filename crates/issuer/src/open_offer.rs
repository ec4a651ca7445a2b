use jiff::{SignedDuration, Timestamp};
use portage_catalog::Format;
use portage_oid4vci::{
    CredentialOffer, CredentialOfferUri, Grants, InputMode, PreAuthorizedCode, PreAuthorizedCodeGrant, TxCode,
};
use url::Url;

use crate::{
    Code, IssuanceStore, Issuer, Opened, Reference, StoreFailure, configuration_id,
    create_offer::TX_CODE_LENGTH, one_time::Kind,
};

/// How long a pre-authorized code lives after its offer was opened.
pub(crate) const CODE_LIFE: SignedDuration = SignedDuration::from_secs(600);

/// Why an offer was not opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// There is none.
    #[error("there is no such offer")]
    Absent,
    /// It was redeemed or withdrawn, or is over.
    #[error("the offer has ended")]
    Ended,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreFailure),
}

impl<S: IssuanceStore> Issuer<S> {
    /// The Credential Offer behind the last part of its address (§4.1.3), with a fresh pre-authorized code.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open_offer(&self, link: &str, now: Timestamp) -> Result<CredentialOffer, OpenError> {
        let code = PreAuthorizedCode::new(self.entropy.token());
        let until = now.checked_add(CODE_LIFE).unwrap_or(Timestamp::MAX);
        let stored = Code { hash: self.keys.secret.hash(Kind::Code, code.expose()), until };
        match self.store.open_offer(self.keys.secret.hash(Kind::OfferLink, link), stored, now).await? {
            Opened::Open(terms) => {
                Ok(self.credential_offer(&terms.credential_type, terms.format, terms.tx_code, code))
            }
            Opened::Ended => Err(OpenError::Ended),
            Opened::Absent => Err(OpenError::Absent),
        }
    }

    pub(crate) fn credential_offer(
        &self,
        credential_type: &str,
        format: Format,
        tx_code: bool,
        code: PreAuthorizedCode,
    ) -> CredentialOffer {
        CredentialOffer {
            credential_issuer: self.profile.identifier.clone(),
            credential_configuration_ids: vec![configuration_id(credential_type, format)],
            grants: Some(Grants {
                pre_authorized_code: Some(PreAuthorizedCodeGrant {
                    pre_authorized_code: code,
                    tx_code: tx_code.then_some(TxCode {
                        input_mode: InputMode::Numeric,
                        length: Some(TX_CODE_LENGTH),
                        description: None,
                    }),
                    authorization_server: None,
                }),
                authorization_code: None,
            }),
        }
    }

    #[expect(clippy::expect_used, reason = "an issuer identifier is a URL")]
    pub(crate) fn offer_uri_by_reference(&self, reference: &Reference, salt: &str) -> CredentialOfferUri {
        let link = self.offer_link(reference, salt);
        let address = self.profile.identifier.endpoint(&format!("offers/{link}"));
        CredentialOfferUri::ByReference(Url::parse(&address).expect("an address below an issuer identifier"))
    }
}
