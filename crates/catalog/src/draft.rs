use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::{
    ClaimDefinition, ClaimKind, CredentialType, DerivedClaim, Format, Logo, Text, definition::base_iri,
};

/// What somebody says a new type is, before it is one: a form that was filled in, a bundle that was read.
///
/// [`TypeDraft::files`] writes it down as the folder of a type; whether it holds is for [`Catalog::add_type`](crate::Catalog::add_type) to
/// say, as of any other folder.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeDraft {
    /// The folder's name: small letters, digits, hyphens.
    pub id: String,
    /// What a person reads. French that nobody gave stays empty.
    pub name: Text,
    /// One sentence.
    pub description: Text,
    /// The https address under which the names for machines stand ([`MachineNames`]).
    pub address: String,
    /// The formats it may be issued in, the preferred one first.
    pub formats: Vec<Format>,
    /// Its claims, in the order they are shown; derived ones included.
    pub claims: Vec<DraftClaim>,
    /// Claims computed when issued.
    pub derived: Vec<DerivedClaim>,
    /// Days it is valid when nothing else says.
    pub default_validity_days: u32,
    /// The claim that names the last valid day, and the IANA time zone in which that day ends.
    pub valid_until: Option<(String, String)>,
    /// Never released without a registered purpose.
    pub protected: bool,
    /// Colours `#rrggbb`: background and text.
    pub colours: (String, String),
    /// What to ask for, and what need not be shown.
    pub disclosure: Option<Text>,
    /// What a department should know.
    pub note: Option<Text>,
    /// The picture on the card.
    pub logo: Option<Logo>,
}

/// A claim of a draft.
#[derive(Debug, Clone, PartialEq)]
pub struct DraftClaim {
    /// As `type.json` has it.
    pub definition: ClaimDefinition,
    /// The only values it may have; any of its kind where there are none.
    pub values: Vec<Value>,
}

/// What machines call a type, all of it made from its id and an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineNames {
    /// `<address>/credentials/<id>`.
    pub vct: String,
    /// The id's words with capital letters, and `Credential`.
    pub vc_type: String,
    /// `<vocabulary><vc_type>`.
    pub type_iri: String,
    /// `<address>/contexts/<id>/v1`.
    pub context_url: String,
    /// `<address>/vocabulary/<id>#`.
    pub vocabulary: String,
    /// `$id` of the schema: `<address>/schemas/<id>/v1`.
    pub schema_id: String,
}

impl MachineNames {
    /// The names of a type of that id, under that address.
    pub fn new(address: &str, id: &str) -> Self {
        let address = address.trim_end_matches('/');
        let vocabulary = format!("{address}/vocabulary/{id}#");
        let vc_type = vc_type(id);
        MachineNames {
            vct: format!("{address}/credentials/{id}"),
            type_iri: format!("{vocabulary}{vc_type}"),
            vc_type,
            context_url: format!("{address}/contexts/{id}/v1"),
            vocabulary,
            schema_id: format!("{address}/schemas/{id}/v1"),
        }
    }
}

/// `library-card` → `LibraryCardCredential`.
fn vc_type(id: &str) -> String {
    let words: String = id.split('-').map(capitalized).collect();
    let name = words.strip_suffix("Credential").unwrap_or(&words);
    match name {
        // The base context has types of these names.
        "" | "Verifiable" | "EnvelopedVerifiable" | "JsonSchema" | "BitstringStatusList" => {
            format!("{name}CardCredential")
        }
        name => format!("{name}Credential"),
    }
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

impl TypeDraft {
    /// What machines call it.
    pub fn machine_names(&self) -> MachineNames {
        MachineNames::new(&self.address, &self.id)
    }

    /// The files of the type's folder (name → bytes): `type.json`, `schema.json`, `context.jsonld`, `example.json`, and the logo if there
    /// is one.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        self.files_named(&self.machine_names())
    }

    fn files_named(&self, names: &MachineNames) -> BTreeMap<String, Vec<u8>> {
        let documents = [
            ("type.json", self.definition(names)),
            ("schema.json", self.schema(names)),
            ("context.jsonld", self.context(names)),
            ("example.json", Value::Object(self.example())),
        ];
        let mut files: BTreeMap<_, _> = documents
            .map(|(name, document)| (name.to_owned(), format!("{document:#}\n").into_bytes()))
            .into();
        if let Some(logo) = &self.logo {
            files.insert(logo.media_type().file_name().to_owned(), logo.bytes().to_vec());
        }
        files
    }

    /// The same in the place of a type that is there: a context that changed gets the next address, because credentials that are out
    /// speak of the old one, and a context never changes under its address.
    pub fn files_replacing(&self, existing: &CredentialType) -> BTreeMap<String, Vec<u8>> {
        let mut names = self.machine_names();
        let context = self.context(&names);
        // A type in a catalogue was read from JSON.
        let is_same = serde_json::from_str(&existing.context_document).is_ok_and(|old: Value| old == context);
        let version = existing.context_url.rsplit_once("/v");
        let version = version.and_then(|(before, version)| Some((before, version.parse::<u32>().ok()?)));
        names.context_url = match version {
            _ if is_same => existing.context_url.clone(),
            Some((before, version)) if names.context_url == format!("{before}/v1") => {
                format!("{before}/v{}", version.saturating_add(1))
            }
            _ => names.context_url,
        };
        self.files_named(&names)
    }

    fn definition(&self, names: &MachineNames) -> Value {
        let claims: Vec<&ClaimDefinition> = self.claims.iter().map(|claim| &claim.definition).collect();
        let formats: Vec<&str> = self.formats.iter().map(|format| format.name()).collect();
        let mut definition = json!({
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "vct": names.vct,
            "vc_type": names.vc_type,
            "type_iri": names.type_iri,
            "context_url": names.context_url,
            "vocabulary": names.vocabulary,
            "formats": formats,
            "claims": claims,
            "derived": self.derived,
            "default_validity_days": self.default_validity_days,
            "protected": self.protected,
            "colours": { "background": self.colours.0, "text": self.colours.1 },
        });
        let until = self.valid_until.as_ref();
        let further = [
            ("valid_until", until.map(|(claim, zone)| json!({ "claim": claim, "time_zone": zone }))),
            ("disclosure", self.disclosure.as_ref().map(|text| json!(text))),
            ("note", self.note.as_ref().map(|text| json!(text))),
        ];
        for (member, value) in further {
            if let (Some(members), Some(value)) = (definition.as_object_mut(), value) {
                members.insert(member.to_owned(), value);
            }
        }
        definition
    }

    fn schema(&self, names: &MachineNames) -> Value {
        let properties: Map<String, Value> =
            self.claims.iter().map(|claim| (claim.definition.name.clone(), claim.schema())).collect();
        let required: Vec<&str> = self
            .claims
            .iter()
            .filter(|claim| claim.definition.required)
            .map(|claim| claim.definition.name.as_str())
            .collect();
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": names.schema_id,
            "title": self.name.en,
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        })
    }

    fn context(&self, names: &MachineNames) -> Value {
        let mut terms = Map::new();
        terms.insert("@version".to_owned(), json!(1.1));
        terms.insert("@protected".to_owned(), json!(true));
        terms.insert(names.vc_type.clone(), json!(names.type_iri));
        let own = self.claims.iter().filter(|claim| base_iri(&claim.definition.name).is_none());
        for DraftClaim { definition, .. } in own {
            let iri = format!("{}{}", names.vocabulary, definition.name);
            let term = match definition.kind {
                ClaimKind::Date => json!({ "@id": iri, "@type": format!("{XSD}date") }),
                ClaimKind::DateTime => json!({ "@id": iri, "@type": format!("{XSD}dateTime") }),
                // Kept as it is: a draft does not say what the members mean.
                ClaimKind::Object => json!({ "@id": iri, "@type": "@json" }),
                _ => json!(iri),
            };
            terms.insert(definition.name.clone(), term);
        }
        json!({ "@context": terms })
    }

    fn example(&self) -> Map<String, Value> {
        let given = self
            .claims
            .iter()
            .filter(|claim| self.derived.iter().all(|derived| derived.claim != claim.definition.name));
        given.map(|claim| (claim.definition.name.clone(), claim.example())).collect()
    }
}

const XSD: &str = "http://www.w3.org/2001/XMLSchema#";

impl DraftClaim {
    /// A claim that may have any value of its kind.
    pub fn any(definition: ClaimDefinition) -> Self {
        DraftClaim { definition, values: Vec::new() }
    }

    fn schema(&self) -> Value {
        let mut schema = match self.definition.kind {
            // What must be there must also say something.
            ClaimKind::String if self.definition.required => json!({ "type": "string", "minLength": 1 }),
            ClaimKind::String => json!({ "type": "string" }),
            ClaimKind::Number => json!({ "type": "number" }),
            ClaimKind::Boolean => json!({ "type": "boolean" }),
            ClaimKind::Date => json!({ "type": "string", "format": "date" }),
            ClaimKind::DateInt => json!({ "type": "integer", "minimum": 10_000_101, "maximum": 99_991_231 }),
            ClaimKind::DateTime => json!({ "type": "string", "format": "date-time" }),
            ClaimKind::Binary => json!({
                "type": "string",
                "contentEncoding": "base64url",
                "contentMediaType": self.definition.media_type,
                "pattern": "^[A-Za-z0-9_-]+$",
                "maxLength": crate::MAX_BINARY_BYTES.div_ceil(3) * 4,
            }),
            ClaimKind::Object => json!({ "type": "object" }),
        };
        if let (Some(members), false) = (schema.as_object_mut(), self.values.is_empty()) {
            members.insert("enum".to_owned(), Value::Array(self.values.clone()));
        }
        schema
    }

    /// A value that fits, of nobody.
    fn example(&self) -> Value {
        if let Some(value) = self.values.first() {
            return value.clone();
        }
        match self.definition.kind {
            ClaimKind::String => json!("Example"),
            ClaimKind::Number => json!(1),
            ClaimKind::Boolean => json!(true),
            ClaimKind::Date => json!("2030-12-31"),
            ClaimKind::DateInt => json!(20_301_231),
            ClaimKind::DateTime => json!("2030-12-31T12:00:00Z"),
            // The beginning of a JPEG.
            ClaimKind::Binary => json!("_9j_4AAQSkZJRg"),
            ClaimKind::Object => json!({}),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Catalog, Rule};

    fn text(en: &str) -> Text {
        Text { en: en.to_owned(), fr: String::new() }
    }

    fn claim(name: &str, kind: ClaimKind) -> DraftClaim {
        DraftClaim::any(ClaimDefinition {
            name: name.to_owned(),
            kind,
            required: false,
            personal: false,
            label: text(name),
            media_type: (kind == ClaimKind::Binary).then(|| "image/jpeg".to_owned()),
            description: None,
        })
    }

    fn draft() -> TypeDraft {
        TypeDraft {
            id: "library-card".to_owned(),
            name: Text { en: "Library Card".to_owned(), fr: "Carte de bibliothèque".to_owned() },
            description: text("Lends books."),
            address: "https://library.example/".to_owned(),
            formats: Format::ALL.to_vec(),
            claims: vec![claim("holder_name", ClaimKind::String)],
            derived: Vec::new(),
            default_validity_days: 365,
            valid_until: None,
            protected: false,
            colours: ("#003366".to_owned(), "#ffffff".to_owned()),
            disclosure: None,
            note: None,
            logo: None,
        }
    }

    #[test]
    fn what_a_draft_writes_is_a_type() {
        let mut draft = draft();
        for (name, kind) in [
            ("pages", ClaimKind::Number),
            ("adult", ClaimKind::Boolean),
            ("born", ClaimKind::Date),
            ("joined_dateint", ClaimKind::DateInt),
            ("seen", ClaimKind::DateTime),
            ("picture", ClaimKind::Binary),
            ("shelf", ClaimKind::Object),
            ("name", ClaimKind::String),
            ("description", ClaimKind::String),
        ] {
            draft.claims.push(claim(name, kind));
        }
        draft.claims[0].definition.required = true;
        draft
            .claims
            .push(DraftClaim { values: vec![json!("A"), json!("B")], ..claim("class", ClaimKind::String) });
        draft.derived.push(DerivedClaim {
            claim: "adult".to_owned(),
            from: "born".to_owned(),
            rule: Rule::AgeAtLeast(19),
        });
        draft.valid_until = Some(("joined_dateint".to_owned(), "America/Vancouver".to_owned()));
        draft.note = Some(text("A note."));
        draft.disclosure = Some(text("Ask for nothing."));
        draft.logo = Some(Logo::read(&crate::logo::tests::png(8, 8)).unwrap());

        let mut catalog = Catalog::bundled();
        catalog.add_type("library-card", &draft.files()).unwrap();
        let ty = catalog.credential_type("library-card").unwrap();
        assert_eq!(ty.name, draft.name);
        assert_eq!(ty.description.fr, "", "French that nobody gave stays missing");
        assert_eq!(ty.vct, "https://library.example/credentials/library-card");
        assert_eq!(ty.type_iri, "https://library.example/vocabulary/library-card#LibraryCardCredential");
        assert_eq!(ty.logo, draft.logo);
        assert_eq!(ty.claim_iri("pages"), "https://library.example/vocabulary/library-card#pages");
        assert_eq!(ty.claim_iri("name"), "https://schema.org/name");
        assert_eq!(ty.formats, Format::ALL);
        let mut claims = ty.example.clone();
        claims["class"] = json!("B");
        assert_eq!(ty.check_claims(&claims), Ok(()));
        claims["class"] = json!("C");
        assert!(ty.check_claims(&claims).is_err());
    }

    #[test]
    fn a_context_that_changed_gets_a_new_address() {
        let mut catalog = Catalog::bundled();
        let mut addresses = Vec::new();
        let mut draft = draft();
        catalog.add_type("library-card", &draft.files()).unwrap();
        for claim in
            [None, Some(claim("pages", ClaimKind::Number)), Some(claim("shelf", ClaimKind::String)), None]
        {
            draft.claims.extend(claim);
            let files = draft.files_replacing(catalog.credential_type("library-card").unwrap());
            catalog.add_type("library-card", &files).unwrap();
            addresses.push(catalog.credential_type("library-card").unwrap().context_url.clone());
        }
        let of = |version: u8| format!("https://library.example/contexts/library-card/v{version}");
        assert_eq!(addresses, [of(1), of(2), of(3), of(3)]);
    }

    #[test]
    fn the_name_in_the_w3c_data_model_is_no_name_of_the_base_context() {
        for (id, name) in [
            ("library-card", "LibraryCardCredential"),
            ("library-credential", "LibraryCredential"),
            ("verifiable-credential", "VerifiableCardCredential"),
            ("credential", "CardCredential"),
            ("a", "ACredential"),
            ("a--b-2", "AB2Credential"),
        ] {
            assert_eq!(vc_type(id), name);
            let draft = TypeDraft { id: id.to_owned(), ..draft() };
            assert_eq!(Catalog::bundled().add_type(id, &draft.files()), Ok(()), "{id}");
        }
    }

    #[test]
    fn a_draft_that_does_not_hold_is_refused_as_its_folder_would_be() {
        for (what, draft) in [
            ("claim name", TypeDraft { claims: vec![claim("iss", ClaimKind::String)], ..draft() }),
            ("address", TypeDraft { address: "http://library.example".to_owned(), ..draft() }),
            ("colours", TypeDraft { colours: ("blue".to_owned(), "#ffffff".to_owned()), ..draft() }),
            ("id", TypeDraft { id: "../person".to_owned(), ..draft() }),
        ] {
            assert!(Catalog::bundled().add_type(&draft.id, &draft.files()).is_err(), "{what}");
        }
        assert_eq!(Catalog::bundled().add_type("library-card", &draft().files()), Ok(()));
    }
}
