//! Historical keys (§8.7): the federation keys an entity used before, and why it stopped.

use jiff::Timestamp;
use portage_jose::{Header, Jwk, NumericDate, UnverifiedJwt};
use portage_keys::{Signer, SigningFailure, VerificationKey};
use portage_reason::Reason;
use portage_strict_json::Limits;
use serde_json::{Map, Value, json};

use crate::{EntityId, FederationKeys, RetiredReason, StatementError};

/// `typ` of the answer of the historical keys endpoint (§8.7.2).
pub const HISTORICAL_KEYS_TYP: &str = "jwk-set+jwt";
/// Its media type.
pub const HISTORICAL_KEYS_MEDIA_TYPE: &str = "application/jwk-set+jwt";

/// The keys an entity used before, to sign or as they were verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoricalKeys {
    /// `iss`.
    pub issuer: EntityId,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `keys`.
    pub keys: Vec<HistoricalKey>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoricalKey {
    /// The key, with its `kid`.
    pub jwk: Jwk,
    /// `iat`: from when on it was used.
    pub issued_at: Option<Timestamp>,
    /// `exp`: its end.
    pub expires_at: Timestamp,
    /// `revoked`: from when on it does not count, and why.
    pub revoked: Option<(Timestamp, RetiredReason)>,
}

impl HistoricalKeys {
    /// Verifies an answer of the endpoint with the current keys of the entity, which a chain vouches for. A key of a kind that is not
    /// supported is left out.
    ///
    /// # Errors
    /// [`StatementError`].
    pub fn verify(compact: &str, issuer: &EntityId, keys: &FederationKeys) -> Result<Self, StatementError> {
        let jwt = UnverifiedJwt::parse_within(compact, Limits::METADATA)?;
        let key = jwt.header().kid().and_then(|kid| keys.key(kid)).ok_or(StatementError::KeyNotFound)?;
        let jwt = jwt.verify(key, &[HISTORICAL_KEYS_TYP])?;
        let claims = jwt.claims();
        if jwt.string("iss") != Some(issuer.as_str()) {
            return Err(StatementError::Malformed("the historical keys of another entity"));
        }
        let issued_at = jwt.date("iat")?.ok_or(StatementError::Malformed("iat is missing"))?.0;
        let listed = claims.get("keys").and_then(Value::as_array);
        let listed = listed.ok_or(StatementError::Malformed("keys is not an array"))?;
        let keys = listed.iter().map(HistoricalKey::from_value).collect::<Result<Vec<_>, _>>()?;
        Ok(HistoricalKeys { issuer: issuer.clone(), issued_at, keys: keys.into_iter().flatten().collect() })
    }

    /// Signs them with a current federation key.
    ///
    /// # Errors
    /// [`SigningFailure`]: the signer's key is none of `current`, or it did not sign.
    pub fn sign(&self, current: &FederationKeys, signer: &dyn Signer) -> Result<String, SigningFailure> {
        let kid = current.kid_of(signer.verification_key()).ok_or(SigningFailure)?;
        let claims = Map::from_iter([
            ("iss".to_owned(), Value::from(&self.issuer)),
            ("iat".to_owned(), NumericDate(self.issued_at).into()),
            ("keys".to_owned(), self.keys.iter().map(HistoricalKey::to_value).collect()),
        ]);
        portage_jose::sign(Header::new(HISTORICAL_KEYS_TYP).with("kid", kid), &claims, signer)
    }

    /// The key under this `kid`, for a statement signed at `signed_at`: within its life, and not when it was compromised.
    ///
    /// # Errors
    /// [`Reason::KeyNotFound`].
    pub fn key_for(
        &self,
        kid: &str,
        signed_at: Timestamp,
        now: Timestamp,
    ) -> Result<&VerificationKey, Reason> {
        let known = self.keys.iter().find(|key| key.jwk.kid() == Some(kid)).ok_or(Reason::KeyNotFound)?;
        let alive = known.issued_at.is_none_or(|from| from <= signed_at) && signed_at < known.expires_at;
        let revoked = known.revoked.is_some_and(|(at, reason)| {
            now >= at && (reason == RetiredReason::Compromised || signed_at >= at)
        });
        if alive && !revoked { Ok(known.jwk.key()) } else { Err(Reason::KeyNotFound) }
    }
}

impl HistoricalKey {
    /// `None` for a kind of key that is not supported.
    fn from_value(value: &Value) -> Result<Option<Self>, StatementError> {
        let members = value.as_object().ok_or(StatementError::Malformed("a key is not an object"))?;
        let date = |members, name| {
            Ok::<_, StatementError>(NumericDate::from_claim(members, name)?.map(|date| date.0))
        };
        let expires_at = date(members, "exp")?.ok_or(StatementError::Malformed("a key without exp"))?;
        let revoked = match members.get("revoked") {
            None => None,
            Some(revoked) => {
                let revoked =
                    revoked.as_object().ok_or(StatementError::Malformed("revoked is not an object"))?;
                let at = date(revoked, "revoked_at")?;
                let reason = RetiredReason::from_member(revoked);
                Some((at.ok_or(StatementError::Malformed("revoked without revoked_at"))?, reason))
            }
        };
        let issued_at = date(members, "iat")?;
        let jwk = Jwk::from_value(value).ok().filter(|jwk| jwk.kid().is_some());
        Ok(jwk.map(|jwk| HistoricalKey { jwk, issued_at, expires_at, revoked }))
    }

    fn to_value(&self) -> Value {
        let mut key = self.jwk.to_value();
        key["exp"] = NumericDate(self.expires_at).into();
        if let Some(issued_at) = self.issued_at {
            key["iat"] = NumericDate(issued_at).into();
        }
        if let Some((at, reason)) = self.revoked {
            key["revoked"] = json!({ "revoked_at": Value::from(NumericDate(at)), "reason": reason.name() });
        }
        key
    }
}

#[cfg(test)]
mod tests;
