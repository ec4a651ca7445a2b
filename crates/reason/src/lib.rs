//! Every verdict Portage can give about what somebody sent, in one table.
//!
//! A [`Reason`] is a verdict: stable name, whose [`Fault`], the words for it in `specs/messages/{en,fr}.json`.
//! It is never a failure of ours (a full disk, a network that is down): those are errors of the operation that
//! met them. A name may be added with its row in the table, never renamed. This crate knows no protocol: which
//! OAuth error code a reason becomes is said by the crate of that protocol.
//!
//! ```
//! use portage_reason::Reason;
//! assert_eq!(Reason::SignatureInvalid.name(), "signature_invalid");
//! assert_eq!("revoked".parse(), Ok(Reason::Revoked));
//! ```

use std::{fmt, str::FromStr};

/// Whose doing it is, as far as the receiver can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Whoever made or sent the credential, presentation, request or offer.
    Sender,
    /// The thing was sound once; time or its issuer ended it.
    Lapsed,
    /// The receiver's own rules do not admit it: trust, purpose, consent.
    Policy,
    /// It could not be found out: nothing is granted, nobody is accused.
    Unknown,
    /// The receiver's own file or store.
    Store,
}

macro_rules! reasons {
    ($($variant:ident $name:literal $fault:ident $doc:literal,)*) => {
        /// A verdict about what somebody sent. `Display` and serde use its stable name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason { $(#[doc = $doc] $variant,)* }

        impl Reason {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Reason] = &[$(Reason::$variant,)*];

            /// Its stable `snake_case` name.
            pub const fn name(self) -> &'static str {
                match self { $(Reason::$variant => $name,)* }
            }

            /// Whose doing it is.
            pub const fn fault(self) -> Fault {
                match self { $(Reason::$variant => Fault::$fault,)* }
            }
        }
    };
}

reasons! {
    Malformed "malformed" Sender "Not what it says it is: syntax, encoding, a duplicate member.",
    TooLarge "too_large" Sender "Over a size limit.",
    TooComplex "too_complex" Sender "Would cost more work than the limit allows.",
    AlgNotAllowed "alg_not_allowed" Sender "An algorithm, or a hash function, that is not on the list for this key.",
    TypeMismatch "type_mismatch" Sender "One kind of token in the place of another.",
    KeyNotFound "key_not_found" Unknown "The key that should have signed could not be had.",
    KeyMismatch "key_mismatch" Sender "The key belongs to somebody else than the one named.",
    SignatureInvalid "signature_invalid" Sender "The signature does not fit the bytes and the key.",
    ProofMissing "proof_missing" Sender "There is no proof where one is required.",
    PurposeMismatch "purpose_mismatch" Sender "The key, or the proof, is for another purpose.",
    ContextNotAllowed "context_not_allowed" Sender "A JSON-LD context that is not bundled, or an inline one.",
    DataLoss "data_loss" Sender "A member that no context defines, which a signature would not cover.",
    DisclosureInvalid "disclosure_invalid" Sender "A disclosure that the issuer's digests do not allow.",
    HolderBindingMissing "holder_binding_missing" Sender "No proof that the holder shows it.",
    HolderBindingInvalid "holder_binding_invalid" Sender "The proof that the holder shows it does not hold.",
    AudienceMismatch "audience_mismatch" Sender "Made for somebody else.",
    NonceMismatch "nonce_mismatch" Sender "Made for another session.",
    Replayed "replayed" Sender "Already used once.",
    Expired "expired" Lapsed "Its time is over.",
    NotYetValid "not_yet_valid" Lapsed "Its time has not come.",
    IssuerNotTrusted "issuer_not_trusted" Policy "The issuer is not in the trust list.",
    IssuerNotAuthorizedForType "issuer_not_authorized_for_type" Policy "The issuer may not issue this type.",
    TrustChainInvalid "trust_chain_invalid" Sender "The chain of statements does not hold.",
    TrustMarkInvalid "trust_mark_invalid" Sender "The trust mark does not hold.",
    Revoked "revoked" Lapsed "The issuer revoked it.",
    Suspended "suspended" Lapsed "The issuer suspended it.",
    StatusUnavailable "status_unavailable" Unknown "Its status could not be found out.",
    StatusListInvalid "status_list_invalid" Sender "The status list does not hold.",
    StatusIndexInvalid "status_index_invalid" Sender "The place in the status list is not one.",
    QueryNotSatisfied "query_not_satisfied" Sender "Not what was asked for.",
    RequestInvalid "request_invalid" Sender "The request does not hold.",
    InvalidTransactionData "invalid_transaction_data" Sender "Transaction data that is not understood.",
    AddressNotAllowed "address_not_allowed" Sender "An address that must not be contacted.",
    RedirectNotAllowed "redirect_not_allowed" Sender "The answer points somewhere else.",
    IssuerMetadataMismatch "issuer_metadata_mismatch" Sender "The issuer's metadata speaks of somebody else.",
    CredentialMismatch "credential_mismatch" Sender "Not the credential that was offered, or not for this key.",
    SchemaMismatch "schema_mismatch" Sender "The claims do not fit the type's schema.",
    PolicyNotSatisfied "policy_not_satisfied" Policy "The purpose's own policy does not permit it.",
    BeyondPurpose "beyond_purpose" Policy "More than the registered purpose allows.",
    PurposeNotRegistered "purpose_not_registered" Policy "The purpose is not registered for whoever asks.",
    ProtectedType "protected_type" Policy "A protected type, asked for without a registered purpose.",
    LogProofInvalid "log_proof_invalid" Sender "The proof of the public log does not hold.",
    ConsentRequired "consent_required" Policy "Nobody agreed.",
    PassphraseWrong "passphrase_wrong" Store "The passphrase does not open it.",
    VaultCorrupt "vault_corrupt" Store "The wallet file is damaged.",
    VaultParamsNotAllowed "vault_params_not_allowed" Store "The wallet file asks for key derivation outside the limits.",
    StoreCorrupt "store_corrupt" Store "The store is damaged.",
    StoreNewer "store_newer" Store "The store was written by a newer version.",
    Unsupported "unsupported" Policy "Something this version does not do.",
    ValueMissing "value_missing" Sender "A required value is missing.",
    ValueInvalid "value_invalid" Sender "A value that cannot be read as what it should be.",
    DuplicateRecord "duplicate_record" Sender "The same record twice.",
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text is not the name of a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownReason;

impl FromStr for Reason {
    type Err = UnknownReason;

    fn from_str(name: &str) -> Result<Self, UnknownReason> {
        Self::ALL.iter().copied().find(|reason| reason.name() == name).ok_or(UnknownReason)
    }
}

impl serde::Serialize for Reason {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> serde::Deserialize<'de> for Reason {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        name.parse().map_err(|UnknownReason| serde::de::Error::custom("not the name of a reason"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_snake_case_unique_and_reads_back() {
        for reason in Reason::ALL {
            let name = reason.name();
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{name}");
            assert_eq!(name.parse(), Ok(*reason));
        }
        assert_eq!("not_a_reason".parse::<Reason>(), Err(UnknownReason));
    }
}
