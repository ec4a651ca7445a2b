//! The keys an authority signs its own statements with, now, next and before.

use std::sync::Arc;

use jiff::Timestamp;
use portage_federation::{EntityId, FederationKeys, HistoricalKey, HistoricalKeys, RetiredReason};
use portage_jose::Jwk;
use portage_keys::{Signer, SigningFailure, VerificationKey};
use serde_json::{Value, json};

use crate::{Authority, NotARegistration, RegistryStore, StatementFailure};

/// Where the private keys are: by the name under which [`OwnKey::file`] keeps each.
pub trait Keyring: Send + Sync {
    /// The key of this name.
    ///
    /// # Errors
    /// [`SigningFailure`]: there is none, or it cannot be used.
    fn signer(&self, name: &str) -> Result<Arc<dyn Signer>, SigningFailure>;
}

/// The name of the key that an authority begins with.
pub const FIRST_KEY: &str = "federation";

/// The federation keys of an authority, oldest first: one that signs, one that will or none, and those that did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnKeys(Vec<OwnKey>);

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnKey {
    /// Its name in the [`Keyring`].
    pub file: String,
    /// The public key under its `kid`.
    pub jwk: Jwk,
    /// From when on it signed; `None`: since before that was noted.
    pub since: Option<Timestamp>,
    /// What it is used for.
    pub state: KeyState,
}

/// What a key of an authority is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// Published, so that others know it before anything is signed with it.
    Next,
    /// It signs.
    Current,
    /// It signs no longer.
    Former {
        /// From when on.
        until: Timestamp,
        /// Why.
        reason: RetiredReason,
    },
}

impl OwnKeys {
    /// Of an authority that never changed its key.
    pub fn beginning_with(key: VerificationKey) -> Self {
        OwnKeys(vec![OwnKey {
            file: FIRST_KEY.to_owned(),
            jwk: named(key),
            since: None,
            state: KeyState::Current,
        }])
    }

    /// The one that signs.
    pub fn current(&self) -> Option<&OwnKey> {
        self.0.iter().find(|key| key.state == KeyState::Current)
    }

    /// The one that will.
    pub fn next(&self) -> Option<&OwnKey> {
        self.0.iter().find(|key| key.state == KeyState::Next)
    }

    /// A name that no key has yet, for the one after the last.
    pub fn free_name(&self) -> String {
        format!("{FIRST_KEY}-{}", self.0.len() + 1)
    }

    /// The keys that stand in the Entity Configuration: the one that signs and the one that will.
    pub fn published(&self) -> FederationKeys {
        let stands = |key: &&OwnKey| matches!(key.state, KeyState::Current | KeyState::Next);
        FederationKeys::of(self.0.iter().filter(stands).map(|key| key.jwk.key().clone()))
    }

    /// With another key that is to sign next.
    #[must_use]
    pub(crate) fn announcing(mut self, file: &str, key: VerificationKey) -> Self {
        self.0.push(OwnKey { file: file.to_owned(), jwk: named(key), since: None, state: KeyState::Next });
        self
    }

    /// The next one signs from `at` on, and the one that did no longer.
    #[must_use]
    pub(crate) fn changed_over(mut self, at: Timestamp, reason: RetiredReason) -> Self {
        for key in &mut self.0 {
            match key.state {
                KeyState::Current => key.state = KeyState::Former { until: at, reason },
                KeyState::Next => {
                    key.state = KeyState::Current;
                    key.since = Some(at);
                }
                KeyState::Former { .. } => {}
            }
        }
        self
    }

    /// Those that signed before, as the historical keys endpoint gives them (§8.7.2).
    pub(crate) fn historical(&self, issuer: &EntityId, now: Timestamp) -> HistoricalKeys {
        HistoricalKeys { issuer: issuer.clone(), issued_at: now, keys: self.former() }
    }

    fn former(&self) -> Vec<HistoricalKey> {
        let former = |key: &OwnKey| {
            let KeyState::Former { until, reason } = key.state else { return None };
            let (jwk, issued_at) = (key.jwk.clone(), key.since);
            Some(HistoricalKey { jwk, issued_at, expires_at: until, revoked: Some((until, reason)) })
        };
        self.0.iter().filter_map(former).collect()
    }

    /// As the store keeps them: public keys alone.
    pub fn to_value(&self) -> Value {
        let key = |key: &OwnKey| {
            let (state, until, reason) = match key.state {
                KeyState::Next => ("next", None, None),
                KeyState::Current => ("current", None, None),
                KeyState::Former { until, reason } => {
                    ("former", Some(until.to_string()), Some(reason.name()))
                }
            };
            json!({
                "file": key.file, "jwk": key.jwk.to_value(), "since": key.since.map(|since| since.to_string()),
                "state": state, "until": until, "reason": reason,
            })
        };
        self.0.iter().map(key).collect()
    }

    /// Reads what [`OwnKeys::to_value`] wrote.
    ///
    /// # Errors
    /// [`NotARegistration`].
    pub fn restored(value: &Value) -> Result<Self, NotARegistration> {
        let keys: Option<Vec<_>> = value.as_array().and_then(|keys| keys.iter().map(read).collect());
        keys.map(OwnKeys)
            .filter(|keys| keys.current().is_some())
            .ok_or(NotARegistration("the authority's own keys"))
    }
}

fn named(key: VerificationKey) -> Jwk {
    let jwk = Jwk::from_key(key);
    let kid = jwk.thumbprint();
    jwk.with_kid(kid)
}

fn read(value: &Value) -> Option<OwnKey> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let time = |name: &str| text(name).map(str::parse::<Timestamp>).transpose().ok();
    let state = match text("state")? {
        "next" => KeyState::Next,
        "current" => KeyState::Current,
        "former" => {
            let reason = match text("reason")? {
                "superseded" => RetiredReason::Superseded,
                _ => RetiredReason::Compromised,
            };
            KeyState::Former { until: time("until")??, reason }
        }
        _ => return None,
    };
    let jwk = Jwk::from_value(value.get("jwk")?).ok()?;
    Some(OwnKey { file: text("file")?.to_owned(), jwk, since: time("since")?, state })
}

/// With what an authority signs at this moment.
pub(crate) struct Signing {
    pub(crate) keys: FederationKeys,
    pub(crate) signer: Arc<dyn Signer>,
}

impl<S: RegistryStore> Authority<S> {
    /// Its own keys, with the number of the version they stand at.
    ///
    /// # Errors
    /// [`StatementFailure`].
    pub async fn own_keys(&self) -> Result<(u32, OwnKeys), StatementFailure> {
        match self.store.own_keys().await? {
            Some(kept) => Ok(kept),
            None => {
                let first = self.keyring.signer(FIRST_KEY)?;
                Ok((0, OwnKeys::beginning_with(first.verification_key().clone())))
            }
        }
    }

    /// The answer of the historical keys endpoint: the keys it signed with before (§8.7), signed with the one that signs now.
    ///
    /// # Errors
    /// [`StatementFailure`].
    pub async fn historical_keys(&self, now: Timestamp) -> Result<String, StatementFailure> {
        let (_, own) = self.own_keys().await?;
        let signing = self.signing_with(&own)?;
        let former = own.historical(&self.profile.id, now);
        Ok(former.sign(&signing.keys, signing.signer.as_ref())?)
    }

    pub(crate) async fn signing(&self) -> Result<Signing, StatementFailure> {
        let (_, own) = self.own_keys().await?;
        Ok(self.signing_with(&own)?)
    }

    pub(crate) fn signing_with(&self, own: &OwnKeys) -> Result<Signing, SigningFailure> {
        let current = own.current().ok_or(SigningFailure)?;
        Ok(Signing { keys: own.published(), signer: self.keyring.signer(&current.file)? })
    }
}

#[cfg(test)]
mod tests {
    use portage_keys::{Algorithm, SigningKey};

    use super::*;

    fn key(number: u8) -> VerificationKey {
        let key = SigningKey::from_secret_bytes(Algorithm::EdDsa, &[number; 32]).unwrap();
        key.verification_key().clone()
    }

    #[test]
    fn t13_keys_follow_one_another_and_the_ones_before_are_kept_with_their_end() {
        let at = |day: u8| -> Timestamp { format!("2026-06-{day:02}T00:00:00Z").parse().unwrap() };
        let first = OwnKeys::beginning_with(key(1));
        assert_eq!((first.published().iter().len(), first.former().len()), (1, 0));
        let announced = first.announcing("federation-2", key(2));
        assert_eq!(
            announced.published().iter().len(),
            2,
            "both are known before one takes the other's place"
        );
        assert_eq!(announced.current().map(|key| key.file.as_str()), Some("federation"));
        let after = announced.changed_over(at(3), RetiredReason::Superseded);
        assert_eq!(
            after.current().map(|key| (key.file.as_str(), key.since)),
            Some(("federation-2", Some(at(3))))
        );
        assert_eq!((after.published().iter().len(), after.free_name()), (1, "federation-3".to_owned()));
        let [former] = after.former().try_into().unwrap();
        assert_eq!((former.expires_at, former.revoked), (at(3), Some((at(3), RetiredReason::Superseded))));
        let stolen = after.announcing("federation-3", key(3)).changed_over(at(9), RetiredReason::Compromised);
        assert_eq!(OwnKeys::restored(&stolen.to_value()), Ok(stolen.clone()));
        assert_eq!(stolen.former().len(), 2);
        for broken in [json!([]), json!({}), json!([{ "file": "a", "state": "current" }])] {
            assert!(OwnKeys::restored(&broken).is_err(), "{broken}");
        }
    }
}
