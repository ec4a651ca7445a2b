use portage_reason::Reason;
use portage_strict_json::{Limits, Position, members_at, parse};
use serde_json::{Map, Value};

use crate::{
    OcaError,
    error::{START, shown},
};

/// What a bundle may cost: one with an embedded logo has a few hundred kilobytes.
const LIMITS: Limits = Limits::MESSAGE;

/// A bundle, read: the attributes of its capture base, and its overlays.
///
/// Nothing of it is verified. The digests that it carries are not looked at (see the crate).
#[derive(Debug, Clone)]
pub struct Bundle {
    /// In the order of the file.
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) flagged: Vec<String>,
    pub(crate) overlays: Vec<Overlay>,
}

#[derive(Debug, Clone)]
pub(crate) struct Attribute {
    pub(crate) name: String,
    /// The type as it is written: mostly a string.
    pub(crate) attribute_type: Value,
    pub(crate) place: Position,
}

#[derive(Debug, Clone)]
pub(crate) struct Overlay {
    /// `label` of `spec/overlays/label/1.0`.
    pub(crate) name: String,
    pub(crate) members: Map<String, Value>,
}

impl Bundle {
    /// Reads the text of a bundle.
    ///
    /// # Errors
    /// [`OcaError`]: not JSON, over the limits, not a bundle.
    pub fn read(bytes: &[u8]) -> Result<Self, OcaError> {
        let value = parse(bytes, LIMITS)?;
        let (bundle, path) = find_bundle(&value)?;
        let capture_base = bundle
            .get("capture_base")
            .and_then(Value::as_object)
            .ok_or_else(|| not_a_bundle("it has no capture_base, or one that is no object"))?;
        check_type(capture_base)?;
        let types = capture_base
            .get("attributes")
            .and_then(Value::as_object)
            .filter(|types| !types.is_empty())
            .ok_or_else(|| {
                not_a_bundle("capture_base.attributes must be an object with at least one attribute")
            })?;
        let path: Vec<&str> = path.iter().copied().chain(["capture_base", "attributes"]).collect();
        let attributes = members_at(bytes, LIMITS, &path)
            .into_iter()
            .filter_map(|(name, place)| {
                let attribute_type = types.get(&name)?.clone();
                Some(Attribute { name, attribute_type, place })
            })
            .collect();
        Ok(Bundle {
            attributes,
            flagged: strings(capture_base.get("flagged_attributes")),
            overlays: read_overlays(bundle)?,
        })
    }

    /// The overlays of that name.
    pub(crate) fn overlays<'b>(&'b self, name: &str) -> impl Iterator<Item = &'b Map<String, Value>> {
        self.overlays.iter().filter(move |overlay| overlay.name == name).map(|overlay| &overlay.members)
    }

    /// What the overlays of that name say of an attribute: `member` is `formats` for `attribute_formats` or `attr_formats`.
    pub(crate) fn of_attribute(&self, overlay: &str, member: &str, attribute: &str) -> Option<&Value> {
        self.overlays(overlay).find_map(|overlay| map(overlay, member)?.get(attribute))
    }

    /// The same where it is a text that says something.
    pub(crate) fn text_of(&self, overlay: &str, member: &str, attribute: &str) -> Option<&str> {
        let text = self.of_attribute(overlay, member, attribute)?.as_str()?.trim();
        Some(text).filter(|text| !text.is_empty())
    }

    /// Attributes that identify somebody: flagged in the capture base, or under a sensitive overlay.
    pub(crate) fn is_flagged(&self, attribute: &str) -> bool {
        let of_overlays = self.overlays("sensitive").flat_map(|overlay| {
            ["attributes", "sensitive_attributes"].into_iter().flat_map(|member| strings(overlay.get(member)))
        });
        self.flagged.iter().cloned().chain(of_overlays).any(|flagged| flagged == attribute)
    }
}

/// The member of an overlay that maps attributes; OCA 1.0 spells it both ways.
pub(crate) fn map<'o>(overlay: &'o Map<String, Value>, member: &str) -> Option<&'o Map<String, Value>> {
    ["attribute_", "attr_"]
        .into_iter()
        .find_map(|prefix| overlay.get(&format!("{prefix}{member}")))
        .and_then(Value::as_object)
}

/// An array of one bundle, a bundle, or one in an envelope; and the way to it.
fn find_bundle(value: &Value) -> Result<(&Map<String, Value>, Vec<&'static str>), OcaError> {
    let (value, mut path) = match value.as_array().map(Vec::as_slice) {
        None => (value, Vec::new()),
        Some([one]) => (one, vec!["0"]),
        Some([]) => return Err(not_a_bundle("the array is empty")),
        Some(several) => {
            let what = format!("the file has {} bundles: a type is made of one", several.len());
            return Err(OcaError::one(Reason::Unsupported, START, what));
        }
    };
    let value = match value.get("bundle") {
        Some(inner) if value.get("capture_base").is_none() => {
            path.push("bundle");
            inner
        }
        _ => value,
    };
    let bundle = value.as_object().ok_or_else(|| not_a_bundle("it must be an object, or an array of one"))?;
    Ok((bundle, path))
}

/// `spec/capture_base/1.0`, `capture_base/2.0.0`; a base that does not say is taken for one.
fn check_type(capture_base: &Map<String, Value>) -> Result<(), OcaError> {
    match capture_base.get("type") {
        None => Ok(()),
        Some(Value::String(name)) if name_of_type(name) == "capture_base" => Ok(()),
        Some(_) => Err(not_a_bundle("capture_base.type names something else")),
    }
}

/// An array of overlays; or an object that has them by their name, one or several.
fn read_overlays(bundle: &Map<String, Value>) -> Result<Vec<Overlay>, OcaError> {
    let overlays: Vec<(Option<&String>, &Value)> = match bundle.get("overlays") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(overlays)) => overlays.iter().map(|overlay| (None, overlay)).collect(),
        Some(Value::Object(by_name)) => by_name
            .iter()
            .flat_map(|(name, one)| match one {
                Value::Array(several) => several.iter().map(|overlay| (Some(name), overlay)).collect(),
                one => vec![(Some(name), one)],
            })
            .collect(),
        Some(_) => return Err(not_a_bundle("overlays must be an array or an object")),
    };
    overlays
        .into_iter()
        .map(|(name, overlay)| {
            let members = overlay.as_object().ok_or_else(|| not_a_bundle("an overlay must be an object"))?;
            let name = members.get("type").and_then(Value::as_str).or(name.map(String::as_str));
            let name = name.ok_or_else(|| not_a_bundle("an overlay has no type"))?;
            Ok(Overlay { name: name_of_type(name), members: members.clone() })
        })
        .collect()
}

/// `label` of `spec/overlays/label/1.0`, `overlay/label/2.0.0`, `label`.
fn name_of_type(name: &str) -> String {
    let is_version = |part: &str| part.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit());
    let last = name.rsplit('/').find(|part| !part.is_empty() && !is_version(part));
    shown(last.unwrap_or_default()).to_ascii_lowercase()
}

fn strings(value: Option<&Value>) -> Vec<String> {
    let values = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    values.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn not_a_bundle(what: &str) -> OcaError {
    OcaError::one(Reason::Malformed, START, format!("not an OCA bundle: {what}"))
}
