//! What an authority says that a verifier may ask people for: a JWT of our own, which the verifier carries in `verifier_info` of its
//! requests.

use jiff::Timestamp;
use portage_jose::{Header, NumericDate, UnverifiedJwt};
use portage_keys::{Signer, SigningFailure};
use portage_strict_json::Limits;
use serde_json::{Map, Value};

use crate::{EntityId, FederationKeys, StatementError};

/// `typ` of a Purpose Statement.
pub const PURPOSE_STATEMENT_TYP: &str = "purpose-statement+jwt";

/// A purpose that an authority registered for a verifier. It has no end of its own: it counts as long as the chain of its issuer holds, the
/// statement about its subject is given out, and the log does not withdraw it.
#[derive(Debug, Clone, PartialEq)]
pub struct PurposeStatement {
    /// `iss`: the authority.
    pub issuer: EntityId,
    /// `sub`: the verifier.
    pub subject: EntityId,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `purpose`: the file of `specs/purposes/`.
    pub purpose: Value,
}

impl PurposeStatement {
    /// Signs it with one of the issuer's federation keys.
    ///
    /// # Errors
    /// [`SigningFailure`]: the signer's key is none of them, or it did not sign.
    pub fn sign(&self, issuer_keys: &FederationKeys, signer: &dyn Signer) -> Result<String, SigningFailure> {
        let kid = issuer_keys.kid_of(signer.verification_key()).ok_or(SigningFailure)?;
        let claims = Map::from_iter([
            ("iss".to_owned(), Value::from(&self.issuer)),
            ("sub".to_owned(), Value::from(&self.subject)),
            ("iat".to_owned(), NumericDate(self.issued_at).into()),
            ("purpose".to_owned(), self.purpose.clone()),
        ]);
        portage_jose::sign(Header::new(PURPOSE_STATEMENT_TYP).with("kid", kid), &claims, signer)
    }

    /// Verifies one with the federation keys of its issuer, which a chain vouches for.
    ///
    /// # Errors
    /// [`StatementError`].
    pub fn verify(compact: &str, issuer: &EntityId, keys: &FederationKeys) -> Result<Self, StatementError> {
        let jwt = UnverifiedJwt::parse_within(compact, Limits::METADATA)?;
        let key = jwt.header().kid().and_then(|kid| keys.key(kid)).ok_or(StatementError::KeyNotFound)?;
        let jwt = jwt.verify(key, &[PURPOSE_STATEMENT_TYP])?;
        if jwt.string("iss") != Some(issuer.as_str()) {
            return Err(StatementError::Malformed("a purpose statement of another authority"));
        }
        let subject = jwt.string("sub").and_then(|subject| EntityId::parse(subject).ok());
        let purpose = jwt.claims().get("purpose").filter(|purpose| purpose.is_object());
        Ok(PurposeStatement {
            issuer: issuer.clone(),
            subject: subject.ok_or(StatementError::Malformed("sub is not an Entity Identifier"))?,
            issued_at: jwt.date("iat")?.ok_or(StatementError::Malformed("iat is missing"))?.0,
            purpose: purpose.ok_or(StatementError::Malformed("purpose is not an object"))?.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tests::{id, key, keys, now};

    #[test]
    fn a_purpose_statement_verifies_with_the_key_of_its_authority_alone() {
        let statement = PurposeStatement {
            issuer: id("https://bc.example"),
            subject: id("https://market.example"),
            issued_at: now(),
            purpose: json!({ "id": "market-vendor-permit" }),
        };
        let signed = statement.sign(&keys(1), &key(1)).unwrap();
        let verify = |issuer: &str, number| PurposeStatement::verify(&signed, &id(issuer), &keys(number));
        assert_eq!(verify("https://bc.example", 1), Ok(statement.clone()));
        assert_eq!(verify("https://bc.example", 2), Err(StatementError::KeyNotFound));
        assert!(matches!(verify("https://ab.example", 1), Err(StatementError::Malformed(_))));
        assert!(statement.sign(&keys(1), &key(2)).is_err());
        let of_no_object = PurposeStatement { purpose: json!("all"), ..statement };
        let signed = of_no_object.sign(&keys(1), &key(1)).unwrap();
        assert!(PurposeStatement::verify(&signed, &id("https://bc.example"), &keys(1)).is_err());
    }
}
