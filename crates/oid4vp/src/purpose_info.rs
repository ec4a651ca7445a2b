use portage_catalog::{Purpose, PurposeId, Text};
use serde_json::{Map, Value, json};

use crate::RequestError;

/// `format` of the `verifier_info` entry that carries a purpose: ours, see `docs/divergences.md`.
pub const PURPOSE_FORMAT: &str = "portage_purpose";

/// `format` of the `verifier_info` entry that carries the statement of an authority about the purpose: ours, see `docs/divergences.md`.
pub const PURPOSE_STATEMENT_FORMAT: &str = "portage_purpose_statement";
/// Most entries of `verifier_info`.
const MAX_ENTRIES: usize = 16;
/// Longest statement, in bytes.
const MAX_STATEMENT: usize = 64 << 10;

/// Why the verifier asks, as the wallet shows it (`verifier_info`, §5.1). Signed with the request: it is the verifier's own
/// word until a trust list says that the purpose is registered for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurposeInfo {
    /// The purpose's id.
    pub id: PurposeId,
    /// A few words.
    pub name: Text,
    /// What for, in plain words.
    pub text: Text,
    /// By what law.
    pub law: Text,
    /// How to do it without a wallet.
    pub alternative: Text,
    /// How long answers are kept, in days; 0 is not at all.
    pub retention_days: u32,
    /// Whom to ask.
    pub contact: String,
}

/// Longest text of a purpose, in characters.
const MAX_TEXT: usize = 2000;

impl PurposeInfo {
    /// What of a registered purpose is told to the wallet.
    pub fn of(purpose: &Purpose) -> Self {
        PurposeInfo {
            id: purpose.id.clone(),
            name: purpose.name.clone(),
            text: purpose.text.clone(),
            law: purpose.law.clone(),
            alternative: purpose.alternative.clone(),
            retention_days: purpose.retention_days,
            contact: purpose.contact.clone(),
        }
    }

    /// The entry of `verifier_info`.
    pub fn to_entry(&self) -> Value {
        let text = |text: &Text| json!({ "en": text.en, "fr": text.fr });
        json!({
            "format": PURPOSE_FORMAT,
            "data": {
                "id": self.id.0,
                "name": text(&self.name),
                "text": text(&self.text),
                "law": text(&self.law),
                "alternative": text(&self.alternative),
                "retention_days": self.retention_days,
                "contact": self.contact,
            },
        })
    }

    /// Finds the purpose in `verifier_info`: a non-empty array of objects with a string `format` and `data`. Entries of other formats
    /// are ignored; a second purpose is refused.
    ///
    /// # Errors
    /// [`RequestError::Parameter`].
    pub fn find(verifier_info: &Value) -> Result<Option<Self>, RequestError> {
        find(verifier_info, PURPOSE_FORMAT, Self::read)
    }

    fn read(data: &Map<String, Value>) -> Option<Self> {
        let string = |name: &str| bounded(data.get(name)?.as_str()?);
        let text = |name: &str| {
            let both = data.get(name)?;
            Some(Text { en: bounded(both.get("en")?.as_str()?)?, fr: bounded(both.get("fr")?.as_str()?)? })
        };
        Some(PurposeInfo {
            id: PurposeId(string("id")?),
            name: text("name")?,
            text: text("text")?,
            law: text("law")?,
            alternative: text("alternative")?,
            retention_days: data.get("retention_days")?.as_u64()?.try_into().ok()?,
            contact: string("contact")?,
        })
    }
}

/// The entry that carries a statement of an authority.
pub(crate) fn statement_entry(statement: &str) -> Value {
    json!({ "format": PURPOSE_STATEMENT_FORMAT, "data": { "statement": statement } })
}

/// The statement of an authority in `verifier_info`, not verified. A second one is refused, and one that is too long.
pub(crate) fn find_statement(verifier_info: &Value) -> Result<Option<String>, RequestError> {
    find(verifier_info, PURPOSE_STATEMENT_FORMAT, |data| {
        let statement = data.get("statement")?.as_str()?;
        (statement.len() <= MAX_STATEMENT).then(|| statement.to_owned())
    })
}

/// The one entry of a format, read.
fn find<T>(
    verifier_info: &Value,
    wanted: &str,
    read: impl Fn(&Map<String, Value>) -> Option<T>,
) -> Result<Option<T>, RequestError> {
    let refused = RequestError::Parameter("verifier_info");
    let entries = verifier_info.as_array();
    let entries = entries.filter(|entries| !entries.is_empty() && entries.len() <= MAX_ENTRIES);
    let mut found = None;
    for entry in entries.ok_or(refused.clone())? {
        let format = entry.get("format").and_then(Value::as_str).ok_or(refused.clone())?;
        let data = entry.get("data").ok_or(refused.clone())?;
        if format != wanted {
            continue;
        }
        let one = data.as_object().and_then(&read).ok_or(refused.clone())?;
        if found.replace(one).is_some() {
            return Err(refused);
        }
    }
    Ok(found)
}

fn bounded(text: &str) -> Option<String> {
    (text.chars().count() <= MAX_TEXT).then(|| text.to_owned())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn example() -> PurposeInfo {
        let text = |en: &str, fr: &str| Text { en: en.into(), fr: fr.into() };
        PurposeInfo {
            id: PurposeId("market-vendor-permit".into()),
            name: text("Vendor permit", "Permis de vendeur"),
            text: text("To grant a stall", "Pour accorder un étal"),
            law: text("By-law 1", "Règlement 1"),
            alternative: text("Come to the counter", "Venez au comptoir"),
            retention_days: 30,
            contact: "privacy@market.example".into(),
        }
    }

    #[test]
    fn the_entry_reads_back_beside_unknown_ones() {
        let info = json!([{ "format": "jwt", "data": "a.b.c" }, example().to_entry()]);
        assert_eq!(PurposeInfo::find(&info), Ok(Some(example())));
        assert_eq!(PurposeInfo::find(&json!([{ "format": "jwt", "data": "a.b.c" }])), Ok(None));
    }

    #[test]
    fn a_statement_reads_back_once_and_within_its_size() {
        let refused = Err(RequestError::Parameter("verifier_info"));
        let entry = |statement: &str| statement_entry(statement);
        let info = json!([{ "format": "jwt", "data": "a.b.c" }, example().to_entry(), entry("d.e.f")]);
        assert_eq!(find_statement(&info), Ok(Some("d.e.f".to_owned())));
        assert_eq!(PurposeInfo::find(&info), Ok(Some(example())));
        assert_eq!(find_statement(&json!([example().to_entry()])), Ok(None));
        assert!(find_statement(&json!([entry(&"a".repeat(MAX_STATEMENT))])).is_ok());
        for bad in [
            json!([entry("d.e.f"), entry("d.e.f")]),
            json!([entry(&"a".repeat(MAX_STATEMENT + 1))]),
            json!([{ "format": PURPOSE_STATEMENT_FORMAT, "data": "d.e.f" }]),
            json!([{ "format": PURPOSE_STATEMENT_FORMAT, "data": { "statement": 1 } }]),
            Value::Array(vec![json!({ "format": "jwt", "data": "a.b.c" }); MAX_ENTRIES + 1]),
        ] {
            assert_eq!(find_statement(&bad), refused, "{bad}");
        }
    }

    #[test]
    fn a_purpose_that_is_half_there_or_there_twice_is_refused() {
        let refused = Err(RequestError::Parameter("verifier_info"));
        for bad in [
            json!([]),
            json!({}),
            json!([{ "format": "jwt" }]),
            json!([{ "format": PURPOSE_FORMAT, "data": { "id": "a" } }]),
            json!([example().to_entry(), example().to_entry()]),
        ] {
            assert_eq!(PurposeInfo::find(&bad), refused, "{bad}");
        }
        let mut long = example();
        long.text.fr = "é".repeat(2001);
        assert_eq!(PurposeInfo::find(&json!([long.to_entry()])), refused);
    }
}
