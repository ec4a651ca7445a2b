//! Status lists of a test's own: each credential names one at an address that nobody else uses, so that many can stand in one run.

use portage_status_list::bitstring::StatusPurpose;
use portage_testkit::world::{ListForm, ProofDraft, StatusLists, World};
use serde_json::{Map, Value};

use crate::{
    kinds::{DC_SD_JWT, JCS, Kind, RDFC, VC_JWT, VC_SD_JWT},
    tokens::Token,
};

/// How a list is secured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A Status List Token.
    Token,
    /// A Bitstring Status List Credential.
    Bitstring(ListForm),
}

/// Each kind of credential with each form of list that it can name.
pub(crate) const PAIRS: [(Kind, Form); 9] = [
    (DC_SD_JWT, Form::Token),
    (VC_SD_JWT, Form::Bitstring(ListForm::VcJwt)),
    (VC_SD_JWT, Form::Bitstring(ListForm::LdpVc)),
    (VC_JWT, Form::Bitstring(ListForm::VcJwt)),
    (VC_JWT, Form::Bitstring(ListForm::LdpVc)),
    (RDFC, Form::Bitstring(ListForm::VcJwt)),
    (RDFC, Form::Bitstring(ListForm::LdpVc)),
    (JCS, Form::Bitstring(ListForm::VcJwt)),
    (JCS, Form::Bitstring(ListForm::LdpVc)),
];

/// The same without the two ways of signing linked data, where the list alone matters.
pub(crate) const FORMS: [(Kind, Form); 3] = [PAIRS[0], PAIRS[3], PAIRS[4]];

/// A credential whose (first) status entry points to `url`, and was changed.
pub(crate) fn naming(world: &World, kind: Kind, url: &str, change: impl FnOnce(&mut Value)) -> String {
    kind.issue_with(world, |draft| {
        if kind.is_like(DC_SD_JWT) {
            draft.claims["status"]["status_list"]["uri"] = url.into();
            change(&mut draft.claims["status"]["status_list"]);
        } else {
            draft.claims["credentialStatus"][0]["statusListCredential"] = url.into();
            change(&mut draft.claims["credentialStatus"][0]);
        }
    })
}

/// The list at `url` with a change to its claims, signed by the credential's issuer.
pub(crate) fn list(
    world: &World,
    (kind, form): (Kind, Form),
    url: &str,
    change: impl FnOnce(&mut Map<String, Value>),
) -> String {
    let issuer = kind.issuer(world);
    match form {
        Form::Token => {
            let sound = world.token_list(issuer, url, &StatusLists::default());
            Token::read(&sound).with(|token| change(&mut token.payload)).signed(&issuer.key)
        }
        Form::Bitstring(secured) => {
            let mut list = world.bitstring_list(issuer, url, StatusPurpose::Revocation, &[]);
            change(&mut list);
            world.sign_list(&list, issuer, secured)
        }
    }
}

/// A list document with a proof by whoever it is.
pub(crate) fn proved_by(
    world: &World,
    kind: Kind,
    url: &str,
    method: &str,
    signer: &dyn portage_keys::Signer,
) -> String {
    let list = world.bitstring_list(kind.issuer(world), url, StatusPurpose::Revocation, &[]);
    let proof = ProofDraft { verification_method: method.to_owned(), ..world.assertion_proof() };
    Value::Object(world.prove(&list, &proof, signer)).to_string()
}
