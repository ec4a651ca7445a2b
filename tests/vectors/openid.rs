//! OpenID4VCI, OpenID4VP and DCQL: messages as the specifications print them and as the conformance suite tries them.

use std::collections::BTreeMap;

use portage_dcql::{Candidate, Disclose, MatchOutcome, Query, Step, match_query, select_path};
use portage_oid4vci::{
    AuthorizationServerMetadata, CredentialIssuerMetadata, CredentialOffer, CredentialResponse, InputMode,
};
use portage_oid4vp::{ClientId, VpFormats};
use serde_json::{Value, json};

use crate::book::{Book, Outcome, Row, reason, same};

pub(crate) fn run(book: &Book) {
    book.family("Claims path pointers", "dcql", |row| {
        claims_paths(row, &book.json("own/claims-path/cases.json"))
    });
    book.family("DCQL", "dcql", |row| queries(row, &book.json("own/dcql/cases.json")));
    book.family("OpenID4VP examples", "oid4vp, dcql", |row| oid4vp(row, book));
    book.family("OpenID4VCI examples", "oid4vci", |row| oid4vci(row, book));
    book.family("OpenID conformance suite", "oid4vci", |row| metadata(row, book));
}

/// The path of a vector, which may be none.
fn steps(path: &Value) -> Result<Vec<Step>, String> {
    let query =
        json!({ "credentials": [{ "id": "a", "format": "f", "meta": {}, "claims": [{ "path": path }] }] });
    let mut query = Query::parse(&query).map_err(|error| error.reason().to_string())?;
    query
        .credentials
        .remove(0)
        .claims
        .map(|mut claims| claims.remove(0).path)
        .ok_or_else(|| "no path".to_owned())
}

fn claims_paths(row: &mut Row, vector: &Value) {
    for case in vector["cases"].as_array().unwrap() {
        let name = case["path"].to_string();
        let run = || {
            let path = steps(&case["path"])?;
            let selected =
                select_path(&vector["document"], &path).map_err(|_| "nothing is selected".to_owned())?;
            Ok(selected.into_iter().cloned().collect::<Vec<_>>())
        };
        match case["selected"].as_array() {
            Some(expected) => row.accepts(&name, || same(&run()?, expected)),
            None => {
                let is_path = steps(&case["path"]).is_ok();
                let reason = if is_path { "nothing is selected" } else { "request_invalid" };
                row.refuses(&name, reason, || run().map(drop));
            }
        }
    }
}

fn queries(row: &mut Row, vector: &Value) {
    let wallet: Vec<(Vec<String>, Value)> = vector["wallet"].as_array().unwrap().iter().map(held).collect();
    let held = vector["wallet"].as_array().unwrap().iter().zip(&wallet);
    let candidates: Vec<Candidate<'_>> = held
        .map(|(held, (types, claims))| Candidate {
            id: held["id"].as_str().unwrap(),
            format: held["format"].as_str().unwrap(),
            vct: held["vct"].as_str(),
            types,
            doctype: held["doctype"].as_str(),
            holder_binding: held["holder_binding"] == true,
            claims,
        })
        .collect();
    for case in vector["cases"].as_array().unwrap() {
        let (name, expect) = (case["name"].as_str().unwrap(), &case["expect"]);
        let query = || Query::parse(&case["query"]).map_err(|error| error.reason().to_string());
        if expect["valid"] != true {
            row.refuses(name, "request_invalid", || query().map(drop));
            continue;
        }
        let answers = || {
            let outcome = match_query(&query()?, &candidates);
            same(json!(matched(&outcome)), expect["matches"].clone())?;
            same(json!(outcome.answer.clone().unwrap_or_default()), expect["returned"].clone())?;
            if let Some(disclose) = expect.get("disclose") {
                same(&json!(disclosed(&outcome)), disclose)?;
            }
            outcome.answer.map(drop).ok_or_else(|| "no answer".to_owned())
        };
        if expect["satisfiable"] == true {
            row.accepts(name, answers);
        } else {
            row.refuses(name, "no answer", answers);
        }
    }
}

fn held(held: &Value) -> (Vec<String>, Value) {
    let types = held["expanded_types"].as_array().into_iter().flatten();
    let types = types.map(|one| one.as_str().unwrap().to_owned()).collect();
    (types, held.get("claims").or_else(|| held.get("namespaces")).unwrap().clone())
}

fn matched(outcome: &MatchOutcome) -> BTreeMap<&str, Vec<&str>> {
    let found = outcome.matches.iter().filter(|(_, found)| !found.is_empty());
    found.map(|(id, found)| (id.as_str(), found.iter().map(|m| m.candidate.as_str()).collect())).collect()
}

fn disclosed(outcome: &MatchOutcome) -> BTreeMap<&str, Vec<Value>> {
    let answer = outcome.answer.as_deref().unwrap_or_default();
    let answered = outcome.matches.iter().filter(|(id, _)| answer.contains(id));
    let to_json = |path: &Vec<Step>| {
        let step = |step: &Step| match step {
            Step::Name(name) => json!(name),
            Step::Index(index) => json!(index),
            Step::All => Value::Null,
        };
        path.iter().map(step).collect::<Value>()
    };
    let paths = |disclose: &Disclose| match disclose {
        Disclose::Mandatory => Vec::new(),
        Disclose::Paths(paths) => paths.iter().map(to_json).collect(),
    };
    answered.map(|(id, found)| (id.as_str(), paths(&found[0].disclose))).collect()
}

fn oid4vp(row: &mut Row, book: &Book) {
    for path in [
        "query_lang/simple",
        "query_lang/simple_mdoc",
        "query_lang/multi_credentials",
        "query_lang/credentials_alternatives",
        "request/dcql_ldp_vc",
    ] {
        let example = book.json(&format!("openid4vp-1.0-examples/{path}.json"));
        row.accepts(path, || {
            let query = Query::parse(&example).map_err(|error| error.reason().to_string())?;
            same(query.credentials.len(), example["credentials"].as_array().unwrap().len())
        });
        let mut without = example.clone();
        without["credentials"] = json!([]);
        row.refuses(&format!("{path}, asking for nothing"), "request_invalid", || {
            reason!(Query::parse(&without))
        });
    }
    for name in ["mso_mdoc", "sd_jwt_vc", "w3c_ldp"] {
        let metadata =
            book.json(&format!("openid4vp-1.0-examples/client_metadata/{name}_verifier_metadata.json"));
        row.accepts(name, || {
            let formats =
                VpFormats::of_client_metadata(&metadata).map_err(|error| error.reason().to_string())?;
            same(&formats.to_client_metadata(), &metadata)
        });
        let spoilt = json!({ "vp_formats_supported": ["dc+sd-jwt"] });
        row.refuses(&format!("{name}, a list"), "request_invalid", || {
            reason!(VpFormats::of_client_metadata(&spoilt))
        });
    }
    let client_id = "decentralized_identifier:did:example:123";
    row.accepts(client_id, || reason!(ClientId::parse(client_id)));
}

/// The body of a printed HTTP message. Line breaks inside strings are for display only.
fn body(text: &str) -> String {
    let body = text.split_once("\n\n").map_or(text, |(_, body)| body);
    body.lines().map(str::trim).collect()
}

fn oid4vci(row: &mut Row, book: &Book) {
    let text = |name: &str| book.text(&format!("openid4vci-1.0-examples/{name}"));
    let name = "credential_issuer_metadata_sd_jwt_long.json";
    row.accepts(name, || reason!(CredentialIssuerMetadata::parse(text(name).as_bytes())));
    for format in ["ldp_vc", "sd_jwt_vc", "mso_mdoc"] {
        let name = format!("credential_metadata_{format}.json");
        let mut value: Value = serde_json::from_str(&text(&name)).unwrap();
        // A fragment: the issuer's own members are not printed.
        row.refuses(&format!("{name}, alone"), "malformed", || {
            reason!(CredentialIssuerMetadata::from_value(value.clone()))
        });
        value["credential_issuer"] = json!("https://issuer.example");
        value["credential_endpoint"] = json!("https://issuer.example/credential");
        row.accepts(&name, || reason!(CredentialIssuerMetadata::from_value(value)));
    }
    for name in ["credential_offer_multiple_credentials.json", "credential_offer_authz_code.txt"] {
        let text = body(&text(name));
        row.accepts(name, || {
            let offer =
                CredentialOffer::parse(text.as_bytes()).map_err(|error| error.reason().to_string())?;
            let tx_code = offer.pre_authorized_code().and_then(|grant| grant.tx_code.as_ref());
            let tx_code = tx_code.map(|tx_code| (tx_code.length, tx_code.input_mode));
            same(offer.pre_authorized_code().is_some(), name.contains("multiple"))?;
            same(tx_code, name.contains("multiple").then_some((Some(4), InputMode::Numeric)))
        });
        let without = text.replace("credential_issuer", "issuer");
        row.refuses(&format!("{name}, of no issuer"), "malformed", || {
            reason!(CredentialOffer::parse(without.as_bytes()))
        });
    }
    for name in ["credential_response_sd_jwt_vc.txt", "credential_response_ldp_vc.txt"] {
        let text = body(&text(name));
        row.accepts(name, || {
            match CredentialResponse::parse(text.as_bytes()).map_err(|error| error.reason().to_string())? {
                CredentialResponse::Issued(issued) => same(issued.credentials.len(), 1),
                _ => Err("not issued".to_owned()),
            }
        });
        let cut = &text[..text.len() - 1];
        row.refuses(&format!("{name}, cut"), "malformed", || {
            reason!(CredentialResponse::parse(cut.as_bytes()))
        });
    }
}

/// Samples whose names say whether they are valid. What they are is read and written back the same.
fn metadata(row: &mut Row, book: &Book) {
    let folder = "openid-conformance-suite/issuer-metadata";
    for name in book.names(folder) {
        let value = book.json(&format!("{folder}/{name}"));
        let run = || read_back(&name, value);
        if name.starts_with("valid-") {
            row.accepts(&name, run);
        } else {
            row.refuses(&name, "malformed", run);
        }
    }
}

fn read_back(name: &str, value: Value) -> Outcome {
    if name.contains("authorization-server") {
        let read = AuthorizationServerMetadata::parse(value.to_string().as_bytes());
        let read = read.map_err(|error| error.reason().to_string())?;
        same(read.issuer.as_str(), "https://auth.example.com")?;
        return same(read.pre_authorized_grant_anonymous_access_supported, false);
    }
    let read = CredentialIssuerMetadata::from_value(value).map_err(|error| error.reason().to_string())?;
    same(CredentialIssuerMetadata::from_value(read.to_value()).as_ref(), Ok(&read))
}
