use serde_json::{Value, json};

use super::{Seeded, accepted, claims_of, issuer, names, object};
use crate::{IssueError, PathStep, SdJwtBuilder, UnverifiedSdJwt, issue, select};

use portage_jose::Header;

fn person() -> Value {
    json!({
        "vct": "https://province.example/person",
        "given_names": "Raven",
        "address": { "locality": "Vancouver", "postal_code": "V6B", "lines": ["a", "b"] },
        "nationalities": ["CA", "FR"],
    })
}

fn issued() -> String {
    let all = |name: &str| vec![PathStep::Name(name.into()), PathStep::All];
    super::issued(
        person(),
        &[
            names(&["given_names"]),
            names(&["address"]),
            names(&["address", "locality"]),
            names(&["address", "postal_code"]),
            all("nationalities"),
            names(&["nowhere", "at all"]),
            vec![],
            vec![PathStep::All],
        ],
    )
}

#[test]
fn what_is_issued_reads_back_whole() {
    assert_eq!(claims_of(&issued()), person());
}

#[test]
fn a_selection_keeps_the_disclosures_it_needs_and_no_other() {
    let held = accepted(&issued());
    let shown = |paths: &[Vec<PathStep>]| claims_of(select(&held, paths).as_str());
    let vct = "https://province.example/person";
    let name = |text: &str| PathStep::Name(text.into());
    assert_eq!(shown(&[]), json!({ "vct": vct, "nationalities": [] }));
    assert_eq!(shown(&[names(&["nowhere"])]), json!({ "vct": vct, "nationalities": [] }));
    assert_eq!(
        shown(&[names(&["address", "locality"])]),
        json!({ "vct": vct, "nationalities": [], "address": { "lines": ["a", "b"], "locality": "Vancouver" } }),
        "the parent comes along, the sibling does not"
    );
    assert_eq!(shown(&[names(&["address"])])["address"], person()["address"], "what lies below comes along");
    assert_eq!(shown(&[vec![name("nationalities"), PathStep::Index(1)]])["nationalities"], json!(["FR"]));
    assert_eq!(shown(&[vec![name("nationalities"), PathStep::All]])["nationalities"], json!(["CA", "FR"]));
    assert_eq!(select(&held, &[]).as_str(), format!("{}~", issued().split('~').next().expect("a JWT")));
}

#[test]
fn a_selection_of_a_bound_presentation_drops_the_old_key_binding() {
    let bound = issued() + issued().split('~').next().expect("a JWT");
    let held = UnverifiedSdJwt::parse(&bound).expect("parsed");
    assert!(held.has_key_binding());
    let held = held.verify(portage_keys::Signer::verification_key(&issuer()), super::TYP).expect("verified");
    assert!(select(&held, &[names(&["given_names"])]).as_str().ends_with('~'));
}

#[test]
fn digests_are_sorted_and_the_mechanism_stays_out_of_sight_when_unused() {
    let held = accepted(&issued());
    let address = held.disclosures().iter().find(|disclosure| disclosure.name.as_deref() == Some("address"));
    for sd in [&held.issuer_payload()["_sd"], &address.expect("address").value["_sd"]] {
        let digests: Vec<&str> = sd.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        assert!(digests.len() == 2 && digests.is_sorted(), "{digests:?}");
    }
    let plain = accepted(&super::issued(person(), &[]));
    assert_eq!(Value::Object(plain.issuer_payload().clone()), person());
}

#[test]
fn decoys_look_like_digests_and_salts_never_repeat() {
    let builder = SdJwtBuilder {
        claims: object(person()),
        disclosable: vec![names(&["given_names"])],
        decoys: 3,
        decoys_at: vec![],
    };
    let text = issue(&builder, Header::new("dc+sd-jwt"), &issuer(), &Seeded::default()).expect("issued");
    let sd = accepted(&text).issuer_payload()["_sd"].as_array().cloned().expect("_sd");
    let lengths: Vec<Option<usize>> = sd.iter().map(|digest| digest.as_str().map(str::len)).collect();
    assert_eq!(lengths, [Some(43); 4]);

    let mut salts: Vec<String> = accepted(&issued())
        .disclosures()
        .iter()
        .map(|disclosure| {
            let bytes = portage_keys::base64url::decode(&disclosure.encoded).expect("base64url");
            serde_json::from_slice::<Value>(&bytes).expect("JSON")[0].as_str().expect("a salt").to_owned()
        })
        .collect();
    assert!(salts.iter().all(|salt| salt.len() == 22), "128 bits");
    salts.sort();
    salts.dedup();
    assert_eq!(salts.len(), 6);
}

#[test]
fn decoys_hide_how_many_claims_an_object_has() {
    let digests = |subject: Value, decoys: usize| {
        let builder = SdJwtBuilder {
            disclosable: vec![names(&["subject", "a"]), names(&["subject", "b"])],
            claims: object(json!({ "subject": subject })),
            decoys,
            decoys_at: names(&["subject"]),
        };
        let text = issue(&builder, Header::new("dc+sd-jwt"), &issuer(), &Seeded::default()).expect("issued");
        let payload = accepted(&text).issuer_payload().clone();
        assert!(payload.get("_sd").is_none() && payload.get("_sd_alg").is_some());
        payload["subject"]["_sd"].as_array().map(Vec::len)
    };
    assert_eq!(digests(json!({ "a": 1, "b": 2 }), 0), Some(2));
    assert_eq!(digests(json!({ "a": 1 }), 1), Some(2));
    assert_eq!(digests(json!({}), 2), Some(2));
}

#[test]
fn a_claim_with_a_name_of_the_mechanism_is_not_issued() {
    for claims in
        [json!({ "_sd": [] }), json!({ "a": [{ "...": "x" }] }), json!({ "a": { "_sd_alg": "md5" } })]
    {
        let builder =
            SdJwtBuilder { claims: object(claims), disclosable: vec![], decoys: 0, decoys_at: vec![] };
        let issued = issue(&builder, Header::new("dc+sd-jwt"), &issuer(), &Seeded::default());
        assert_eq!(issued, Err(IssueError::ReservedName));
    }
}
