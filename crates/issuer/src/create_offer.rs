use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use portage_catalog::{CatalogError, CredentialType, Format};
use portage_keys::{base64url, digest::sha256};
use portage_oid4vci::{CredentialOfferUri, PreAuthorizedCode, TxCodeValue};
use portage_reason::Reason;
use serde_json::{Map, Value};

use crate::{
    Code, Inserted, IssuanceStore, Issuer, Offer, OfferDelivery, Reference, StandingOffer, StoreFailure,
    one_time::Kind, open_offer::CODE_LIFE,
};

/// How many digits a `tx_code` has.
pub(crate) const TX_CODE_LENGTH: u32 = 6;

/// What to offer.
#[derive(Clone)]
pub struct OfferData {
    /// The credential type.
    pub credential_type: String,
    /// The format; `None`: the type's preferred one.
    pub format: Option<Format>,
    /// What makes it the same record when it comes again.
    pub record: Record,
    /// The claims, without derived ones.
    pub claims: Map<String, Value>,
    /// First instant of validity, when the record says one.
    pub valid_from: Option<Timestamp>,
    /// Last instant of validity, when the record says one.
    pub valid_until: Option<Timestamp>,
    /// The day on which the record must not be over: today, unless told otherwise.
    pub as_of: Option<Date>,
    /// How long the offer by reference lives.
    pub life: SignedDuration,
    /// Whether a `tx_code` is required.
    pub tx_code: bool,
    /// How it reaches the wallet.
    pub delivery: OfferDelivery,
    /// What to do with an offer of the same record that waits to be collected.
    pub standing: StandingOffer,
}

/// What makes two offers the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// The key of the record in its register.
    Key(String),
    /// The claims themselves.
    Claims,
}

/// An offer that stands.
#[derive(Debug, Clone)]
pub struct CreatedOffer {
    /// Its name.
    pub reference: Reference,
    /// What goes into the letter.
    pub uri: CredentialOfferUri,
    /// The code for another channel: told once, when the offer is made.
    pub tx_code: Option<TxCodeValue>,
    /// Whether a code is asked for: also where it is not told again.
    pub asks_code: bool,
    /// Until when it can be opened; `None` where it was collected or withdrawn.
    pub open_until: Option<Timestamp>,
    /// Whether anything was written: `false` for a record that was offered before.
    pub is_new: bool,
}

/// What would come of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckedOffer {
    /// It would be made, anew or for the first time.
    New,
    /// The record was offered before: nothing would change.
    Unchanged,
}

/// An offer that is ready to be written down, and the code that is told when it was.
pub(crate) struct Prepared {
    pub(crate) offer: Offer,
    tx_code: Option<TxCodeValue>,
}

/// Why nothing was offered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    /// Not one of this issuer's types.
    #[error("this issuer does not offer that type")]
    TypeNotOffered,
    /// Not one of the type's formats.
    #[error("the type is not issued in that format")]
    FormatNotOffered,
    /// The claims do not fit the type.
    #[error(transparent)]
    Claims(#[from] CatalogError),
    /// The record was over on the day.
    #[error("the record is over")]
    Expired,
    /// The record was offered before with other claims, and collected.
    #[error("the record was collected before with other content")]
    OtherContent,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreFailure),
}

impl OfferError {
    /// The verdict about the record; `None` for a failure of ours.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            OfferError::TypeNotOffered | OfferError::FormatNotOffered => Some(Reason::Unsupported),
            OfferError::Claims(CatalogError::Claim { reason, .. }) => Some(*reason),
            OfferError::Claims(_) => Some(Reason::SchemaMismatch),
            OfferError::Expired => Some(Reason::Expired),
            OfferError::OtherContent => Some(Reason::DuplicateRecord),
            OfferError::Store(_) => None,
        }
    }
}

impl<S: IssuanceStore> Issuer<S> {
    /// Checks the claims and writes the offer down. The same record again is the same offer: nothing changes, and the `tx_code` is
    /// not told again. A record that was not collected and is over, or that has other content now, is offered anew.
    ///
    /// # Errors
    /// [`OfferError`]; nothing was written.
    pub async fn create_offer(&self, data: OfferData, now: Timestamp) -> Result<CreatedOffer, OfferError> {
        let prepared = self.prepare(data, now)?;
        let inserted = self.store.insert_offers(vec![prepared.offer.clone()], now).await?;
        self.created(prepared, inserted.into_iter().next())
    }

    /// The same for many at once, in one transaction of the store: what is refused leaves the others standing. The results are in the
    /// order of the data.
    ///
    /// # Errors
    /// [`StoreFailure`]; nothing was written.
    pub async fn create_offers(
        &self,
        data: Vec<OfferData>,
        now: Timestamp,
    ) -> Result<Vec<Result<CreatedOffer, OfferError>>, StoreFailure> {
        let prepared: Vec<_> = data.into_iter().map(|data| self.prepare(data, now)).collect();
        let offers = prepared.iter().flatten().map(|prepared| prepared.offer.clone()).collect();
        let mut inserted = self.store.insert_offers(offers, now).await?.into_iter();
        Ok(prepared.into_iter().map(|prepared| self.created(prepared?, inserted.next())).collect())
    }

    /// What [`Issuer::create_offers`] would answer for each of them alone. Nothing is written.
    ///
    /// # Errors
    /// [`StoreFailure`].
    pub async fn check_offers(
        &self,
        data: Vec<OfferData>,
        now: Timestamp,
    ) -> Result<Vec<Result<CheckedOffer, OfferError>>, StoreFailure> {
        let prepared = data.into_iter().map(|data| self.prepare(data, now).map(|prepared| prepared.offer));
        let (offers, checked) = split(prepared);
        let mut tried = self.store.try_offers(offers, now).await?.into_iter();
        let of = |tried| match tried {
            Some(Inserted::New | Inserted::Renewed) => Ok(CheckedOffer::New),
            Some(Inserted::Existing { .. }) => Ok(CheckedOffer::Unchanged),
            Some(Inserted::OtherContent) => Err(OfferError::OtherContent),
            None => Err(without_answer().into()),
        };
        Ok(checked.into_iter().map(|checked| checked.and_then(|()| of(tried.next()))).collect())
    }

    /// Everything but the store: checks, names, hashes.
    pub(crate) fn prepare(&self, data: OfferData, now: Timestamp) -> Result<Prepared, OfferError> {
        let credential_type = self.offered_type(&data.credential_type)?;
        let format =
            data.format.or(credential_type.formats.first().copied()).ok_or(OfferError::FormatNotOffered)?;
        if !credential_type.formats.contains(&format) {
            return Err(OfferError::FormatNotOffered);
        }
        // What cannot be issued today is not offered; the derived claims themselves are computed on the day of issue.
        credential_type.with_derived(&data.claims, today(credential_type, now))?;
        let said_end = validity_end(credential_type, &data);
        let as_of = data.as_of.map_or(now, |day| start_of_day(credential_type, day));
        if said_end.is_some_and(|end| end < as_of) {
            return Err(OfferError::Expired);
        }

        let reference = self.reference(credential_type, format, &data);
        let open_until = now.checked_add(data.delivery.life(data.life)).unwrap_or(Timestamp::MAX);
        let tx_code = data.tx_code.then(|| self.new_tx_code());
        let salt = self.entropy.token();
        let offer = Offer {
            credential_type: credential_type.id.clone(),
            format,
            content: self.content_hash(&data),
            claims: data.claims,
            valid_from: data.valid_from,
            valid_until: said_end.unwrap_or_else(|| self.default_end(credential_type, now)),
            open_until,
            tx_code: tx_code.as_ref().map(|code| self.tx_code_hash(&reference, code)),
            link: (data.delivery == OfferDelivery::ByReference)
                .then(|| self.keys.secret.hash(Kind::OfferLink, &self.offer_link(&reference, &salt))),
            code: (data.delivery == OfferDelivery::ByValue).then(|| Code {
                hash: self.keys.secret.hash(Kind::Code, self.offer_code(&reference, &salt).expose()),
                until: open_until,
            }),
            standing: data.standing,
            salt,
            reference,
        };
        Ok(Prepared { offer, tx_code })
    }

    /// What the clerk is told of it.
    pub(crate) fn created(
        &self,
        prepared: Prepared,
        inserted: Option<Inserted>,
    ) -> Result<CreatedOffer, OfferError> {
        let Prepared { offer, tx_code } = prepared;
        let (is_new, salt, delivery, asks_code, open_until) = match inserted {
            Some(Inserted::New | Inserted::Renewed) => {
                (true, offer.salt.clone(), offer.delivery(), tx_code.is_some(), Some(offer.open_until))
            }
            Some(Inserted::Existing { salt, delivery, tx_code, open_until }) => {
                (false, salt, delivery, tx_code, open_until)
            }
            Some(Inserted::OtherContent) => return Err(OfferError::OtherContent),
            None => return Err(without_answer().into()),
        };
        let uri = match delivery {
            OfferDelivery::ByReference => self.offer_uri_by_reference(&offer.reference, &salt),
            OfferDelivery::ByValue => {
                let code = self.offer_code(&offer.reference, &salt);
                let terms = self.credential_offer(&offer.credential_type, offer.format, asks_code, code);
                CredentialOfferUri::ByValue(terms)
            }
        };
        let tx_code = tx_code.filter(|_| is_new);
        Ok(CreatedOffer { reference: offer.reference, uri, tx_code, asks_code, open_until, is_new })
    }

    /// The type, if this issuer offers it.
    pub(crate) fn offered_type(&self, id: &str) -> Result<&CredentialType, OfferError> {
        let offered = self.profile.types.iter().any(|offered| offered == id);
        self.catalog.credential_type(id).filter(|_| offered).ok_or(OfferError::TypeNotOffered)
    }

    fn default_end(&self, credential_type: &CredentialType, now: Timestamp) -> Timestamp {
        let days = self.profile.validity_days.get(&credential_type.id);
        let days = i64::from(*days.unwrap_or(&credential_type.default_validity_days));
        let start = start_of_day(credential_type, today(credential_type, now));
        start.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MAX)
    }

    fn reference(&self, credential_type: &CredentialType, format: Format, data: &OfferData) -> Reference {
        match &data.record {
            Record::Key(_) => self.reference_of(credential_type, format, &data.record),
            Record::Claims => self.named(credential_type, format, &canonical_digest(&data.claims), "claims"),
        }
    }

    /// The name of the record with this key; of one without, nobody's.
    pub(crate) fn reference_of(
        &self,
        credential_type: &CredentialType,
        format: Format,
        record: &Record,
    ) -> Reference {
        let key = match record {
            Record::Key(key) => key,
            Record::Claims => "",
        };
        self.named(credential_type, format, key, "key")
    }

    fn named(&self, credential_type: &CredentialType, format: Format, value: &str, kind: &str) -> Reference {
        let record = format!("{kind} {value}");
        let of = format!("{} {} {record}", credential_type.id, format.name());
        Reference::new(self.keys.secret.derive_name("reference", &of))
    }

    /// Of what the data says, not of what follows from the day it is offered on.
    fn content_hash(&self, data: &OfferData) -> crate::KeyedHash {
        let instant =
            |instant: Option<Timestamp>| instant.map_or(String::new(), |instant| instant.to_string());
        let validity = [data.valid_from, data.valid_until].map(instant).join(" ");
        self.keys.secret.hash(Kind::Content, &format!("{} {validity}", canonical_digest(&data.claims)))
    }

    /// The last part of the address of an offer by reference: follows from its reference and its salt, so it is stored nowhere.
    pub(crate) fn offer_link(&self, reference: &Reference, salt: &str) -> String {
        self.keys.secret.derive("offer link", &format!("{} {salt}", reference.as_str()))
    }

    /// The code of an offer by value, in the same way.
    fn offer_code(&self, reference: &Reference, salt: &str) -> PreAuthorizedCode {
        let of = format!("{} {salt}", reference.as_str());
        PreAuthorizedCode::new(self.keys.secret.derive("offer code", &of))
    }

    pub(crate) fn tx_code_hash(&self, reference: &Reference, code: &TxCodeValue) -> crate::KeyedHash {
        self.keys.secret.hash(Kind::TxCode, &format!("{} {}", reference.as_str(), code.expose()))
    }

    fn new_tx_code(&self) -> TxCodeValue {
        const BOUND: u32 = 10_u32.pow(TX_CODE_LENGTH);
        // The largest multiple of the bound: numbers above it would make small codes likelier.
        const FAIR: u32 = u32::MAX / BOUND * BOUND;
        loop {
            let mut bytes = [0; 4];
            self.entropy.fill(&mut bytes);
            let number = u32::from_le_bytes(bytes);
            if number < FAIR {
                return TxCodeValue::new(format!(
                    "{:0width$}",
                    number % BOUND,
                    width = TX_CODE_LENGTH as usize
                ));
            }
        }
    }
}

/// What goes to the store, and in the order of all what was refused before.
fn split(
    prepared: impl Iterator<Item = Result<Offer, OfferError>>,
) -> (Vec<Offer>, Vec<Result<(), OfferError>>) {
    let mut offers = Vec::new();
    let checked = prepared.map(|prepared| prepared.map(|offer| offers.push(offer))).collect();
    (offers, checked)
}

fn without_answer() -> StoreFailure {
    StoreFailure::Environment("an offer was left without an answer".into())
}

impl OfferDelivery {
    /// By value the one code is in the offer, so the offer lives no longer than a code.
    fn life(self, by_reference: SignedDuration) -> SignedDuration {
        match self {
            OfferDelivery::ByReference => by_reference,
            OfferDelivery::ByValue => CODE_LIFE,
        }
    }
}

/// The end that the record and the claims say, the earlier of the two.
fn validity_end(credential_type: &CredentialType, data: &OfferData) -> Option<Timestamp> {
    [data.valid_until, credential_type.valid_until(&data.claims)].into_iter().flatten().min()
}

/// The day it is where the type belongs: ages are counted on it.
pub(crate) fn today(credential_type: &CredentialType, now: Timestamp) -> Date {
    time_zone(credential_type).to_datetime(now).date()
}

/// The start of that day: credentials share no finer time.
pub(crate) fn start_of_day(credential_type: &CredentialType, day: Date) -> Timestamp {
    time_zone(credential_type).to_timestamp(day.at(0, 0, 0, 0)).unwrap_or(Timestamp::MIN)
}

fn time_zone(credential_type: &CredentialType) -> TimeZone {
    let of_claims = credential_type.last_day.as_ref().map(|last_day| &last_day.time_zone);
    let of_register = credential_type.register.as_ref().map(|register| &register.time_zone);
    of_claims.or(of_register).cloned().unwrap_or(TimeZone::UTC)
}

/// A digest of the claims that does not depend on the order of members (RFC 8785).
fn canonical_digest(claims: &Map<String, Value>) -> String {
    // Err: a number JCS cannot write. Its text as it stands is then as good, since only equality counts.
    let text =
        serde_json_canonicalizer::to_vec(claims).unwrap_or_else(|_| format!("{claims:?}").into_bytes());
    base64url::encode(&sha256(&text))
}

#[cfg(test)]
mod tests {
    use portage_catalog::Catalog;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_order_of_claims_does_not_make_another_record() {
        let digest = |value: Value| match value {
            Value::Object(claims) => canonical_digest(&claims),
            _ => String::new(),
        };
        assert_eq!(
            digest(json!({ "a": 1, "b": { "c": 2, "d": 3 } })),
            digest(json!({ "b": { "d": 3, "c": 2 }, "a": 1 }))
        );
        assert_ne!(digest(json!({ "a": 1 })), digest(json!({ "a": 2 })));
        assert_ne!(digest(json!({ "a": 1 })), digest(json!({ "a": "1" })));
    }

    #[test]
    fn a_day_is_that_of_the_place_the_type_belongs_to() {
        let catalog = Catalog::bundled();
        let person = catalog.credential_type("person").unwrap();
        // Two in the morning in UTC is the evening before in British Columbia.
        let now: Timestamp = "2026-02-02T02:00:00Z".parse().unwrap();
        let day = today(person, now);
        assert_eq!(day.to_string(), "2026-02-01");
        let start = start_of_day(person, day);
        assert!(start <= now && now.duration_since(start) < SignedDuration::from_hours(24));
        assert_eq!(start.to_string(), "2026-02-01T08:00:00Z");
    }
}
