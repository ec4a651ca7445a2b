use portage_catalog::{
    ClaimDefinition, ClaimKind, DraftClaim, Format, Text, TypeDraft, is_reserved_claim_name,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use url::Url;

/// The zone in which a last day ends when nothing else is said.
pub(super) const TIME_ZONE: &str = "America/Vancouver";
/// White on dark blue: 12.6 to 1.
pub(super) const COLOURS: (&str, &str) = ("#003366", "#ffffff");
/// Days a credential is valid when nothing else is said.
pub(super) const DAYS: u32 = 365;

/// What somebody says of a new type: `specs/schemas/answers.schema.json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answers {
    pub(super) name: Text,
    pub(super) description: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) address: Option<String>,
    pub(super) claims: Vec<ClaimAnswer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last_day: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) time_zone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) validity_days: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) formats: Option<Vec<String>>,
    #[serde(default)]
    pub(super) protected: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) colours: Option<ColourAnswer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) disclosure: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) record_column: Option<String>,
}

/// One claim.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClaimAnswer {
    pub(super) label: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    pub(super) kind: Kind,
    /// Of a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) picture: Option<Picture>,
    pub(super) required: bool,
    pub(super) personal: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<Text>,
    /// Of the table that credentials are issued from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) column: Option<String>,
}

/// What a claim holds, in plain words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    #[default]
    Text,
    Number,
    YesNo,
    Date,
    Picture,
}

/// What kind of picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Picture {
    #[default]
    Jpeg,
    Png,
}

impl Picture {
    const fn media_type(self) -> &'static str {
        match self {
            Picture::Jpeg => "image/jpeg",
            Picture::Png => "image/png",
        }
    }
}

impl Kind {
    pub(super) const ALL: [Kind; 5] = [Kind::Text, Kind::Number, Kind::YesNo, Kind::Date, Kind::Picture];

    const fn claim_kind(self) -> ClaimKind {
        match self {
            Kind::Text => ClaimKind::String,
            Kind::Number => ClaimKind::Number,
            Kind::YesNo => ClaimKind::Boolean,
            Kind::Date => ClaimKind::Date,
            Kind::Picture => ClaimKind::Binary,
        }
    }
}

/// The colours of the card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ColourAnswer {
    pub(super) background: String,
    pub(super) text: String,
}

impl Answers {
    /// The id: given, or made of the English name.
    pub(super) fn id(&self) -> String {
        self.id.clone().unwrap_or_else(|| word(&self.name.en, '-').to_ascii_lowercase())
    }

    /// The draft of the type; what is wrong with an answer that no check of a type would say better.
    pub(super) fn draft(&self, issuer: &Url) -> Result<TypeDraft, String> {
        let formats = match &self.formats {
            None => Format::ALL.to_vec(),
            Some(names) => names
                .iter()
                .map(|name| Format::from_name(name).ok_or_else(|| format!("formats: there is no {name}")))
                .collect::<Result<_, _>>()?,
        };
        if self.claims.iter().any(|claim| claim.picture.is_some() && claim.kind != Kind::Picture) {
            return Err("picture: of a claim whose kind is picture".to_owned());
        }
        if self.record_column.as_ref().is_some_and(|column| column.trim().is_empty()) {
            return Err("record_column: the name of a column".to_owned());
        }
        let valid_until = self
            .last_day
            .clone()
            .map(|claim| (claim, self.time_zone.clone().unwrap_or_else(|| TIME_ZONE.to_owned())));
        Ok(TypeDraft {
            id: self.id(),
            name: trimmed(&self.name),
            description: trimmed(&self.description),
            address: self.address.clone().unwrap_or_else(|| address(issuer)),
            formats,
            claims: self.claims.iter().map(ClaimAnswer::draft).collect(),
            derived: Vec::new(),
            default_validity_days: self.validity_days.unwrap_or(DAYS),
            valid_until,
            protected: self.protected,
            colours: match &self.colours {
                Some(colours) => (colours.background.clone(), colours.text.clone()),
                None => (COLOURS.0.to_owned(), COLOURS.1.to_owned()),
            },
            disclosure: self.disclosure.as_ref().map(trimmed),
            note: None,
            logo: None,
        })
    }

    /// `register.json`, where credentials are issued from a table.
    pub(super) fn register(&self) -> Option<Value> {
        let record = self.record_column.as_ref()?;
        let column = |claim: &ClaimAnswer| {
            claim.column.as_ref().map(|column| (claim.claim_name(), json!({ "column": column })))
        };
        let claims: Map<String, Value> = self.claims.iter().filter_map(column).collect();
        let mut register = json!({
            "record": record,
            "time_zone": self.time_zone.as_deref().unwrap_or(TIME_ZONE),
            "claims": claims,
        });
        let last_day = self.last_day.as_ref().and_then(|last_day| {
            self.claims.iter().find(|claim| claim.claim_name() == *last_day)?.column.clone()
        });
        if let (Some(members), Some(column)) = (register.as_object_mut(), last_day) {
            members.insert("valid_until".to_owned(), column.into());
        }
        Some(register)
    }
}

impl ClaimAnswer {
    /// Its name for machines: given, or made of the English label.
    pub(super) fn claim_name(&self) -> String {
        if let Some(name) = &self.name {
            return name.clone();
        }
        let name = word(&self.label.en, '_').to_ascii_lowercase();
        // A format keeps `holder` or `issuer` for itself, and people call things so all the same.
        if is_reserved_claim_name(&name) { format!("{name}_value") } else { name }
    }

    fn draft(&self) -> DraftClaim {
        let kind = self.kind.claim_kind();
        DraftClaim::any(ClaimDefinition {
            name: self.claim_name(),
            kind,
            required: self.required,
            personal: self.personal,
            label: trimmed(&self.label),
            media_type: (kind == ClaimKind::Binary)
                .then(|| self.picture.unwrap_or_default().media_type().to_owned()),
            description: self.description.as_ref().map(trimmed),
        })
    }
}

fn trimmed(text: &Text) -> Text {
    Text { en: text.en.trim().to_owned(), fr: text.fr.trim().to_owned() }
}

/// Where the names for machines stand: the issuer's own address, which is a name, written with `https` in a demonstration too.
pub(super) fn address(issuer: &Url) -> String {
    let text = issuer.as_str().trim_end_matches('/');
    text.strip_prefix("http://").map_or_else(|| text.to_owned(), |rest| format!("https://{rest}"))
}

/// Letters and digits of a text as one word: `Prénom de l’élève` → `Prenom_de_l_eleve`. At most 64 characters.
pub(super) fn word(text: &str, joint: char) -> String {
    let mut made = String::new();
    for character in text.chars() {
        match unaccented(character) {
            Some(letters) => made.push_str(letters),
            None if character.is_ascii_alphanumeric() => made.push(character),
            None if !made.is_empty() && !made.ends_with(joint) => made.push(joint),
            None => {}
        }
    }
    let made = made.trim_start_matches(|first: char| !first.is_ascii_alphabetic());
    let made: String = made.chars().take(64).collect();
    made.trim_end_matches(joint).to_owned()
}

/// The letters of French and their neighbours without their marks.
const fn unaccented(character: char) -> Option<&'static str> {
    Some(match character {
        'à' | 'â' | 'ä' | 'á' => "a",
        'ç' => "c",
        'é' | 'è' | 'ê' | 'ë' => "e",
        'î' | 'ï' | 'í' => "i",
        'ñ' => "n",
        'ô' | 'ö' | 'ó' => "o",
        'ù' | 'û' | 'ü' | 'ú' => "u",
        'ÿ' => "y",
        'œ' => "oe",
        'æ' => "ae",
        'À' | 'Â' => "A",
        'Ç' => "C",
        'É' | 'È' | 'Ê' | 'Ë' => "E",
        'Î' | 'Ï' => "I",
        'Ô' => "O",
        'Ù' | 'Û' => "U",
        'Œ' => "OE",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_for_machines_is_made_of_what_people_read() {
        assert_eq!(word("Library Card", '-'), "Library-Card");
        assert_eq!(word("Prénom de l’élève", '_'), "Prenom_de_l_eleve");
        assert_eq!(word("  2nd phone (home) ", '_'), "nd_phone_home");
        assert_eq!(word("東京", '_'), "");
        assert_eq!(word(&"x".repeat(100), '-').len(), 64);
    }
}
