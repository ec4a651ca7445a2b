//! Why a row of a register is refused, in the clerk's words: the same at the command and on the pages.

use jiff::civil::Date;
use portage_catalog::{CatalogError, Language, RegisterMapping, RegisterRecord, Text, reason_sentence};
use portage_issuer::{OfferError, RowRefusal};
use portage_reason::Reason;

/// Whether the record is valid on that day.
pub(crate) fn check_validity(
    record: &RegisterRecord,
    mapping: &RegisterMapping,
    day: Date,
) -> Result<(), RowRefusal> {
    record.validity.check_on(day).map_err(|reason| match reason {
        Reason::NotYetValid => RowRefusal::new(mapping.valid_from.clone(), reason, "row.not_yet_valid", &[]),
        _ => RowRefusal::new(mapping.valid_until.clone(), reason, "row.expired", &[]),
    })
}

/// What the issuer says of claims, in the clerk's words; a claim that does not fit is told by the column it came from.
pub(crate) fn explain(error: &OfferError, mapping: Option<&RegisterMapping>) -> RowRefusal {
    let reason = error.reason().unwrap_or(Reason::Unsupported);
    match (error, mapping) {
        (OfferError::Claims(CatalogError::Claim { claim, .. }), Some(mapping)) => {
            mapping.row_error(claim, reason).into()
        }
        (OfferError::Claims(CatalogError::Claim { claim, .. }), None) => {
            let column = Some(claim.clone());
            if reason == Reason::ValueMissing {
                RowRefusal::new(column, reason, "row.claim_missing", &[("claim", claim)])
            } else {
                RowRefusal::new(column, reason, "row.claim_does_not_fit", &[("claim", claim)])
            }
        }
        (OfferError::OtherContent, _) => RowRefusal::new(None, reason, "row.collected_before", &[]),
        (OfferError::Expired, _) => RowRefusal::new(None, reason, "row.expired", &[]),
        _ => RowRefusal {
            column: None,
            reason,
            message: Text {
                en: reason_sentence(reason, Language::En).to_owned(),
                fr: reason_sentence(reason, Language::Fr).to_owned(),
            },
        },
    }
}
