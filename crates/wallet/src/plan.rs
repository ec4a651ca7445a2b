//! What would leave the wallet, to whom: computed from the very bytes that would be sent.

use portage_catalog::{Catalog, Format, Text};
use portage_dcql::Disclose;
use portage_keys::digest;
use portage_oid4vp::ResolvedRequest;
use portage_reason::Reason;
use portage_sd_jwt::{ClaimPath, PathStep, Selected, UnverifiedSdJwt, VerifiedSdJwt};

use crate::{
    Asker, ClaimName, CredentialId, Promise, PurposeSource, ShownClaim, StoredCredential, Words,
    claims::{shown_claims, withheld_claims},
    credential::IssuerOnRecord,
    ports::{Batch, StoreFailure},
};

/// A request that can be answered, and how: who learns what. Nothing in it has left; [`DisclosurePlan::consent`] makes the permission that
/// [`crate::Wallet::present`] redeems.
pub struct DisclosurePlan {
    pub(crate) asker: Asker,
    pub(crate) answers: Vec<PlannedAnswer>,
    pub(crate) request: ResolvedRequest,
    /// Lists fetched for the check, kept when something is written anyway.
    pub(crate) documents: Batch,
    /// The digest of the signed request as it arrived.
    pub(crate) request_digest: Option<String>,
}

/// One credential that would be shown.
pub struct PlannedAnswer {
    /// The Credential Query it answers.
    pub query: String,
    /// Which.
    pub credential: CredentialId,
    /// What a person calls it.
    pub name: Text,
    /// The catalogue's id of its type, if it knows it.
    pub catalog_type: Option<String>,
    /// Whether the names are the issuer's own words, which nobody else vouches for.
    pub in_issuers_words: bool,
    /// Its format.
    pub format: Format,
    /// Who issued it.
    pub issuer: IssuerOnRecord,
    /// What they learn, with values.
    pub learned: Vec<ShownClaim>,
    /// What this credential says and they do not learn.
    pub withheld: Vec<ClaimName>,
    /// What the wallet's own check found against it: empty when it is sound.
    pub doubts: Vec<Reason>,
    /// Its type is protected, and no registered purpose covers what is asked of it: it is not shown.
    pub protected: bool,
    /// Other credentials that would answer as well.
    pub others: Vec<CredentialId>,
    pub(crate) holder_binding: bool,
    pub(crate) prepared: Prepared,
}

/// What would be sent, before the holder's key signs over it.
pub(crate) enum Prepared {
    /// An SD-JWT with the disclosures that would be sent.
    Selected(Selected),
    /// The credential as it is.
    Whole(String),
}

impl Prepared {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Prepared::Selected(selected) => selected.as_str(),
            Prepared::Whole(secured) => secured,
        }
    }
}

impl DisclosurePlan {
    /// Who asks, by what right and what for.
    pub fn asker(&self) -> &Asker {
        &self.asker
    }

    /// What would be shown, in the order of the query.
    pub fn answers(&self) -> &[PlannedAnswer] {
        &self.answers
    }

    /// What need not be shown for the request to be answered (`credential_sets` with `required` false, DCQL §6.2): groups of Credential Queries that are
    /// shown together or not at all.
    pub fn optional(&self) -> Vec<Vec<String>> {
        let is_answered = |id: &String| self.answers.iter().any(|answer| answer.query == *id);
        let sets = self.request.query().credential_sets.iter().flatten();
        let (required, optional): (Vec<_>, Vec<_>) = sets.partition(|set| set.required);
        let answered = |set: &portage_dcql::CredentialSetQuery| {
            set.options.iter().find(|option| option.iter().all(is_answered)).cloned()
        };
        let needed: Vec<String> = required.into_iter().filter_map(answered).flatten().collect();
        let left = |option: Vec<String>| -> Vec<String> {
            option.into_iter().filter(|id| !needed.contains(id)).collect()
        };
        optional.into_iter().filter_map(answered).map(left).filter(|group| !group.is_empty()).collect()
    }

    /// Leaves out whatever of [`DisclosurePlan::optional`] is not among `kept`: a group of which one query is not named is not shown.
    #[must_use]
    pub fn with_optional(mut self, kept: &[String]) -> Self {
        let groups = self.optional();
        let (shown, dropped): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|group| group.iter().all(|id| kept.contains(id)));
        let shown: Vec<String> = shown.into_iter().flatten().collect();
        let is_dropped = |id: &String| !shown.contains(id) && dropped.iter().any(|group| group.contains(id));
        self.answers.retain(|answer| !is_dropped(&answer.query));
        self
    }

    /// What the history keeps of what was said.
    pub(crate) fn promise(&self) -> Option<Promise> {
        let purpose = self.asker.purpose.as_ref()?;
        let words = &purpose.words;
        let (vouched_by, told) = match &purpose.source {
            PurposeSource::Vouched(by) => (Some(by.name.clone()), false),
            PurposeSource::Registered => (None, false),
            PurposeSource::Told => (None, true),
        };
        Some(Promise {
            name: words.name.clone(),
            text: words.text.clone(),
            law: words.law.clone(),
            retention_days: words.retention_days,
            contact: words.contact.clone(),
            vouched_by,
            told,
            request_digest: self.request_digest.clone(),
            jurisdiction: self.asker.jurisdiction(),
        })
    }

    /// What names this plan and no other: the session and every byte that would be shown.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let mut parts = vec![
            self.request.client_id().as_str(),
            self.request.response_uri().as_str(),
            self.request.nonce().as_str(),
            self.request.state().map_or("", |state| state.as_str()),
        ];
        for answer in &self.answers {
            parts.extend([answer.query.as_str(), &answer.credential.0, answer.prepared.as_str()]);
        }
        let mut message = Vec::new();
        for part in parts {
            message.extend_from_slice(&digest::sha256(part.as_bytes()));
        }
        digest::sha256(&message)
    }
}

impl PlannedAnswer {
    /// Whether the format can only be shown whole: everything in it is learned, whatever was asked.
    pub fn is_shown_whole(&self) -> bool {
        !self.format.is_selective()
    }

    pub(crate) fn with_check(mut self, doubts: Vec<Reason>, others: Vec<CredentialId>) -> Self {
        self.doubts = doubts;
        self.others = others;
        self
    }
}

/// Selects what answers a query, and reads back from the selected bytes what it tells.
pub(crate) fn prepare(
    query: &str,
    credential: &StoredCredential,
    disclose: &Disclose,
    holder_binding: bool,
    catalog: &Catalog,
) -> Result<PlannedAnswer, StoreFailure> {
    let words = credential.words(catalog);
    let format = credential.format();
    let all = credential.shown_claims(catalog);
    let (prepared, learned) = if format.is_selective() {
        let selected = portage_sd_jwt::select(&reopen(credential, &credential.secured)?, &paths(disclose));
        let shown = reopen(credential, selected.as_str())?;
        (Prepared::Selected(selected), shown_claims(format, words, shown.claims()))
    } else {
        (Prepared::Whole(credential.secured.clone()), all.clone())
    };
    Ok(PlannedAnswer {
        query: query.to_owned(),
        credential: credential.id.clone(),
        name: credential.name(catalog),
        catalog_type: credential.catalog_type.clone(),
        in_issuers_words: matches!(words, Words::Issuer(_)),
        format,
        issuer: credential.issuer.clone(),
        withheld: withheld_claims(&all, &learned),
        learned,
        doubts: Vec::new(),
        protected: credential.is_of_protected_type(catalog),
        others: Vec::new(),
        holder_binding,
        prepared,
    })
}

/// Opens an SD-JWT of ours again with the issuer's key it arrived under. It was sealed since: not holding now means damage.
fn reopen(credential: &StoredCredential, text: &str) -> Result<VerifiedSdJwt, StoreFailure> {
    let typ: &[&str] = match credential.format() {
        Format::VcSdJwt => &[portage_vc::jose::VC_SD_JWT],
        _ => portage_sd_jwt::vc::TYP,
    };
    let key = credential.issuer_key()?;
    UnverifiedSdJwt::parse(text)
        .and_then(|sd_jwt| sd_jwt.verify(&key, typ))
        .map_err(|_| StoreFailure::Unusable(Reason::VaultCorrupt))
}

fn paths(disclose: &Disclose) -> Vec<ClaimPath> {
    let step = |step: &portage_dcql::Step| match step {
        portage_dcql::Step::Name(name) => PathStep::Name(name.clone()),
        portage_dcql::Step::Index(index) => PathStep::Index(*index),
        portage_dcql::Step::All => PathStep::All,
    };
    match disclose {
        Disclose::Mandatory => Vec::new(),
        Disclose::Paths(paths) => paths.iter().map(|path| path.iter().map(step).collect()).collect(),
    }
}
