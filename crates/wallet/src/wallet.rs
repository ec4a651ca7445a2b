use jiff::{SignedDuration, Timestamp};
use portage_catalog::{Catalog, Contexts, Format};
use portage_did::LoopbackOrigins;
use portage_keys::{Entropy, VerificationKey};
use portage_trust::Authority;
use portage_verification::{Expectations, HolderExpectation, InputFormat, Outcome, StatusPolicy};

use crate::{
    documents::{Documents, Freshness},
    ports::{Http, WalletStore},
};

/// The use cases of one wallet and what they stand on. Time is an argument of each: a person may think for minutes between two of them.
pub struct Wallet<'w, H, S> {
    /// The one way out.
    pub http: &'w H,
    /// The records.
    pub store: &'w S,
    /// Types, purposes.
    pub catalog: &'w Catalog,
    /// JSON-LD contexts.
    pub contexts: &'w Contexts,
    /// Who may issue what, who may ask what.
    pub authority: &'w dyn Authority,
    /// Origins that use http.
    pub loopback: &'w LoopbackOrigins,
    /// Randomness.
    pub entropy: &'w dyn Entropy,
    /// Whether only requests of HAIP 1.0 are answered.
    pub haip: bool,
    /// How often a status list is asked for at most.
    pub list_interval: SignedDuration,
}

impl<H: Http, S: WalletStore> Wallet<'_, H, S> {
    /// Public documents, those of this wallet first where `freshness` allows it.
    pub(crate) fn documents(&self, freshness: Freshness, now: Timestamp) -> Documents<'_, H, S> {
        Documents::new(self.http, self.store, now, freshness, self.list_interval)
    }

    /// Runs the one pipeline on a credential that is, or should be, bound to one of `keys`.
    pub(crate) async fn verify_issued(
        &self,
        secured: &str,
        format: Format,
        keys: &[VerificationKey],
        max_list_age: SignedDuration,
        documents: &Documents<'_, H, S>,
        now: Timestamp,
    ) -> Outcome {
        let expectations = Expectations {
            now,
            catalog: self.catalog,
            contexts: self.contexts,
            authority: self.authority,
            loopback: self.loopback,
            issuer_key: None,
            holder: HolderExpectation::IssuedTo(keys),
            query: None,
            status: StatusPolicy::Required { max_age: max_list_age },
            format: Some(input_format(format)),
        };
        portage_verification::run(secured.as_bytes(), &expectations, documents).await
    }
}

const fn input_format(format: Format) -> InputFormat {
    match format {
        Format::DcSdJwt => InputFormat::DcSdJwt,
        Format::VcSdJwt => InputFormat::VcSdJwt,
        Format::VcJwt => InputFormat::VcJwt,
        Format::LdpVc => InputFormat::LdpVc,
    }
}
