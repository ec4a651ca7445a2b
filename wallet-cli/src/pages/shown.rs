//! Claims, names and days as they stand on a page.

use jiff::civil::Date;
use maud::{Markup, html};
use portage_catalog::{ClaimKind, plain};
use portage_trust::MayAsk;
use portage_wallet::{Asker, CredentialId, IssuerOnRecord, ShownClaim, StoredCredential};
use portage_web::page::{Words, summary_list};
use serde_json::Value;

use super::visit::Inside;
use crate::ui;

/// Who issued it: the name that somebody vouches for, else the identifier.
pub(crate) fn issuer(issuer: &IssuerOnRecord, words: &Words) -> Markup {
    match &issuer.name {
        Some(name) => words.proper(name),
        None => html! { span translate="no" { (plain(&issuer.id)) } },
    }
}

/// The same where there is no room for markup.
pub(crate) fn issuer_name(issuer: &IssuerOnRecord, words: &Words) -> String {
    ui::issuer_name(issuer, words.language())
}

/// A tier of government in words.
pub(crate) fn tier(issuer: &IssuerOnRecord, words: &Words) -> Option<String> {
    issuer.tier.map(|tier| ui::tier_name(tier, words.language()))
}

/// Who asks, as a person calls them.
pub(crate) fn asker(asker: &Asker, words: &Words) -> String {
    ui::disclosure::asker_name(asker, words.language())
}

/// Whether somebody vouches for the name.
pub(crate) const fn is_known(asker: &Asker) -> bool {
    !matches!(asker.standing, MayAsk::Unknown)
}

/// Until when a credential is valid.
pub(crate) fn until(credential: &StoredCredential, inside: &Inside) -> Markup {
    let words = &inside.words;
    match credential.valid_until {
        None => html! { (words.say("offer.no_end")) },
        Some(end) => {
            let day = last_day(end, words);
            let key = if end < inside.now() { "status.expired" } else { "offer.valid_until" };
            html! { (words.say_with(key, &[("date", &day)])) }
        }
    }
}

/// The last day of something that ends at this instant, as the commands tell it.
pub(crate) fn last_day(end: jiff::Timestamp, words: &Words) -> String {
    let text = ui::credential::last_day(end);
    text.parse().map_or(text, |date: Date| words.date(date))
}

/// Claims with their values, one a line. Pictures of a credential in the wallet are shown.
pub(crate) fn claims(claims: &[ShownClaim], of: Option<&CredentialId>, words: &Words) -> Markup {
    let row = |claim: &ShownClaim| {
        let label = words.name(&claim.name.label);
        let value = html! {
            span translate="no" { (value(claim, of, words)) }
            @if claim.name.personal { " " span class="quiet small" { "(" (words.say("offer.personal")) ")" } }
        };
        (label, value)
    };
    summary_list(&claims.iter().map(row).collect::<Vec<_>>())
}

fn value(claim: &ShownClaim, of: Option<&CredentialId>, words: &Words) -> Markup {
    let told = words.value(&claim.value, claim.name.kind);
    match (&claim.value, claim.name.kind, of) {
        (Value::String(_), Some(ClaimKind::Binary), Some(id)) => {
            let path = format!("/picture/{}/{}", id.0, claim.name.path.join("."));
            html! { img src=(path) alt=(told) width="120"; }
        }
        _ => html! { (told) },
    }
}

/// Labels of claims, as a list that is heard as one.
pub(crate) fn labels<'l>(
    labels: impl IntoIterator<Item = &'l portage_catalog::Text>,
    class: &str,
    words: &Words,
) -> Markup {
    html! { ul class=(class) { @for label in labels { li { (words.text(label)) } } } }
}
