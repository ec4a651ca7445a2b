//! Reads the folder of one credential type and checks that its files agree with each other.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    CatalogError, ClaimDefinition, ClaimKind, CredentialType, DerivedClaim, Format, LastDay, Logo,
    LogoMediaType, RegisterMapping, SecondPerson, Text, claim::is_claim_name, credential_type::Validators,
    error::read_file,
};

mod context;

pub(crate) use context::base_iri;

/// `type.json`, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Definition {
    id: String,
    name: Text,
    description: Text,
    vct: String,
    vc_type: String,
    type_iri: String,
    context_url: String,
    vocabulary: String,
    formats: Vec<String>,
    claims: Vec<ClaimDefinition>,
    #[serde(default)]
    derived: Vec<DerivedClaim>,
    default_validity_days: u32,
    valid_until: Option<ValidUntil>,
    protected: bool,
    colours: Colours,
    disclosure: Option<Text>,
    note: Option<Text>,
    #[serde(default)]
    second_person: Vec<SecondPerson>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ValidUntil {
    claim: String,
    time_zone: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Colours {
    background: String,
    text: String,
}

/// The files of a type's folder.
const FILES: [&str; 7] =
    ["type.json", "schema.json", "context.jsonld", "register.json", "example.json", "logo.png", "logo.jpg"];

/// Reads a type from the files of its folder (name → bytes).
pub(crate) fn read_type(id: &str, files: &BTreeMap<&str, &[u8]>) -> Result<CredentialType, CatalogError> {
    if let Some(stranger) = files.keys().find(|name| !FILES.contains(name)) {
        return Err(CatalogError::invalid(&format!("{id}/{stranger}"), "not a file of a credential type"));
    }
    let path = |name: &str| format!("{id}/{name}");
    let bytes = |name: &str| {
        files.get(name).copied().ok_or_else(|| CatalogError::invalid(&path(name), "the file is missing"))
    };
    let definition: Definition = read_file(&path("type.json"), bytes("type.json")?)?;
    let last_day = check_definition(id, &definition)
        .and_then(|()| last_day(&definition))
        .map_err(|what| CatalogError::invalid(&path("type.json"), what))?;

    let schema: Value = read_file(&path("schema.json"), bytes("schema.json")?)?;
    let validators = check_schema(&definition, &schema)
        .map_err(|what| CatalogError::invalid(&path("schema.json"), what))?;

    let context: Value = read_file(&path("context.jsonld"), bytes("context.jsonld")?)?;
    let terms = definition.claims.iter().map(|claim| claim.name.as_str());
    context::check_context(
        &context,
        (&definition.vc_type, &definition.type_iri),
        &definition.vocabulary,
        terms,
    )
    .map_err(|what| CatalogError::invalid(&path("context.jsonld"), what))?;
    let context_document = String::from_utf8_lossy(bytes("context.jsonld")?).into_owned();

    let register = match files.get("register.json") {
        None => None,
        Some(bytes) => {
            Some(RegisterMapping::read(&path("register.json"), bytes, &definition.claims, |claim| {
                definition.derived.iter().any(|derived| derived.claim == claim)
            })?)
        }
    };
    let example: Map<String, Value> = read_file(&path("example.json"), bytes("example.json")?)?;
    let ty = CredentialType {
        formats: definition.formats.iter().filter_map(|name| Format::from_name(name)).collect(),
        id: definition.id,
        name: definition.name,
        description: definition.description,
        vct: definition.vct,
        vc_type: definition.vc_type,
        type_iri: definition.type_iri,
        context_url: definition.context_url,
        context_document,
        vocabulary: definition.vocabulary,
        claims: definition.claims,
        derived: definition.derived,
        default_validity_days: definition.default_validity_days,
        last_day,
        protected: definition.protected,
        schema,
        register,
        example,
        colours: (definition.colours.background, definition.colours.text),
        disclosure: definition.disclosure,
        logo: read_logo(id, files)?,
        note: definition.note,
        second_person: definition.second_person,
        validators: Arc::new(validators),
    };
    ty.check_claims(&ty.example)
        .map_err(|error| CatalogError::invalid(&path("example.json"), error.to_string()))?;
    Ok(ty)
}

/// The logo, under the name that tells what it is.
fn read_logo(id: &str, files: &BTreeMap<&str, &[u8]>) -> Result<Option<Logo>, CatalogError> {
    let mut logos = [LogoMediaType::Png, LogoMediaType::Jpeg]
        .into_iter()
        .filter_map(|media_type| files.get(media_type.file_name()).map(|bytes| (media_type, bytes)));
    let Some((media_type, bytes)) = logos.next() else { return Ok(None) };
    let invalid = |what: &str| CatalogError::invalid(&format!("{id}/{}", media_type.file_name()), what);
    if logos.next().is_some() {
        return Err(invalid("a type has one logo: there is a second one"));
    }
    let logo = Logo::read(bytes).map_err(|error| invalid(&error.to_string()))?;
    if logo.media_type() != media_type {
        return Err(invalid(&format!("is {}", logo.media_type().name())));
    }
    Ok(Some(logo))
}

fn check_definition(id: &str, definition: &Definition) -> Result<(), String> {
    if definition.id != id || !is_id(id) {
        return Err("id must be the name of the folder: small letters, digits and hyphens".to_owned());
    }
    let texts = [("name", &definition.name), ("description", &definition.description)];
    if let Some((member, _)) = texts.iter().find(|(_, text)| text.en.trim().is_empty()) {
        return Err(format!("{member} has no English text"));
    }
    let addresses = [
        ("vct", &definition.vct),
        ("type_iri", &definition.type_iri),
        ("context_url", &definition.context_url),
        ("vocabulary", &definition.vocabulary),
    ];
    if let Some((member, _)) = addresses.iter().find(|(_, address)| !is_https(address)) {
        return Err(format!("{member} must be an https URL"));
    }
    if !definition.vocabulary.ends_with(['#', '/']) {
        return Err("vocabulary must end with # or /".to_owned());
    }
    let reserved_type =
        matches!(definition.vc_type.as_str(), "VerifiableCredential" | "VerifiablePresentation");
    if reserved_type || !definition.vc_type.starts_with(|c: char| c.is_ascii_uppercase()) {
        return Err("vc_type must be a name of its own that begins with a capital letter".to_owned());
    }
    if definition.default_validity_days == 0 {
        return Err("default_validity_days must be at least 1".to_owned());
    }
    if !is_colour(&definition.colours.background) || !is_colour(&definition.colours.text) {
        return Err("colours are written #rrggbb".to_owned());
    }
    check_formats(&definition.formats)?;
    check_claim_definitions(&definition.claims)?;
    check_derived(definition)
}

fn check_formats(formats: &[String]) -> Result<(), String> {
    let known: BTreeSet<_> = formats.iter().filter_map(|name| Format::from_name(name)).collect();
    if formats.is_empty() || known.len() != formats.len() {
        let names = Format::ALL.map(Format::name).join(", ");
        return Err(format!("formats must name at least one of {names}, each once"));
    }
    Ok(())
}

fn check_claim_definitions(claims: &[ClaimDefinition]) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for claim in claims {
        let name = &claim.name;
        if !is_claim_name(name) {
            return Err(format!("claim {name}: not a name a claim may have"));
        }
        if !seen.insert(name) {
            return Err(format!("claim {name} is there twice"));
        }
        if claim.label.en.trim().is_empty() {
            return Err(format!("claim {name} has no English label"));
        }
        if (claim.kind == ClaimKind::Binary) != claim.media_type.is_some() {
            return Err(format!("claim {name}: media_type belongs to binary claims, and they need it"));
        }
    }
    Ok(())
}

fn check_derived(definition: &Definition) -> Result<(), String> {
    let is_derived = |name: &str| definition.derived.iter().any(|derived| derived.claim == name);
    for derived in &definition.derived {
        let name = &derived.claim;
        let claim =
            claim_of(definition, name).ok_or_else(|| format!("derived claim {name} is not among claims"))?;
        if claim.kind != ClaimKind::Boolean || claim.required {
            return Err(format!("derived claim {name} must be a boolean that is not required"));
        }
        let from = claim_of(definition, &derived.from)
            .ok_or_else(|| format!("derived claim {name} is computed from a claim that is not there"))?;
        if !is_day(from) || is_derived(&from.name) {
            return Err(format!("derived claim {name} must be computed from a date"));
        }
    }
    Ok(())
}

fn last_day(definition: &Definition) -> Result<Option<LastDay>, String> {
    let Some(until) = &definition.valid_until else { return Ok(None) };
    if !claim_of(definition, &until.claim).is_some_and(is_day) {
        return Err("valid_until must name a claim that is a date".to_owned());
    }
    let time_zone = time_zone(&until.time_zone)?;
    Ok(Some(LastDay { claim: until.claim.clone(), time_zone }))
}

/// The schema speaks of the claims and of nothing else, and compiles without fetching anything.
fn check_schema(definition: &Definition, schema: &Value) -> Result<Validators, String> {
    let names = |member: &str| -> Option<BTreeSet<&str>> {
        match schema.get(member)? {
            Value::Object(properties) => Some(properties.keys().map(String::as_str).collect()),
            Value::Array(required) => required.iter().map(Value::as_str).collect(),
            _ => None,
        }
    };
    if schema.get("type").and_then(Value::as_str) != Some("object")
        || schema.get("additionalProperties") != Some(&Value::Bool(false))
    {
        return Err("must say \"type\": \"object\" and \"additionalProperties\": false".to_owned());
    }
    if names("properties") != Some(definition.claims.iter().map(|claim| claim.name.as_str()).collect()) {
        return Err("properties must be exactly the claims of type.json".to_owned());
    }
    let required = definition.claims.iter().filter(|claim| claim.required);
    if names("required").unwrap_or_default() != required.map(|claim| claim.name.as_str()).collect() {
        return Err("required must be exactly the required claims of type.json".to_owned());
    }
    let mut part = schema.clone();
    if let Some(part) = part.as_object_mut() {
        part.remove("required");
        // Two schemas under one $id would be one to the compiler.
        part.remove("$id");
    }
    Ok(Validators { whole: compile(schema)?, part: compile(&part)? })
}

pub(crate) fn compile(schema: &Value) -> Result<jsonschema::Validator, String> {
    // Built without the features that fetch: a remote $ref is an error here.
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(schema)
        .map_err(|error| format!("not a JSON Schema 2020-12 that stands alone: {error}"))
}

fn claim_of<'a>(definition: &'a Definition, name: &str) -> Option<&'a ClaimDefinition> {
    definition.claims.iter().find(|claim| claim.name == name)
}

fn is_day(claim: &ClaimDefinition) -> bool {
    matches!(claim.kind, ClaimKind::Date | ClaimKind::DateInt)
}

/// Whether a type or a register may name this time zone: an IANA name.
pub fn is_time_zone(name: &str) -> bool {
    time_zone(name).is_ok()
}

/// The zone of that name in the bundled IANA data.
pub(crate) fn time_zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name)
        .map_err(|_| "time_zone must be the IANA name of one, such as America/Vancouver".to_owned())
}

/// Whether the text may be the name of a folder or file of the catalogue.
pub fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_https(text: &str) -> bool {
    text.strip_prefix("https://").is_some_and(|rest| !rest.is_empty())
        && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_colour(text: &str) -> bool {
    text.len() == 7
        && text.strip_prefix('#').is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
