//! From the service's folder to an issuer: one readable function.

use std::{path::Path, sync::Arc};

use jiff::Timestamp;
use portage_catalog::Catalog;
use portage_did::{Did, DidDocument, Relationship, did_key, did_web};
use portage_federation::OPENID_CREDENTIAL_ISSUER;
use portage_issuer::{Issuer, IssuerKey, IssuerKeys, OneTimeSecret, Profile};
use portage_keys::{Algorithm, OsEntropy, Signer, SigningKey};
use portage_oid4vci::IssuerIdentifier;
use portage_service::{FederationMember, TRUST_MARKS};
use portage_storage::{KeyFolder, catalog_folder, issuer::SqliteIssuances};
use serde_json::Value;

use crate::{
    commands::CommandError,
    config::{Config, DidMethod},
    did_log,
};

/// Folder of the keys.
pub(crate) const KEYS: &str = "keys";
/// Makes and hashes one-time values.
pub(crate) const ONE_TIME_SECRET: &str = "one-time";
/// Name of the store in the service's folder.
pub(crate) const STORE: &str = "issuer.sqlite";

/// Name of the key of an algorithm, in the folder and as the fragment of its DID URL.
pub(crate) const fn key_name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::EdDsa => "key-1",
        Algorithm::Es256 => "key-2",
        Algorithm::Es384 => "key-3",
    }
}

/// A service as its folder describes it.
pub(crate) struct Deployment {
    pub(crate) config: Config,
    pub(crate) issuer: Issuer<SqliteIssuances>,
    /// None where the DID needs none, or where it follows from a log.
    pub(crate) did_document: Option<Value>,
    /// What it says of itself in a federation.
    pub(crate) federation: Option<FederationMember>,
}

/// Opens the folder: configuration, keys, types, store.
pub(crate) fn open(dir: &Path, now: Timestamp) -> Result<Deployment, CommandError> {
    let config = Config::read(dir).map_err(CommandError::fault)?;
    let keys = KeyFolder::at(dir.join(KEYS));
    let secret = keys.secret(ONE_TIME_SECRET).map_err(CommandError::fault)?;
    let catalog = catalog(&config.types_folder)?;
    let contexts = catalog.contexts();
    if let Some(unknown) = config.types.iter().find(|id| catalog.credential_type(id).is_none()) {
        return Err(CommandError::Fault(format!("types: there is no type {unknown}")));
    }

    let identity = identity(&config, dir, &keys, now)?;
    let member = FederationMember::open(&config.url, &config.superiors, &keys, &OsEntropy)?
        .map(|member| member.named(&config.name).signing_as(&identity.did).carrying(&dir.join(TRUST_MARKS)))
        .transpose()?;
    let keys = IssuerKeys { signing: identity.keys, secret: OneTimeSecret::new(*secret) };
    let profile = Profile {
        identifier: identifier(&config)?,
        did: identity.did,
        name: config.name.clone(),
        types: config.types.clone(),
        cryptosuite: config.cryptosuite,
        cryptosuite_key: config.cryptosuite_key,
        algorithm: config.algorithm,
        status: config.status,
        validity_days: config.validity_days.clone(),
        notification: config.notification,
        clients: config.clients.clone(),
    };
    let store = SqliteIssuances::open(&dir.join(STORE)).map_err(CommandError::database)?;
    let issuer = Issuer::new(profile, keys, catalog, contexts, Arc::new(OsEntropy), store)
        .telling(config.told.clone());
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
    keys: Vec<IssuerKey>,
    document: Option<Value>,
}

/// The keys of the folder. A folder may be older than its P-384 key; that one is missed where it is to sign.
fn signing_keys(keys: &KeyFolder, config: &Config) -> Result<Vec<SigningKey>, CommandError> {
    let is_wanted = |algorithm: &Algorithm| {
        let signs = [config.algorithm, config.cryptosuite_key].contains(algorithm);
        *algorithm != Algorithm::Es384 || signs || keys.holds(key_name(*algorithm))
    };
    let read = |algorithm: Algorithm| {
        let name = key_name(algorithm);
        let key = keys.signing_key(name).map_err(CommandError::fault)?;
        if key.algorithm() == algorithm {
            return Ok(key);
        }
        let expected = algorithm.jose_name();
        Err(CommandError::Fault(format!("keys/{name}.jwk does not hold a key of {expected}")))
    };
    Algorithm::ALL.into_iter().filter(is_wanted).map(read).collect()
}

fn identity(
    config: &Config,
    dir: &Path,
    folder: &KeyFolder,
    now: Timestamp,
) -> Result<Identity, CommandError> {
    match config.did {
        DidMethod::WebVh => {
            let log = did_log::read(dir, &config.url, now)?;
            // The document beside it is read with the log, again and again.
            Ok(Identity { did: log.did().clone(), keys: did_log::keys_in_use(&log, folder)?, document: None })
        }
        DidMethod::Web | DidMethod::Key => {
            let (did, keys) = keys_of_folder(config, folder)?;
            let document = (config.did == DidMethod::Web).then(|| web_document(&did, &keys));
            Ok(Identity { did, keys, document })
        }
    }
}

/// The DID and the keys of an issuer whose DID is a did:web or a did:key: those of the folder, which decides about them.
pub(crate) fn keys_of_folder(
    config: &Config,
    folder: &KeyFolder,
) -> Result<(Did, Vec<IssuerKey>), CommandError> {
    let keys = signing_keys(folder, config)?;
    if config.did == DidMethod::Key {
        let one = keys.into_iter().find(|key| key.algorithm() == config.algorithm);
        let one = one.ok_or_else(|| CommandError::Fault("signing.jose: its key is not there".into()))?;
        let (did, kid) = did_key(one.verification_key());
        return Ok((did, vec![IssuerKey { signer: Arc::new(one), kid: kid.to_string() }]));
    }
    let did = did_web(&config.url).map_err(CommandError::fault)?;
    let key = |signer: SigningKey| IssuerKey {
        kid: format!("{did}#{}", key_name(signer.algorithm())),
        signer: Arc::new(signer),
    };
    let keys = keys.into_iter().map(key).collect();
    Ok((did, keys))
}

/// All keys, to sign credentials and status lists with.
fn web_document(did: &Did, keys: &[IssuerKey]) -> Value {
    let assertions = &[Relationship::AssertionMethod][..];
    let keys = keys.iter().map(|key| key.signer.as_ref());
    let keys: Vec<_> =
        keys.map(|key| (key_name(key.algorithm()), key.verification_key(), assertions)).collect();
    DidDocument::of_keys(did, &keys).to_value().clone()
}

/// The bundled catalogue and the types of the folder, if there is one.
pub(crate) fn catalog(folder: &Path) -> Result<Catalog, CommandError> {
    let mut catalog = Catalog::bundled();
    catalog_folder::add_types(&mut catalog, folder).map_err(CommandError::fault)?;
    Ok(catalog)
}
