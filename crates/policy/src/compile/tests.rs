use portage_catalog::{Language, PurposeId};

use super::*;
use crate::{Policies, schema_of, schema_of_type};

const GOOD: &str = "@id(\"lives-here\")\n@en(\"Lives in Vancouver.\")\n@fr(\"Habite à Vancouver.\")\n\
    permit (principal, action, resource)\nwhen { context.residency.claims.municipality == \"Vancouver\" };\n";

fn purpose(id: &str) -> Purpose {
    Catalog::bundled().purpose(&PurposeId(id.to_owned())).unwrap().clone()
}

fn compile(text: &str) -> Result<Policy, PolicyError> {
    Policy::compile("mine", text, &purpose("resident-rate"), &Catalog::bundled(), &TimeZone::UTC)
}

fn refused(text: &str) -> String {
    compile(text).map(|policy| policy.rules().to_vec()).expect_err(text).to_string()
}

#[test]
fn a_rule_tells_its_id_its_sentences_and_what_it_reads() {
    let policy = compile(GOOD).unwrap();
    let [rule] = policy.rules() else { panic!("{:?}", policy.rules()) };
    assert_eq!((rule.id.as_str(), rule.effect), ("lives-here", Effect::Permit));
    assert_eq!(
        (rule.text.en.as_str(), rule.text.fr.as_str()),
        ("Lives in Vancouver.", "Habite à Vancouver.")
    );
    let [read] = rule.reads.as_slice() else { panic!("{:?}", rule.reads) };
    assert_eq!((read.at.as_str(), read.name.fr.as_str()), ("residency.claims.municipality", "Municipalité"));
    assert_eq!(policy.reads(), ["residency.municipality"]);
}

#[test]
fn a_policy_with_a_mistake_is_refused_and_the_mistake_is_named() {
    for (from, to, said) in [
        ("when {", "when ", "line 5"),
        ("permit (", "allow (", "line 4"),
        ("claims.municipality", "claims.municipalty", "does not ask"),
        ("context.residency.claims", "context.residency.claim", "claim"),
        ("context.residency", "context.person", "no query person"),
        // Of the type, and not asked.
        ("claims.municipality", "claims.street_address", "does not ask"),
        ("claims.municipality == \"Vancouver\"", "claims has given_names", "does not ask"),
        ("== \"Vancouver\"", "> 3", "line 5: The rule lives-here uses a value as what it is not"),
        ("== \"Vancouver\"", "== 3", "as what it is not"),
        ("claims.municipality == \"Vancouver\"", "issuer.tier == \"municipal\"", "need not be there"),
        ("claims.municipality == \"Vancouver\"", "issuer.size == 3", "not there to be read"),
        ("== \"Vancouver\"", "!= \"Vancouver\" && false", "can never apply"),
        ("== \"Vancouver\"", "== \"V\u{430}ncouver\"", "taken for another"),
        ("@id(\"lives-here\")", "", "line 4: A rule has no @id"),
        ("lives-here", "Lives Here", "no @id"),
        ("@en(\"Lives in Vancouver.\")", "", "lives-here needs its sentence in English"),
        ("Habite à Vancouver.", " ", "in French"),
        ("@fr(", "@fra(", "@fra is none"),
        ("permit (", "forbid (", "No rule permits"),
        ("(principal,", "(principal == ?principal,", "slot"),
        ("context.residency.claims.municipality == \"Vancouver\"", "true", "reads nothing"),
        (GOOD, "", "has 0 rules"),
    ] {
        assert!(compile(GOOD).is_ok());
        let error = refused(&GOOD.replace(from, to));
        assert!(error.starts_with("policies/mine.cedar") && error.contains(said), "{to}: {error}");
    }
    let twice = refused(&GOOD.repeat(2));
    assert!(twice.contains("Two rules have the id lives-here"), "{twice}");
}

#[test]
fn what_is_read_is_named_and_never_read_as_a_whole() {
    let also =
        |expression: &str| GOOD.replace("\"Vancouver\" }", &format!("\"Vancouver\" && {expression} }}"));
    for (named, whole, at) in [
        ("context has residency", "context == context", "reads context as a whole"),
        ("context has residency", "{ all: context }.all has residency", "reads context as a whole"),
        (
            "context.same_holder",
            "(if context.same_holder then context else context).same_holder",
            "reads context as a whole",
        ),
        (
            "context.residency.claims has municipality",
            "context.residency == context.residency",
            "reads residency as a whole",
        ),
        (
            "context.residency.claims.municipality != \"\"",
            "context.residency.claims == context.residency.claims",
            "reads residency.claims as a whole",
        ),
    ] {
        assert!(compile(&also(named)).is_ok(), "{named} {:?}", compile(&also(named)));
        let error = refused(&also(whole));
        assert!(error.contains(at) && error.contains("line 4"), "{whole}: {error}");
    }
}

#[test]
fn a_mistake_is_told_in_both_languages() {
    let error = compile(&GOOD.replace("claims.municipality", "claims.street_address")).unwrap_err();
    assert_eq!(
        error.in_language(Language::En),
        "policies/mine.cedar, line 4: The rule lives-here reads residency.claims.street_address, and the purpose resident-rate does not ask for it."
    );
    assert_eq!(
        error.in_language(Language::Fr),
        "policies/mine.cedar, ligne 4\u{a0}: La règle lives-here lit residency.claims.street_address, que la fin resident-rate ne demande pas."
    );
}

/// Whoever writes a policy starts from this.
#[test]
fn the_schema_has_what_is_asked_and_nothing_else() {
    let catalog = Catalog::bundled();
    let of_purpose = schema_of(&purpose("resident-rate"), &catalog).unwrap();
    let of_type = schema_of_type(catalog.credential_type("residency").unwrap());
    for schema in [&of_purpose, &of_type] {
        let parsed = cedar_policy::Schema::from_cedarschema_str(schema);
        assert!(parsed.is_ok(), "{schema}");
        for name in ["municipality", "holder_is_subject", "same_holder", "jurisdiction?"] {
            assert!(schema.contains(name), "{name}: {schema}");
        }
    }
    assert!(of_type.contains("street_address") && !of_purpose.contains("street_address"), "{of_purpose}");
}

#[test]
fn what_need_not_be_there_is_read_behind_has() {
    let issuer = "context.residency.issuer has tier && context.residency.issuer.tier == \"municipal\"";
    let policy =
        compile(&GOOD.replace("context.residency.claims.municipality == \"Vancouver\"", issuer)).unwrap();
    let reads: Vec<&str> = policy.rules()[0].reads.iter().map(|read| read.at.as_str()).collect();
    assert_eq!(reads, ["residency.issuer.tier"]);
    assert_eq!(policy.reads(), ["residency"]);
}

#[test]
fn several_credentials_to_one_query_can_have_no_policy() {
    let mut purpose = purpose("resident-rate");
    let compile =
        |purpose: &Purpose| Policy::compile("mine", GOOD, purpose, &Catalog::bundled(), &TimeZone::UTC);
    assert!(compile(&purpose).is_ok());
    purpose.query["credentials"][0]["multiple"] = true.into();
    assert!(compile(&purpose).unwrap_err().to_string().contains("several"));
    purpose.query["credentials"][0]["multiple"] = false.into();
    purpose.query["credentials"][0]["id"] = "today".into();
    assert!(compile(&purpose).unwrap_err().to_string().contains("another id"));
}

#[test]
fn with_claim_sets_a_claim_is_read_behind_has() {
    let mut purpose = purpose("resident-rate");
    purpose.query["credentials"][0]["claims"] = serde_json::json!([
        { "id": "m", "path": ["municipality"] }, { "id": "p", "path": ["province"] }
    ]);
    let compile = |purpose: &Purpose, text: &str| {
        Policy::compile("mine", text, purpose, &Catalog::bundled(), &TimeZone::UTC)
    };
    assert!(compile(&purpose, GOOD).is_ok());
    purpose.query["credentials"][0]["claim_sets"] = serde_json::json!([["m"], ["p"]]);
    assert!(compile(&purpose, GOOD).is_err());
    let guarded = GOOD.replace("when { ", "when { context.residency.claims has municipality && ");
    assert!(compile(&purpose, &guarded).is_ok());
}

#[test]
fn nothing_stands_in_for_a_policy_that_is_not_there() {
    let mut catalog = Catalog::bundled();
    assert!(Policies::compile(&catalog, &TimeZone::UTC).is_ok());
    let mut own = serde_json::to_value(purpose("resident-rate")).unwrap();
    own["policy"] = "of-our-own".into();
    catalog.add_purpose("resident-rate.json", own.to_string().as_bytes()).unwrap();
    let error = Policies::compile(&catalog, &TimeZone::UTC).unwrap_err().to_string();
    assert_eq!(error, "policies/of-our-own.cedar: It is not there, and the purpose resident-rate needs it.");
    catalog.add_policy("of-our-own.cedar", GOOD.as_bytes()).unwrap();
    assert!(Policies::compile(&catalog, &TimeZone::UTC).is_ok());
}
