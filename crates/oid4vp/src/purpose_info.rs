use portage_catalog::{Purpose, PurposeId, Text};
use serde_json::{Map, Value, json};

use crate::RequestError;

/// `format` of the `verifier_info` entry that carries a purpose: ours, see `docs/divergences.md`.
pub const PURPOSE_FORMAT: &str = "portage_purpose";

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
        let refused = RequestError::Parameter("verifier_info");
        let entries = verifier_info.as_array().filter(|entries| !entries.is_empty());
        let mut found = None;
        for entry in entries.ok_or(refused.clone())? {
            let format = entry.get("format").and_then(Value::as_str).ok_or(refused.clone())?;
            let data = entry.get("data").ok_or(refused.clone())?;
            if format != PURPOSE_FORMAT {
                continue;
            }
            let purpose = data.as_object().and_then(Self::read).ok_or(refused.clone())?;
            if found.replace(purpose).is_some() {
                return Err(refused);
            }
        }
        Ok(found)
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
