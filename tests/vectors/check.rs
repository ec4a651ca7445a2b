//! `verifier check`, the shipped program, in a process of its own.

use std::{env, fs, process::Command};

use serde_json::Value;
use tempfile::TempDir;

use crate::book::Outcome;

/// A folder of nobody's, with the files of one family, and the options that every case of it gets.
pub(crate) struct Checker {
    dir: TempDir,
    options: Vec<String>,
}

impl Checker {
    /// As of an instant, trusting any issuer.
    pub(crate) fn at(now: &str) -> Self {
        let options = ["--trust", "any", "--at", now].map(str::to_owned).to_vec();
        Checker { dir: TempDir::new().unwrap(), options }
    }

    pub(crate) fn with(mut self, option: &str, value: impl Into<String>) -> Self {
        self.options.extend([option.to_owned(), value.into()]);
        self
    }

    /// One document as a file: its line of output, or what the program said instead.
    pub(crate) fn line(&self, document: &str, more: &[&str]) -> Result<Value, String> {
        let file = self.dir.path().join("document");
        fs::write(&file, document).unwrap();
        let ran = Command::new(env::current_exe().unwrap())
            .args(["verifier", "check"])
            .args(&self.options)
            .args(more)
            .arg(&file)
            .current_dir(self.dir.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ran.stderr).into_owned();
        let line: Value = serde_json::from_slice(&ran.stdout)
            .map_err(|_| format!("exit {}: {}", ran.status.code().unwrap_or(-1), said.trim()))?;
        let accepted = line["decision"] == "accepted";
        assert_eq!(
            ran.status.code(),
            Some(if accepted { 0 } else { 1 }),
            "the exit code agrees with the decision"
        );
        let reasons: Vec<&str> =
            line["reasons"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        if let Some(first) = reasons.first() {
            let last_word = said.lines().next().and_then(|line| line.split_whitespace().last());
            assert_eq!(last_word, Some(*first), "the reason is the last word on standard error");
        }
        Ok(line)
    }

    /// The decision: accepted, or the reason of the refusal.
    pub(crate) fn check(&self, document: &str, more: &[&str]) -> Outcome {
        let line = self.line(document, more)?;
        if line["decision"] == "accepted" {
            return Ok(());
        }
        let reasons: Vec<&str> =
            line["reasons"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let is_open = reasons == ["key_not_found"];
        assert_eq!(line["decision"], if is_open { "indeterminate" } else { "rejected" }, "{reasons:?}");
        Err(reasons.join(" "))
    }
}

/// A public key as `--key` takes it.
pub(crate) fn jwk(multikey: &str) -> String {
    let key = portage_keys::multibase::from_multikey(multikey).unwrap();
    portage_jose::Jwk::from_key(key).to_value().to_string()
}
