//! What an issuer calls a type that the catalogue does not know: taken once, from the metadata that came with the offer (OpenID4VCI 1.0
//! §12.2.4, Appendix B.2), kept with the credential, never asked for again.

use portage_catalog::{Language, Text, plain, plain_up_to};
use portage_oid4vci::{ClaimDescription, ClaimPathStep, CredentialMetadata};
use serde::{Deserialize, Serialize};

/// Most claims whose names are kept.
const MAX_CLAIMS: usize = 128;
/// Most entries of one `display` that are looked at.
const MAX_DISPLAYS: usize = 64;
/// Most steps of a claims path.
const MAX_STEPS: usize = 8;
/// Longest name of a member.
const MAX_MEMBER: usize = 128;
/// Longest name of a type or a claim.
const MAX_NAME: usize = 100;
/// Longest description.
const MAX_DESCRIPTION: usize = 300;

/// An issuer's own words for a credential. Nobody else vouches for them: wherever they are shown, that is said. Bounded, without controls and
/// direction overrides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuerWords {
    /// What it calls the type.
    pub name: Text,
    /// A sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// Background and text, `#rrggbb`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colours: Option<(String, String)>,
    /// What it calls the claims, in its order.
    #[serde(default)]
    pub claims: Vec<WordedClaim>,
}

/// What an issuer calls one claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WordedClaim {
    /// Members from the claims root down; `None` stands for every element of an array.
    path: Vec<Option<String>>,
    /// Its label.
    label: Text,
}

impl IssuerWords {
    /// What the metadata says that a person can read; `None` where it does not name the type.
    pub fn read(metadata: &CredentialMetadata) -> Option<Self> {
        let display = || metadata.display.iter().take(MAX_DISPLAYS);
        let name = text(display().map(|one| (one.locale.as_deref(), Some(one.name.as_str()))), MAX_NAME)?;
        let description =
            text(display().map(|one| (one.locale.as_deref(), one.description.as_deref())), MAX_DESCRIPTION);
        let colours = display().find_map(|one| {
            let (background, text) = (one.background_color.clone()?, one.text_color.clone()?);
            // Two colours, and such that one is read on the other.
            let readable = portage_catalog::contrast(&background, &text)? >= portage_catalog::LEAST_CONTRAST;
            readable.then_some((background, text))
        });
        let claims = metadata.claims.iter().take(MAX_CLAIMS).filter_map(WordedClaim::read).collect();
        Some(IssuerWords { name, description, colours, claims })
    }

    /// The place of a claim in the issuer's order, what it is called, and how many steps of `path` that name covers.
    pub(crate) fn claim(&self, path: &[String]) -> Option<(usize, &Text, usize)> {
        let covering = self.claims.iter().enumerate().filter(|(_, claim)| claim.covers(path));
        let (at, claim) = covering.max_by_key(|(_, claim)| claim.path.len())?;
        Some((at, &claim.label, claim.path.len()))
    }
}

impl WordedClaim {
    fn read(description: &ClaimDescription) -> Option<Self> {
        if description.path.is_empty() || description.path.len() > MAX_STEPS {
            return None;
        }
        let step = |step: &ClaimPathStep| match step {
            ClaimPathStep::Name(name) => (name.len() <= MAX_MEMBER).then(|| Some(name.clone())),
            ClaimPathStep::Index(index) => Some(Some(index.to_string())),
            ClaimPathStep::All => Some(None),
        };
        let path = description.path.iter().map(step).collect::<Option<_>>()?;
        let display = description.display.iter().take(MAX_DISPLAYS);
        let label = text(display.map(|one| (one.locale.as_deref(), one.name.as_deref())), MAX_NAME)?;
        Some(WordedClaim { path, label })
    }

    /// Whether it names `path` or something above it. An array is one claim to a person, so the steps into it may be missing.
    fn covers(&self, path: &[String]) -> bool {
        let named = self.path.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        let named = self.path.get(..named).unwrap_or_default();
        named.len() <= path.len()
            && named.iter().zip(path).all(|(named, step)| named.as_ref().is_none_or(|named| named == step))
    }
}

/// The first English and the first French that are there. What names no language stands for both; any other language is left out, unless there
/// is nothing else: then it is shown as it stands.
fn text<'a>(
    displays: impl Iterator<Item = (Option<&'a str>, Option<&'a str>)> + Clone,
    longest: usize,
) -> Option<Text> {
    let said = displays.filter_map(|(locale, said)| {
        let said = said.map(|said| plain_up_to(said, longest)).filter(|said| !said.is_empty())?;
        Some((locale, said))
    });
    let in_language = |language: Language| {
        let mut said = said.clone();
        said.find(|(locale, _)| locale.and_then(Language::from_tag) == Some(language)).map(|(_, said)| said)
    };
    let (en, fr) = (in_language(Language::En), in_language(Language::Fr));
    if en.is_some() || fr.is_some() {
        return Some(Text { en: en.unwrap_or_default(), fr: fr.unwrap_or_default() });
    }
    let (_, other) = said.clone().find(|(locale, _)| locale.is_none()).or_else(|| said.clone().next())?;
    let other = plain(&other);
    Some(Text { en: other.clone(), fr: other })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(metadata: Value) -> Option<IssuerWords> {
        IssuerWords::read(&serde_json::from_value(metadata).unwrap())
    }

    #[test]
    fn english_and_french_are_taken_by_their_locale_and_french_is_not_made_up() {
        let words = read(json!({
            "display": [
                { "name": "Bootsführerschein", "locale": "de" },
                { "name": "Permis de bateau", "locale": "fr-CA" },
                { "name": "Boat Card", "locale": "en-CA", "background_color": "#003366", "text_color": "#ffffff" },
            ],
            "claims": [
                { "path": ["holder"], "display": [{ "name": "Holder", "locale": "en" }] },
                { "path": ["holder", "port"], "display": [{ "name": "Port d’attache", "locale": "fr" }] },
                { "path": ["waters", null], "display": [{ "name": "Waters" }] },
            ],
        }))
        .unwrap();
        assert_eq!(words.name, Text { en: "Boat Card".into(), fr: "Permis de bateau".into() });
        assert_eq!(words.colours, Some(("#003366".into(), "#ffffff".into())));
        let path = |steps: &[&str]| steps.iter().map(|step| (*step).to_owned()).collect::<Vec<_>>();
        let (at, label, steps) = words.claim(&path(&["holder", "name"])).unwrap();
        assert_eq!((at, label.in_words(Language::Fr), steps), (0, "Holder (en anglais)".into(), 1));
        let (at, label, steps) = words.claim(&path(&["holder", "port"])).unwrap();
        assert_eq!((at, label.in_words(Language::En), steps), (1, "Port d’attache (in French)".into(), 2));
        let (_, label, _) = words.claim(&path(&["waters"])).unwrap();
        assert_eq!(label.in_words(Language::Fr), "Waters", "no language was named");
        assert!(words.claim(&path(&["other"])).is_none());
    }

    #[test]
    fn w17_an_issuers_words_are_bounded_and_cannot_turn_the_line() {
        let claim =
            |at: usize| json!({ "path": [format!("c{at}")], "display": [{ "name": "x".repeat(10_000) }] });
        let mut claims: Vec<Value> = (0..2000).map(claim).collect();
        claims[0] = json!({ "path": vec!["a"; 9], "display": [{ "name": "too deep" }] });
        claims[1] = json!({ "path": ["n".repeat(200)], "display": [{ "name": "too long" }] });
        claims[2] = json!({ "path": ["empty"], "display": [{ "name": "\u{202e}\u{200b}" }] });
        let words = read(json!({
            "display": [{
                "name": "Card\u{202e}evil\u{1b}[2J\n", "description": "d".repeat(5000),
                "background_color": "javascript:x", "text_color": "#ffffff",
            }],
            "claims": claims,
        }))
        .unwrap();
        assert_eq!(words.name.en, "Cardevil[2J");
        assert_eq!(words.colours, None);
        assert!(
            words.description.as_ref().is_some_and(|text| text.en.chars().count() == MAX_DESCRIPTION + 1)
        );
        assert_eq!(words.claims.len(), MAX_CLAIMS - 3);
        assert!(words.claims.iter().all(|claim| claim.label.en.chars().count() == MAX_NAME + 1));
        assert!(serde_json::to_vec(&words).unwrap().len() < 64 << 10);
    }

    #[test]
    fn metadata_that_names_nothing_is_no_words() {
        assert_eq!(read(json!({})), None);
        assert_eq!(read(json!({ "display": [{ "name": "" }] })), None);
        let pale = read(
            json!({ "display": [{ "name": "A", "background_color": "#fff000", "text_color": "#ffffff" }] }),
        );
        assert_eq!(pale.unwrap().colours, None, "one could not be read on the other");
    }
}
