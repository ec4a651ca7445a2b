//! From the service's folder to a verifier: one readable function.

use std::{fs, io, path::Path, sync::Arc};

use jiff::tz::TimeZone;
use portage_catalog::Catalog;
use portage_clock::Clock;
use portage_did::{Did, DidDocument, Relationship, did_web};
use portage_federation::{OPENID_CREDENTIAL_VERIFIER, TrustAnchors};
use portage_jose::Jwk;
use portage_keys::{OsEntropy, Signer, SigningKey};
use portage_oid4vp::{ClientId, VpFormats};
use portage_policy::Policies;
use portage_service::{FederationMember, TRUST_MARKS, staff::StaffStore};
use portage_storage::{KeyFolder, catalog_folder, verifier::SqliteSessions};
use portage_trust::{Authorities, TrustList};
use portage_verifier::{Addresses, Identity, OneTimeSecret, Verifier};
use serde_json::{Value, json};

use crate::{
    certified,
    commands::CommandError,
    config::{Config, RequestPrefix},
    counter::Counter,
    vouched,
};

/// Folder of the keys.
pub(crate) const KEYS: &str = "keys";
/// Signs Request Objects; the fragment of its DID URL.
pub(crate) const SIGNING_KEY: &str = "key-1";
/// Makes and hashes one-time values.
pub(crate) const ONE_TIME_SECRET: &str = "one-time";

/// Name of the store in the service's folder.
pub(crate) const STORE: &str = "verifier.sqlite";

/// A service as its folder describes it.
pub(crate) struct Deployment {
    pub(crate) config: Config,
    pub(crate) verifier: Verifier<SqliteSessions>,
    pub(crate) counter: Counter,
    pub(crate) did_document: Value,
    /// What it says of itself in a federation.
    pub(crate) federation: Option<FederationMember>,
    /// The anchors that are pinned in the trust list.
    pub(crate) anchors: TrustAnchors,
}

/// Opens the folder: configuration, keys, trust list, types, purposes, store.
pub(crate) fn open(dir: &Path, clock: &Clock) -> Result<Deployment, CommandError> {
    let config = Config::read(dir).map_err(CommandError::fault)?;
    let keys = KeyFolder::at(dir.join(KEYS));
    let key = keys.signing_key(SIGNING_KEY).map_err(CommandError::fault)?;
    let secret = keys.secret(ONE_TIME_SECRET).map_err(CommandError::fault)?;
    let did = did_web(&config.url).map_err(CommandError::fault)?;
    let did_document = did_document(&did, &key);
    let addresses = Addresses::of(config.url.clone());
    let jwk = Jwk::from_key(key.verification_key().clone());
    let jwk = jwk.clone().with_kid(jwk.thumbprint());
    let mut metadata = VpFormats::of_portage().to_client_metadata();
    metadata["jwks"] = json!({ "keys": [jwk.to_value()] });
    metadata["response_uris"] = json!([addresses.response_uri().as_str()]);
    let federation = FederationMember::open(&config.url, &config.superiors, &keys, &OsEntropy)?
        .map(|member| member.signing_as(&did).being(OPENID_CREDENTIAL_VERIFIER, &metadata))
        .map(|member| member.carrying(&dir.join(TRUST_MARKS)))
        .transpose()?;
    let catalog = catalog(dir)?;
    let authorities = authorities(&config.trust, clock)?;
    let anchors = authorities.anchors().clone();
    let verifier = Verifier {
        identity: identity(&config, &addresses, &did, &jwk, key)?,
        asking: config.asking,
        addresses,
        vouched: vouched::read(dir, &catalog)?,
        policies: Arc::new(policies(&catalog, &config.time_zone)?),
        contexts: Arc::new(catalog.contexts()),
        catalog: Arc::new(catalog),
        authority: Arc::new(authorities),
        loopback: config.loopback.clone(),
        secret: OneTimeSecret::new(*secret),
        entropy: Arc::new(OsEntropy),
        store: SqliteSessions::open(&dir.join(STORE)).map_err(CommandError::database)?,
    };
    let counter = counter(dir, &config, &verifier.catalog, clock)?;
    Ok(Deployment { config, verifier, counter, did_document, federation, anchors })
}

/// The counter of the service's staff. A purpose that is named for it and not there is a mistake.
fn counter(dir: &Path, config: &Config, catalog: &Catalog, clock: &Clock) -> Result<Counter, CommandError> {
    if let Some(unknown) = config.counter_purposes.iter().find(|id| catalog.purpose(id).is_none()) {
        return Err(CommandError::Fault(format!("counter.purposes: {unknown} is not registered")));
    }
    let staff = StaffStore::open(dir).map_err(CommandError::database)?;
    let clock = (clock.clone(), config.time_zone.clone());
    Ok(Counter::new(staff, &config.url, clock, config.counter_purposes.clone()))
}

fn did_document(did: &Did, key: &SigningKey) -> Value {
    let relationships = [Relationship::Authentication];
    DidDocument::of_keys(did, &[(SIGNING_KEY, key.verification_key(), &relationships)]).to_value().clone()
}

/// The name that requests are signed under, as the configuration has it.
fn identity(
    config: &Config,
    addresses: &Addresses,
    did: &Did,
    jwk: &Jwk,
    key: SigningKey,
) -> Result<Identity, CommandError> {
    if let Some(files) = &config.certificates {
        return certified::identity(files, config);
    }
    let (client_id, kid) = match config.client_id_prefix {
        RequestPrefix::DecentralizedIdentifier => (ClientId::of_did(did), format!("{did}#{SIGNING_KEY}")),
        RequestPrefix::OpenidFederation => {
            let entity = config.url.as_str().trim_end_matches('/');
            (ClientId::of_entity(entity).map_err(CommandError::fault)?, jwk.thumbprint())
        }
        // Nobody signs for an address. What a certificate bears out was read above.
        RequestPrefix::RedirectUri | RequestPrefix::X509SanDns | RequestPrefix::X509Hash => {
            let id = ClientId::of_response_uri(&addresses.response_uri()).map_err(CommandError::fault)?;
            (id, String::new())
        }
    };
    Ok(Identity { client_id, kid, certificates: Vec::new(), signer: Arc::new(key) })
}

/// The bundled catalogue, and what the service's folder adds: types, policies, and the purposes that ask for them and name them.
pub(crate) fn catalog(dir: &Path) -> Result<Catalog, CommandError> {
    let mut catalog = Catalog::bundled();
    catalog_folder::add_types(&mut catalog, &dir.join("types")).map_err(CommandError::fault)?;
    catalog_folder::add_policies(&mut catalog, &dir.join("policies")).map_err(CommandError::fault)?;
    catalog_folder::add_purposes(&mut catalog, &dir.join("purposes")).map_err(CommandError::fault)?;
    Ok(catalog)
}

/// The policies of the purposes. One that does not fit what its purpose asks keeps the service from starting.
pub(crate) fn policies(catalog: &Catalog, time_zone: &TimeZone) -> Result<Policies, CommandError> {
    Policies::compile(catalog, time_zone).map_err(CommandError::fault)
}

/// The trust list; absent or empty, nobody is trusted and everything is refused.
pub(crate) fn trust_list(path: &Path) -> Result<TrustList, CommandError> {
    let trust = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => TrustList::default(),
        Err(error) => return Err(unreadable(path, &error)),
        Ok(bytes) => TrustList::parse(&bytes).map_err(CommandError::fault)?,
    };
    if trust.issuers().len() == 0 && trust.anchors().len() == 0 {
        tracing::warn!("the trust list names neither issuer nor anchor: every credential will be refused");
    }
    Ok(trust)
}

fn authorities(path: &Path, clock: &Clock) -> Result<Authorities, CommandError> {
    let clock = clock.clone();
    Ok(Authorities::new(trust_list(path)?, move || clock.now()))
}

pub(crate) fn unreadable(path: &Path, error: &io::Error) -> CommandError {
    CommandError::Fault(format!("{} could not be read: {error}", path.display()))
}
