use jiff::{SignedDuration, Timestamp};
use portage_jose::Header;
use portage_keys::Signer;
use portage_status_list::{
    bitstring::{self, Bitstring, StatusPurpose},
    token::{TokenList, TokenListClaims, TokenStatus},
};
use serde_json::{Map, Value};

use super::{ProofDraft, TestIssuer, World};

/// What the lists of every issuer say.
#[derive(Debug, Clone, Default)]
pub struct StatusLists {
    /// Revoked places.
    pub revoked: Vec<usize>,
    /// Suspended places.
    pub suspended: Vec<usize>,
    /// How the Bitstring lists are secured.
    pub form: ListForm,
}

/// How a Bitstring Status List is secured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ListForm {
    /// `vc+jwt`.
    #[default]
    VcJwt,
    /// `ldp_vc`.
    LdpVc,
}

impl World {
    /// Publishes the lists of every issuer.
    pub fn publish(&mut self, lists: &StatusLists) {
        for issuer in [&self.province, &self.city, &self.federal] {
            for (purpose, set) in
                [(StatusPurpose::Revocation, &lists.revoked), (StatusPurpose::Suspension, &lists.suspended)]
            {
                let url = issuer.url(&format!("/status/{}", purpose.name()));
                let document = self.bitstring_list(issuer, &url, purpose, set);
                let text = self.sign_list(&document, issuer, lists.form);
                self.sources.lists.insert(url, (text.into_bytes(), 0));
            }
            let url = issuer.url("/status/token");
            let list = self.token_list(issuer, &url, lists);
            self.sources.lists.insert(url, (list.into_bytes(), 0));
        }
    }

    /// The unsecured list credential.
    pub fn bitstring_list(
        &self,
        issuer: &TestIssuer,
        url: &str,
        purpose: StatusPurpose,
        set: &[usize],
    ) -> Map<String, Value> {
        let mut bits = Bitstring::new();
        for index in set {
            bits.set(*index, true).unwrap();
        }
        let (from, until) = self.list_times();
        bitstring::list_credential(url, issuer.did.as_str(), purpose, &bits, from, until, 60_000)
    }

    /// Secures a list credential with the issuer's key.
    pub fn sign_list(&self, document: &Map<String, Value>, issuer: &TestIssuer, form: ListForm) -> String {
        let kid = issuer.method("key-1");
        match form {
            ListForm::VcJwt => {
                let header = Header::new("vc+jwt").with("kid", kid);
                portage_jose::sign(header, document, &issuer.key).unwrap()
            }
            ListForm::LdpVc => {
                let proof = ProofDraft { verification_method: kid, ..self.assertion_proof() };
                Value::Object(self.prove(document, &proof, &issuer.key)).to_string()
            }
        }
    }

    /// The signed Token Status List.
    pub fn token_list(&self, issuer: &TestIssuer, url: &str, lists: &StatusLists) -> String {
        self.token_list_signed_by(issuer, url, lists, &issuer.key)
    }

    /// A Token Status List of the issuer, signed by somebody.
    pub fn token_list_signed_by(
        &self,
        issuer: &TestIssuer,
        url: &str,
        lists: &StatusLists,
        signer: &dyn Signer,
    ) -> String {
        let mut list = TokenList::new();
        for (set, status) in
            [(&lists.suspended, TokenStatus::Suspended), (&lists.revoked, TokenStatus::Invalid)]
        {
            for index in set {
                list.set(*index, status).unwrap();
            }
        }
        let (issued_at, expires_at) = self.list_times();
        let kid = issuer.method("key-1");
        let claims = TokenListClaims { uri: url, issued_at, expires_at, ttl_seconds: 60, kid: &kid };
        list.sign(&claims, signer).unwrap()
    }

    fn list_times(&self) -> (Timestamp, Timestamp) {
        (self.now - SignedDuration::from_secs(30), self.now + SignedDuration::from_hours(24))
    }

    /// A proof of an assertion, without its method.
    pub fn assertion_proof(&self) -> ProofDraft {
        ProofDraft {
            cryptosuite: portage_data_integrity::Cryptosuite::EddsaRdfc2022,
            verification_method: String::new(),
            purpose: "assertionMethod".into(),
            created: Some(self.now - SignedDuration::from_secs(30)),
            expires: None,
            domain: Vec::new(),
            challenge: None,
        }
    }
}
