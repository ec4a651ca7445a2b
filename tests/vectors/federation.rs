//! OpenID Federation 1.0: the published policy vectors, and the figures of the specification.
//!
//! The figures are claims without signatures, with RSA keys that are cut short. Here they get a key of ours in the place of those and its signature, and
//! go the way of what arrives.

use jiff::Timestamp;
use portage_federation::{
    CarriedTrustMark, EntityConfiguration, EntityId, FederationKeys, Jurisdiction, LEEWAY, Metadata,
    MetadataPolicy, PolicyError, ResolvedEntity, Rights, SubordinateStatement, TRUST_MARK_TYP, TrustAnchor,
    TrustChain, TrustMark, UnverifiedStatement, VerifiedStatement,
};
use portage_jose::Header;
use portage_keys::{Algorithm, Signer, SigningKey};
use serde_json::{Value, json};

use crate::book::{Book, Outcome, Row, reason, same};

const TYPE: &str = "openid_relying_party";
const FOLDER: &str = "openid-federation-1.0";
const STATEMENT: &str = "entity-statement+jwt";
const ANCHOR: &str = "https://anchor.example";

pub(crate) fn run(book: &Book) {
    book.family("OpenID Federation: metadata policies", "federation", |row| {
        t03_the_published_vectors_merge_resolve_and_fail_as_they_say(row, book);
    });
    book.family("OpenID Federation: figures", "federation", |row| {
        figure_policies(row, book);
        figure_statements(row, book);
        figure_trust_marks(row, book);
    });
}

fn figure(book: &Book, name: &str) -> Value {
    book.json(&format!("{FOLDER}/examples/{name}.json"))
}

fn policy(parameters: &Value) -> Result<MetadataPolicy, PolicyError> {
    MetadataPolicy::from_value(&json!({ TYPE: parameters }))
}

fn metadata(parameters: &Value) -> Metadata {
    Metadata::from_value(&json!({ TYPE: parameters })).unwrap()
}

/// The error code of the specification.
fn code(error: PolicyError) -> String {
    match error {
        PolicyError::Policy { .. } => "invalid_policy".to_owned(),
        PolicyError::Metadata { .. } => "invalid_metadata".to_owned(),
    }
}

/// Equal, arrays as sets: the order of a merge is not defined (§6.1.3).
fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| alike(a, b)))
        }
        (Value::Array(a), Value::Array(b)) => {
            a.iter().all(|one| b.contains(one)) && b.iter().all(|one| a.contains(one))
        }
        (a, b) => a == b,
    }
}

/// Merged as printed and resolved as printed; or refused with the code that is printed, at the step that is printed.
fn t03_the_published_vectors_merge_resolve_and_fail_as_they_say(row: &mut Row, book: &Book) {
    for case in book.json(&format!("{FOLDER}/metadata-policy-vectors.json")).as_array().unwrap() {
        let name = format!("n {}", case["n"]);
        let run = || -> Outcome {
            let merged = policy(&case["TA"])
                .and_then(|superior| superior.merge(&policy(&case["INT"])?))
                .map_err(code)?;
            let expected = case.get("merged").ok_or("merged, and should not")?;
            same(alike(&merged.to_value()[TYPE], expected), true)?;
            let resolved = merged.apply(metadata(&case["metadata"])).map_err(code)?;
            let expected = case.get("resolved").ok_or("resolved, and should not")?;
            same(alike(&resolved.to_value()[TYPE], expected), true)
        };
        match case["error"].as_str() {
            None => row.accepts(&name, run),
            Some(error) => row.refuses(&name, error, run),
        }
    }
}

/// §6.1.4.2: figures 7 to 11; and the policy of figure 32.
fn figure_policies(row: &mut Row, book: &Book) {
    let of_type = |value: Value| value.get(TYPE).cloned().unwrap_or(value);
    let anchor = of_type(figure(book, "07-example-metadata-policy-of-a-trust-anchor-for-rps"));
    let intermediate = figure(book, "08-example-metadata-policy-and-metadata-values-of-an-intermedia");
    let printed = of_type(figure(book, "09-example-merged-metadata-policy-for-rps"));
    let own = of_type(figure(book, "10-example-entity-configuration-rp-metadata"));
    let expected = of_type(figure(book, "11-the-resulting-rp-resolved-metadata-for-the-trust-chain-subje"));
    let merged = || -> Result<MetadataPolicy, String> {
        let subordinate = policy(&of_type(intermediate["metadata_policy"].clone())).map_err(code)?;
        policy(&anchor).and_then(|anchor| anchor.merge(&subordinate)).map_err(code)
    };
    let resolved = |own: &Value| -> Result<Value, String> {
        let said = Metadata::from_value(&intermediate["metadata"])?;
        let resolved = merged()?.apply(metadata(own).overridden_by(&said)).map_err(code)?;
        Ok(resolved.to_value()[TYPE].clone())
    };
    row.accepts("figures 7 to 9", || same(alike(&merged()?.to_value()[TYPE], &printed), true));
    row.accepts("figures 7 to 11", || same(alike(&resolved(&own)?, &expected), true));
    let mut other = own.clone();
    other["token_endpoint_auth_method"] = json!("none");
    row.refuses("figure 10, another method", "invalid_metadata", || resolved(&other).map(drop));

    let several = figure(book, "32-metadata-policies-related-to-multiple-metadata-types");
    row.accepts("figure 32", || {
        same(MetadataPolicy::from_value(&several).map_err(code)?.to_value(), several.clone())
    });
    let mut spoilt = several.clone();
    spoilt["openid_provider"]["contacts"]["subset_of"] = json!([]);
    row.refuses("figure 32, adding what it does not allow", "invalid_policy", || {
        MetadataPolicy::from_value(&spoilt).map(drop).map_err(code)
    });
}

/// The key of this number, and the set in which it is alone.
fn key(number: u8) -> (SigningKey, FederationKeys) {
    let key = SigningKey::from_secret_bytes(Algorithm::EdDsa, &[number; 32]).unwrap();
    let keys = FederationKeys::of([key.verification_key().clone()]);
    (key, keys)
}

fn signed(typ: &str, claims: &Value, number: u8) -> String {
    let (key, keys) = key(number);
    let header = Header::new(typ).with("kid", keys.kid_of(key.verification_key()).unwrap());
    portage_jose::sign(header, claims.as_object().unwrap(), &key).unwrap()
}

/// Signed by its issuer, which has key 1.
fn verify(claims: &Value, now: Timestamp) -> Result<VerifiedStatement, String> {
    let statement = UnverifiedStatement::parse(&signed(STATEMENT, claims, 1));
    let verified = statement.and_then(|statement| statement.verify(&key(1).1, now));
    verified.map_err(|error| error.reason().to_string())
}

fn instant(claims: &Value, claim: &str) -> Timestamp {
    Timestamp::from_second(claims[claim].as_i64().unwrap()).unwrap()
}

/// What figures 5, 27 to 30 and 36 say, and what stands beside it in figures 3, 13 and 14.
fn figure_statements(row: &mut Row, book: &Book) {
    for name in [
        "05-example-openid-provider-entity-configuration-jwt-claims-set",
        "27-entity-configuration-issued-by-https-swamid-se",
        "28-subordinate-statement-issued-by-https-swamid-se-about-https-",
        "29-entity-configuration-issued-by-https-edugain-geant-org",
        "30-subordinate-statement-issued-by-https-edugain-geant-org-abou",
    ] {
        statement(row, name.split_once('-').unwrap().0, &figure(book, name));
    }
    // §12: an explicit registration is no statement of a chain.
    let registration = figure(book, "36-rp-s-entity-configuration-jwt-claims-set");
    let now = instant(&registration, "iat");
    row.refuses("figure 36", "malformed", || verify(&registration, now).map(drop));
    let mut plain = registration.clone();
    plain.as_object_mut().unwrap().remove("aud");
    row.accepts("figure 36, without its audience", || verify(&plain, now).map(drop));

    let configuration = figure(book, "29-entity-configuration-issued-by-https-edugain-geant-org");
    let now = instant(&configuration, "iat");
    let with = |claim: &str, value: Value| {
        let mut claims = configuration.clone();
        claims[claim] = value;
        verify(&claims, now).map(drop)
    };
    let entity = figure(book, "03-example-of-federation-entity-entity-type");
    row.accepts("figure 3", || with("metadata", json!({ "federation_entity": entity })));
    row.refuses("figure 3, as text", "malformed", || with("metadata", json!({ "federation_entity": "" })));
    let issuers = figure(book, "13-example-trust-mark-issuers-claim");
    row.accepts("figure 13", || with("trust_mark_issuers", issuers.clone()));
    row.refuses("figure 13, as a list", "malformed", || with("trust_mark_issuers", json!([issuers])));
    let mut owners = figure(book, "14-example-trust-mark-owners-claim");
    row.accepts("figure 14", || with("trust_mark_owners", owners.clone()));
    for owner in owners.as_object_mut().unwrap().values_mut() {
        owner.as_object_mut().unwrap().remove("jwks");
    }
    row.refuses("figure 14, without keys", "malformed", || with("trust_mark_owners", owners));

    let header = figure(book, "02-example-jws-header-with-a-trust-chain-parameter");
    for (place, printed) in header["trust_chain"].as_array().unwrap().iter().enumerate() {
        // Signed with RSA, and whole: the only signatures of the specification's figures.
        row.refuses(&format!("figure 2, statement {place}"), "alg_not_allowed", || {
            reason!(UnverifiedStatement::parse(printed.as_str().unwrap()))
        });
    }
}

fn statement(row: &mut Row, number: &str, claims: &Value) {
    let name = format!("figure {}", number.trim_start_matches('0'));
    let (from, to) = (instant(claims, "iat"), instant(claims, "exp"));
    row.accepts(&name, || {
        let verified = verify(claims, from)?;
        let statement = verified.statement();
        same(Value::from(statement.issuer().as_str()), claims["iss"].clone())?;
        same(Value::from(statement.subject().as_str()), claims["sub"].clone())
    });
    row.refuses(&format!("{name}, afterwards"), "expired", || {
        verify(claims, to + LEEWAY + jiff::SignedDuration::from_secs(1)).map(drop)
    });
    row.refuses(&format!("{name}, before"), "not_yet_valid", || {
        verify(claims, from - LEEWAY - jiff::SignedDuration::from_secs(1)).map(drop)
    });
    row.refuses(&format!("{name}, signed by another"), "key_not_found", || {
        let statement = UnverifiedStatement::parse(&signed(STATEMENT, claims, 2));
        reason!(statement.and_then(|statement| statement.verify(&key(1).1, from)))
    });
    for claim in ["iss", "sub", "iat", "exp", "jwks"] {
        let mut without = claims.clone();
        without.as_object_mut().unwrap().remove(claim);
        row.refuses(&format!("{name}, without {claim}"), "malformed", || verify(&without, from).map(drop));
    }
}

/// Figures 15, 16, 18 and 20, carried by their subject under an anchor that lets their issuer issue them.
fn figure_trust_marks(row: &mut Row, book: &Book) {
    for (number, name) in [
        ("15", "trust-mark-for-a-national-profile"),
        ("16", "trust-mark-issued-to-an-rp"),
        ("18", "trust-mark-asserting-conformance-to-a-security-profile"),
        ("20", "third-party-accreditation-authority-for-trust-marks"),
    ] {
        let claims = figure(book, &format!("{number}-{name}"));
        let name = format!("figure {number}");
        row.accepts(&name, || validate(&claims, &claims));
        for (what, claim, value) in [
            ("for another", "sub", json!("https://another.example")),
            ("by another", "iss", json!("https://another.example")),
            ("of another type", "trust_mark_type", json!("https://another.example/mark")),
            ("not dated", "iat", Value::Null),
        ] {
            let mut changed = claims.clone();
            changed[claim] = value;
            row.refuses(&format!("{name}, {what}"), "trust_mark_invalid", || validate(&changed, &claims));
        }
    }
}

/// The mark `claims` in the place of the one that is printed.
fn validate(claims: &Value, printed: &Value) -> Outcome {
    let text = |claim: &str| printed[claim].as_str().unwrap();
    let trust_mark_type = text("trust_mark_type");
    let carried = CarriedTrustMark {
        trust_mark_type: trust_mark_type.to_owned(),
        trust_mark: signed(TRUST_MARK_TYP, claims, 2),
    };
    let now = instant(printed, "iat");
    let resolve = |subject: &str, number: u8, marks: Vec<CarriedTrustMark>| {
        resolve((subject, number), marks, (trust_mark_type, text("iss")), now)
    };
    let (holder, issuer) = (resolve(text("sub"), 3, vec![carried]), resolve(text("iss"), 2, vec![]));
    reason!(TrustMark::validate(trust_mark_type, &holder, &issuer, now))
}

/// An entity with the key of this number, directly under the anchor, which has key 1 and lists who may issue that type of marks.
fn resolve(
    (subject, number): (&str, u8),
    marks: Vec<CarriedTrustMark>,
    (trust_mark_type, issuer): (&str, &str),
    now: Timestamp,
) -> ResolvedEntity {
    let id = |text: &str| EntityId::parse(text).unwrap();
    let ((anchor_key, anchor_keys), (own_key, own_keys)) = (key(1), key(number));
    let later = now + jiff::SignedDuration::from_hours(1);
    let mut anchor = EntityConfiguration::new(id(ANCHOR), anchor_keys.clone(), now, later);
    anchor.trust_mark_issuers = [(trust_mark_type.to_owned(), vec![id(issuer)])].into_iter().collect();
    let mut own = EntityConfiguration::new(id(subject), own_keys.clone(), now, later);
    own.authority_hints = vec![id(ANCHOR)];
    own.trust_marks = marks;
    let about = SubordinateStatement::new(id(ANCHOR), id(subject), own_keys, now, later);
    let rights = Rights::all_in(Jurisdiction::parse("CA").unwrap());
    let pinned = TrustAnchor { id: id(ANCHOR), keys: anchor_keys.clone(), name: None, rights, log: None };
    let chain = [
        own.sign(&own_key).unwrap(),
        about.sign(&anchor_keys, &anchor_key).unwrap(),
        anchor.sign(&anchor_key).unwrap(),
    ];
    TrustChain::validate(&chain, &[pinned].into_iter().collect(), now).unwrap()
}
