use jiff::Timestamp;
use portage_catalog::{Catalog, CredentialType, Format, Text};
use portage_keys::{KeyError, SigningKey, VerificationKey, multibase};
use portage_reason::Reason;
use portage_trust::{ChainEvidence, IssuerAuthorized, Tier};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::{
    CredentialId, IssuerWords, ShownClaim, Words,
    ports::{RecordId, RecordKind, StoreFailure, WalletStore},
    shown_claims,
};

/// The newest form of a credential record that this program writes and reads.
const RECORD_VERSION: u32 = 1;

/// A credential in the wallet: what was checked and agreed to when it arrived. It comes back out of a sealed record, so it is not checked
/// again to be shown, and is checked again (time, status) before it is presented.
///
/// Has no `Debug`: it is full of claim values.
#[derive(Clone, Serialize, Deserialize)]
pub struct StoredCredential {
    version: u32,
    /// The wallet's own name for it.
    pub id: CredentialId,
    format: String,
    /// Who issued it, by what right.
    pub issuer: IssuerOnRecord,
    /// `vct`, or the fully expanded types.
    pub types: Vec<String>,
    /// The catalogue's id of the type, if it knows it.
    pub catalog_type: Option<String>,
    /// When it arrived.
    pub received: Timestamp,
    /// First instant.
    pub valid_from: Option<Timestamp>,
    /// Last instant.
    pub valid_until: Option<Timestamp>,
    /// The issuer's own words for it, taken when it arrived; only where the catalogue does not know the type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<IssuerWords>,
    /// As it arrived: compact text, or the JSON text of a document.
    pub secured: String,
    /// Where DCQL paths start: the processed payload with everything disclosed, or the document.
    pub claims: Map<String, Value>,
    /// The issuer's key that it was verified with (Multikey).
    issuer_key: String,
    /// The holder's key that it is bound to (Multikey).
    holder_key: String,
}

/// The issuer as the trust list knew it when the credential arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuerOnRecord {
    /// Its identifier.
    pub id: String,
    /// Its name.
    pub name: Option<Text>,
    /// Its tier.
    pub tier: Option<Tier>,
    /// Where this was found.
    pub source: String,
    /// The chain it rests on, where it rests on one, as `portage_trust::ChainEvidence::to_json` wrote it: what explains the credential when
    /// nothing can be asked any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<Value>,
}

impl From<&IssuerAuthorized> for IssuerOnRecord {
    fn from(issuer: &IssuerAuthorized) -> Self {
        IssuerOnRecord {
            id: issuer.id.clone(),
            name: issuer.name.clone(),
            tier: issuer.tier,
            source: issuer.source.to_owned(),
            chain: issuer.chain.as_ref().map(ChainEvidence::to_json),
        }
    }
}

/// What a new record is made of.
pub(crate) struct NewCredential {
    pub(crate) id: CredentialId,
    pub(crate) format: Format,
    pub(crate) issuer: IssuerOnRecord,
    pub(crate) types: Vec<String>,
    pub(crate) catalog_type: Option<String>,
    pub(crate) received: Timestamp,
    pub(crate) valid_from: Option<Timestamp>,
    pub(crate) valid_until: Option<Timestamp>,
    pub(crate) words: Option<IssuerWords>,
    pub(crate) secured: String,
    pub(crate) claims: Map<String, Value>,
    pub(crate) issuer_key: VerificationKey,
    pub(crate) holder_key: VerificationKey,
}

impl From<NewCredential> for StoredCredential {
    fn from(new: NewCredential) -> Self {
        StoredCredential {
            version: RECORD_VERSION,
            id: new.id,
            format: new.format.name().to_owned(),
            issuer: new.issuer,
            types: new.types,
            catalog_type: new.catalog_type,
            received: new.received,
            valid_from: new.valid_from,
            valid_until: new.valid_until,
            words: new.words,
            secured: new.secured,
            claims: new.claims,
            issuer_key: multibase::to_multikey(&new.issuer_key),
            holder_key: multibase::to_multikey(&new.holder_key),
        }
    }
}

impl StoredCredential {
    /// The format it is in.
    pub fn format(&self) -> Format {
        // A record with another format is refused by `read`; the default is never reached.
        Format::from_name(&self.format).unwrap_or(Format::DcSdJwt)
    }

    /// The issuer's key that it was verified with.
    ///
    /// # Errors
    /// [`StoreFailure::Unusable`]: the record is damaged.
    pub fn issuer_key(&self) -> Result<VerificationKey, StoreFailure> {
        multibase::from_multikey(&self.issuer_key).map_err(damaged_key)
    }

    /// The holder's key that it is bound to.
    ///
    /// # Errors
    /// [`StoreFailure::Unusable`]: the record is damaged.
    pub fn holder_key(&self) -> Result<VerificationKey, StoreFailure> {
        multibase::from_multikey(&self.holder_key).map_err(damaged_key)
    }

    /// Its type in the catalogue, by the names that the issuer signed: a type that was added since is found, and one that took the id of
    /// another is not taken for it.
    pub fn definition<'c>(&self, catalog: &'c Catalog) -> Option<&'c CredentialType> {
        match self.format() {
            Format::DcSdJwt => self.types.iter().find_map(|vct| catalog.by_vct(vct)),
            _ => catalog.by_vc_types(self.types.iter().map(String::as_str)),
        }
    }

    /// Whether any of its types, as the catalogue knows them today or as it knew them when it arrived, is protected.
    pub fn is_of_protected_type(&self, catalog: &Catalog) -> bool {
        let named = |name: &String| match self.format() {
            Format::DcSdJwt => catalog.by_vct(name),
            _ => catalog.by_vc_types([name.as_str()]),
        };
        let then = self.catalog_type.as_deref().and_then(|id| catalog.credential_type(id));
        self.types.iter().filter_map(named).chain(then).any(|known| known.protected)
    }

    /// Whose words it is shown in: the catalogue's, else those that the issuer gave when it arrived.
    pub fn words<'s>(&'s self, catalog: &'s Catalog) -> Words<'s> {
        match (self.definition(catalog), &self.words) {
            (Some(definition), _) => Words::Catalogue(definition),
            (None, Some(words)) => Words::Issuer(words),
            (None, None) => Words::None,
        }
    }

    /// What it says.
    pub fn shown_claims(&self, catalog: &Catalog) -> Vec<ShownClaim> {
        shown_claims(self.format(), self.words(catalog), &self.claims)
    }

    /// What a person calls it: the catalogue's name for the type, else the issuer's, else the type as it stands.
    pub fn name(&self, catalog: &Catalog) -> Text {
        type_name(self.words(catalog), &self.types)
    }

    pub(crate) fn to_record(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<Self, StoreFailure> {
        let credential: StoredCredential = read_record(bytes, RECORD_VERSION)?;
        match Format::from_name(&credential.format) {
            Some(_) => Ok(credential),
            None => Err(StoreFailure::Unusable(Reason::StoreNewer)),
        }
    }
}

/// What a person calls a type.
pub(crate) fn type_name(words: Words<'_>, types: &[String]) -> Text {
    match words {
        Words::Catalogue(definition) => definition.name.clone(),
        Words::Issuer(words) => words.name.clone(),
        Words::None => {
            let name = types
                .iter()
                .find(|name| !name.ends_with("VerifiableCredential"))
                .or(types.first())
                .cloned()
                .unwrap_or_default();
            Text { en: name.clone(), fr: name }
        }
    }
}

/// Reads a record of ours: a version above `newest` is `store_newer`, anything else unreadable `vault_corrupt`.
pub(crate) fn read_record<T: for<'de> Deserialize<'de>>(
    bytes: &[u8],
    newest: u32,
) -> Result<T, StoreFailure> {
    #[derive(Deserialize)]
    struct Versioned {
        version: u32,
    }
    let corrupt = |_| StoreFailure::Unusable(Reason::VaultCorrupt);
    let Versioned { version } = serde_json::from_slice(bytes).map_err(corrupt)?;
    if version > newest {
        return Err(StoreFailure::Unusable(Reason::StoreNewer));
    }
    serde_json::from_slice(bytes).map_err(corrupt)
}

/// Every credential, the latest first.
///
/// # Errors
/// [`StoreFailure`].
pub fn credentials(store: &impl WalletStore) -> Result<Vec<StoredCredential>, StoreFailure> {
    let mut found = Vec::new();
    for id in store.ids(RecordKind::Credential)? {
        if let Some(bytes) = store.record(&id)? {
            found.push(StoredCredential::read(&bytes)?);
        }
    }
    found.sort_by(|a, b| b.received.cmp(&a.received).then_with(|| a.id.cmp(&b.id)));
    Ok(found)
}

/// One credential.
///
/// # Errors
/// [`StoreFailure`].
pub fn credential(
    store: &impl WalletStore,
    id: &CredentialId,
) -> Result<Option<StoredCredential>, StoreFailure> {
    store.record(&RecordId::Credential(id.clone()))?.map(|bytes| StoredCredential::read(&bytes)).transpose()
}

/// The private key a credential is bound to: one byte for the algorithm, then the secret.
pub(crate) fn key_record(key: &SigningKey) -> Zeroizing<Vec<u8>> {
    use portage_keys::{Algorithm, Signer};
    let tag = match key.algorithm() {
        Algorithm::EdDsa => 1_u8,
        Algorithm::Es256 => 2,
        Algorithm::Es384 => 3,
    };
    let mut bytes = Zeroizing::new(Vec::with_capacity(1 + key.dangerous_secret_bytes().len()));
    bytes.push(tag);
    bytes.extend_from_slice(key.dangerous_secret_bytes());
    bytes
}

/// The key that signs for this credential.
pub(crate) fn signing_key(store: &impl WalletStore, id: &CredentialId) -> Result<SigningKey, StoreFailure> {
    use portage_keys::Algorithm;
    let corrupt = || StoreFailure::Unusable(Reason::VaultCorrupt);
    let record = store.record(&RecordId::Key(id.clone()))?.ok_or_else(corrupt)?;
    let (tag, secret) = record.split_first().ok_or_else(corrupt)?;
    let algorithm = match tag {
        1 => Algorithm::EdDsa,
        2 => Algorithm::Es256,
        3 => Algorithm::Es384,
        _ => return Err(StoreFailure::Unusable(Reason::StoreNewer)),
    };
    SigningKey::from_secret_bytes(algorithm, secret).map_err(damaged_key)
}

fn damaged_key(_: KeyError) -> StoreFailure {
    StoreFailure::Unusable(Reason::VaultCorrupt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_on_record_from_before_chains_were_kept_still_reads() {
        let before = r#"{"id":"did:web:city.example","name":null,"tier":"municipal","source":"trust.json"}"#;
        let read: IssuerOnRecord = serde_json::from_str(before).unwrap();
        assert_eq!(read.chain, None);
        assert_eq!(serde_json::to_string(&read).unwrap(), before);
    }
}
