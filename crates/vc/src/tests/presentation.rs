use portage_reason::Reason;
use serde_json::{Value, json};

use super::{credential, object, with};
use crate::{
    CONTEXT_V2, Content, CredentialError, Envelope, MAX_CREDENTIALS, Presentation, PresentedCredential,
};

fn presentation() -> Value {
    let entries = vec![credential(), Presentation::enveloped("application/vc+jwt", "a.b.c")];
    Value::Object(Presentation::build(
        Some("did:key:z6MkpJySvETLnxhQG9DzEdmKJtysBDjuuTeDfUj1uNNCUqcj"),
        entries,
    ))
}

#[test]
fn a_presentation_tells_what_it_holds() {
    let parsed = Presentation::parse(object(presentation())).expect("a presentation");
    assert_eq!(parsed.holder(), Some("did:key:z6MkpJySvETLnxhQG9DzEdmKJtysBDjuuTeDfUj1uNNCUqcj"));
    let [PresentedCredential::Embedded(embedded), PresentedCredential::Enveloped { media_type, text }] =
        parsed.credentials()
    else {
        panic!("one embedded, one enveloped");
    };
    assert_eq!(Value::Object(embedded.clone()), credential());
    assert_eq!((media_type.as_str(), text.as_str()), ("application/vc+jwt", "a.b.c"));
    assert!(!format!("{parsed:?}").contains("Salt") && !format!("{parsed:?}").contains("a.b.c"));
}

#[test]
fn each_rule_of_the_data_model_is_held() {
    let outcome = |pointer: &str, value: Value| {
        Presentation::parse(with(&presentation(), pointer, Some(value))).map(|_| ())
    };
    let enveloped = |members: Value| {
        let mut entry = Presentation::enveloped("application/vc+jwt", "a.b.c");
        object(members).into_iter().for_each(|(name, value)| entry[name] = value);
        entry
    };
    for (pointer, value) in [
        ("/holder", json!({ "id": "did:web:x.example" })),
        ("/type", json!("VerifiablePresentation")),
        ("/id", json!("urn:uuid:9c9a36f8-518f-4976-a934-6649502d0008")),
        ("/verifiableCredential", credential()),
        ("/verifiableCredential", json!([])),
        (
            "/verifiableCredential",
            enveloped(json!({ "@context": [CONTEXT_V2], "type": ["EnvelopedVerifiableCredential"] })),
        ),
        ("/verifiableCredential", json!(vec![credential(); MAX_CREDENTIALS])),
    ] {
        assert_eq!(outcome(pointer, value.clone()), Ok(()), "{pointer} {value}");
    }
    for (pointer, value) in [
        ("/holder", json!("z6MkpJySvETLnxhQG9DzEdmKJtysBDjuuTeDfUj1uNNCUqcj")),
        ("/holder", json!({ "name": "Acme" })),
        ("/holder", json!(["did:web:x.example"])),
        ("/type", json!("VerifiableCredential")),
        ("/id", json!(1)),
        ("/proof", json!({})),
        ("/verifiableCredential", json!("a.b.c")),
        ("/verifiableCredential", json!(["a.b.c"])),
        ("/verifiableCredential", json!({})),
        ("/verifiableCredential", json!(null)),
        ("/verifiableCredential", json!(vec![credential(); MAX_CREDENTIALS + 1])),
        ("/verifiableCredential", enveloped(json!({ "type": "Enveloped" }))),
        ("/verifiableCredential", enveloped(json!({ "id": "https://a.example" }))),
        ("/verifiableCredential", enveloped(json!({ "id": "data:application/vc+jwt" }))),
        ("/verifiableCredential", enveloped(json!({ "id": "data:,a.b.c" }))),
        ("/verifiableCredential", enveloped(json!({ "id": "data:application/vc+jwt," }))),
        ("/verifiableCredential", enveloped(json!({ "id": ["data:application/vc+jwt,a.b.c"] }))),
    ] {
        assert!(
            matches!(outcome(pointer, value.clone()), Err(CredentialError::Malformed(_))),
            "{pointer} {value}"
        );
    }
    for context in [json!([]), json!([{}, CONTEXT_V2]), json!("https://www.w3.org/2018/credentials/v1")] {
        assert_eq!(
            outcome("/@context", context.clone()),
            Err(CredentialError::ContextNotAllowed),
            "{context}"
        );
        let entry = enveloped(json!({ "@context": context }));
        assert_eq!(
            outcome("/verifiableCredential", entry),
            Err(CredentialError::ContextNotAllowed),
            "{context}"
        );
    }
}

#[test]
fn v38_members_beside_an_enveloped_credential_have_no_effect() {
    let mut entry = Presentation::enveloped("application/vc+jwt", "a.b.c");
    entry["credentialSubject"] = json!({ "trade_name": "forged" });
    entry["issuer"] = json!("did:web:city.example");
    let parsed = Presentation::parse(Presentation::build(None, vec![entry])).expect("a presentation");
    let [PresentedCredential::Enveloped { text, .. }] = parsed.credentials() else { panic!("one enveloped") };
    assert_eq!(text, "a.b.c");
    assert_eq!(parsed.holder(), None);
}

#[test]
fn an_envelope_is_its_secured_text_and_what_is_none_is_said_to_be_none() {
    let credential = object(Presentation::enveloped("application/vc+jwt", "a.b.c"));
    let read = Envelope::read(&credential).expect("it holds").expect("an envelope");
    assert_eq!((read.content, read.text.as_str()), (Content::Credential, "a.b.c"));
    let presentation = json!({
        "@context": [CONTEXT_V2], "type": "EnvelopedVerifiablePresentation", "id": "data:application/vp+jwt,a.b.c",
    });
    let read = Envelope::read(&object(presentation.clone())).expect("it holds").expect("an envelope");
    assert_eq!((read.content, read.media_type.as_str()), (Content::Presentation, "application/vp+jwt"));
    let read = |pointer: &str, value| Envelope::read(&with(&presentation, pointer, value));
    assert_eq!(read("/type", Some(json!("VerifiablePresentation"))), Ok(None));
    assert_eq!(read("/type", None), Ok(None));
    assert_eq!(read("/@context", Some(json!([]))), Err(CredentialError::ContextNotAllowed));
    for id in [None, Some(json!("application/vp+jwt,a.b.c")), Some(json!("a.b.c"))] {
        assert!(matches!(read("/id", id), Err(CredentialError::Malformed(_))));
    }
}

#[test]
fn the_reasons_of_the_errors_are_those_of_the_table() {
    for (error, reason) in [
        (CredentialError::Malformed("x"), Reason::Malformed),
        (CredentialError::ContextNotAllowed, Reason::ContextNotAllowed),
        (CredentialError::Mismatch("x"), Reason::KeyMismatch),
        (CredentialError::NotEnveloped, Reason::ProofMissing),
        (CredentialError::Disclosable, Reason::DisclosureInvalid),
    ] {
        assert_eq!(error.reason(), reason);
    }
}
