use jiff::{SignedDuration, Timestamp};
use portage_catalog::{Catalog, Language, message, shown_value};
use portage_wallet::{Arrived, ArrivedCredential, OfferReview, ShownClaim, StoredCredential, Words};

use super::{issuer_name, named, table::rows, tier_name};

/// Who offers what, and by what right: before any code is sent.
pub(crate) fn offer(review: &OfferReview, language: Language) -> Vec<String> {
    let issuer = issuer_name(review.issuer(), language);
    let mut lines = Vec::new();
    for offered in review.offered() {
        let name = named(&offered.name, language);
        lines.push(message("offer.from", language, &[("issuer", &issuer), ("type", &name)]));
        if let Some(words) = &offered.words {
            lines.extend(words.description.as_ref().map(|text| text.in_words_up_to(language, 1000)));
            lines.push(message("wallet.issuers_words", language, &[]));
        }
        if offered.is_shown_whole() {
            lines.push(message("format.whole", language, &[]));
        }
    }
    lines.push(message("offer.address", language, &[("host", &review.host())]));
    if let Some(tier) = review.issuer().tier {
        let tier = tier_name(tier, language);
        lines.push(message("offer.right", language, &[("issuer", &issuer), ("tier", &tier)]));
    }
    lines
}

/// What arrived: what each credential says, before it is kept.
pub(crate) fn arrival(arrived: &Arrived, catalog: &Catalog, language: Language) -> Vec<String> {
    let one = |arrived: &ArrivedCredential| {
        let mut lines = vec![String::new(), named(&arrived.credential().name(catalog), language)];
        lines.extend(whose_words(arrived.credential(), catalog, language));
        lines.extend(body(arrived.credential(), arrived.claims(), language));
        lines
    };
    arrived.credentials().iter().flat_map(one).collect()
}

/// One credential of the wallet.
pub(crate) fn stored(
    credential: &StoredCredential,
    claims: &[ShownClaim],
    catalog: &Catalog,
    language: Language,
) -> Vec<String> {
    let issuer = issuer_name(&credential.issuer, language);
    let mut lines = vec![
        named(&credential.name(catalog), language),
        message("wallet.issued_by", language, &[("issuer", &issuer)]),
    ];
    if let Some(tier) = credential.issuer.tier {
        let tier = tier_name(tier, language);
        lines.push(message("offer.right", language, &[("issuer", &issuer), ("tier", &tier)]));
    }
    lines.extend(whose_words(credential, catalog, language));
    lines.extend(body(credential, claims, language));
    lines
}

/// Said wherever names are shown that nobody but the issuer vouches for.
fn whose_words(credential: &StoredCredential, catalog: &Catalog, language: Language) -> Option<String> {
    let is_issuers = matches!(credential.words(catalog), Words::Issuer(_));
    is_issuers.then(|| message("wallet.issuers_words", language, &[]))
}

fn body(credential: &StoredCredential, claims: &[ShownClaim], language: Language) -> Vec<String> {
    let mut lines = vec![message("offer.claims", language, &[])];
    for claim in claims {
        lines.push(format!("  {}", claim_line("offer.claim", claim, language)));
    }
    lines.push(match credential.valid_until {
        Some(until) => message("offer.valid_until", language, &[("date", &last_day(until))]),
        None => message("offer.no_end", language, &[]),
    });
    let how = if credential.format().is_selective() { "format.selective" } else { "format.whole" };
    lines.push(message(how, language, &[]));
    lines
}

/// A claim and its value, marked where its publisher says that it is personal.
pub(crate) fn claim_line(key: &str, claim: &ShownClaim, language: Language) -> String {
    let label = named(&claim.name.label, language);
    let value = shown_value(&claim.value, claim.name.kind, language);
    let mut line = message(key, language, &[("label", &label), ("value", &value)]);
    if claim.name.personal {
        line.push_str(&format!(" ({})", message("offer.personal", language, &[])));
    }
    line
}

/// The table of `wallet list`.
pub(crate) fn table(
    credentials: &[(StoredCredential, usize)],
    catalog: &Catalog,
    now: Timestamp,
    language: Language,
) -> String {
    let header = [
        message("wallet.column_id", language, &[]),
        message("wallet.column_what", language, &[]),
        message("wallet.column_from", language, &[]),
        message("wallet.column_until", language, &[]),
        message("wallet.column_shown", language, &[]),
    ];
    let row = |(credential, shown): &(StoredCredential, usize)| {
        [
            credential.id.to_string(),
            named(&credential.name(catalog), language),
            issuer_name(&credential.issuer, language),
            until(credential, now, language),
            shown.to_string(),
        ]
    };
    rows(header, credentials.iter().map(row).collect())
}

fn until(credential: &StoredCredential, now: Timestamp, language: Language) -> String {
    match credential.valid_until {
        None => message("offer.no_end", language, &[]),
        Some(until) if until < now => message("status.expired", language, &[("date", &last_day(until))]),
        Some(until) => last_day(until),
    }
}

/// The last day of something that ends at this instant. A day ends later in the west: the day that it is in the westernmost of Canada's time
/// zones, so that an end at midnight, there or in UTC, is never shown as a day longer than it is.
pub(crate) fn last_day(end: Timestamp) -> String {
    let west = end.saturating_sub(SignedDuration::from_hours(8)).unwrap_or(end);
    west.strftime("%Y-%m-%d").to_string()
}

/// An instant to the minute, in UTC.
pub(crate) fn minute(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_at_midnight_is_the_day_before() {
        for (end, day) in [
            ("2031-01-01T07:59:59Z", "2030-12-31"),
            ("2031-01-01T00:00:00Z", "2030-12-31"),
            ("2030-12-31T23:59:59Z", "2030-12-31"),
            ("2030-12-31T20:00:00Z", "2030-12-31"),
        ] {
            assert_eq!(last_day(end.parse().unwrap()), day);
        }
    }
}
