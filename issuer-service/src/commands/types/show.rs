use std::io::{self, IsTerminal};

use portage_catalog::{ClaimDefinition, CredentialType, Language, contrast, message, shown_value};
use portage_clock::Clock;
use portage_service::{ExitCode, output};
use portage_web::language_of_terminal;
use serde_json::{Map, Value, json};

use super::{
    CommandError,
    check::{in_words, ratio},
    formats,
};
use crate::args::Common;

/// Longest sentence of a type that is shown.
const MAX_SENTENCE: usize = 1000;

/// A type as people will see it, in both languages, with its example.
pub(super) fn show(
    credential_type: &CredentialType,
    common: &Common,
    clock: &Clock,
) -> Result<ExitCode, CommandError> {
    if common.json {
        output::json_line(&object(credential_type, &example(credential_type, clock)))?;
    } else {
        for line in preview(credential_type, clock, is_coloured()) {
            output::line(&line)?;
        }
    }
    Ok(ExitCode::Done)
}

/// The lines of the preview. Colour only shows colours: nothing is said by it alone.
pub(super) fn preview(credential_type: &CredentialType, clock: &Clock, coloured: bool) -> Vec<String> {
    let example = example(credential_type, clock);
    let mut lines = Vec::new();
    for language in Language::ALL {
        lines.extend(card(credential_type, &example, language, coloured));
        lines.push(String::new());
    }
    lines.extend(facts(credential_type, language_of_terminal()));
    lines
}

/// Whether standard output shows colours and its user wants them (<https://no-color.org>).
fn is_coloured() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// The example with what is computed when it is issued.
fn example(credential_type: &CredentialType, clock: &Clock) -> Map<String, Value> {
    let today = jiff::tz::TimeZone::UTC.to_datetime(clock.now()).date();
    let given = || credential_type.example.iter().filter(|(name, _)| !credential_type.is_derived(name));
    let given: Map<String, Value> = given().map(|(name, value)| (name.clone(), value.clone())).collect();
    credential_type.with_derived(&given, today).unwrap_or(given)
}

fn card(
    credential_type: &CredentialType,
    example: &Map<String, Value>,
    language: Language,
    coloured: bool,
) -> Vec<String> {
    let name = credential_type.name.in_words(language);
    let sentence = |text: &portage_catalog::Text| text.in_words_up_to(language, MAX_SENTENCE);
    let mut lines = vec![
        message("issuer.preview_language", language, &[]),
        if coloured {
            format!("  {}", painted(&name, &credential_type.colours))
        } else {
            format!("  {name}")
        },
        format!("  {}", sentence(&credential_type.description)),
        format!("  {}", message("offer.claims", language, &[])),
    ];
    let claims = credential_type.claims.iter().map(|claim| format!("    {}", line(claim, example, language)));
    lines.extend(claims);
    if let Some(disclosure) = &credential_type.disclosure {
        let text = sentence(disclosure);
        lines.push(format!("  {}", message("issuer.preview_disclosure", language, &[("text", &text)])));
    }
    if let Some(note) = &credential_type.note {
        lines.push(format!("  {}", message("issuer.preview_note", language, &[("text", &sentence(note))])));
    }
    lines
}

fn line(claim: &ClaimDefinition, example: &Map<String, Value>, language: Language) -> String {
    let value = example.get(&claim.name).unwrap_or(&Value::Null);
    let value = shown_value(value, Some(claim.kind), language);
    let label = claim.label.in_words(language);
    let mut line = message("offer.claim", language, &[("label", &label), ("value", &value)]);
    let personal = claim.personal.then(|| message("offer.personal", language, &[]));
    let optional = (!claim.required).then(|| message("issuer.preview_optional", language, &[]));
    let marks: Vec<String> = personal.into_iter().chain(optional).collect();
    if !marks.is_empty() {
        line.push_str(&format!(" ({})", marks.join(", ")));
    }
    line
}

/// What machines go by, and what to look at.
fn facts(credential_type: &CredentialType, language: Language) -> Vec<String> {
    let (background, text) = &credential_type.colours;
    let contrast = contrast(background, text).map_or_else(String::new, |contrast| ratio(contrast, language));
    let formats = formats(credential_type).join(", ");
    let values = [
        ("formats", formats.as_str()),
        ("vct", &credential_type.vct),
        ("type_iri", &credential_type.type_iri),
        ("background", background),
        ("text", text),
        ("contrast", &contrast),
    ];
    let mut lines: Vec<String> = ["issuer.preview_formats", "issuer.preview_names", "issuer.preview_colours"]
        .iter()
        .map(|key| message(key, language, &values))
        .collect();
    if credential_type.protected {
        lines.push(message("issuer.preview_protected", language, &[]));
    }
    lines.extend(credential_type.findings().iter().map(|finding| in_words(finding, language)));
    lines
}

/// The text in the colours of the card; ` ` on both sides, as a card has a margin.
fn painted(text: &str, (background, foreground): &(String, String)) -> String {
    let channels = |colour: &str| {
        let channel = |at: usize| u8::from_str_radix(colour.get(at..at + 2)?, 16).ok();
        Some(format!("{};{};{}", channel(1)?, channel(3)?, channel(5)?))
    };
    match (channels(background), channels(foreground)) {
        (Some(background), Some(foreground)) => {
            format!("\u{1b}[48;2;{background}m\u{1b}[38;2;{foreground}m {text} \u{1b}[0m")
        }
        _ => text.to_owned(),
    }
}

fn object(credential_type: &CredentialType, example: &Map<String, Value>) -> Value {
    json!({
        "type": credential_type.id,
        "name": credential_type.name,
        "description": credential_type.description,
        "vct": credential_type.vct,
        "vc_type": credential_type.vc_type,
        "type_iri": credential_type.type_iri,
        "context_url": credential_type.context_url,
        "formats": formats(credential_type),
        "claims": credential_type.claims,
        "colours": { "background": credential_type.colours.0, "text": credential_type.colours.1 },
        "contrast": contrast(&credential_type.colours.0, &credential_type.colours.1),
        "protected": credential_type.protected,
        "disclosure": credential_type.disclosure,
        "note": credential_type.note,
        "example": example,
        "issued_from_a_register": credential_type.register.is_some(),
    })
}
