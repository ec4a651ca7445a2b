//! What was not asked for is refused before any list is fetched.

#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene has failed")]

use portage_catalog::Format;
use portage_dcql::Query;
use portage_testkit::world::{PRESENTED, World, verdict};
use portage_verification::Expectations;
use serde_json::{Value, json};

/// The verdict on the Province's Person, shown to somebody who asked this, and which lists were fetched.
fn asked(credential_query: Value) -> (String, Vec<String>) {
    let world = World::new();
    let query = Query::parse(&json!({ "credentials": [credential_query] })).unwrap();
    let expectations = Expectations { query: query.credentials.first(), ..world.expectations(PRESENTED) };
    let shown = world.present(&world.issue("person", Format::DcSdJwt), Format::DcSdJwt);
    let outcome = world.run(&shown, &expectations);
    let lists = world.sources.take_asked().into_iter().filter(|asked| asked.contains("/status/")).collect();
    (verdict(&outcome), lists)
}

fn person(meta: Value, claims: Value) -> Value {
    json!({ "id": "a", "format": "dc+sd-jwt", "meta": meta, "claims": claims })
}

#[test]
fn what_was_asked_is_accepted_and_anything_else_is_refused_without_a_fetch() {
    let vct = World::new().credential_type("person").vct.clone();
    let over_19 = json!([{ "path": ["age_over_19"], "values": [true] }]);
    let (accepted, lists) = asked(person(json!({ "vct_values": [vct] }), over_19.clone()));
    assert_eq!((accepted.as_str(), lists.len()), ("accepted", 1));
    for other in [
        person(json!({ "vct_values": ["https://types.example/other"] }), over_19.clone()),
        person(json!({ "type_values": [["https://types.example/other"]] }), over_19.clone()),
        person(json!({}), json!([{ "path": ["shoe_size"] }])),
        person(json!({}), json!([{ "path": ["age_over_19"], "values": [false] }])),
        json!({ "id": "a", "format": "vc+sd-jwt", "meta": {} }),
    ] {
        let (refused, lists) = asked(other.clone());
        assert_eq!((refused.as_str(), lists.len()), ("rejected query_not_satisfied", 0), "{other}");
    }
}
