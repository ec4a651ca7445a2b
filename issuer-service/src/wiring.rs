//! From the service's folder to an issuer: one readable function.

use std::{path::Path, sync::Arc};

use portage_catalog::Catalog;
use portage_did::{Did, DidDocument, Relationship, did_key, did_web};
use portage_federation::OPENID_CREDENTIAL_ISSUER;
use portage_issuer::{Issuer, IssuerKey, IssuerKeys, OneTimeSecret, Profile};
use portage_keys::{OsEntropy, Signer, SigningKey};
use portage_oid4vci::IssuerIdentifier;
use portage_service::FederationMember;
use portage_storage::{KeyFolder, catalog_folder, issuer::SqliteIssuances};
use serde_json::Value;

use crate::{
    commands::CommandError,
    config::{Config, DidMethod},
};

/// Folder of the keys.
pub(crate) const KEYS: &str = "keys";
/// Ed25519; the fragment of its DID URL.
pub(crate) const ED25519_KEY: &str = "key-1";
/// P-256; the fragment of its DID URL.
pub(crate) const P256_KEY: &str = "key-2";
/// Makes and hashes one-time values.
pub(crate) const ONE_TIME_SECRET: &str = "one-time";
/// Name of the store in the service's folder.
pub(crate) const STORE: &str = "issuer.sqlite";

/// A service as its folder describes it.
pub(crate) struct Deployment {
    pub(crate) config: Config,
    pub(crate) issuer: Issuer<SqliteIssuances>,
    /// None where the DID needs none.
    pub(crate) did_document: Option<Value>,
    /// What it says of itself in a federation.
    pub(crate) federation: Option<FederationMember>,
}

/// Opens the folder: configuration, keys, types, store.
pub(crate) fn open(dir: &Path) -> Result<Deployment, CommandError> {
    let config = Config::read(dir).map_err(CommandError::fault)?;
    let keys = KeyFolder::at(dir.join(KEYS));
    let ed25519 = keys.signing_key(ED25519_KEY).map_err(CommandError::fault)?;
    let p256 = keys.signing_key(P256_KEY).map_err(CommandError::fault)?;
    let secret = keys.secret(ONE_TIME_SECRET).map_err(CommandError::fault)?;
    let catalog = catalog(&config.types_folder)?;
    let contexts = catalog.contexts();
    if let Some(unknown) = config.types.iter().find(|id| catalog.credential_type(id).is_none()) {
        return Err(CommandError::Fault(format!("types: there is no type {unknown}")));
    }

    let identity = identity(&config, ed25519, p256)?;
    let member = FederationMember::open(&config.url, &config.superiors, &keys, &OsEntropy)?
        .map(|member| member.named(&config.name).signing_as(&identity.did));
    let keys =
        IssuerKeys { ed25519: identity.ed25519, p256: identity.p256, secret: OneTimeSecret::new(*secret) };
    let profile = Profile {
        identifier: identifier(&config)?,
        did: identity.did,
        name: config.name.clone(),
        types: config.types.clone(),
        cryptosuite: config.cryptosuite,
        algorithm: config.algorithm,
        status: config.status,
        validity_days: config.validity_days.clone(),
        notification: config.notification,
    };
    let store = SqliteIssuances::open(&dir.join(STORE)).map_err(CommandError::database)?;
    let issuer = Issuer::new(profile, keys, catalog, contexts, Arc::new(OsEntropy), store);
    let metadata = issuer.metadata().to_value();
    let federation = member.map(|member| member.being(OPENID_CREDENTIAL_ISSUER, &metadata));
    Ok(Deployment { config, issuer, did_document: identity.document, federation })
}

/// The origin without the slash that a URL ends with.
fn identifier(config: &Config) -> Result<IssuerIdentifier, CommandError> {
    IssuerIdentifier::parse(config.url.as_str().trim_end_matches('/')).map_err(CommandError::fault)
}

/// Who signs: the DID, its keys under their DID URLs, its document.
struct Identity {
    did: Did,
    ed25519: IssuerKey,
    p256: Option<IssuerKey>,
    document: Option<Value>,
}

fn identity(config: &Config, ed25519: SigningKey, p256: SigningKey) -> Result<Identity, CommandError> {
    match config.did {
        DidMethod::Web => {
            let did = did_web(&config.url).map_err(CommandError::fault)?;
            let document = web_document(&did, &ed25519, &p256);
            let key = |signer: SigningKey, fragment: &str| IssuerKey {
                signer: Arc::new(signer),
                kid: format!("{did}#{fragment}"),
            };
            let (ed25519, p256) = (key(ed25519, ED25519_KEY), key(p256, P256_KEY));
            Ok(Identity { did, ed25519, p256: Some(p256), document: Some(document) })
        }
        DidMethod::Key => {
            let (did, kid) = did_key(ed25519.verification_key());
            let ed25519 = IssuerKey { signer: Arc::new(ed25519), kid: kid.to_string() };
            Ok(Identity { did, ed25519, p256: None, document: None })
        }
    }
}

/// Both keys, to sign credentials and status lists with.
fn web_document(did: &Did, ed25519: &SigningKey, p256: &SigningKey) -> Value {
    let assertions = &[Relationship::AssertionMethod][..];
    let keys = [
        (ED25519_KEY, ed25519.verification_key(), assertions),
        (P256_KEY, p256.verification_key(), assertions),
    ];
    DidDocument::of_keys(did, &keys).to_value().clone()
}

/// The bundled catalogue and the types of the folder, if there is one.
pub(crate) fn catalog(folder: &Path) -> Result<Catalog, CommandError> {
    let mut catalog = Catalog::bundled();
    catalog_folder::add_types(&mut catalog, folder).map_err(CommandError::fault)?;
    Ok(catalog)
}
