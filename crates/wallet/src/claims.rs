//! What a person sees of a credential: its claims by name, apart from the members that only carry the credential.

use portage_catalog::{ClaimKind, CredentialType, Format, Text};
use serde_json::{Map, Value};

use crate::IssuerWords;

/// One claim with its value. Has no `Debug`.
#[derive(Clone, PartialEq)]
pub struct ShownClaim {
    /// Which.
    pub name: ClaimName,
    /// What it says.
    pub value: Value,
}

/// One claim without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimName {
    /// Members from the claims root down.
    pub path: Vec<String>,
    /// What a person reads.
    pub label: Text,
    /// What the catalogue says it holds.
    pub kind: Option<ClaimKind>,
    /// Flagged personal by the publisher of the type.
    pub personal: bool,
}

/// Whose words a credential is shown in.
#[derive(Debug, Clone, Copy)]
pub enum Words<'a> {
    /// The catalogue's, for a type that it knows.
    Catalogue(&'a CredentialType),
    /// The issuer's own, which nobody else vouches for.
    Issuer(&'a IssuerWords),
    /// Nobody's: claims are shown by the names of their members.
    None,
}

/// The claims of a credential, from its claims root, in the order of whoever names them and then of the credential. An array is one claim; an
/// object is as many as it has members.
pub fn shown_claims(format: Format, words: Words<'_>, root: &Map<String, Value>) -> Vec<ShownClaim> {
    let mut found = Vec::new();
    for (member, value) in root {
        if is_carrier(format, member) {
            continue;
        }
        if format != Format::DcSdJwt && member == "credentialSubject" {
            subjects(value, words, &mut found);
        } else {
            walk(vec![member.clone()], value, words, 0, &mut found);
        }
    }
    found.sort_by_key(|claim| words.position(&claim.name.path));
    found
}

impl Words<'_> {
    fn position(&self, path: &[String]) -> usize {
        let position = match self {
            Words::Catalogue(definition) => {
                path.iter().find_map(|step| definition.claims.iter().position(|known| known.name == *step))
            }
            Words::Issuer(words) => words.claim(path).map(|(at, ..)| at),
            Words::None => None,
        };
        position.unwrap_or(usize::MAX)
    }

    /// The name of the leaf at `path`, whose claim is the member at `named`.
    fn name(&self, path: Vec<String>, named: usize) -> ClaimName {
        let known = match (self, path.get(named)) {
            (Words::Catalogue(definition), Some(name)) => definition.claim(name),
            _ => None,
        };
        let (text, above) = match self {
            Words::Issuer(words) => match words.claim(&path) {
                // What names the whole subject names no claim of it.
                Some((_, text, steps)) if steps > named => (Some(text), steps),
                _ => (None, named + 1),
            },
            _ => (known.map(|claim| &claim.label), named + 1),
        };
        let named_by = path.get(named).map_or("", String::as_str);
        ClaimName {
            label: label(text, named_by, path.get(above..).unwrap_or_default()),
            kind: known.map(|claim| claim.kind),
            personal: known.is_some_and(|claim| claim.personal),
            path,
        }
    }
}

/// The claims of `all` that `shown` does not hold, or holds another value of.
pub(crate) fn withheld_claims(all: &[ShownClaim], shown: &[ShownClaim]) -> Vec<ClaimName> {
    all.iter().filter(|claim| !shown.contains(claim)).map(|claim| claim.name.clone()).collect()
}

/// `credentialSubject`: one object, or an array of them. The `id` is the holder's key for this credential, no claim about the person.
fn subjects(value: &Value, words: Words<'_>, found: &mut Vec<ShownClaim>) {
    let base = vec!["credentialSubject".to_owned()];
    match value {
        Value::Object(subject) => subject_claims(&base, subject, words, found),
        Value::Array(subjects) => {
            for (index, subject) in subjects.iter().enumerate() {
                if let Value::Object(subject) = subject {
                    let mut path = base.clone();
                    path.push(index.to_string());
                    subject_claims(&path, subject, words, found);
                }
            }
        }
        _ => {}
    }
}

fn subject_claims(
    base: &[String],
    subject: &Map<String, Value>,
    words: Words<'_>,
    found: &mut Vec<ShownClaim>,
) {
    for (member, value) in subject.iter().filter(|(member, _)| *member != "id") {
        let mut path = base.to_vec();
        path.push(member.clone());
        walk(path, value, words, base.len(), found);
    }
}

/// Adds the leaves below `path`; the label is that of the member at `named`, followed by what lies below it.
fn walk(path: Vec<String>, value: &Value, words: Words<'_>, named: usize, found: &mut Vec<ShownClaim>) {
    if let Value::Object(members) = value
        && !members.is_empty()
    {
        for (member, value) in members {
            let mut path = path.clone();
            path.push(member.clone());
            walk(path, value, words, named, found);
        }
        return;
    }
    found.push(ShownClaim { name: words.name(path, named), value: value.clone() });
}

/// What a claim is called, else its own name, and what lies below.
fn label(known: Option<&Text>, name: &str, below: &[String]) -> Text {
    let mut text = known.cloned().unwrap_or_else(|| Text { en: name.to_owned(), fr: name.to_owned() });
    for step in below {
        // French that its publisher did not give stays empty.
        for side in [&mut text.en, &mut text.fr].into_iter().filter(|side| !side.is_empty()) {
            side.push_str(" › ");
            side.push_str(step);
        }
    }
    text
}

/// Members that carry the credential rather than speak of somebody.
fn is_carrier(format: Format, member: &str) -> bool {
    const JWT: &[&str] =
        &["iss", "sub", "iat", "nbf", "exp", "jti", "aud", "cnf", "status", "_sd", "_sd_alg", "kid"];
    const SD_JWT_VC: &[&str] = &["vct", "vct#integrity", "aka_vcts"];
    const VCDM: &[&str] = &[
        "@context",
        "id",
        "type",
        "issuer",
        "validFrom",
        "validUntil",
        "credentialStatus",
        "credentialSchema",
        "proof",
    ];
    match format {
        Format::DcSdJwt => JWT.contains(&member) || SD_JWT_VC.contains(&member),
        Format::LdpVc => VCDM.contains(&member),
        Format::VcSdJwt | Format::VcJwt => VCDM.contains(&member) || JWT.contains(&member),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn names(format: Format, root: Value) -> Vec<String> {
        let Value::Object(root) = root else { return Vec::new() };
        shown_claims(format, Words::None, &root).into_iter().map(|claim| claim.name.path.join(".")).collect()
    }

    #[test]
    fn what_carries_an_sd_jwt_vc_is_no_claim() {
        let root = json!({"iss": "did:web:a", "vct": "t", "cnf": {"jwk": {}}, "given_name": "A", "address": {"street": "B", "city": "C"}});
        assert_eq!(names(Format::DcSdJwt, root), ["given_name", "address.street", "address.city"]);
    }

    #[test]
    fn the_claims_of_a_w3c_credential_are_those_of_its_subject_and_what_no_rule_names() {
        let root = json!({
            "@context": [], "type": [], "issuer": "did:web:a", "proof": {},
            "credentialSubject": {"id": "did:key:z", "class": "x", "langs": ["en", "fr"]}, "name": "N"
        });
        assert_eq!(
            names(Format::LdpVc, root),
            ["credentialSubject.class", "credentialSubject.langs", "name"]
        );
    }

    #[test]
    fn an_array_shown_in_part_counts_as_withheld_too() {
        let claim = |value: Value| ShownClaim {
            name: ClaimName {
                path: vec!["langs".into()],
                label: Text { en: String::new(), fr: String::new() },
                kind: None,
                personal: false,
            },
            value,
        };
        let all = [claim(json!(["en", "fr"]))];
        assert_eq!(withheld_claims(&all, &[claim(json!(["en"]))]).len(), 1);
        assert_eq!(withheld_claims(&all, &all).len(), 0);
    }
}
