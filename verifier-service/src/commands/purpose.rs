use std::fs;

use portage_catalog::{Catalog, Language, PurposeLint, lint_purpose};
use portage_dcql::Query;
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

/// Tells what a purpose asks too much, and the smaller query.
fn lint(args: &PurposeLintArgs, common: &Common) -> Result<ExitCode, CommandError> {
    let mut catalog = Catalog::bundled();
    catalog_folder::add_types(&mut catalog, &common.dir.join("types")).map_err(CommandError::fault)?;
    let bytes = fs::read(&args.file).map_err(|error| wiring::unreadable(&args.file, &error))?;
    let file = args.file.display();
    let purpose = portage_strict_json::parse_object(&bytes, LIMITS)
        .map_err(|error| CommandError::Usage(format!("{file}: {error}")))?;
    let query = purpose.get("query").cloned().unwrap_or_default();
    Query::parse(&query).map_err(|error| CommandError::Usage(format!("{file}: query: {error}")))?;
    let reads = (!args.reads.is_empty()).then_some(args.reads.as_slice());
    let lint = lint_purpose(&Value::Object(purpose), reads, &catalog);
    if common.json {
        output::json_line(&Value::Object(in_json(&file.to_string(), &lint)))?;
    } else {
        output::line(&in_words(&lint)?)?;
    }
    if lint.findings.is_empty() {
        Ok(ExitCode::Done)
    } else {
        Err(CommandError::Refused(
            Reason::BeyondPurpose,
            format!("{file}: things to change: {}", lint.findings.len()),
        ))
    }
}

fn in_json(file: &str, lint: &PurposeLint) -> Map<String, Value> {
    let finding = |finding: &portage_catalog::LintFinding| {
        json!({
            "rule": finding.rule,
            "query": finding.query,
            "about": finding.about,
            "instead": finding.instead,
            "why": { "en": finding.why(Language::En), "fr": finding.why(Language::Fr) },
        })
    };
    let mut object = Map::new();
    object.insert("file".to_owned(), file.into());
    object.insert("fine".to_owned(), lint.findings.is_empty().into());
    object.insert("findings".to_owned(), lint.findings.iter().map(finding).collect());
    object.insert("query".to_owned(), lint.smaller.clone().unwrap_or_default());
    object
}

/// Both languages: a purpose is written by two people as often as not.
fn in_words(lint: &PurposeLint) -> Result<String, CommandError> {
    let both =
        |key: &str| [Language::En, Language::Fr].map(|language| portage_catalog::message(key, language, &[]));
    if lint.findings.is_empty() {
        return Ok(both("verifier.lint_fine").join("\n"));
    }
    let mut lines = Vec::new();
    for finding in &lint.findings {
        lines.push(format!("[{}]", finding.rule));
        lines.extend([Language::En, Language::Fr].map(|language| format!("  {}", finding.why(language))));
    }
    if let Some(query) = &lint.smaller {
        lines.push(String::new());
        lines.extend(both("verifier.lint_smaller"));
        lines.push(serde_json::to_string_pretty(query).map_err(CommandError::fault)?);
    }
    Ok(lines.join("\n"))
}
