//! What a person sees.

pub(crate) mod credential;
pub(crate) mod disclosure;
pub(crate) mod table;

use portage_catalog::{Language, Text, plain};
use portage_trust::Tier;
use portage_wallet::IssuerOnRecord;

/// A name in the person's language, fit for a terminal; one that is there in the other language alone is marked.
pub(crate) fn named(text: &Text, language: Language) -> String {
    text.in_words(language)
}

/// Who issued it: the name that the trust list vouches for, else the identifier.
pub(crate) fn issuer_name(issuer: &IssuerOnRecord, language: Language) -> String {
    issuer.name.as_ref().map_or_else(|| plain(&issuer.id), |name| named(name, language))
}

/// A tier in words.
pub(crate) fn tier_name(tier: Tier, language: Language) -> String {
    use portage_catalog::message;
    match tier {
        Tier::Federal => message("tier.federal", language, &[]),
        Tier::Provincial => message("tier.provincial", language, &[]),
        Tier::Territorial => message("tier.territorial", language, &[]),
        Tier::Indigenous => message("tier.indigenous", language, &[]),
        Tier::Municipal => message("tier.municipal", language, &[]),
        Tier::Other => message("tier.other", language, &[]),
    }
}
