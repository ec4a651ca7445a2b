use portage_catalog::{ClaimKind, Format, Language, Logo, Text, TypeDraft};
use portage_reason::Reason;

use crate::{
    Bundle, OcaError, branding,
    error::START,
    texts::{self, MAX_DESCRIPTION, MAX_NAME, meta, within},
};

/// What a bundle does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The type's id, where it is not to be made of the name.
    pub id: Option<String>,
    /// What to call a type that the bundle does not name: the file's name, say.
    pub name: Option<String>,
    /// The https address under which the names for machines stand.
    pub address: String,
    /// Where the last valid day ends: the IANA name of a time zone.
    pub time_zone: String,
    /// A logo, instead of the bundle's.
    pub logo: Option<Logo>,
}

impl Default for Options {
    fn default() -> Self {
        Options { id: None, name: None, address: String::new(), time_zone: "UTC".to_owned(), logo: None }
    }
}

/// A bundle as a draft, and what of it did not come along.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// The draft.
    pub draft: TypeDraft,
    /// What was left out, for whoever imports it to know.
    pub left_out: Vec<LeftOut>,
}

/// Something of a bundle that the type does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeftOut {
    /// A logo that stands elsewhere: nothing is fetched.
    RemoteLogo,
    /// An embedded logo that is none for this reason.
    Logo(Reason),
    /// Texts in a language that types do not have, as the bundle names it.
    Language(String),
    /// There is no name in English: another one stands in its place.
    EnglishName,
}

impl Bundle {
    /// The draft of the type that the bundle describes.
    ///
    /// # Errors
    /// [`OcaError`], a problem for each attribute that cannot be a claim.
    pub fn draft(&self, options: &Options) -> Result<Imported, OcaError> {
        let claims = self.claims().map_err(|problems| OcaError { problems })?;
        let (name, has_english_name) = self.name(options)?;
        let id = match &options.id {
            Some(id) => id.clone(),
            None => slug(&name.en).or_else(|| slug(options.name.as_deref()?)).ok_or_else(|| {
                OcaError::one(
                    Reason::ValueMissing,
                    START,
                    "no id could be made of the type's name: give it one",
                )
            })?,
        };
        let description = self.description(&name)?;
        let valid_until = branding::branding(self, "expiry_date_attribute").and_then(|attribute| {
            let claim = claims.iter().find(|claim| claim.definition.name == attribute)?;
            let is_day = matches!(claim.definition.kind, ClaimKind::Date | ClaimKind::DateInt);
            is_day.then(|| (attribute.to_owned(), options.time_zone.clone()))
        });
        let (embedded, no_logo) = branding::logo(self);
        let no_logo = no_logo.filter(|_| options.logo.is_none());
        let other_languages = texts::other_languages(self).into_iter().map(LeftOut::Language);
        let no_name = (!has_english_name).then_some(LeftOut::EnglishName);
        let draft = TypeDraft {
            id,
            name,
            description,
            address: options.address.clone(),
            formats: Format::ALL.to_vec(),
            claims,
            derived: Vec::new(),
            default_validity_days: 365,
            valid_until,
            protected: false,
            colours: branding::colours(self),
            disclosure: None,
            note: self.note()?,
            logo: options.logo.clone().or(embedded),
        };
        Ok(Imported { draft, left_out: no_name.into_iter().chain(no_logo).chain(other_languages).collect() })
    }

    /// The name, and whether the bundle has it in English.
    fn name(&self, options: &Options) -> Result<(Text, bool), OcaError> {
        let fr = meta(self, "name", Language::Fr).unwrap_or_default();
        let own = meta(self, "name", Language::En);
        let en = own.or(Some(fr).filter(|fr| !fr.is_empty()));
        let en = en.or_else(|| texts::meta_in_any(self, "name")).or(options.name.as_deref());
        let en = en.map(str::trim).filter(|name| !name.is_empty());
        let en = en
            .ok_or_else(|| OcaError::one(Reason::ValueMissing, START, "the bundle does not name the type"))?;
        let text = Text { en: en.to_owned(), fr: fr.to_owned() };
        Ok((within(text, MAX_NAME).ok_or_else(|| too_long("name"))?, own.is_some()))
    }

    /// One sentence; the name where there is none, in the languages it is there in.
    fn description(&self, name: &Text) -> Result<Text, OcaError> {
        let read = |language| meta(self, "description", language).map(str::to_owned);
        let text = match (read(Language::En), read(Language::Fr)) {
            (Some(en), fr) => Text { en, fr: fr.unwrap_or_default() },
            (None, Some(fr)) => Text { en: name.en.clone(), fr },
            (None, None) => name.clone(),
        };
        within(text, MAX_DESCRIPTION).ok_or_else(|| too_long("description"))
    }

    /// Where to learn more, and what marks a type as a trial: help text, address of support, watermark.
    fn note(&self) -> Result<Option<Text>, OcaError> {
        let read = |language| {
            let parts = ["credential_help_text", "credential_support_url", "watermark"];
            let parts: Vec<&str> = parts.iter().filter_map(|member| meta(self, member, language)).collect();
            parts.join(" · ")
        };
        let text = Text { en: read(Language::En), fr: read(Language::Fr) };
        if text.en.is_empty() {
            return Ok(None);
        }
        within(text, MAX_DESCRIPTION).map(Some).ok_or_else(|| too_long("credential_help_text"))
    }
}

fn too_long(member: &str) -> OcaError {
    OcaError::one(Reason::TooLarge, START, format!("the {member} of the meta overlay is too long"))
}

/// The id of a type of that name: `Carte d’étudiant` → `carte-d-etudiant`. Nothing but small letters, digits and hyphens comes out, so
/// that it is a folder's name and never a way out of one; `None` where no letter is left.
pub fn slug(name: &str) -> Option<String> {
    let mut id = String::new();
    for letter in name.chars().flat_map(char::to_lowercase) {
        match ascii(letter) {
            Some(letters) => id.push_str(letters),
            None if letter.is_ascii_alphanumeric() => id.push(letter),
            None if id.ends_with('-') => {}
            None => id.push('-'),
        }
    }
    let id = id.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    let id = id.get(..id.len().min(60))?.trim_end_matches('-');
    (!id.is_empty()).then(|| id.to_owned())
}

/// The letters of French without their accents.
const fn ascii(letter: char) -> Option<&'static str> {
    Some(match letter {
        'à' | 'â' | 'ä' => "a",
        'ç' => "c",
        'é' | 'è' | 'ê' | 'ë' => "e",
        'î' | 'ï' => "i",
        'ô' | 'ö' => "o",
        'ù' | 'û' | 'ü' => "u",
        'ÿ' => "y",
        'œ' => "oe",
        'æ' => "ae",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d07_an_id_is_never_a_way_out_of_a_folder() {
        for (name, id) in [
            ("Person", Some("person")),
            ("DEMO - Student Card", Some("demo-student-card")),
            ("Carte d’étudiant (œuvre)", Some("carte-d-etudiant-oeuvre")),
            ("../../etc/passwd", Some("etc-passwd")),
            ("C:\\Windows\\nul\0", Some("c-windows-nul")),
            ("2024 Pass", Some("pass")),
            ("'; DROP TABLE types; --", Some("drop-table-types")),
            ("王小明", None),
            ("42", None),
            ("", None),
        ] {
            assert_eq!(slug(name).as_deref(), id, "{name}");
        }
        assert_eq!(slug(&"a".repeat(1000)).map(|id| id.len()), Some(60));
    }
}
