//! What an authority says that a verifier may ask people for: a JWT of our own, which the verifier carries in `verifier_info` of its
//! requests.

use jiff::Timestamp;
use portage_jose::{Header, NumericDate, UnverifiedJwt};
use portage_keys::{Signer, SigningFailure};
use portage_reason::Reason;
use portage_strict_json::Limits;
use portage_transparency_log::ProofInvalid;
use serde_json::{Map, Value};

use crate::{
    EntityId, FederationKeys, HistoricalKeys, LEEWAY, LOG_EVIDENCE_CLAIM, LogEvidence, Logged, PathEntity,
    ResolvedEntity, StatementError, TypeName, trust_chain::is_over,
};

/// `typ` of a Purpose Statement.
pub const PURPOSE_STATEMENT_TYP: &str = "purpose-statement+jwt";

/// A purpose that an authority registered for a verifier. The authority signs it again and again, each time for as long as what it says of the
/// verifier itself: a purpose that was withdrawn counts until the last statement ends, and no longer. It counts with the proof that it stands in the
/// authority's log, as a right does.
#[derive(Debug, Clone, PartialEq)]
pub struct PurposeStatement {
    /// `iss`: the authority.
    pub issuer: EntityId,
    /// `sub`: the verifier.
    pub subject: EntityId,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `exp`.
    pub expires_at: Timestamp,
    /// `purpose`: the file of `specs/purposes/`.
    pub purpose: Value,
    /// The entry of the issuer's log that tells it, and its proof: [`LOG_EVIDENCE_CLAIM`].
    pub log_evidence: Option<LogEvidence>,
}

/// A purpose statement that one chain bears out.
#[derive(Debug, Clone)]
pub struct VouchedStatement<'c> {
    /// What it says.
    pub statement: PurposeStatement,
    /// Its issuer, as the chain shows it.
    pub authority: &'c PathEntity,
    /// Where it stands in the issuer's log.
    pub logged: Logged,
}

impl PurposeStatement {
    /// Signs it with one of the issuer's federation keys.
    ///
    /// # Errors
    /// [`SigningFailure`]: the signer's key is none of them, or it did not sign.
    pub fn sign(&self, issuer_keys: &FederationKeys, signer: &dyn Signer) -> Result<String, SigningFailure> {
        let kid = issuer_keys.kid_of(signer.verification_key()).ok_or(SigningFailure)?;
        let mut claims = Map::from_iter([
            ("iss".to_owned(), Value::from(&self.issuer)),
            ("sub".to_owned(), Value::from(&self.subject)),
            ("iat".to_owned(), NumericDate(self.issued_at).into()),
            ("exp".to_owned(), NumericDate(self.expires_at).into()),
            ("purpose".to_owned(), self.purpose.clone()),
        ]);
        if let Some(evidence) = &self.log_evidence {
            claims.insert(LOG_EVIDENCE_CLAIM.to_owned(), evidence.to_value());
        }
        portage_jose::sign(Header::new(PURPOSE_STATEMENT_TYP).with("kid", kid), &claims, signer)
    }

    /// What one says, proved by nothing: for whoever was given it to carry.
    ///
    /// # Errors
    /// [`StatementError`]: it is none.
    pub fn unverified(compact: &str) -> Result<Self, StatementError> {
        let jwt = UnverifiedJwt::parse_within(compact, Limits::METADATA)?;
        if !jwt.header().typ_is_one_of(&[PURPOSE_STATEMENT_TYP]) {
            return Err(StatementError::Malformed("not a purpose statement"));
        }
        let claims = jwt.unverified_claims();
        let issuer =
            claims.get("iss").and_then(Value::as_str).and_then(|issuer| EntityId::parse(issuer).ok());
        Self::read(claims, issuer.ok_or(StatementError::Malformed("iss is not an Entity Identifier"))?)
    }

    /// Verifies one about the subject of a chain, on that chain alone (T-11): its issuer is a superior of the subject that every link down to it lets vouch
    /// for others, and its keys are those that the chain vouches for, or one that it signed with before (`former`, §8.7), in its life. Gives the issuer too.
    ///
    /// Where the chain passes over a recognised authority, the purpose asks for no type that it is not recognised for. The issuer published it in the
    /// log that its superior says is its own.
    ///
    /// # Errors
    /// [`StatementError`]: nobody on this chain says this of its subject, no more, or without having published it ([`StatementError::Log`]).
    pub fn verify_on<'c>(
        compact: &str,
        chain: &'c ResolvedEntity,
        former: impl Fn(&EntityId) -> Option<&'c HistoricalKeys>,
        now: Timestamp,
    ) -> Result<VouchedStatement<'c>, StatementError> {
        let refused = StatementError::Malformed;
        chain.may_verify(now).map_err(|reason| match reason {
            Reason::LogProofInvalid => {
                ProofInvalid("a right of the chain is not shown to be published").into()
            }
            _ => refused("the chain does not let its subject ask"),
        })?;
        let said = Self::unverified(compact)?;
        // The subject itself, which stands first, vouches for nothing about itself.
        let place =
            chain.path().iter().skip(1).position(|entity| entity.id == said.issuer).map(|place| place + 1);
        let place = place.ok_or(refused("of nobody on the chain"))?;
        let authority = chain.path().get(place).ok_or(refused("of nobody on the chain"))?;
        let depth = chain.path().len().saturating_sub(place + 1);
        if !chain.rights().may_vouch(depth, now) {
            return Err(refused("its issuer is no authority on this chain"));
        }
        let statement = Self::verified(compact, &authority.id, &authority.keys, former(&authority.id), now)?;
        if statement.subject != *chain.id() {
            return Err(refused("of another verifier"));
        }
        if statement.issued_at.duration_since(now) > LEEWAY {
            return Err(StatementError::NotYetValid);
        }
        if is_over(statement.expires_at, now) {
            return Err(StatementError::Expired);
        }
        // What is pinned for the anchor, and what a peer is recognised for, bound the right to ask as they bound the right to issue.
        let bounds = chain.rights().links().iter().enumerate();
        let mut bounds = bounds.filter(|(place, link)| *place == 0 || link.is_recognition());
        if !bounds.all(|(_, link)| asks_within(&statement.purpose, &link.types)) {
            return Err(refused("asks for a type that its issuer is not believed for"));
        }
        let log = authority.log.as_ref().ok_or(ProofInvalid("nobody says which log its issuer has"))?;
        let logged = statement.verify_log(log)?;
        Ok(VouchedStatement { statement, authority, logged })
    }

    /// Verifies one with the federation keys of its issuer, which a chain vouches for.
    ///
    /// # Errors
    /// [`StatementError`].
    pub fn verify(compact: &str, issuer: &EntityId, keys: &FederationKeys) -> Result<Self, StatementError> {
        Self::verified(compact, issuer, keys, None, Timestamp::MIN)
    }

    fn verified(
        compact: &str,
        issuer: &EntityId,
        keys: &FederationKeys,
        former: Option<&HistoricalKeys>,
        now: Timestamp,
    ) -> Result<Self, StatementError> {
        let jwt = UnverifiedJwt::parse_within(compact, Limits::METADATA)?;
        let kid = jwt.header().kid().ok_or(StatementError::KeyNotFound)?;
        let issued_at = NumericDate::from_claim(jwt.unverified_claims(), "iat")?;
        let former = former.filter(|former| former.issuer == *issuer);
        let before = || former?.key_for(kid, issued_at?.0, now).ok();
        let key = keys.key(kid).or_else(before).cloned().ok_or(StatementError::KeyNotFound)?;
        let jwt = jwt.verify(&key, &[PURPOSE_STATEMENT_TYP])?;
        if jwt.string("iss") != Some(issuer.as_str()) {
            return Err(StatementError::Malformed("a purpose statement of another authority"));
        }
        Self::read(jwt.claims(), issuer.clone())
    }

    fn read(claims: &Map<String, Value>, issuer: EntityId) -> Result<Self, StatementError> {
        let date = |name, missing| {
            Ok::<_, StatementError>(
                NumericDate::from_claim(claims, name)?.ok_or(StatementError::Malformed(missing))?.0,
            )
        };
        let evidence = claims.get(LOG_EVIDENCE_CLAIM).map(LogEvidence::from_value);
        let subject =
            claims.get("sub").and_then(Value::as_str).and_then(|subject| EntityId::parse(subject).ok());
        let purpose = claims.get("purpose").filter(|purpose| purpose.is_object());
        Ok(PurposeStatement {
            issuer,
            subject: subject.ok_or(StatementError::Malformed("sub is not an Entity Identifier"))?,
            issued_at: date("iat", "iat is missing")?,
            expires_at: date("exp", "exp is missing")?,
            purpose: purpose.ok_or(StatementError::Malformed("purpose is not an object"))?.clone(),
            log_evidence: evidence.transpose().map_err(StatementError::Malformed)?,
        })
    }
}

/// Whether every type that a purpose asks for goes by one of these names. What names no type asks for all.
fn asks_within(purpose: &Value, types: &[TypeName]) -> bool {
    let covered =
        |name: &Value| name.as_str().is_some_and(|name| types.iter().any(|known| known.covers(name)));
    let one_of = |names: &Value| names.as_array().is_some_and(|names| names.iter().any(covered));
    let asked = purpose.pointer("/query/credentials").and_then(Value::as_array);
    asked.is_some_and(|asked| {
        asked.iter().all(|query| {
            let vcts = query.pointer("/meta/vct_values").and_then(Value::as_array);
            let type_sets = query.pointer("/meta/type_values").and_then(Value::as_array);
            let named =
                vcts.is_some_and(|vcts| !vcts.is_empty()) || type_sets.is_some_and(|sets| !sets.is_empty());
            named && vcts.into_iter().flatten().all(covered) && type_sets.into_iter().flatten().all(one_of)
        })
    })
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan as _;
    use serde_json::json;

    use super::*;
    use crate::tests::{id, key, keys, now};

    #[test]
    fn a_purpose_statement_verifies_with_the_key_of_its_authority_alone() {
        let statement = PurposeStatement {
            issuer: id("https://bc.example"),
            subject: id("https://market.example"),
            issued_at: now(),
            expires_at: now() + 1.hour(),
            purpose: json!({ "id": "market-vendor-permit" }),
            log_evidence: None,
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
