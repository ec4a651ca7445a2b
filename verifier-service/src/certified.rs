//! The name that a certificate bears out: its chain and its key, two PEM files as authorities of certificates and `openssl` write them.

use std::{fs, path::Path, sync::Arc};

use portage_keys::{Algorithm, Signer as _, SigningKey};
use portage_oid4vp::ClientId;
use portage_verifier::Identity;
use portage_x509::{CertificateChain, UnverifiedLeaf};
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer, pem::PemObject};

use crate::{
    commands::CommandError,
    config::{Certificates, Config, RequestPrefix},
    wiring::unreadable,
};

/// Reads the files. A key that the leaf is not about, and a host that it does not name, stop the start: no wallet would take such a request.
pub(crate) fn identity(files: &Certificates, config: &Config) -> Result<Identity, CommandError> {
    let wrong = |what: &dyn std::fmt::Display| refused(&files.chain, what);
    let pem = read(&files.chain)?;
    let certificates: Result<Vec<Vec<u8>>, _> =
        CertificateDer::pem_slice_iter(&pem).map(|der| der.map(|der| der.to_vec())).collect();
    let certificates = certificates.map_err(|_| wrong(&"no certificates in PEM"))?;
    let chain = CertificateChain::parse(certificates).map_err(|error| wrong(&error))?;
    let leaf = chain.unverified_leaf().map_err(|error| wrong(&error))?;
    let key = read_key(&files.key, &leaf)?;
    let host = config.url.host_str().unwrap_or_default();
    let client_id = match config.client_id_prefix {
        RequestPrefix::X509SanDns if !leaf.names_host(host) => {
            return Err(wrong(&"the first certificate does not name the host of url"));
        }
        RequestPrefix::X509SanDns => ClientId::of_host(host),
        _ => ClientId::of_certificate(&chain.leaf_digest()),
    };
    let client_id = client_id.map_err(CommandError::fault)?;
    let certificates = chain.certificates().to_vec();
    Ok(Identity { client_id, kid: String::new(), certificates, signer: Arc::new(key) })
}

/// The key, if it is the leaf's. Of P-256 alone, which HAIP 1.0 asks for (ES256).
fn read_key(path: &Path, leaf: &UnverifiedLeaf) -> Result<SigningKey, CommandError> {
    if leaf.key().algorithm() != Algorithm::Es256 {
        return Err(refused(path, &"the first certificate must be about a key of P-256"));
    }
    let pem = read(path)?;
    let der = PrivatePkcs8KeyDer::from_pem_slice(&pem)
        .map_err(|_| refused(path, &"no private key in PEM (PKCS#8: BEGIN PRIVATE KEY)"))?;
    let key = SigningKey::from_pkcs8_der(der.secret_pkcs8_der())
        .map_err(|_| refused(path, &"not a key of P-256"))?;
    if key.verification_key() != leaf.key() {
        return Err(refused(path, &"the first certificate is about another key"));
    }
    Ok(key)
}

fn read(path: &Path) -> Result<Vec<u8>, CommandError> {
    fs::read(path).map_err(|error| unreadable(path, &error))
}

fn refused(path: &Path, what: &dyn std::fmt::Display) -> CommandError {
    CommandError::Fault(format!("{}: {what}", path.display()))
}
