//! did:webvh: logs that several implementations wrote, and those that must not resolve.

use jiff::Timestamp;
use portage_did::{
    Did,
    webvh::{Log, LogError, VersionQuery},
};
use serde_json::Value;

use crate::book::{Book, Outcome, Row};

const FOLDER: &str = "did-webvh";

pub(crate) fn run(book: &Book) {
    book.family("did:webvh", "did", |row| {
        for scenario in book.names(FOLDER).into_iter().filter(|name| !name.contains('.')) {
            let script = book.text(&format!("{FOLDER}/{scenario}/script.yaml"));
            for writer in book.names(&format!("{FOLDER}/{scenario}")) {
                if writer == "script.yaml" {
                    continue;
                }
                let name = format!("{scenario}/{writer}");
                let case = Case::read(book, &format!("{FOLDER}/{name}"));
                match scenario.strip_prefix("negative-") {
                    Some(_) => negative(row, &name, &script, &case),
                    None => positive(row, &name, &case),
                }
            }
        }
    });
    book.path(&format!("{FOLDER}/log_entry.schema.json"));
}

struct Case {
    log: String,
    witness: Option<String>,
    expected: Value,
}

impl Case {
    fn read(book: &Book, folder: &str) -> Self {
        let witness = format!("{folder}/did-witness.json");
        Case {
            log: book.text(&format!("{folder}/did.jsonl")),
            witness: book.exists(&witness).then(|| book.text(&witness)),
            expected: book.json(&format!("{folder}/resolutionResult.json")),
        }
    }

    /// The DID that its first entry is about.
    fn did(&self) -> Did {
        let first: Value = serde_json::from_str(self.log.lines().next().unwrap()).unwrap();
        let scid = first["parameters"]["scid"].as_str().unwrap();
        Did::parse(&format!("did:webvh:{scid}:example.com")).unwrap()
    }

    fn verify(&self, log: &str) -> Result<Log, LogError> {
        let now: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
        Log::verify(&self.did(), log.as_bytes(), self.witness.as_deref().map(str::as_bytes), now)
    }
}

/// The document and its metadata are the expected ones, and no change of the log goes unseen.
fn positive(row: &mut Row, name: &str, case: &Case) {
    row.accepts(name, || {
        let log = case.verify(&case.log).map_err(|error| error.to_string())?;
        let last = log.version(VersionQuery::Latest).ok_or("no version")?;
        let (metadata, expected) = (log.metadata(last), &case.expected["didDocumentMetadata"]);
        for member in ["versionId", "deactivated", "portable", "scid"] {
            if expected.get(member).is_some_and(|value| !value.is_null() && *value != metadata[member]) {
                return Err(format!("another {member}"));
            }
        }
        let mut document = case.expected["didDocument"].clone();
        if document.is_null() {
            return Ok(());
        }
        // Some results name the services that every did:webvh has, some do not.
        document.as_object_mut().unwrap().retain(|member, _| member != "service");
        let same = Value::Object(last.state().clone()) == document;
        if same { Ok(()) } else { Err("another document".to_owned()) }
    });
    if case.verify(&case.log).is_err() {
        return;
    }
    let refuse = |row: &mut Row, what: &str, reason: &str, log: String| {
        row.refuses(&format!("{name}, {what}"), reason, || outcome(case.verify(&log)));
    };
    refuse(row, "altered", "log_proof_invalid", case.log.replacen("Multikey", "Multikez", 1));
    let (kept, _) = case.log.split_once("\"proof\"").unwrap();
    let unsigned = format!("{}}}", kept.trim_end().trim_end_matches(','));
    refuse(row, "unsigned", "log_proof_invalid", unsigned);
    let entries: Vec<&str> = case.log.trim_end().lines().collect();
    if entries.len() > 1 {
        refuse(row, "without its first entry", "malformed", entries[1..].join("\n"));
        refuse(
            row,
            "its last entry twice",
            "log_proof_invalid",
            format!("{}\n{}", case.log.trim_end(), entries.last().unwrap()),
        );
    }
    if let Some(witness) = &case.witness {
        let unwitnessed = Case {
            log: case.log.clone(),
            witness: Some(witness.replace(": \"z", ": \"z2")),
            expected: Value::Null,
        };
        row.refuses(&format!("{name}, unwitnessed"), "proof_missing", || {
            outcome(unwitnessed.verify(&unwitnessed.log))
        });
    }
}

fn negative(row: &mut Row, name: &str, script: &str, case: &Case) {
    let reason = match name.split('/').next().unwrap() {
        "negative-pre-rotation-omit-updatekeys"
        | "negative-scid-mismatch-genesis"
        | "negative-versiontime-future" => "log_proof_invalid",
        "negative-unknown-method-version" => "unsupported",
        _ => "malformed",
    };
    if !case.log.trim().is_empty() {
        row.refuses(name, reason, || outcome(case.verify(&case.log)));
        return;
    }
    for line in script.lines() {
        if let Some((_, did)) = line.split_once("did: \"") {
            let did = did.trim_end_matches('"');
            row.refuses(&format!("{name}: {did}"), reason, || {
                Did::parse(did).map(drop).map_err(|error| error.reason().to_string())
            });
        }
    }
}

fn outcome(log: Result<Log, LogError>) -> Outcome {
    log.map(drop).map_err(|error| error.reason().to_string())
}
