//! `POST …/credentials/issue`.

use portage_catalog::Contexts;
use portage_clock::Clock;
use portage_data_integrity::{Cryptosuite, ProofOptions, add_proof};
use portage_did::did_key;
use portage_keys::{
    Algorithm, Signer, SigningKey,
    digest::{sha256, sha384},
};
use portage_reason::Reason;
use portage_status_list::bitstring::StatusPurpose;
use portage_vc::{Credential, Presentation, RelatedResource, jose};
use serde_json::{Map, Value};

use crate::lists::{List, Lists};

/// How a credential is secured: one a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Securing {
    /// An embedded proof, by the key of this algorithm.
    Proof(Cryptosuite, Algorithm),
    /// `vc+jwt` in an `EnvelopedVerifiableCredential`, EdDSA.
    Enveloped,
}

impl Securing {
    const fn algorithm(self) -> Algorithm {
        match self {
            Securing::Proof(_, algorithm) => algorithm,
            Securing::Enveloped => Algorithm::EdDsa,
        }
    }
}

/// A key and the did:key that it is.
struct Identity {
    did: String,
    method: String,
    key: SigningKey,
}

impl Identity {
    /// The same at each start: these keys sign nothing but answers to test suites.
    fn of(algorithm: Algorithm) -> Option<Self> {
        let name = format!("vc-api-harness {}", algorithm.jose_name());
        let secret = match algorithm {
            Algorithm::Es384 => sha384(name.as_bytes()).to_vec(),
            _ => sha256(name.as_bytes()).to_vec(),
        };
        let key = SigningKey::from_secret_bytes(algorithm, &secret).ok()?;
        let (did, method) = did_key(key.verification_key());
        Some(Identity { did: did.to_string(), method: method.to_string(), key })
    }
}

/// The issuer whom the suites ask.
pub(crate) struct Issuer {
    clock: Clock,
    contexts: Contexts,
    lists: Lists,
    eddsa: Identity,
    p256: Identity,
    p384: Identity,
}

impl Issuer {
    /// The issuer with its lists below `base`; `None` when a key cannot be made.
    pub(crate) fn new(clock: Clock, contexts: Contexts, base: &str) -> Option<Self> {
        let [eddsa, p256, p384] = [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Es384].map(Identity::of);
        Some(Issuer { clock, contexts, lists: Lists::at(base), eddsa: eddsa?, p256: p256?, p384: p384? })
    }

    /// Its DID: the one of its key of this algorithm.
    pub(crate) fn did(&self, algorithm: Algorithm) -> &str {
        &self.identity(algorithm).did
    }

    const fn identity(&self, algorithm: Algorithm) -> &Identity {
        match algorithm {
            Algorithm::EdDsa => &self.eddsa,
            Algorithm::Es256 => &self.p256,
            Algorithm::Es384 => &self.p384,
        }
    }

    /// Secures `body.credential`. An issuer that is not ours is refused, and so is what the data model refuses; a credential without a
    /// status gets a place in the list that `options.credentialStatus.statusPurpose` names, `revocation` by default.
    ///
    /// # Errors
    /// The reason, as the product gives it.
    pub(crate) fn issue(&self, securing: Securing, body: &Map<String, Value>) -> Result<Value, Reason> {
        let credential = body.get("credential").and_then(Value::as_object).ok_or(Reason::Malformed)?;
        let mut credential = credential.clone();
        let read = Credential::parse_either(credential.clone()).map_err(|error| error.reason())?;
        let identity = self.identity(securing.algorithm());
        if read.issuer() == self.eddsa.did && identity.did != self.eddsa.did {
            // Whoever knows the one DID of `GET /did` asks for another of our keys: the issuer is the same, its name is that key.
            rename(&mut credential, &identity.did);
        } else if read.issuer() != identity.did {
            return Err(Reason::KeyMismatch);
        }
        self.check_related(&credential)?;
        if read.is_v1() {
            // Data Integrity secures any document, this version's too; the product's issuer makes none of it.
            inject_context(&mut credential);
        } else if !credential.contains_key("credentialStatus") {
            let status = self
                .lists
                .allocate(List { purpose: purpose_of(body)?, algorithm: securing.algorithm() })
                .ok_or(Reason::Unsupported)?;
            credential.insert("credentialStatus".to_owned(), status);
        }
        match securing {
            Securing::Proof(cryptosuite, _) => {
                self.prove(&credential, cryptosuite, identity).map(Value::Object)
            }
            Securing::Enveloped => self.envelop(&credential, identity),
        }
    }

    /// VCDM 2.0 §5.3, as the verifier does it.
    fn check_related(&self, credential: &Map<String, Value>) -> Result<(), Reason> {
        for resource in RelatedResource::read_all(credential).map_err(|error| error.reason())? {
            let document = self.contexts.document(&resource.id);
            if document.is_some_and(|document| !resource.fits(document.as_bytes())) {
                return Err(Reason::ContextNotAllowed);
            }
        }
        Ok(())
    }

    fn prove(
        &self,
        credential: &Map<String, Value>,
        cryptosuite: Cryptosuite,
        identity: &Identity,
    ) -> Result<Map<String, Value>, Reason> {
        let options = ProofOptions {
            created: Some(self.clock.now()),
            ..ProofOptions::new(cryptosuite, &identity.method, "assertionMethod")
        };
        add_proof(credential, &options, &identity.key, &self.contexts).map_err(|error| error.reason())
    }

    fn envelop(&self, credential: &Map<String, Value>, identity: &Identity) -> Result<Value, Reason> {
        // A JWT signs any JSON: that every member means something is looked at as for a proof.
        portage_data_integrity::canonicalize(credential, &self.contexts).map_err(|error| error.reason())?;
        let jwt = jose::sign_credential(credential, &identity.method, &identity.key);
        let jwt = jwt.map_err(|_| Reason::Unsupported)?;
        Ok(Presentation::enveloped("application/vc+jwt", &jwt))
    }

    /// The list at `url`, secured; `None` when none of ours stands there.
    pub(crate) fn list_at(&self, url: &str) -> Option<Map<String, Value>> {
        self.list(self.lists.id_at(url)?)
    }

    /// The list of this name, secured.
    pub(crate) fn list(&self, id: &str) -> Option<Map<String, Value>> {
        let list = List::from_id(id)?;
        let identity = self.identity(list.algorithm);
        let cryptosuite = Cryptosuite::of(list.algorithm).next()?;
        let list = self.lists.credential(list, &identity.did, self.clock.now());
        self.prove(&list, cryptosuite, identity).ok()
    }
}

/// VC-DI 1.0 §2.4.1: where no context of the document defines the terms of a proof, theirs is added.
fn inject_context(credential: &mut Map<String, Value>) {
    const DATA_INTEGRITY: &str = "https://w3id.org/security/data-integrity/v2";
    if let Some(Value::Array(contexts)) = credential.get_mut("@context")
        && !contexts.iter().any(|context| context == DATA_INTEGRITY)
    {
        contexts.push(DATA_INTEGRITY.into());
    }
}

fn rename(credential: &mut Map<String, Value>, did: &str) {
    match credential.get_mut("issuer") {
        Some(Value::Object(issuer)) => drop(issuer.insert("id".to_owned(), did.into())),
        _ => drop(credential.insert("issuer".to_owned(), did.into())),
    }
}

/// The purpose of the status that is asked for.
fn purpose_of(body: &Map<String, Value>) -> Result<StatusPurpose, Reason> {
    let status = body.get("options").and_then(|options| options.get("credentialStatus"));
    match status.and_then(|status| status.get("statusPurpose")) {
        None => Ok(StatusPurpose::Revocation),
        Some(purpose) => purpose.as_str().and_then(StatusPurpose::from_name).ok_or(Reason::Malformed),
    }
}
