use std::{fs, path::Path};

use jiff::tz::TimeZone;
use portage_catalog::{Catalog, Language, PurposeId, PurposeLint, lint_purpose};
use portage_dcql::Query;
use portage_policy::{Policy, PolicyError};
use portage_reason::Reason;
use portage_service::{ExitCode, output};
use portage_storage::catalog_folder;
use serde_json::{Map, Value, json};

use super::CommandError;
use crate::{
    args::{Common, PurposeCommand, PurposeLintArgs},
    wiring,
};

/// Largest file of a purpose.
const LIMITS: portage_strict_json::Limits = portage_strict_json::Limits::MESSAGE;

/// `verifier purpose …`.
pub(crate) fn run(command: &PurposeCommand, common: &Common) -> Result<ExitCode, CommandError> {
    match command {
        PurposeCommand::Lint(args) => lint(args, common),
    }
}

/// A purpose's file, as JSON.
pub(super) fn read(path: &Path) -> Result<Map<String, Value>, CommandError> {
    let bytes = fs::read(path).map_err(|error| wiring::unreadable(path, &error))?;
    portage_strict_json::parse_object(&bytes, LIMITS)
        .map_err(|error| CommandError::Usage(format!("{}: {error}", path.display())))
}

/// Tells what a purpose asks too much, and the smaller query. What is read is what its policy reads, what staff see, and what `--reads` says.
fn lint(args: &PurposeLintArgs, common: &Common) -> Result<ExitCode, CommandError> {
    let mut catalog = Catalog::bundled();
    catalog_folder::add_types(&mut catalog, &common.dir.join("types")).map_err(CommandError::fault)?;
    catalog_folder::add_policies(&mut catalog, &common.dir.join("policies")).map_err(CommandError::fault)?;
    let file = args.file.display();
    let purpose = read(&args.file)?;
    let query = purpose.get("query").cloned().unwrap_or_default();
    Query::parse(&query).map_err(|error| CommandError::Usage(format!("{file}: query: {error}")))?;
    let (policy, unfit) = match policy_of(&purpose, &query, &catalog) {
        Some(Ok(policy)) => (Some(policy), None),
        Some(Err(error)) => (None, Some(error)),
        None => (None, None),
    };
    let mut reads = args.reads.clone();
    reads.extend(policy.iter().flat_map(Policy::reads));
    let said = policy.is_some() || !args.reads.is_empty();
    let lint = lint_purpose(&Value::Object(purpose), said.then_some(reads.as_slice()), &catalog);
    let found = Found { lint, unfit };
    if common.json {
        output::json_line(&Value::Object(found.to_json(&file.to_string())))?;
    } else {
        output::line(&found.in_words()?)?;
    }
    let reason = match (found.lint.findings.is_empty(), &found.unfit) {
        (true, None) => return Ok(ExitCode::Done),
        (true, Some(_)) => Reason::Malformed,
        (false, _) => Reason::BeyondPurpose,
    };
    Err(CommandError::Refused(reason, format!("{file}: things to change: {}", found.count())))
}

/// The policy that a purpose names, sound or not as the rest of it may be.
fn policy_of(
    purpose: &Map<String, Value>,
    query: &Value,
    catalog: &Catalog,
) -> Option<Result<Policy, PolicyError>> {
    let text = |member: &str| purpose.get(member).and_then(Value::as_str);
    let id = PurposeId(text("id").unwrap_or_default().to_owned());
    // Nothing is decided here, and so no day is read.
    Some(Policy::named(text("policy")?, &id, query, catalog, &TimeZone::UTC))
}

/// What is to be changed, and the policy that does not serve.
struct Found {
    lint: PurposeLint,
    unfit: Option<PolicyError>,
}

impl Found {
    fn count(&self) -> usize {
        self.lint.findings.len() + usize::from(self.unfit.is_some())
    }

    fn to_json(&self, file: &str) -> Map<String, Value> {
        let finding = |finding: &portage_catalog::LintFinding| {
            json!({
                "rule": finding.rule,
                "query": finding.query,
                "about": finding.about,
                "instead": finding.instead,
                "why": { "en": finding.why(Language::En), "fr": finding.why(Language::Fr) },
            })
        };
        let unfit = |error: &PolicyError| {
            json!({
                "rule": "policy_unfit",
                "query": null,
                "about": error.policy,
                "instead": null,
                "why": { "en": error.in_language(Language::En), "fr": error.in_language(Language::Fr) },
            })
        };
        let findings = self.unfit.iter().map(unfit).chain(self.lint.findings.iter().map(finding));
        Map::from_iter([
            ("file".to_owned(), file.into()),
            ("fine".to_owned(), (self.count() == 0).into()),
            ("findings".to_owned(), findings.collect()),
            ("query".to_owned(), self.lint.smaller.clone().unwrap_or_default()),
        ])
    }

    /// Both languages: a purpose is written by two people as often as not.
    fn in_words(&self) -> Result<String, CommandError> {
        let both = |key: &str| Language::ALL.map(|language| portage_catalog::message(key, language, &[]));
        if self.count() == 0 {
            return Ok(both("verifier.lint_fine").join("\n"));
        }
        let mut lines = Vec::new();
        if let Some(error) = &self.unfit {
            lines.push("[policy_unfit]".to_owned());
            lines.extend(Language::ALL.map(|language| format!("  {}", error.in_language(language))));
        }
        for finding in &self.lint.findings {
            lines.push(format!("[{}]", finding.rule));
            lines.extend(Language::ALL.map(|language| format!("  {}", finding.why(language))));
        }
        if let Some(query) = &self.lint.smaller {
            lines.push(String::new());
            lines.extend(both("verifier.lint_smaller"));
            lines.push(serde_json::to_string_pretty(query).map_err(CommandError::fault)?);
        }
        Ok(lines.join("\n"))
    }
}
