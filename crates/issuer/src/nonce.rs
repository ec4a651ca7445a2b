use jiff::{SignedDuration, Timestamp};
use portage_keys::{base64url, digest::constant_time_eq};
use portage_oid4vci::{CNonce, NonceResponse};

use crate::{Issuer, KeyedHash, one_time::Kind};

/// How long a `c_nonce` is good.
const LIFE: SignedDuration = SignedDuration::from_secs(300);

/// A nonce that this issuer made and whose time is not over. Whether it was used, the store says when it consumes it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LiveNonce {
    pub(crate) hash: KeyedHash,
    pub(crate) until: Timestamp,
}

impl<S> Issuer<S> {
    /// A Nonce Response (§7): 128 random bits, the end of its time, and a MAC over both. Nothing is written down, so that strangers who
    /// ask for nonces fill no table; the store remembers a nonce from its use to its end.
    pub fn nonce(&self, now: Timestamp) -> NonceResponse {
        let until = now.checked_add(LIFE).unwrap_or(Timestamp::MAX);
        let body = format!("{}.{}", self.entropy.token(), until.as_second());
        let mac = self.keys.secret.derive("c_nonce", &body);
        NonceResponse { c_nonce: CNonce::new(base64url::encode(format!("{body}.{mac}").as_bytes())) }
    }

    /// The nonce, if this issuer made it and its time is not over.
    pub(crate) fn live_nonce(&self, nonce: &CNonce, now: Timestamp) -> Option<LiveNonce> {
        let text = String::from_utf8(base64url::decode(nonce.expose()).ok()?).ok()?;
        let (body, mac) = text.rsplit_once('.')?;
        let expected = self.keys.secret.derive("c_nonce", body);
        if !constant_time_eq(mac.as_bytes(), expected.as_bytes()) {
            return None;
        }
        let until = Timestamp::from_second(body.rsplit_once('.')?.1.parse().ok()?).ok()?;
        (now < until).then(|| LiveNonce { hash: self.keys.secret.hash(Kind::CNonce, nonce.expose()), until })
    }
}
