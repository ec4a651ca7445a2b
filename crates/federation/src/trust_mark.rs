//! Trust marks (§7): that an entity keeps to something, by the word of whoever the anchor lets say so.

use jiff::Timestamp;
use portage_catalog::Text;
use portage_jose::{Header, NumericDate, UnverifiedJwt, VerifiedJwt};
use portage_keys::{Signer, SigningFailure};
use portage_reason::Reason;
use portage_strict_json::Limits;
use serde_json::{Map, Value, json};

use crate::{
    CarriedTrustMark, EntityId, FederationKeys, HistoricalKeys, LEEWAY, PathEntity, ResolvedEntity,
    trust_chain::is_over,
};

/// `typ` of a trust mark (§7).
pub const TRUST_MARK_TYP: &str = "trust-mark+jwt";
/// `typ` of a delegation (§7.2.1).
pub const TRUST_MARK_DELEGATION_TYP: &str = "trust-mark-delegation+jwt";
/// Media type of a trust mark (§8.6.2).
pub const TRUST_MARK_MEDIA_TYPE: &str = "application/trust-mark+jwt";
/// `typ` of the answer of the status endpoint (§8.4.2).
pub const TRUST_MARK_STATUS_TYP: &str = "trust-mark-status-response+jwt";
/// Its media type.
pub const TRUST_MARK_STATUS_MEDIA_TYPE: &str = "application/trust-mark-status-response+jwt";
/// The claim of ours with what people call the mark: `{"en", "fr"}`.
pub const MARK_NAME_CLAIM: &str = "https://portage-identity.example/federation/mark_name";

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
    /// [`MARK_NAME_CLAIM`]: what people call it.
    pub name: Option<Text>,
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

/// Whether a mark still counts (§8.4.2), as its issuer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkStatus {
    /// It does.
    Active,
    /// Its time is over.
    Expired,
    /// Its issuer took it back.
    Revoked,
    /// It is not of this issuer, or changed.
    Invalid,
}

/// The answer of the status endpoint (§8.4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustMarkStatusResponse {
    /// `iss`.
    pub issuer: EntityId,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `trust_mark`: the mark as it was shown.
    pub trust_mark: String,
    /// `status`.
    pub status: MarkStatus,
}

/// A mark that holds; [`TrustMark::validate`] and [`TrustMark::validate_on`] make it.
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

    /// The type and the subject that it says it has.
    pub fn unverified_subject(compact: &str) -> Option<(String, EntityId)> {
        let jwt = UnverifiedJwt::parse_within(compact, Limits::METADATA).ok()?;
        let claims = jwt.unverified_claims();
        jwt.header().typ_is_one_of(&[TRUST_MARK_TYP]).then_some(())?;
        Some((type_of(claims).ok()?, entity(claims, "sub").ok()?))
    }

    /// When it says that it ends.
    pub fn unverified_end(compact: &str) -> Option<Timestamp> {
        let jwt = UnverifiedJwt::parse_within(compact, Limits::METADATA).ok()?;
        date(jwt.unverified_claims(), "exp").ok()?
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
        let mark = Self::verify(&carried.trust_mark, issuer.keys(), None, now)?;
        if mark.issuer != *issuer.id() {
            return Err(TrustMarkError("of another issuer or for another subject"));
        }
        mark.held_by(carried, holder, issuer, now)
    }

    /// Validates a mark that the subject of a chain carries, by somebody above it on the same chain: one chain bears out the mark, its issuer
    /// and the anchor that lists it. `former` are the keys that its issuer signed with before, where they are known. Gives the issuer too.
    ///
    /// # Errors
    /// [`TrustMarkError`]: `trust_mark_invalid`.
    pub fn validate_on<'c>(
        carried: &CarriedTrustMark,
        chain: &'c ResolvedEntity,
        former: Option<&HistoricalKeys>,
        now: Timestamp,
    ) -> Result<(VerifiedTrustMark, &'c PathEntity), TrustMarkError> {
        if chain.check_current(now).is_err() {
            return Err(TrustMarkError("a chain is over"));
        }
        let issuer = Self::unverified_issuer(&carried.trust_mark);
        // The subject itself, which stands first, vouches for nothing about itself.
        let issuer = chain.path().iter().skip(1).find(|entity| issuer.as_ref() == Some(&entity.id));
        let issuer = issuer.ok_or(TrustMarkError("of nobody above on the chain"))?;
        let former = former.filter(|former| former.issuer == issuer.id);
        let mark = Self::verify(&carried.trust_mark, &issuer.keys, former, now)?;
        if mark.issuer != issuer.id {
            return Err(TrustMarkError("of another issuer or for another subject"));
        }
        Ok((mark.held_by(carried, chain, chain, now)?, issuer))
    }

    /// Verifies signature and time with the keys of its issuer: the ones it signs with, or one of its former ones in its life (§8.7).
    ///
    /// # Errors
    /// [`TrustMarkError`].
    pub fn verify(
        compact: &str,
        keys: &FederationKeys,
        former: Option<&HistoricalKeys>,
        now: Timestamp,
    ) -> Result<Self, TrustMarkError> {
        let jwt = UnverifiedJwt::parse_within(compact, Limits::METADATA)
            .map_err(|_| TrustMarkError("not a JWT"))?;
        let kid = jwt.header().kid().ok_or(TrustMarkError("no key of its issuer under this kid"))?;
        let issued_at = date(jwt.unverified_claims(), "iat")?.ok_or(TrustMarkError("iat is missing"))?;
        let before = || former?.key_for(kid, issued_at, now).ok();
        let key = keys.key(kid).or_else(before).cloned();
        let key = key.ok_or(TrustMarkError("no key of its issuer under this kid"))?;
        let jwt = jwt
            .verify(&key, &[TRUST_MARK_TYP])
            .map_err(|_| TrustMarkError("another kind of token, or not signed by its issuer"))?;
        TrustMark::from_claims(jwt.claims())
    }

    /// Whether its time is over.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| is_over(end, now))
    }

    /// What is left to look at once its signature holds. `anchored` is a chain that ends with the configuration of the anchor.
    fn held_by(
        self,
        carried: &CarriedTrustMark,
        holder: &ResolvedEntity,
        anchored: &ResolvedEntity,
        now: Timestamp,
    ) -> Result<VerifiedTrustMark, TrustMarkError> {
        check_time(self.issued_at, self.expires_at, now)?;
        if self.subject != *holder.id() {
            return Err(TrustMarkError("of another issuer or for another subject"));
        }
        if self.trust_mark_type != carried.trust_mark_type {
            return Err(TrustMarkError("of another type"));
        }
        let listed = anchored.trust_mark_issuers.get(&self.trust_mark_type);
        let listed = listed.ok_or(TrustMarkError("the anchor knows no such type"))?;
        if !listed.is_empty() && !listed.contains(&self.issuer) {
            return Err(TrustMarkError("the anchor does not let its issuer issue it"));
        }
        check_delegation(&self, anchored, now)?;
        Ok(VerifiedTrustMark(self))
    }

    /// Signs it with one of its issuer's federation keys.
    ///
    /// # Errors
    /// [`SigningFailure`]: the signer's key is none of them, or it did not sign.
    pub fn sign(&self, issuer_keys: &FederationKeys, signer: &dyn Signer) -> Result<String, SigningFailure> {
        let mut claims =
            claims(&self.issuer, &self.subject, &self.trust_mark_type, (self.issued_at, self.expires_at));
        claims.extend(self.delegation.clone().map(|delegation| ("delegation".to_owned(), delegation.into())));
        let name = self.name.as_ref().map(|name| json!({ "en": name.en, "fr": name.fr }));
        claims.extend(name.map(|name| (MARK_NAME_CLAIM.to_owned(), name)));
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
            // A name is for people: one of another shape is as if there were none.
            name: claims.get(MARK_NAME_CLAIM).and_then(|name| serde_json::from_value(name.clone()).ok()),
        })
    }
}

impl MarkStatus {
    /// `active`, `expired`, `revoked`, `invalid`.
    pub const fn name(self) -> &'static str {
        match self {
            MarkStatus::Active => "active",
            MarkStatus::Expired => "expired",
            MarkStatus::Revoked => "revoked",
            MarkStatus::Invalid => "invalid",
        }
    }
}

impl TrustMarkStatusResponse {
    /// Signs it with one of the issuer's federation keys.
    ///
    /// # Errors
    /// [`SigningFailure`]: the signer's key is none of them, or it did not sign.
    pub fn sign(&self, issuer_keys: &FederationKeys, signer: &dyn Signer) -> Result<String, SigningFailure> {
        let claims = Map::from_iter([
            ("iss".to_owned(), Value::from(&self.issuer)),
            ("iat".to_owned(), NumericDate(self.issued_at).into()),
            ("trust_mark".to_owned(), self.trust_mark.clone().into()),
            ("status".to_owned(), self.status.name().into()),
        ]);
        sign(TRUST_MARK_STATUS_TYP, &claims, issuer_keys, signer)
    }

    /// Verifies an answer about this mark with the keys of its issuer, which a chain vouches for. A status that is not known is the worst.
    ///
    /// # Errors
    /// [`TrustMarkError`].
    pub fn verify(
        compact: &str,
        mark: &str,
        issuer: &EntityId,
        keys: &FederationKeys,
    ) -> Result<MarkStatus, TrustMarkError> {
        let jwt = verified(compact, keys, TRUST_MARK_STATUS_TYP)?;
        if entity(jwt.claims(), "iss")? != *issuer || jwt.string("trust_mark") != Some(mark) {
            return Err(TrustMarkError("an answer of another issuer or about another mark"));
        }
        let known = [MarkStatus::Active, MarkStatus::Expired, MarkStatus::Revoked];
        let status = jwt.string("status").unwrap_or_default();
        Ok(known.into_iter().find(|known| known.name() == status).unwrap_or(MarkStatus::Invalid))
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
