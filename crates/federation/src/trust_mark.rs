//! Trust marks (§7): that an entity keeps to something, by the word of whoever the anchor lets say so.

use jiff::Timestamp;
use portage_jose::{Header, NumericDate, UnverifiedJwt, VerifiedJwt};
use portage_keys::{Signer, SigningFailure};
use portage_reason::Reason;
use portage_strict_json::Limits;
use serde_json::{Map, Value};

use crate::{EntityId, FederationKeys, LEEWAY, ResolvedEntity, trust_chain::is_over};

/// `typ` of a trust mark (§7).
pub const TRUST_MARK_TYP: &str = "trust-mark+jwt";
/// `typ` of a delegation (§7.2.1).
pub const TRUST_MARK_DELEGATION_TYP: &str = "trust-mark-delegation+jwt";

/// A trust mark (§7.1), to sign or as it was validated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustMark {
    /// `iss`.
    pub issuer: EntityId,
    /// `sub`.
    pub subject: EntityId,
    /// `trust_mark_type`.
    pub trust_mark_type: String,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `exp`; `None`: it does not expire.
    pub expires_at: Option<Timestamp>,
    /// `delegation`: the owner's [`TrustMarkDelegation`], signed.
    pub delegation: Option<String>,
}

/// The owner of a type of marks lets somebody issue them (§7.2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustMarkDelegation {
    /// `iss`: the owner.
    pub owner: EntityId,
    /// `sub`: who may issue.
    pub issuer: EntityId,
    /// `trust_mark_type`.
    pub trust_mark_type: String,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `exp`.
    pub expires_at: Option<Timestamp>,
}

/// A mark that holds; [`TrustMark::validate`] makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedTrustMark(TrustMark);

/// Why a mark was refused; every one is `trust_mark_invalid`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the trust mark does not hold: {0}")]
pub struct TrustMarkError(pub &'static str);

impl TrustMarkError {
    /// `trust_mark_invalid`.
    pub fn reason(&self) -> Reason {
        Reason::TrustMarkInvalid
    }
}

impl VerifiedTrustMark {
    /// What it says.
    pub fn mark(&self) -> &TrustMark {
        &self.0
    }
}

impl TrustMark {
    /// Who says that it issued this mark: whose chain [`TrustMark::validate`] needs. Good for that, and for nothing else.
    pub fn unverified_issuer(compact: &str) -> Option<EntityId> {
        let jwt = UnverifiedJwt::parse_within(compact, Limits::METADATA).ok()?;
        EntityId::from_value(jwt.unverified_claims().get("iss")?)
    }

    /// Validates the mark of this type that `holder` carries. `issuer` is whoever issued it, resolved under the **same** anchor, with the
    /// anchor's configuration in the chain: it says who may issue, and whose the type is.
    ///
    /// # Errors
    /// [`TrustMarkError`]: `trust_mark_invalid`.
    pub fn validate(
        trust_mark_type: &str,
        holder: &ResolvedEntity,
        issuer: &ResolvedEntity,
        now: Timestamp,
    ) -> Result<VerifiedTrustMark, TrustMarkError> {
        let carried = holder.trust_marks().iter().find(|mark| mark.trust_mark_type == trust_mark_type);
        let carried = carried.ok_or(TrustMarkError("it is not there"))?;
        if holder.anchor() != issuer.anchor() {
            return Err(TrustMarkError("its issuer is resolved under another anchor"));
        }
        if holder.check_current(now).is_err() || issuer.check_current(now).is_err() {
            return Err(TrustMarkError("a chain is over"));
        }
        let jwt = verified(&carried.trust_mark, issuer.keys(), TRUST_MARK_TYP)?;
        let mark = TrustMark::from_claims(jwt.claims())?;
        check_time(mark.issued_at, mark.expires_at, now)?;
        if mark.issuer != *issuer.id() || mark.subject != *holder.id() {
            return Err(TrustMarkError("of another issuer or for another subject"));
        }
        if mark.trust_mark_type != trust_mark_type {
            return Err(TrustMarkError("of another type"));
        }
        let listed = issuer.trust_mark_issuers.get(trust_mark_type);
        let listed = listed.ok_or(TrustMarkError("the anchor knows no such type"))?;
        if !listed.is_empty() && !listed.contains(&mark.issuer) {
            return Err(TrustMarkError("the anchor does not let its issuer issue it"));
        }
        check_delegation(&mark, issuer, now)?;
        Ok(VerifiedTrustMark(mark))
    }

    /// Signs it with one of its issuer's federation keys.
    ///
    /// # Errors
    /// [`SigningFailure`]: the signer's key is none of them, or it did not sign.
    pub fn sign(&self, issuer_keys: &FederationKeys, signer: &dyn Signer) -> Result<String, SigningFailure> {
        let mut claims =
            claims(&self.issuer, &self.subject, &self.trust_mark_type, (self.issued_at, self.expires_at));
        claims.extend(self.delegation.clone().map(|delegation| ("delegation".to_owned(), delegation.into())));
        sign(TRUST_MARK_TYP, &claims, issuer_keys, signer)
    }

    fn from_claims(claims: &Map<String, Value>) -> Result<Self, TrustMarkError> {
        let delegation = match claims.get("delegation") {
            None => None,
            Some(Value::String(delegation)) => Some(delegation.clone()),
            Some(_) => return Err(TrustMarkError("delegation is not a string")),
        };
        Ok(TrustMark {
            issuer: entity(claims, "iss")?,
            subject: entity(claims, "sub")?,
            trust_mark_type: type_of(claims)?,
            issued_at: date(claims, "iat")?.ok_or(TrustMarkError("iat is missing"))?,
            expires_at: date(claims, "exp")?,
            delegation,
        })
    }
}

impl TrustMarkDelegation {
    /// Signs it with one of the owner's federation keys.
    ///
    /// # Errors
    /// [`SigningFailure`]: the signer's key is none of them, or it did not sign.
    pub fn sign(&self, owner_keys: &FederationKeys, signer: &dyn Signer) -> Result<String, SigningFailure> {
        let claims =
            claims(&self.owner, &self.issuer, &self.trust_mark_type, (self.issued_at, self.expires_at));
        sign(TRUST_MARK_DELEGATION_TYP, &claims, owner_keys, signer)
    }
}

/// §7.2.2: where the type has an owner, a delegation must be there; one that is there must hold.
fn check_delegation(mark: &TrustMark, issuer: &ResolvedEntity, now: Timestamp) -> Result<(), TrustMarkError> {
    let (delegation, owner) = match (&mark.delegation, issuer.trust_mark_owners.get(&mark.trust_mark_type)) {
        (None, None) => return Ok(()),
        (Some(delegation), Some(owner)) => (delegation, owner),
        (None, Some(_)) => return Err(TrustMarkError("its owner delegated nothing")),
        (Some(_), None) => {
            return Err(TrustMarkError("a delegation of an owner that the anchor does not name"));
        }
    };
    let jwt = verified(delegation, &owner.keys, TRUST_MARK_DELEGATION_TYP)?;
    let claims = jwt.claims();
    let issued_at = date(claims, "iat")?.ok_or(TrustMarkError("iat is missing"))?;
    check_time(issued_at, date(claims, "exp")?, now)?;
    let holds = entity(claims, "iss")? == owner.id
        && entity(claims, "sub")? == mark.issuer
        && type_of(claims)? == mark.trust_mark_type;
    if holds { Ok(()) } else { Err(TrustMarkError("a delegation of another owner, issuer or type")) }
}

fn verified(compact: &str, keys: &FederationKeys, typ: &str) -> Result<VerifiedJwt, TrustMarkError> {
    let jwt =
        UnverifiedJwt::parse_within(compact, Limits::METADATA).map_err(|_| TrustMarkError("not a JWT"))?;
    let key = jwt.header().kid().and_then(|kid| keys.key(kid));
    let key = key.ok_or(TrustMarkError("no key of its issuer under this kid"))?.clone();
    jwt.verify(&key, &[typ]).map_err(|_| TrustMarkError("another kind of token, or not signed by its issuer"))
}

fn check_time(
    issued_at: Timestamp,
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), TrustMarkError> {
    if issued_at > now.checked_add(LEEWAY).unwrap_or(Timestamp::MAX) {
        return Err(TrustMarkError("from the future"));
    }
    if expires_at.is_some_and(|end| is_over(end, now)) {
        return Err(TrustMarkError("its time is over"));
    }
    Ok(())
}

fn entity(claims: &Map<String, Value>, name: &str) -> Result<EntityId, TrustMarkError> {
    claims
        .get(name)
        .and_then(EntityId::from_value)
        .ok_or(TrustMarkError("iss or sub is no Entity Identifier"))
}

fn type_of(claims: &Map<String, Value>) -> Result<String, TrustMarkError> {
    let name = claims.get("trust_mark_type").and_then(Value::as_str);
    Ok(name.ok_or(TrustMarkError("trust_mark_type is missing"))?.to_owned())
}

fn date(claims: &Map<String, Value>, name: &'static str) -> Result<Option<Timestamp>, TrustMarkError> {
    let date = NumericDate::from_claim(claims, name).map_err(|_| TrustMarkError("iat or exp is no date"))?;
    Ok(date.map(|date| date.0))
}

fn claims(
    issuer: &EntityId,
    subject: &EntityId,
    trust_mark_type: &str,
    (issued_at, expires_at): (Timestamp, Option<Timestamp>),
) -> Map<String, Value> {
    let mut claims = Map::from_iter([
        ("iss".to_owned(), issuer.into()),
        ("sub".to_owned(), subject.into()),
        ("trust_mark_type".to_owned(), trust_mark_type.into()),
        ("iat".to_owned(), NumericDate(issued_at).into()),
    ]);
    claims.extend(expires_at.map(|at| ("exp".to_owned(), NumericDate(at).into())));
    claims
}

fn sign(
    typ: &str,
    claims: &Map<String, Value>,
    keys: &FederationKeys,
    signer: &dyn Signer,
) -> Result<String, SigningFailure> {
    let kid = keys.kid_of(signer.verification_key()).ok_or(SigningFailure)?;
    portage_jose::sign(Header::new(typ).with("kid", kid), claims, signer)
}

#[cfg(test)]
mod tests;
