//! The shipped program `verifier check --json` on many inputs at once, with everything it may know in files.

use std::{collections::BTreeMap, fs, path::PathBuf, process::Command};

use portage_testkit::world::{AUDIENCE, NONCE, World};
use portage_tests::programs;
use serde_json::Value;
use tempfile::TempDir;

/// A run of the program: inputs with the verdict each must get.
pub(crate) struct Bench {
    session: Option<(String, String)>,
    at: String,
    trust: Value,
    /// DID documents and issuer metadata.
    pub(crate) documents: Vec<Vec<u8>>,
    /// Status lists by address.
    pub(crate) lists: BTreeMap<String, Vec<u8>>,
    /// JSON-LD contexts by address.
    pub(crate) contexts: BTreeMap<String, Vec<u8>>,
    /// Address space of the program in KiB, if it is bounded.
    pub(crate) address_space: Option<u64>,
    /// Values that stand in no line about a refused input.
    secrets: Vec<String>,
    cases: Vec<Case>,
}

struct Case {
    name: String,
    input: Vec<u8>,
    verdict: String,
}

impl Bench {
    /// For credentials alone.
    pub(crate) fn credentials(world: &World) -> Self {
        let claims = ["person", "business-licence", "operator-card"].map(|id| world.example_claims(id));
        let values = claims.iter().flat_map(|claims| claims.values()).filter_map(Value::as_str);
        Bench {
            session: None,
            at: world.now.to_string(),
            trust: world.trust.to_json(),
            documents: world.sources.documents.values().cloned().collect(),
            lists: world.sources.lists.iter().map(|(url, (bytes, _))| (url.clone(), bytes.clone())).collect(),
            contexts: BTreeMap::new(),
            address_space: None,
            secrets: values.filter(|value| value.len() > 5).map(str::to_owned).collect(),
            cases: Vec::new(),
        }
    }

    /// For presentations to [`AUDIENCE`] with [`NONCE`].
    pub(crate) fn presentations(world: &World) -> Self {
        let session = Some((AUDIENCE.to_owned(), NONCE.to_owned()));
        Bench { session, ..Self::credentials(world) }
    }

    /// For whichever `presented` says.
    pub(crate) fn of(world: &World, presented: bool) -> Self {
        if presented { Self::presentations(world) } else { Self::credentials(world) }
    }

    /// Trusts what this list says instead of the world's.
    pub(crate) fn trusting(mut self, trust: Value) -> Self {
        self.trust = trust;
        self
    }

    /// This input is accepted.
    pub(crate) fn accepts(&mut self, name: &str, input: impl AsRef<[u8]>) {
        self.case(name, input, "accepted".to_owned());
    }

    /// This input is rejected for this reason.
    pub(crate) fn rejects(&mut self, name: &str, input: impl AsRef<[u8]>, reason: &str) {
        self.case(name, input, format!("rejected {reason}"));
    }

    /// Of this input it cannot be told, for this reason.
    pub(crate) fn leaves_open(&mut self, name: &str, input: impl AsRef<[u8]>, reason: &str) {
        self.case(name, input, format!("indeterminate {reason}"));
    }

    fn case(&mut self, name: &str, input: impl AsRef<[u8]>, verdict: String) {
        self.cases.push(Case { name: name.to_owned(), input: input.as_ref().to_vec(), verdict });
    }

    /// Runs the program once and compares every line; the lines, for a test that looks closer.
    pub(crate) fn run(self) -> Vec<Value> {
        let folder = tempfile::tempdir().unwrap();
        let inputs: Vec<PathBuf> = self
            .cases
            .iter()
            .enumerate()
            .map(|(number, case)| file(&folder, &format!("input-{number}"), &case.input))
            .collect();
        let output = self.command(&folder).args(&inputs).output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        let lines: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), self.cases.len(), "one line an input\n{stdout}{stderr}");

        let decided = self.cases.iter().zip(&lines).map(|(case, line)| (case, verdict(line)));
        let wrong: Vec<_> = decided.filter(|(case, verdict)| case.verdict != *verdict).collect();
        let wrong =
            wrong.iter().map(|(case, verdict)| format!("{}: {verdict}, not {}", case.name, case.verdict));
        assert_eq!(wrong.collect::<Vec<_>>(), Vec::<String>::new());
        for ((case, line), input) in self.cases.iter().zip(&lines).zip(&inputs) {
            assert_eq!(line["input"].as_str(), input.to_str());
            if case.verdict != "accepted" {
                self.tells_no_claim(&case.name, line);
            }
        }
        let refused = self.cases.iter().filter(|case| case.verdict != "accepted");
        // Beside the words for people a log may stand there, in JSON.
        let last_words: Vec<_> =
            stderr.lines().filter(|line| !line.starts_with('{')).map(last_word).collect();
        assert_eq!(last_words, refused.clone().map(|case| last_word(&case.verdict)).collect::<Vec<_>>());
        assert!(!self.secrets.iter().any(|secret| stderr.contains(secret)), "{stderr}");
        assert_eq!(output.status.code(), Some(i32::from(refused.count() > 0)), "{stderr}");
        lines
    }

    /// Runs the program on one input that it must not even look at: wrong usage, exit 2, nothing on standard output. What it said.
    pub(crate) fn usage_error(self, input: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let output = self.command(&folder).arg(file(&folder, "input", input.as_bytes())).output().unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
        String::from_utf8(output.stderr).unwrap()
    }

    fn tells_no_claim(&self, name: &str, line: &Value) {
        for member in ["claims", "credentials"] {
            assert!(line.get(member).is_none(), "{name}: {line}");
        }
        let line = line.to_string();
        assert!(!self.secrets.iter().any(|secret| line.contains(secret)), "{name}: {line}");
    }

    fn command(&self, folder: &TempDir) -> Command {
        let verifier = programs().join("verifier");
        let mut command = match self.address_space {
            None => Command::new(verifier),
            Some(kib) => {
                let mut shell = Command::new("sh");
                shell.args(["-c", "ulimit -v \"$0\"; exec \"$@\"", &kib.to_string()]).arg(verifier);
                shell
            }
        };
        command.args(["check", "--json", "--at", &self.at, "--trust"]);
        command.arg(file(folder, "trust.json", self.trust.to_string().as_bytes()));
        for (number, document) in self.documents.iter().enumerate() {
            command.arg("--did-document").arg(file(folder, &format!("document-{number}"), document));
        }
        for (number, list) in self.lists.values().enumerate() {
            command.arg("--status").arg(file(folder, &format!("list-{number}"), list));
        }
        for (number, (url, context)) in self.contexts.iter().enumerate() {
            let context = file(folder, &format!("context-{number}"), context);
            command.arg("--context").arg(format!("{url}={}", context.display()));
        }
        if let Some((audience, nonce)) = &self.session {
            command.args(["--audience", audience, "--nonce", nonce]);
        }
        command.env("LC_ALL", "C");
        command
    }
}

/// `decision reason reason…` of a line.
fn verdict(line: &Value) -> String {
    let reasons = line["reasons"].as_array().into_iter().flatten().filter_map(Value::as_str);
    std::iter::once(line["decision"].as_str().unwrap()).chain(reasons).collect::<Vec<_>>().join(" ")
}

fn last_word(text: &str) -> &str {
    text.split_whitespace().next_back().unwrap_or_default()
}

fn file(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    path
}
