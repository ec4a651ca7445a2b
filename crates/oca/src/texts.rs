//! The languages of a bundle.

use std::cmp::Reverse;

use portage_catalog::{Language, Text};
use serde_json::{Map, Value};

use crate::{Bundle, bundle::map};

/// The longest name and label, in characters.
pub(crate) const MAX_NAME: usize = 300;
/// The longest description.
pub(crate) const MAX_DESCRIPTION: usize = 4000;

/// The label of an attribute, with its unit; its name where no label is English. `None`: too long.
pub(crate) fn label(bundle: &Bundle, attribute: &str, max: usize) -> Option<Text> {
    let unit = bundle.text_of("unit", "units", attribute);
    let read = |language| {
        let label = in_language(bundle, "label", language, |overlay| of(map(overlay, "labels")?, attribute))?;
        Some(unit.map_or_else(|| label.to_owned(), |unit| format!("{label} ({unit})")))
    };
    let en = read(Language::En).unwrap_or_else(|| attribute.to_owned());
    within(Text { en, fr: read(Language::Fr).unwrap_or_default() }, max)
}

/// What the information overlay says of an attribute, if it does so in English. `None`: too long.
pub(crate) fn description(bundle: &Bundle, attribute: &str, max: usize) -> Option<Option<Text>> {
    let read = |language| {
        in_language(bundle, "information", language, |overlay| of(map(overlay, "information")?, attribute))
    };
    let Some(en) = read(Language::En) else { return Some(None) };
    within(Text { en: en.to_owned(), fr: read(Language::Fr).unwrap_or_default().to_owned() }, max).map(Some)
}

/// A member of the meta overlays in that language.
pub(crate) fn meta<'b>(bundle: &'b Bundle, member: &str, language: Language) -> Option<&'b str> {
    in_language(bundle, "meta", language, |overlay| of(overlay, member))
}

/// A member of the meta overlays in whatever language there is.
pub(crate) fn meta_in_any<'b>(bundle: &'b Bundle, member: &str) -> Option<&'b str> {
    bundle.overlays("meta").find_map(|overlay| of(overlay, member))
}

/// The languages of the bundle that a type has no place for, each once, as it names them.
pub(crate) fn other_languages(bundle: &Bundle) -> Vec<String> {
    let mut languages = Vec::new();
    for overlay in &bundle.overlays {
        let Some(tag) = overlay.members.get("language").and_then(Value::as_str) else { continue };
        let tag = crate::error::shown(tag);
        if language_of(&tag).is_none() && !tag.is_empty() && !languages.contains(&tag) {
            languages.push(tag);
        }
    }
    languages
}

/// Of the overlays in a language, the first text: Canada's own before the language without a region, and that before other regions.
fn in_language<'b>(
    bundle: &'b Bundle,
    name: &'b str,
    language: Language,
    read: impl Fn(&'b Map<String, Value>) -> Option<&'b str>,
) -> Option<&'b str> {
    let tag =
        |overlay: &'b Map<String, Value>| overlay.get("language").and_then(Value::as_str).unwrap_or("en");
    let mut overlays: Vec<_> =
        bundle.overlays(name).filter(|overlay| language_of(tag(overlay)) == Some(language)).collect();
    overlays.sort_by_key(|overlay| Reverse(rank(tag(overlay))));
    overlays.into_iter().find_map(read)
}

fn rank(tag: &str) -> u8 {
    match tag.split_once(['-', '_']) {
        Some((_, region)) if region.eq_ignore_ascii_case("CA") => 2,
        None => 1,
        Some(_) => 0,
    }
}

/// ISO 639-1, or the three letters of ISO 639-2.
fn language_of(tag: &str) -> Option<Language> {
    match tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "eng" => Some(Language::En),
        "fra" | "fre" => Some(Language::Fr),
        _ => Language::from_tag(tag),
    }
}

/// A text that says something.
fn of<'b>(map: &'b Map<String, Value>, name: &str) -> Option<&'b str> {
    map.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
}

/// The text, if neither language is longer.
pub(crate) fn within(text: Text, max: usize) -> Option<Text> {
    let fits = |text: &str| text.chars().nth(max).is_none();
    (fits(&text.en) && fits(&text.fr)).then_some(text)
}
