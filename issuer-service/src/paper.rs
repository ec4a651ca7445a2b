//! Offers as letters, for the command and for the clerk's page alike.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use portage_catalog::{Addressee, CredentialType};
use portage_issuer::{CreatedOffer, RowRefusal};
use portage_letter::{CodeSheet, Letter, LetterError, Office, check_address, code_sheets, letters};
use portage_oid4vci::TxCodeValue;
use portage_reason::Reason;

/// An offer that goes out in a letter.
pub(crate) struct Posted {
    addressee: Option<Addressee>,
    link: String,
    asks_code: bool,
    tx_code: Option<TxCodeValue>,
    last_day: Date,
    reference: String,
}

/// Whose letters, of what, on which day.
pub(crate) struct Paper<'p> {
    pub(crate) office: &'p Office,
    pub(crate) credential_type: &'p CredentialType,
    pub(crate) now: Timestamp,
}

impl Posted {
    /// `None`: nothing waits to be collected, so there is nothing to write.
    pub(crate) fn new(offer: &CreatedOffer, addressee: Option<Addressee>, zone: &TimeZone) -> Option<Self> {
        Some(Posted {
            addressee,
            link: offer.uri.to_string(),
            asks_code: offer.asks_code,
            tx_code: offer.tx_code.clone(),
            last_day: last_day(offer.open_until?, zone),
            reference: offer.reference.as_str().to_owned(),
        })
    }

    pub(crate) fn link(&self) -> &str {
        &self.link
    }

    pub(crate) fn tx_code(&self) -> Option<&str> {
        self.tx_code.as_ref().map(TxCodeValue::expose)
    }

    pub(crate) fn asks_code(&self) -> bool {
        self.asks_code
    }

    pub(crate) fn reference(&self) -> &str {
        &self.reference
    }

    /// The name of the offer, as far as a file's name goes.
    pub(crate) fn short(&self) -> &str {
        self.reference.get(..8).unwrap_or(&self.reference)
    }
}

/// The last whole day before it ends.
fn last_day(end: Timestamp, zone: &TimeZone) -> Date {
    let day = zone.to_datetime(end).date();
    day.yesterday().unwrap_or(day)
}

impl Paper<'_> {
    /// One PDF with the letters.
    pub(crate) fn letters(&self, posted: &[Posted]) -> Result<Vec<u8>, LetterError> {
        let day = self.day();
        let all: Vec<_> = posted
            .iter()
            .map(|posted| Letter {
                office: self.office,
                addressee: posted.addressee.as_ref(),
                type_name: &self.credential_type.name,
                about: &self.credential_type.description,
                link: &posted.link,
                asks_code: posted.asks_code,
                day,
                last_day: posted.last_day,
                reference: &posted.reference,
            })
            .collect();
        letters(&all)
    }

    /// One PDF with the codes that are told now; `None` where there are none.
    pub(crate) fn code_sheets(&self, posted: &[Posted]) -> Result<Option<Vec<u8>>, LetterError> {
        let day = self.day();
        let all: Vec<_> = posted
            .iter()
            .filter_map(|posted| {
                Some(CodeSheet {
                    office: self.office,
                    addressee: posted.addressee.as_ref(),
                    type_name: &self.credential_type.name,
                    tx_code: posted.tx_code.as_ref()?.expose(),
                    day,
                    reference: &posted.reference,
                })
            })
            .collect();
        if all.is_empty() { Ok(None) } else { code_sheets(&all).map(Some) }
    }

    fn day(&self) -> Date {
        zone_of(self.credential_type).to_datetime(self.now).date()
    }
}

/// Where the days of a type's letters are counted.
pub(crate) fn zone_of(credential_type: &CredentialType) -> TimeZone {
    credential_type.register.as_ref().map_or(TimeZone::UTC, |register| register.time_zone.clone())
}

/// Whether a letter can go to whom the row names: known before anything is offered.
pub(crate) fn check(addressee: Option<&Addressee>) -> Result<(), RowRefusal> {
    let refused =
        |reason, key: &str, values: &[(&str, &str)]| Err(RowRefusal::new(None, reason, key, values));
    let Some(addressee) = addressee else { return refused(Reason::ValueMissing, "row.no_address", &[]) };
    match check_address(addressee) {
        Ok(()) => Ok(()),
        Err(LetterError::Letter(letter)) => {
            refused(Reason::Unsupported, "row.address_letter", &[("letter", &letter.to_string())])
        }
        Err(_) => refused(Reason::TooLarge, "row.address_too_long", &[]),
    }
}
