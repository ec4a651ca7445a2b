//! SD-JWTs that another implementation issued and presented.

use jiff::{SignedDuration, Timestamp};
use portage_jose::Jwk;
use portage_keys::{VerificationKey, base64url};
use portage_sd_jwt::{KeyBindingExpectation, UnverifiedSdJwt, VerifiedSdJwt, vc};
use serde_json::{Value, json};

use crate::{
    book::{Book, Outcome, Row, reason, same},
    check::Checker,
};

/// A family, its folder, and where its keys are.
const FAMILIES: [(&str, &str, &str); 4] = [
    ("SD-JWT test cases", "sd-jwt-generated/testcases", "sd-jwt-python"),
    ("RFC 9901 examples", "sd-jwt-generated/examples", "sd-jwt-rfc9901-examples"),
    ("SD-JWT VC examples", "sd-jwt-generated/vc", "sd-jwt-vc-examples"),
    ("OpenID4VP examples: SD-JWT", "openid4vp-1.0-examples/sd_jwt_vcld", "sd-jwt-rfc9901-examples"),
];

pub(crate) fn run(book: &Book) {
    for (family, folder, keys) in FAMILIES {
        book.family(family, "sd-jwt", |row| {
            for case in cases(book, folder, keys) {
                library(row, &case);
            }
        });
    }
    for (family, (_, folder, keys)) in [
        "SD-JWT test cases: files",
        "RFC 9901 examples: files",
        "SD-JWT VC examples: files",
        "OpenID4VP examples: SD-JWT files",
    ]
    .into_iter()
    .zip(FAMILIES)
    {
        book.family(family, "verifier check", |row| {
            for case in cases(book, folder, keys) {
                files(row, &case);
            }
        });
    }
}

struct Case<'a> {
    book: &'a Book,
    name: String,
    folder: String,
    issuer: Value,
    holder: VerificationKey,
    nonce: String,
    verifier: String,
}

fn cases<'a>(book: &'a Book, folder: &str, keys: &str) -> Vec<Case<'a>> {
    let settings = book.text(&format!("{keys}/settings.yml"));
    // The few lines that matter: the first `x` and `y` are the issuer's, the second the holder's.
    let values = |name: &str| -> Vec<String> {
        let lines = settings.lines().filter_map(|line| line.trim().strip_prefix(name)?.strip_prefix(':'));
        lines.map(|value| value.trim().trim_matches('"').to_owned()).collect()
    };
    let (x, y) = (values("x"), values("y"));
    let key = |at: usize| json!({ "kty": "EC", "crv": "P-256", "x": x[at], "y": y[at] });
    let case = |name: String| {
        // What was issued is what the specification of the case says: the generated files are read against it.
        for specification in
            [format!("{keys}/{name}/specification.yml"), format!("{folder}/{name}/specification.yml")]
        {
            if book.exists(&specification) {
                book.path(&specification);
            }
        }
        Case {
            book,
            folder: format!("{folder}/{name}"),
            name,
            issuer: key(0),
            holder: Jwk::from_value(&key(1)).unwrap().key().clone(),
            nonce: values("key_binding_nonce").remove(0),
            verifier: values("verifier").remove(0),
        }
    };
    book.names(folder).into_iter().map(case).collect()
}

impl Case<'_> {
    /// Line breaks are for display only.
    fn text(&self, file: &str) -> String {
        self.book.text(&format!("{}/{file}", self.folder)).split_whitespace().collect()
    }

    fn json(&self, file: &str) -> Value {
        self.book.json(&format!("{}/{file}", self.folder))
    }

    fn verify(&self, text: &str) -> Result<VerifiedSdJwt, String> {
        let issuer = Jwk::from_value(&self.issuer).unwrap();
        UnverifiedSdJwt::parse(text)
            .and_then(|sd_jwt| sd_jwt.verify(issuer.key(), &["example+sd-jwt", "dc+sd-jwt"]))
            .map_err(|error| error.reason().to_string())
    }

    fn is_bound(&self) -> bool {
        self.book.exists(&format!("{}/kb_jwt_payload.json", self.folder))
    }

    fn bound_at(&self) -> Timestamp {
        Timestamp::from_second(self.json("kb_jwt_payload.json")["iat"].as_i64().unwrap() + 10).unwrap()
    }
}

fn library(row: &mut Row, case: &Case<'_>) {
    let name = &case.name;
    let (presentation, issuance) = (case.text("sd_jwt_presentation.txt"), case.text("sd_jwt_issuance.txt"));
    let jws = case.text("sd_jwt_jws_part.txt");
    row.accepts(&format!("{name}: presentation"), || {
        let verified = case.verify(&presentation)?;
        same(Value::Object(verified.claims().clone()), case.json("verified_contents.json"))?;
        same(Value::Object(verified.issuer_payload().clone()), case.json("sd_jwt_payload.json"))?;
        same(presentation.starts_with(&jws), true)
    });
    row.accepts(&format!("{name}: issuance"), || {
        let issued = case.verify(&issuance)?;
        let claims = case.json("user_claims.json");
        let all =
            claims.as_object().unwrap().iter().all(|(name, claim)| issued.claims().get(name) == Some(claim));
        same(all && !issued.has_key_binding(), true)
    });
    if case.folder.contains("/vc/") {
        for (what, text) in [("presentation", &presentation), ("issuance", &issuance)] {
            row.accepts(&format!("{name}: {what} as SD-JWT VC"), || reason!(vc::check(&case.verify(text)?)));
        }
    }
    // Twins with one change.
    row.refuses(&format!("{name}: another payload"), "signature_invalid", || {
        case.verify(&with_part(&presentation, 1, |payload| drop(payload.insert("added".into(), json!(1)))))
            .map(drop)
    });
    row.refuses(&format!("{name}: another signature"), "signature_invalid", || {
        case.verify(&other_signature(&presentation)).map(drop)
    });
    let stranger = base64url::encode(br#"["salt","added",true]"#);
    row.refuses(&format!("{name}: a disclosure of nobody's"), "disclosure_invalid", || {
        case.verify(&presentation.replacen('~', &format!("~{stranger}~"), 1)).map(drop)
    });
    if let Some(first) = issuance.split('~').nth(1).filter(|first| !first.is_empty()) {
        row.refuses(&format!("{name}: a disclosure twice"), "disclosure_invalid", || {
            case.verify(&issuance.replacen('~', &format!("~{first}~"), 1)).map(drop)
        });
    }
    if case.is_bound() {
        bound(row, case, &presentation);
    } else {
        row.refuses(&format!("{name}: no key binding"), "holder_binding_missing", || {
            let verified = case.verify(&presentation)?;
            bind(case, &verified, &case.nonce, &case.verifier, Timestamp::UNIX_EPOCH)
        });
    }
}

fn bind(case: &Case<'_>, verified: &VerifiedSdJwt, nonce: &str, audience: &str, now: Timestamp) -> Outcome {
    let expected = KeyBindingExpectation {
        audience,
        nonce,
        now,
        max_age: SignedDuration::from_secs(300),
        leeway: SignedDuration::from_secs(60),
    };
    let binding = verified.verify_key_binding(&case.holder, &expected);
    let binding = binding.map_err(|error| error.reason().to_string())?;
    same(Value::Object(binding.claims), case.json("kb_jwt_payload.json"))
}

fn bound(row: &mut Row, case: &Case<'_>, presentation: &str) {
    let name = &case.name;
    let now = case.bound_at();
    case.text("kb_jwt_header.json");
    let key_binding = case.text("kb_jwt_serialized.txt");
    row.accepts(&format!("{name}: key binding"), || {
        let verified = case.verify(presentation)?;
        same(verified.holder_key().map_err(|error| error.reason().to_string())?, Some(case.holder.clone()))?;
        same(presentation.ends_with(&key_binding), true)?;
        bind(case, &verified, &case.nonce, &case.verifier, now)
    });
    let verified = || case.verify(presentation);
    row.refuses(&format!("{name}: another nonce"), "nonce_mismatch", || {
        bind(case, &verified()?, "0987654321", &case.verifier, now)
    });
    row.refuses(&format!("{name}: another audience"), "audience_mismatch", || {
        bind(case, &verified()?, &case.nonce, "https://elsewhere.example", now)
    });
    row.refuses(&format!("{name}: a disclosure dropped"), "holder_binding_invalid", || {
        bind(case, &case.verify(&one_less(presentation))?, &case.nonce, &case.verifier, now)
    });
}

/// Without its last disclosure, the key binding kept.
fn one_less(presentation: &str) -> String {
    let (rest, key_binding) = presentation.rsplit_once('~').unwrap();
    let (rest, _) = rest.rsplit_once('~').unwrap();
    format!("{rest}~{key_binding}")
}

/// Header (0) or payload (1) of the issuer's JWT, changed; the signature is what it was.
fn with_part(text: &str, at: usize, change: impl FnOnce(&mut serde_json::Map<String, Value>)) -> String {
    let (jwt, rest) = text.split_once('~').unwrap();
    let mut parts: Vec<String> = jwt.split('.').map(str::to_owned).collect();
    let mut members: Value = serde_json::from_slice(&base64url::decode(&parts[at]).unwrap()).unwrap();
    change(members.as_object_mut().unwrap());
    parts[at] = base64url::encode(members.to_string().as_bytes());
    format!("{}~{rest}", parts.join("."))
}

fn other_signature(text: &str) -> String {
    let (jwt, rest) = text.split_once('~').unwrap();
    let (head, signature) = jwt.rsplit_once('.').unwrap();
    let mut bytes = base64url::decode(signature).unwrap();
    bytes[40] ^= 1;
    format!("{head}.{}~{rest}", base64url::encode(&bytes))
}

/// Only what says by its `typ` that it is an SD-JWT VC is a credential.
fn files(row: &mut Row, case: &Case<'_>) {
    let name = &case.name;
    let now = if case.is_bound() { case.bound_at().to_string() } else { "2026-11-24T00:00:00Z".to_owned() };
    let key = case.issuer.to_string();
    let checker = Checker::at(&now).with("--key", key);
    let session = ["--nonce", &case.nonce, "--audience", &case.verifier];
    let presentation = case.text("sd_jwt_presentation.txt");
    let issuance = case.text("sd_jwt_issuance.txt");
    let header: Value = {
        let (header, _) = issuance.split_once('.').unwrap();
        serde_json::from_slice(&base64url::decode(header).unwrap()).unwrap()
    };
    let more: &[&str] = if case.is_bound() { &session } else { &[] };
    if header["typ"] != "dc+sd-jwt" {
        row.refuses(name, "type_mismatch", || checker.check(&presentation, more));
        return;
    }
    row.accepts(&format!("{name}: issuance"), || checker.check(&issuance, &[]));
    row.accepts(&format!("{name}: presentation"), || {
        let line = checker.line(&presentation, more)?;
        match line["reasons"][0].as_str() {
            Some(reason) => Err(reason.to_owned()),
            None => same(&line["claims"], &case.json("verified_contents.json")),
        }
    });
    row.refuses(&format!("{name}: no key"), "key_not_found", || Checker::at(&now).check(&issuance, &[]));
    row.refuses(&format!("{name}: another signature"), "signature_invalid", || {
        checker.check(&other_signature(&presentation), more)
    });
    row.refuses(&format!("{name}: another payload"), "signature_invalid", || {
        checker.check(
            &with_part(&presentation, 1, |payload| drop(payload.insert("added".into(), json!(1)))),
            more,
        )
    });
    if case.is_bound() {
        row.refuses(&format!("{name}: a disclosure dropped"), "holder_binding_invalid", || {
            checker.check(&one_less(&presentation), more)
        });
        row.refuses(&format!("{name}: another nonce"), "nonce_mismatch", || {
            checker.check(&presentation, &["--nonce", "0987654321", "--audience", &case.verifier])
        });
        row.refuses(&format!("{name}: another audience"), "audience_mismatch", || {
            checker.check(&presentation, &["--nonce", &case.nonce, "--audience", "https://elsewhere.example"])
        });
    }
}
