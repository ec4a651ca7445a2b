//! Bundles, small ones made up here and the published ones if they are at hand, become types; what cannot is refused by name and place.

#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene has failed")]

use std::path::Path;

use portage_catalog::{Catalog, ClaimKind, CredentialType};
use portage_oca::{Bundle, Imported, LeftOut, OcaError, Options};
use portage_reason::Reason;
use serde_json::{Value, json};

fn options() -> Options {
    Options { address: "https://library.example".to_owned(), ..Options::default() }
}

fn import(bundle: &Value) -> Result<Imported, OcaError> {
    Bundle::read(bundle.to_string().as_bytes())?.draft(&options())
}

/// The type that a bundle gives, through the checks of every type.
fn type_of(bundle: &Value) -> CredentialType {
    let draft = import(bundle).unwrap().draft;
    let mut catalog = Catalog::bundled();
    catalog.add_type(&draft.id, &draft.files()).unwrap();
    catalog.credential_type(&draft.id).unwrap().clone()
}

fn bundle() -> Value {
    json!([{
        "capture_base": {
            "type": "spec/capture_base/1.0",
            "attributes": {
                "shelf": "Text", "name": "Text", "pages": "Numeric", "adult": "Boolean", "joined_dateint": "DateTime",
                "until": "DateTime", "seen": "DateTime", "picture": "Binary", "height": "Numeric",
            },
            "flagged_attributes": ["name"],
        },
        "overlays": [
            { "type": "spec/overlays/label/1.0", "language": "en-US", "attribute_labels": { "shelf": "Shelf (US)", "name": "Name" } },
            { "type": "spec/overlays/label/1.1", "language": "en-CA", "attribute_labels": { "shelf": "Shelf" } },
            { "type": "spec/overlays/label/1.0", "language": "fr-FR", "attribute_labels": { "shelf": "Étagère" } },
            { "type": "spec/overlays/label/1.0", "language": "es", "attribute_labels": { "shelf": "Estante" } },
            { "type": "spec/overlays/information/1.0", "language": "en", "attribute_information": { "shelf": "Where it stands" } },
            { "type": "spec/overlays/format/1.0", "attribute_formats": {
                "until": "YYYY-MM-DD", "seen": "YYYY-MM-DDThh:mm:ssZ", "picture": "image/jpeg" } },
            { "type": "spec/overlays/entry_code/1.0", "attribute_entry_codes": { "shelf": ["A", "B"] } },
            { "type": "spec/overlays/entry/1.0", "language": "en", "attribute_entries": { "shelf": { "A": "Upper" } } },
            { "type": "spec/overlays/conformance/1.0", "attribute_conformance": { "name": "M", "pages": "O" } },
            { "type": "spec/overlays/cardinality/1.0", "attr_cardinality": { "name": "1" } },
            { "type": "spec/overlays/sensitive/1.0", "attributes": ["picture"] },
            { "type": "spec/overlays/unit/1.0", "metric_system": "SI", "attribute_units": { "height": "cm" } },
            { "type": "community/overlays/nobody/knows/3.0", "whatever": [1, 2] },
            { "type": "spec/overlays/meta/1.0", "language": "en", "name": "Library Card", "description": "Lends books.",
              "credential_help_text": "Learn more", "credential_support_url": "https://library.example/help" },
            { "type": "aries/overlays/branding/1.0", "logo": "https://library.example/logo.svg",
              "primary_background_color": "rgb(255, 220, 0)", "expiry_date_attribute": "until" },
        ],
    }])
}

#[test]
fn a_bundle_becomes_a_type_with_all_that_it_says() {
    let imported = import(&bundle()).unwrap();
    assert_eq!(imported.left_out, [LeftOut::RemoteLogo, LeftOut::Language("es".to_owned())]);
    let ty = type_of(&bundle());
    assert_eq!(
        (ty.id.as_str(), ty.name.en.as_str(), ty.name.fr.as_str()),
        ("library-card", "Library Card", "")
    );
    let kinds: Vec<_> = ty.claims.iter().map(|claim| (claim.name.as_str(), claim.kind)).collect();
    assert_eq!(
        kinds,
        [
            ("shelf", ClaimKind::String),
            ("name", ClaimKind::String),
            ("pages", ClaimKind::Number),
            ("adult", ClaimKind::Boolean),
            ("joined_dateint", ClaimKind::DateInt),
            ("until", ClaimKind::Date),
            ("seen", ClaimKind::DateTime),
            ("picture", ClaimKind::Binary),
            ("height", ClaimKind::Number),
        ]
        .into_iter()
        .collect::<Vec<_>>()
        .tap(|expected| if !serde_json_keeps_order() {
            expected.sort_unstable_by_key(|(name, _)| *name)
        })
    );
    let claim = |name: &str| ty.claim(name).unwrap().clone();
    assert_eq!((claim("shelf").label.en.as_str(), claim("shelf").label.fr.as_str()), ("Shelf", "Étagère"));
    assert_eq!((claim("name").label.en.as_str(), claim("name").label.fr.as_str()), ("Name", ""));
    assert_eq!(claim("pages").label.en, "pages", "no label: its name");
    assert_eq!(claim("height").label.en, "height", "a unit goes with a label");
    assert_eq!(claim("shelf").description.unwrap().en, "Where it stands");
    assert!(claim("name").required && !claim("pages").required && !claim("shelf").required);
    assert!(claim("name").personal && claim("picture").personal && !claim("shelf").personal);
    assert_eq!(claim("picture").media_type.as_deref(), Some("image/jpeg"));
    assert_eq!(ty.last_day.as_ref().unwrap().claim, "until");
    assert_eq!(ty.colours, ("#ffdc00".to_owned(), "#000000".to_owned()));
    assert_eq!(ty.note.as_ref().unwrap().en, "Learn more · https://library.example/help");
    let mut claims = ty.example.clone();
    claims["shelf"] = json!("C");
    assert_eq!(ty.check_claims(&claims).unwrap_err().reason(), Reason::SchemaMismatch, "no entry code");
}

/// The order of the attributes is that of the text, whether `serde_json` keeps it when it writes or not.
fn serde_json_keeps_order() -> bool {
    json!({ "b": 1, "a": 1 }).to_string().starts_with("{\"b\"")
}

trait Tap: Sized {
    fn tap(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

impl<T> Tap for T {}

#[test]
fn a_bundle_may_stand_alone_in_an_envelope_or_with_overlays_by_name() {
    let one = bundle()[0].clone();
    let mut by_name = one.clone();
    by_name["overlays"] = json!({
        "meta": [{ "language": "en", "name": "Library Card" }],
        "format": { "attribute_formats": { "until": "YYYY-MM-DD" } },
    });
    let mut second_version = one.clone();
    second_version["capture_base"]["type"] = json!("capture_base/2.0.0");
    second_version["overlays"] = json!([
        { "type": "overlay/meta/2.0.0", "language": "eng", "name": "Library Card" },
        { "type": "overlay/format/2.0.0", "attribute_formats": { "until": "YYYY-MM-DD" } },
    ]);
    for same in [one.clone(), json!({ "bundle": one, "dependencies": [] }), by_name, second_version] {
        let ty = type_of(&same);
        assert_eq!((ty.id.as_str(), ty.claims.len()), ("library-card", 9));
        assert_eq!(ty.claim("until").unwrap().kind, ClaimKind::Date);
    }
}

#[test]
fn a_bundle_with_its_capture_base_alone_is_called_by_its_file() {
    let bare = json!({ "capture_base": { "attributes": { "a": "Text" } } });
    let error = import(&bare).unwrap_err();
    assert_eq!(error.reason(), Reason::ValueMissing);
    let options = Options { name: Some("Library card".to_owned()), ..options() };
    let imported = Bundle::read(bare.to_string().as_bytes()).unwrap().draft(&options).unwrap();
    assert_eq!(imported.draft.id, "library-card");
    assert_eq!(imported.left_out, [LeftOut::EnglishName]);
    Catalog::bundled().add_type("library-card", &imported.draft.files()).unwrap();
}

#[test]
fn what_cannot_be_a_claim_is_named_each_with_its_place() {
    let text = "{\"capture_base\": {\"attributes\": {\n  \"tags\": \"Array[Text]\",\n  \"good\": \"Text\",\n  \"parent\": \"Reference\",\n  \
                \"lines\": [\"Text\"],\n  \"at\": \"DateTime\",\n  \"vct\": \"Text\",\n  \"a b\": \"Text\"}},\n\"overlays\": \
                [{\"type\": \"spec/overlays/format/1.0\", \"attribute_formats\": {\"at\": \"hh:mm\"}},\n{\"type\": \
                \"spec/overlays/meta/1.0\", \"language\": \"en\", \"name\": \"Card\"}]}";
    let error = Bundle::read(text.as_bytes()).unwrap().draft(&options()).unwrap_err();
    let problems: Vec<_> =
        error.problems.iter().map(|problem| (problem.reason, problem.place.line)).collect();
    assert_eq!(problems, [2, 4, 5, 6, 7, 8].map(|line| (Reason::Unsupported, line)));
    let told = error.to_string();
    for named in [
        "tags is of the type Array[Text]",
        "parent is of the type Reference",
        "lines is of the type [\"Text\"]",
        "at is a DateTime written hh:mm",
        "vct: the formats keep",
        "a b: a claim's name",
    ] {
        assert!(told.contains(named), "{named}: {told}");
    }
    assert!(told.starts_with("line 2, column 3: "), "{told}");
}

#[test]
fn v28_i17_a_file_that_is_no_bundle_or_too_large_is_refused() {
    let reason = |bytes: &[u8]| Bundle::read(bytes).unwrap_err().reason();
    assert!(Bundle::read(bundle().to_string().as_bytes()).is_ok());
    for malformed in [
        &b""[..],
        b"PK\x03\x04",
        b"[]",
        b"{}",
        b"[1]",
        b"{\"capture_base\": []}",
        b"{\"capture_base\": {\"attributes\": {}}}",
        b"{\"capture_base\": {\"type\": \"spec/overlays/label/1.0\", \"attributes\": {\"a\": \"Text\"}}}",
        b"{\"capture_base\": {\"attributes\": {\"a\": \"Text\", \"a\": \"Binary\"}}}",
        b"{\"capture_base\": {\"attributes\": {\"a\": \"Text\"}}, \"overlays\": [1]}",
    ] {
        assert_eq!(reason(malformed), Reason::Malformed, "{}", String::from_utf8_lossy(malformed));
    }
    assert_eq!(reason(&b"[".repeat(10_000)), Reason::TooLarge);
    assert_eq!(reason(&vec![b' '; 10 << 20]), Reason::TooLarge);
    assert_eq!(reason(format!("[{}1]", "1,".repeat(1_000_000)).as_bytes()), Reason::TooLarge);
    assert_eq!(reason(json!([bundle()[0], bundle()[0]]).to_string().as_bytes()), Reason::Unsupported);

    let many = |count: usize| {
        let attributes: serde_json::Map<_, _> =
            (0..count).map(|n| (format!("a{n}"), json!("Text"))).collect();
        json!({ "capture_base": { "attributes": attributes },
            "overlays": [{ "type": "meta", "language": "en", "name": "Card" }] })
    };
    assert!(import(&many(400)).is_ok());
    assert_eq!(import(&many(401)).unwrap_err().reason(), Reason::TooLarge);
    let mut long = bundle();
    long[0]["overlays"][0]["attribute_labels"]["name"] = json!("n".repeat(301));
    assert_eq!(import(&long).unwrap_err().reason(), Reason::TooLarge);
}

#[test]
fn d07_hostile_strings_are_kept_as_text_or_refused_and_never_a_path() {
    let mut hostile = bundle();
    hostile[0]["overlays"][13]["name"] = json!("../../<script>'; DROP TABLE x; $(rm) \u{0}{{7*7}}");
    let draft = import(&hostile).unwrap().draft;
    assert_eq!(draft.id, "script-drop-table-x-rm-7-7");
    assert!(draft.name.en.contains("<script>'; DROP TABLE x;"), "kept literally");
    Catalog::bundled().add_type(&draft.id, &draft.files()).unwrap();
    let mut hostile = bundle();
    hostile[0]["capture_base"]["attributes"]["../etc"] = json!("Text");
    assert_eq!(import(&hostile).unwrap_err().reason(), Reason::Unsupported);
}

#[test]
fn the_published_bundles_become_types() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/oca-bundles");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("left out: the published bundles are not at hand");
        return;
    };
    let mut count = 0;
    for entry in entries {
        let path = entry.unwrap().path();
        let Ok(bundle) = Bundle::read(&std::fs::read(&path).unwrap()) else { panic_at(&path) };
        let imported = bundle.draft(&options()).unwrap();
        let draft = imported.draft;
        let mut catalog = Catalog::bundled();
        // Their names are those of types in the box.
        let id = format!("imported-{}", draft.id);
        let draft = portage_catalog::TypeDraft { id: id.clone(), ..draft };
        catalog.add_type(&id, &draft.files()).unwrap();
        let ty = catalog.credential_type(&id).unwrap();
        assert_eq!(ty.claims.len(), bundle_attributes(&path), "{}", path.display());
        assert!(ty.findings().iter().all(|finding| finding.name() != "low_contrast"), "{}", path.display());
        assert_eq!(ty.logo.is_some(), imported.left_out.is_empty(), "{}", path.display());
        count += 1;
    }
    println!("{count} published bundles");
    assert!(count > 0);
}

fn panic_at(path: &Path) -> ! {
    unreachable!("{} is no bundle", path.display())
}

fn bundle_attributes(path: &Path) -> usize {
    let value: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    value[0]["capture_base"]["attributes"].as_object().unwrap().len()
}

/// Where a type of the box has another kind than the bundle that is published for it, and why.
const OTHER_KIND: [(&str, &str, ClaimKind, &str); 1] = [(
    "student-card",
    "expiry_date",
    ClaimKind::Date,
    "the bundle writes YYYYMMDD under a name without _dateint; ours is a date, as its name says (decision 9)",
)];

#[test]
fn the_types_of_the_box_have_the_attributes_that_british_columbia_publishes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/oca-bundles");
    let catalog = Catalog::bundled();
    for (file, id) in [
        ("bc-person", "person"),
        ("bc-serving-it-right", "serving-it-right"),
        ("bc-student-card", "student-card"),
        ("bc-business-card", "digital-business-card"),
    ] {
        let Ok(bytes) = std::fs::read(folder.join(file).with_extension("json")) else {
            println!("left out: {file} is not at hand");
            continue;
        };
        let published = Bundle::read(&bytes).unwrap().draft(&options()).unwrap().draft;
        let in_box = catalog.credential_type(id).unwrap();
        let ours: Vec<_> = in_box.claims.iter().filter(|claim| !in_box.is_derived(&claim.name)).collect();
        assert_eq!(ours.len(), published.claims.len(), "{id}");
        for claim in published.claims {
            let claim = claim.definition;
            let our = in_box.claim(&claim.name).unwrap_or_else(|| panic!("{id} has no {}", claim.name));
            let other = OTHER_KIND.iter().find(|(of, name, ..)| (*of, *name) == (id, our.name.as_str()));
            assert_eq!(our.kind, other.map_or(claim.kind, |(_, _, kind, _)| *kind), "{id}.{}", our.name);
            assert_eq!(our.personal, claim.personal, "{id}.{}: flagged_attributes", our.name);
            assert_eq!(our.media_type, claim.media_type, "{id}.{}", our.name);
            assert!(!our.label.en.is_empty() && !our.label.fr.is_empty(), "{id}.{}", our.name);
        }
    }
}
