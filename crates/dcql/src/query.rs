use portage_reason::Reason;
use serde_json::Value;

use crate::{Step, reading};

/// Longest list anywhere in a query: what a stranger asks must stay cheap to match.
pub const MAX_ITEMS: usize = 256;

/// Not a DCQL query. `request_invalid` for a wallet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a DCQL query: {0}")]
pub struct DcqlError(pub &'static str);

impl DcqlError {
    /// `request_invalid`.
    pub fn reason(&self) -> Reason {
        Reason::RequestInvalid
    }
}

/// `dcql_query`.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// `credentials`.
    pub credentials: Vec<CredentialQuery>,
    /// `credential_sets`, if there.
    pub credential_sets: Option<Vec<CredentialSetQuery>>,
}

/// One Credential Query (§6.1).
#[derive(Debug, Clone, PartialEq)]
pub struct CredentialQuery {
    /// `id`.
    pub id: String,
    /// `format`, as it stands.
    pub format: String,
    /// `meta`.
    pub meta: Meta,
    /// `multiple`.
    pub multiple: bool,
    /// `require_cryptographic_holder_binding`.
    pub holder_binding: bool,
    /// `claims`; absent: nothing selectively disclosable is asked.
    pub claims: Option<Vec<ClaimQuery>>,
    /// `claim_sets`: ids of claims, preferred first.
    pub claim_sets: Option<Vec<Vec<String>>>,
    /// `trusted_authorities` as it stands: a hint.
    pub trusted_authorities: Option<Value>,
}

/// `meta` of a Credential Query.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Meta {
    /// `vct_values`.
    pub vct_values: Option<Vec<String>>,
    /// `type_values`: fully expanded; inner all, outer any.
    pub type_values: Option<Vec<Vec<String>>>,
    /// `doctype_value`.
    pub doctype_value: Option<String>,
}

/// One Claims Query (§6.3).
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimQuery {
    /// `id`.
    pub id: Option<String>,
    /// `path`.
    pub path: Vec<Step>,
    /// `values`: strings, integers, booleans.
    pub values: Option<Vec<Value>>,
}

/// One Credential Set Query (§6.2).
#[derive(Debug, Clone, PartialEq)]
pub struct CredentialSetQuery {
    /// `options`: ids, all of one option.
    pub options: Vec<Vec<String>>,
    /// `required`, true by default.
    pub required: bool,
}

impl Query {
    /// Reads a query (§6): non-empty, ids unique and of the allowed characters, `claim_sets` only with `claims` that have ids. Unknown members are
    /// ignored.
    ///
    /// # Errors
    /// [`DcqlError`].
    pub fn parse(value: &Value) -> Result<Self, DcqlError> {
        reading::query(value)
    }

    /// The Credential Query of that id.
    pub fn credential(&self, id: &str) -> Option<&CredentialQuery> {
        self.credentials.iter().find(|query| query.id == id)
    }
}

impl CredentialQuery {
    /// The ways to satisfy `claims`, preferred first, as indexes into it: each of `claim_sets`, or all claims. Without `claims` the one way is
    /// to show nothing.
    pub(crate) fn claim_options(&self) -> Vec<Vec<usize>> {
        let claims = self.claims.as_deref().unwrap_or_default();
        let Some(claim_sets) = &self.claim_sets else { return vec![(0..claims.len()).collect()] };
        let index_of = |id: &String| claims.iter().position(|claim| claim.id.as_ref() == Some(id));
        claim_sets.iter().filter_map(|set| set.iter().map(index_of).collect()).collect()
    }
}
