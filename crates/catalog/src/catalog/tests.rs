use std::path::PathBuf;

use jiff::civil::date;
use serde_json::{Value, json};

use super::*;
use crate::{ClaimKind, Format, Language, Text};

fn files_of(id: &str) -> BTreeMap<String, Vec<u8>> {
    let folder = SPECS.get_dir(format!("credentials/{id}")).unwrap();
    let file = |file: &include_dir::File<'_>| {
        let name = file.path().file_name().unwrap().to_str().unwrap().to_owned();
        (name, file.contents().to_vec())
    };
    folder.files().map(file).collect()
}

fn change(files: &mut BTreeMap<String, Vec<u8>>, name: &str, pointer: &str, value: Value) {
    let mut document: Value = serde_json::from_slice(&files[name]).unwrap();
    *document.pointer_mut(pointer).unwrap() = value;
    files.insert(name.to_owned(), document.to_string().into_bytes());
}

#[test]
fn the_nine_types_are_in_the_box_each_in_every_format() {
    let catalog = Catalog::bundled();
    let ids: Vec<_> = catalog.types().map(|ty| ty.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "accessible-parking-permit",
            "business-licence",
            "digital-business-card",
            "open-badge",
            "operator-card",
            "person",
            "residency",
            "serving-it-right",
            "student-card",
        ]
    );
    for ty in catalog.types() {
        let mut formats = ty.formats.clone();
        formats.sort();
        assert_eq!(formats, Format::ALL, "{}", ty.id);
    }
    let preferred = |id| catalog.credential_type(id).map(|ty| ty.formats[0]);
    assert_eq!(preferred("person"), Some(Format::DcSdJwt));
    assert_eq!(preferred("business-licence"), Some(Format::VcSdJwt));
    assert_eq!(preferred("operator-card"), Some(Format::LdpVc));
    assert!(catalog.credential_type("accessible-parking-permit").unwrap().protected);
}

#[test]
fn every_schema_accepts_the_example_and_refuses_an_extra_claim() {
    for ty in Catalog::bundled().types() {
        assert_eq!(ty.check_claims(&ty.example), Ok(()), "{}", ty.id);
        let issued = ty.with_derived(&ty.example, date(2026, 11, 24)).unwrap();
        assert_eq!(ty.check_claims(&issued), Ok(()), "{}", ty.id);
        let mut extra = ty.example.clone();
        extra.insert("extra".to_owned(), json!(1));
        assert!(ty.check_claims(&extra).is_err(), "{}", ty.id);
        // The schema alone refuses it too, for those who use it without this crate.
        assert!(!ty.validators.whole.is_valid(&Value::Object(extra)), "{}", ty.id);
        for definition in ty.claims.iter().filter(|definition| definition.required) {
            let mut without = ty.example.clone();
            without.remove(&definition.name);
            assert!(ty.check_claims(&without).is_err(), "{}", definition.name);
            assert_eq!(ty.check_disclosed(&without), Ok(()));
        }
    }
}

#[test]
fn the_example_shows_every_claim_and_no_real_person() {
    for ty in Catalog::bundled().types() {
        for definition in ty.claims.iter().filter(|definition| !ty.is_derived(&definition.name)) {
            assert!(ty.example.contains_key(&definition.name), "{} {}", ty.id, definition.name);
        }
    }
}

#[test]
fn every_text_is_there_in_both_languages() {
    for ty in Catalog::bundled().types() {
        let claims = ty.claims.iter().flat_map(|claim| [Some(&claim.label), claim.description.as_ref()]);
        let texts = [Some(&ty.name), Some(&ty.description), ty.disclosure.as_ref(), ty.note.as_ref()];
        assert!(ty.disclosure.is_some(), "{}", ty.id);
        for text in texts.into_iter().chain(claims).flatten() {
            assert_text(&ty.id, text);
        }
    }
    for purpose in Catalog::bundled().purposes() {
        for text in [&purpose.name, &purpose.text, &purpose.law, &purpose.alternative] {
            assert_text(&purpose.id.0, text);
        }
    }
}

fn assert_text(place: &str, text: &Text) {
    assert!(!text.en.trim().is_empty() && !text.fr.trim().is_empty(), "{place}");
    assert_french_typography(place, &text.fr);
}

/// As in Canada: a no-break space before a colon and inside guillemets, none before other marks, and ’.
pub(crate) fn assert_french_typography(place: &str, text: &str) {
    for wrong in [" :", " ;", " !", " ?", "\u{a0};", "\u{a0}!", "\u{a0}?", "« ", " »", "'"] {
        assert!(!text.contains(wrong), "{place}: {wrong:?} in {text:?}");
    }
    for (at, _) in text.match_indices('«') {
        assert!(text[at..].starts_with("«\u{a0}"), "{place}: {text:?}");
    }
    for (at, _) in text.match_indices(':') {
        // Not the one inside a time or an address.
        let ends_a_word = text[at + 1..].chars().next().is_none_or(char::is_whitespace);
        assert!(!ends_a_word || text[..at].ends_with('\u{a0}'), "{place}: {text:?}");
    }
}

#[test]
fn the_text_on_a_card_is_readable_on_its_background() {
    for ty in Catalog::bundled().types() {
        let (background, text) = (luminance(&ty.colours.0), luminance(&ty.colours.1));
        let contrast = (background.max(text) + 0.05) / (background.min(text) + 0.05);
        // WCAG 2.2, success criterion 1.4.3.
        assert!(contrast >= 4.5, "{} {contrast}", ty.id);
    }
}

fn luminance(colour: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

#[test]
fn every_type_has_a_purpose_that_asks_little_of_it() {
    let catalog = Catalog::bundled();
    for ty in catalog.types() {
        let asks_little = |query: &Value| {
            let meta = query["meta"].to_string();
            let is_of_it = [&ty.vct, &ty.type_iri].iter().any(|name| meta.contains(&format!("\"{name}\"")));
            let claim_of = |path: &Value| {
                let steps = path["path"].as_array()?.iter().filter_map(Value::as_str);
                steps.filter_map(|step| ty.claim(step)).next().map(|claim| claim.name.clone())
            };
            let asked: Vec<String> =
                query["claims"].as_array().into_iter().flatten().filter_map(claim_of).collect();
            let only_derived = asked.iter().all(|claim| ty.is_derived(claim));
            is_of_it && (asked.len() * 2 < ty.claims.len() || only_derived)
        };
        let mut queries =
            catalog.purposes().filter_map(|purpose| purpose.query["credentials"].as_array()).flatten();
        assert!(queries.any(asks_little), "no purpose asks fewer than half of the claims of {}", ty.id);
    }
    for purpose in catalog.purposes() {
        for credential in purpose.query["credentials"].as_array().unwrap() {
            let claims = credential.get("claims").and_then(Value::as_array).map_or(0, Vec::len);
            assert!(claims <= 2, "{} asks for {claims} claims", purpose.id);
        }
    }
}

#[test]
fn the_market_asks_whether_one_is_over_19_and_not_for_the_birth_date() {
    let catalog = Catalog::bundled();
    let purpose = catalog.purpose(&PurposeId("market-vendor-permit".to_owned())).unwrap();
    let ids: Vec<_> =
        purpose.query["credentials"].as_array().unwrap().iter().map(|query| &query["id"]).collect();
    assert_eq!(ids, ["person", "licence", "card"]);
    assert_eq!(
        purpose.query["credentials"][0]["claims"],
        json!([{"path": ["age_over_19"], "values": [true]}])
    );
    assert!(!purpose.query.to_string().contains("birth"));
    assert_eq!(purpose.max_status_age, 3600);
}

#[test]
fn a_type_is_found_by_each_of_its_names() {
    let catalog = Catalog::bundled();
    for ty in catalog.types() {
        assert_eq!(catalog.by_vct(&ty.vct).map(|found| &found.id), Some(&ty.id));
        for name in [&ty.vc_type, &ty.type_iri] {
            let found = catalog.by_vc_types(["VerifiableCredential", name]);
            assert_eq!(found.map(|found| &found.id), Some(&ty.id));
        }
        assert_eq!(catalog.contexts().document(&ty.context_url), Some(ty.context_document.as_str()));
    }
    assert!(catalog.by_vc_types(["VerifiableCredential"]).is_none());
}

#[test]
fn every_data_file_fits_the_schema_published_for_it() {
    let schema = |name: &str| {
        let file = SPECS.get_file(format!("schemas/{name}.schema.json")).unwrap();
        jsonschema::draft202012::new(&serde_json::from_slice(file.contents()).unwrap()).unwrap()
    };
    let (ty, register, purpose) = (schema("type"), schema("register"), schema("purpose"));
    let mut checked = 0;
    for file in SPECS.get_dir("credentials").unwrap().dirs().flat_map(|folder| folder.files()) {
        let validator = match file.path().file_name().unwrap().to_str().unwrap() {
            "type.json" => &ty,
            "register.json" => &register,
            _ => continue,
        };
        let document: Value = serde_json::from_slice(file.contents()).unwrap();
        validator.validate(&document).unwrap_or_else(|error| panic!("{}: {error}", file.path().display()));
        checked += 1;
    }
    for file in SPECS.get_dir("purposes").unwrap().files() {
        let document: Value = serde_json::from_slice(file.contents()).unwrap();
        purpose.validate(&document).unwrap_or_else(|error| panic!("{}: {error}", file.path().display()));
        checked += 1;
    }
    assert!(checked >= 20);
}

#[test]
fn a_department_adds_a_type_and_a_purpose_that_asks_it() {
    let mut catalog = Catalog::bundled();
    let mut files = files_of("student-card");
    for (name, text) in &mut files {
        let changed = String::from_utf8(text.clone())
            .unwrap()
            .replace("student-card", "library-card")
            .replace("StudentCardCredential", "LibraryCardCredential")
            .replace("portage-identity.example", "library.example");
        *text = changed.into_bytes();
        assert!(!name.is_empty());
    }
    let purpose = br#"{"id": "borrow", "name": {"en": "Borrow", "fr": "Emprunter"}, "text": {"en": "x", "fr": "x"},
        "law": {"en": "x", "fr": "x"}, "alternative": {"en": "x", "fr": "x"}, "query": {"credentials": [{"id": "card",
        "format": "dc+sd-jwt", "meta": {"vct_values": ["https://library.example/credentials/library-card"]}}]},
        "retention_days": 0, "contact": "mailto:desk@library.example", "max_status_age": 60, "paper": false}"#;
    assert!(catalog.add_purpose("borrow.json", purpose).is_err(), "the type is not there yet");
    assert_eq!(catalog.add_type("library-card", &files), Ok(()));
    assert_eq!(catalog.add_purpose("borrow.json", purpose), Ok(()));
    assert!(catalog.contexts().document("https://library.example/contexts/library-card/v1").is_some());
    assert!(Catalog::bundled().credential_type("library-card").is_none(), "the box is not changed");
}

#[test]
fn a_type_whose_files_disagree_is_refused_with_the_file_named() {
    let add = |files: &BTreeMap<String, Vec<u8>>| Catalog::bundled().add_type("person", files);
    assert_eq!(add(&files_of("person")), Ok(()));
    for (name, pointer, value) in [
        ("type.json", "/id", json!("persona")),
        ("type.json", "/name/en", json!("")),
        ("type.json", "/vct", json!("http://portage-identity.example/credentials/person")),
        ("type.json", "/vct", json!("https://portage-identity.example/credentials/residency")),
        ("type.json", "/vc_type", json!("VerifiableCredential")),
        ("type.json", "/formats", json!(["dc+sd-jwt", "dc+sd-jwt"])),
        ("type.json", "/formats", json!([])),
        ("type.json", "/formats/0", json!("mso_mdoc")),
        ("type.json", "/claims/0/name", json!("exp")),
        ("type.json", "/claims/0/kind", json!("text")),
        ("type.json", "/derived/0/from", json!("family_name")),
        ("type.json", "/derived/0/rule", json!({"age_below": 19})),
        ("type.json", "/valid_until/time_zone", json!("Vancouver")),
        ("type.json", "/colours/text", json!("white")),
        ("type.json", "/default_validity_days", json!(0)),
        ("schema.json", "/additionalProperties", json!(true)),
        ("schema.json", "/properties/region", json!({"$ref": "https://elsewhere.example/region"})),
        ("schema.json", "/required", json!(["family_name"])),
        ("context.jsonld", "/@context/region", json!("https://elsewhere.example/region")),
        ("example.json", "/region", json!("British Columbia")),
    ] {
        let mut files = files_of("person");
        change(&mut files, name, pointer, value);
        match add(&files) {
            Err(CatalogError::Invalid { file, .. }) => {
                assert_eq!(file, format!("person/{name}"), "{pointer}")
            }
            other => panic!("{name} {pointer}: {other:?}"),
        }
    }
}

/// A person's type with one more term, within the term `region`.
fn person_in_vocabulary(vocabulary: &str, member: &str) -> Result<(), CatalogError> {
    let mut files = files_of("person");
    let read = |files: &BTreeMap<String, Vec<u8>>, name: &str| -> Value {
        serde_json::from_slice(&files[name]).unwrap()
    };
    let (mut definition, mut context) = (read(&files, "type.json"), read(&files, "context.jsonld"));
    definition["context_url"] = json!("https://portage-identity.example/contexts/person/v2");
    context["@context"]["region"] = json!({
        "@id": context["@context"]["region"],
        "@context": { member: format!("{vocabulary}{member}") },
    });
    files.insert("type.json".to_owned(), definition.to_string().into_bytes());
    files.insert("context.jsonld".to_owned(), context.to_string().into_bytes());
    Catalog::bundled().add_type("person", &files)
}

#[test]
fn a_context_gives_no_second_name_to_what_another_names() {
    assert_eq!(person_in_vocabulary("https://a.example/#", "expiration"), Ok(()));
    // Its name in the box is `expires`, and that is what is checked.
    match person_in_vocabulary("https://w3id.org/security#", "expiration") {
        Err(CatalogError::Invalid { file, what }) => {
            assert_eq!(file, "person/context.jsonld");
            assert!(what.contains("expires"), "{what}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_folder_with_a_missing_or_a_strange_file_is_refused() {
    let mut files = files_of("person");
    files.remove("schema.json");
    let error = Catalog::bundled().add_type("person", &files).unwrap_err();
    assert_eq!(error.to_string(), "person/schema.json: the file is missing");
    let mut files = files_of("person");
    files.insert("regsiter.json".to_owned(), b"{}".to_vec());
    let error = Catalog::bundled().add_type("person", &files).unwrap_err();
    assert_eq!(error.to_string(), "person/regsiter.json: not a file of a credential type");
}

#[test]
fn a_syntax_error_is_told_with_its_line_and_column() {
    let mut files = files_of("person");
    files.insert("type.json".to_owned(), b"{\n  \"id\": \"person\",\n  \"id\": \"person\"\n}".to_vec());
    let error = Catalog::bundled().add_type("person", &files).unwrap_err().to_string();
    assert!(error.starts_with("person/type.json: not valid JSON at line 3, column "), "{error}");
}

#[test]
fn a_context_in_the_box_is_never_changed_under_its_address() {
    let mut files = files_of("person");
    let text = String::from_utf8(files["context.jsonld"].clone()).unwrap();
    files.insert("context.jsonld".to_owned(), format!("{text}\n").into_bytes());
    let error = Catalog::bundled().add_type("person", &files).unwrap_err().to_string();
    assert!(error.contains("context_url"), "{error}");
}

#[test]
fn a_purpose_that_asks_what_does_not_exist_is_refused() {
    let file = SPECS.get_file("purposes/market-vendor-permit.json").unwrap().contents();
    let good: Value = serde_json::from_slice(file).unwrap();
    let add = |document: &Value| {
        Catalog::bundled().add_purpose("market-vendor-permit.json", document.to_string().as_bytes())
    };
    assert_eq!(add(&good), Ok(()));
    for (pointer, value) in [
        ("/id", json!("market")),
        ("/law/fr", json!("")),
        ("/contact", json!("javascript:alert(1)")),
        ("/retention_days", json!(-1)),
        ("/query", json!({"credentials": []})),
        ("/query/credentials/0/claims/0/path", json!(["age_over_21"])),
        ("/query/credentials/0/format", json!("mso_mdoc")),
        ("/query/credentials/0/meta", json!({})),
        ("/query/credentials/1/claims/0/path", json!(["trade_name"])),
        ("/query/credentials/1/meta/type_values", json!([["https://elsewhere.example/#Licence"]])),
    ] {
        let mut document = good.clone();
        *document.pointer_mut(pointer).unwrap() = value;
        assert!(add(&document).is_err(), "{pointer}");
    }
    let mut document = good;
    document["purpos"] = json!("typo");
    assert!(add(&document).is_err());
}

/// `../shared` beside the project: public data that is not part of it.
fn shared(path: &str) -> Option<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(path);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        println!("left out: {}", path.display());
    }
    text
}

/// What the context of Open Badges 3.0.3 (1EdTech) says of the terms that the box has. Its datatypes are written with `https:`, which is not the address
/// of XML Schema; ours is.
#[test]
fn the_open_badge_has_the_terms_of_1edtech() {
    let context = Catalog::bundled().credential_type("open-badge").unwrap().context_document.clone();
    let context: Value = serde_json::from_slice(context.as_bytes()).unwrap();
    let terms = &context["@context"];
    let of_achievement = &terms["achievement"]["@context"];
    let vocabulary = "https://purl.imsglobal.org/spec/vc/ob/vocab.html#";
    for (term, name) in [
        (&terms["AchievementCredential"], "OpenBadgeCredential"),
        (&terms["achievement"]["@id"], "achievement"),
        (&terms["creditsEarned"]["@id"], "creditsEarned"),
        (&terms["term"], "term"),
        (&of_achievement["Achievement"], "Achievement"),
        (&of_achievement["achievementType"], "achievementType"),
        (&of_achievement["criteria"]["@id"], "Criteria"),
        (&of_achievement["criteria"]["@context"]["narrative"], "narrative"),
    ] {
        assert_eq!(*term, format!("{vocabulary}{name}"));
    }
    assert_eq!(terms["creditsEarned"]["@type"], "http://www.w3.org/2001/XMLSchema#float");
}

#[test]
fn person_is_as_british_columbia_publishes_it() {
    let Some(bundle) = shared("data/oca-bundles/bc-person.json") else { return };
    let bundle: Value = serde_json::from_str(&bundle).unwrap();
    let (base, overlays) = (&bundle[0]["capture_base"], bundle[0]["overlays"].as_array().unwrap());
    let catalog = Catalog::bundled();
    let person = catalog.credential_type("person").unwrap();
    let published = base["attributes"].as_object().unwrap();
    let ours = person.claims.iter().filter(|claim| !person.is_derived(&claim.name));
    assert_eq!(ours.clone().count(), published.len());
    for claim in ours {
        let kind = match (published[&claim.name].as_str().unwrap(), claim.name.ends_with("_dateint")) {
            ("Text", _) => ClaimKind::String,
            ("DateTime", true) => ClaimKind::DateInt,
            ("Binary", _) => ClaimKind::Binary,
            other => panic!("{other:?}"),
        };
        assert_eq!(claim.kind, kind, "{}", claim.name);
        let flagged = base["flagged_attributes"].as_array().unwrap().contains(&json!(claim.name));
        assert_eq!(claim.personal, flagged, "{}", claim.name);
        for language in Language::ALL {
            let is_label = |overlay: &&Value| {
                overlay["type"] == "spec/overlays/label/1.0" && overlay["language"] == language.tag()
            };
            let overlay = overlays.iter().find(is_label).unwrap();
            let label = overlay["attribute_labels"][&claim.name].as_str().unwrap().replace('\'', "’");
            assert_eq!(claim.label.in_language(language), label);
        }
    }
}

#[test]
fn the_real_register_of_the_city_is_read_row_by_row() {
    let Some(text) = shared("data/vancouver-restaurant-licences.csv") else { return };
    let catalog = Catalog::bundled();
    let licence = catalog.credential_type("business-licence").unwrap();
    let mapping = licence.register.as_ref().unwrap();
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_reader(text.as_bytes());
    let headers = reader.headers().unwrap().clone();
    assert!(mapping.columns().iter().all(|column| headers.iter().any(|header| header == *column)));
    let (day, mut valid, mut expired, mut nameless) = (date(2025, 10, 1), 0, 0, 0);
    for row in reader.records() {
        let row = row.unwrap();
        let row =
            headers.iter().zip(&row).map(|(column, cell)| (column.to_owned(), cell.to_owned())).collect();
        let record = mapping.claims_of(&row).unwrap();
        assert_eq!(licence.check_claims(&record.claims), Ok(()), "record {}", record.record);
        assert_eq!(licence.valid_until(&record.claims), record.validity.until);
        nameless += usize::from(!record.claims.contains_key("trade_name"));
        match record.validity.check_on(day) {
            Ok(()) => valid += 1,
            Err(reason) => {
                assert_eq!(reason.name(), "expired");
                expired += 1;
            }
        }
    }
    assert_eq!((valid, expired, nameless), (1120, 1136, 308));
}

#[test]
fn a_name_of_one_type_is_no_name_of_another_whichever_name_it_is() {
    let mut files = files_of("student-card");
    for text in files.values_mut() {
        let changed = String::from_utf8(text.clone()).unwrap().replace("student-card", "library-card");
        *text = changed.replace("StudentCardCredential", "LibraryCardCredential").into_bytes();
    }
    assert_eq!(Catalog::bundled().add_type("library-card", &files), Ok(()));
    let person = Catalog::bundled().credential_type("person").unwrap().clone();
    for taken in [person.vct.clone(), person.type_iri.clone()] {
        let mut files = files.clone();
        change(&mut files, "type.json", "/vct", json!(taken));
        let error = Catalog::bundled().add_type("library-card", &files).unwrap_err();
        assert!(error.to_string().contains("person"), "{taken}: {error}");
    }
    let as_its_type = Catalog::bundled().credential_type("student-card").unwrap().clone();
    let colliding = CredentialType {
        id: as_its_type.vct.clone(),
        vct: "https://a.example/vct".into(),
        vc_type: "A".into(),
        type_iri: "https://a.example/#A".into(),
        context_url: "https://a.example/c".into(),
        ..as_its_type
    };
    let mut catalog = Catalog::bundled();
    assert!(catalog.insert_type(colliding.clone()).is_err(), "an id that is the vct of another");
    assert_eq!(catalog.insert_type(CredentialType { id: "a-card".into(), ..colliding }), Ok(()));
}

#[test]
fn what_takes_the_place_of_a_protected_type_is_protected_too() {
    let protected = Catalog::bundled().types().find(|ty| ty.protected).map(|ty| ty.id.clone()).unwrap();
    let files = files_of(&protected);
    assert_eq!(Catalog::bundled().add_type(&protected, &files), Ok(()));
    let mut opened = files.clone();
    change(&mut opened, "type.json", "/protected", json!(false));
    let error = Catalog::bundled().add_type(&protected, &opened).unwrap_err();
    assert!(error.to_string().contains("protected"), "{error}");
    let mut stricter = files_of("person");
    change(&mut stricter, "type.json", "/protected", json!(true));
    assert_eq!(Catalog::bundled().add_type("person", &stricter), Ok(()), "stricter may be");
}
