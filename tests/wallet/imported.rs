//! Types made of OCA bundles: issued, stored, shown with their labels, asked for and believed, in every format.

use std::path::Path;

use portage_catalog::{Format, TypeDraft};
use portage_oca::{Bundle, Options};
use portage_testkit::world::{World, verdict};
use portage_trust::TrustList;
use serde_json::{Value, json};

use crate::{
    citizen::{Citizen, entry, trust},
    issuer_side::offer,
    stage::Running,
    story::{answer_of, check},
    verifier_side::request,
};

fn draft(text: &str) -> TypeDraft {
    let options = Options { address: "https://imported.example".to_owned(), ..Options::default() };
    let draft = Bundle::read(text.as_bytes()).unwrap().draft(&options).unwrap().draft;
    TypeDraft { id: format!("imported-{}", draft.id), ..draft }
}

fn made_up() -> String {
    json!({
        "capture_base": { "type": "spec/capture_base/1.0", "attributes": {
            "name": "Text", "pages": "Numeric", "price": "Numeric", "adult": "Boolean", "joined_dateint": "DateTime",
            "until": "DateTime", "seen": "DateTime", "picture": "Binary", "GIS_coordinates": "Text" } },
        "overlays": [
            { "type": "spec/overlays/meta/1.0", "language": "en", "name": "Made Up Card" },
            { "type": "spec/overlays/label/1.0", "language": "en", "attribute_labels": { "name": "Holder’s name" } },
            { "type": "spec/overlays/format/1.0", "attribute_formats": { "until": "YYYY-MM-DD", "picture": "image/png" } },
        ],
    })
    .to_string()
}

/// Through an issuer, a wallet that added the type, and a service that asks, in every format of the type.
async fn carry(draft: &TypeDraft) {
    let names = draft.machine_names();
    let stage = Running::start_in(|world: &mut World| {
        world.catalog.add_type(&draft.id, &draft.files()).unwrap();
        world.contexts = world.catalog.contexts();
        let mut list = world.trust.to_json();
        let types =
            entry(&mut list, world.issuer_of(&draft.id).did.as_str())["types"].as_array_mut().unwrap();
        types.extend([json!(names.vct), json!(names.type_iri)]);
        world.trust = TrustList::parse(list.to_string().as_bytes()).unwrap();
    })
    .await;
    let citizen = Citizen::new(&stage).await;
    citizen.trust(&trust(&stage, true)).await;
    let folder = citizen.folder.path().join("given").join(&draft.id);
    std::fs::create_dir_all(&folder).unwrap();
    for (name, bytes) in draft.files() {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    citizen.run(&["type", "add", folder.to_str().unwrap(), "--yes"]).await.object();
    let names_of_claims: Vec<&str> =
        draft.claims.iter().map(|claim| claim.definition.name.as_str()).collect();
    for format in Format::ALL {
        let stored = citizen.run(&["accept", &offer(&stage, &draft.id, format), "--yes"]).await.object();
        assert_eq!(stored["type"], json!(draft.id), "{stored}");
        let shown = stored["claims"].as_array().unwrap();
        for claim in &draft.claims {
            let label = claim.definition.label.en.as_str();
            assert!(shown.iter().any(|shown| shown["label"]["en"] == label), "{label} {stored}");
        }
        stage.twist(|twist| twist.query = Some(query(format, draft, &names_of_claims)));
        stage.take_seen();
        citizen.run(&["present", &request(&stage), "--yes"]).await.object();
        let answer = answer_of(&stage).unwrap();
        let outcome = check(&stage, &answer["card"][0]);
        assert!(verdict(&outcome).starts_with("accepted"), "{} {format:?}", draft.id);
    }
}

fn query(format: Format, draft: &TypeDraft, claims: &[&str]) -> Value {
    let names = draft.machine_names();
    let meta = match format {
        Format::DcSdJwt => json!({ "vct_values": [names.vct] }),
        _ => json!({ "type_values": [[names.type_iri]] }),
    };
    let path = |claim: &&str| match format {
        Format::DcSdJwt => json!({ "path": [claim] }),
        _ => json!({ "path": ["credentialSubject", claim] }),
    };
    let claims: Vec<Value> = claims.iter().map(path).collect();
    json!({ "credentials": [{ "id": "card", "format": format.name(), "meta": meta, "claims": claims }] })
}

#[tokio::test]
async fn a_made_up_bundle_works_in_every_format() {
    carry(&draft(&made_up())).await;
}

#[tokio::test]
async fn the_published_bundles_work_in_every_format() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/oca-bundles");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("left out: the published bundles are not at hand");
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        carry(&draft(&std::fs::read_to_string(&path).unwrap())).await;
        println!("{} works in every format", path.file_stem().unwrap().to_string_lossy());
    }
}
