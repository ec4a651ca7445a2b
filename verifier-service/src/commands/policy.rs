use std::{fs, path::Path};

use jiff::tz::TimeZone;
use portage_catalog::{Catalog, Language, Purpose, PurposeId, Text, message};
use portage_policy::{Effect, Policy, PolicyError, Read, Rule, schema_of, schema_of_type};
use portage_reason::Reason;
use portage_service::{ExitCode, output};
use serde_json::{Map, Value, json};

use super::CommandError;
use crate::{
    args::{Common, Lang, PolicyCheckArgs, PolicyCommand, PolicySchemaArgs, PolicyShowArgs},
    wiring,
};

/// `verifier policy …`.
pub(crate) fn run(command: &PolicyCommand, common: &Common) -> Result<ExitCode, CommandError> {
    let catalog = wiring::catalog(&common.dir)?;
    match command {
        PolicyCommand::Check(args) => check(args, common, &catalog),
        PolicyCommand::Show(args) => show(args, common, &catalog),
        PolicyCommand::Schema(args) => schema(args, common, &catalog),
    }
}

/// Holds a file against what its purposes ask: those that name it, or the one that is said.
fn check(args: &PolicyCheckArgs, common: &Common, catalog: &Catalog) -> Result<ExitCode, CommandError> {
    let id = args.file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let text = fs::read_to_string(&args.file).map_err(|error| wiring::unreadable(&args.file, &error))?;
    let purposes = match &args.purpose {
        Some(purpose) => vec![purpose_of(purpose, catalog)?],
        None => catalog.purposes().filter(|purpose| purpose.policy.as_ref() == Some(&id)).cloned().collect(),
    };
    if purposes.is_empty() {
        let what = format!("no purpose names the policy {id}: say which one it is for, with --purpose");
        return Err(CommandError::Usage(what));
    }
    let file = args.file.display().to_string();
    let mut unfit = Vec::new();
    for purpose in &purposes {
        let compiled = Policy::compile(&id, &text, purpose, catalog, &TimeZone::UTC);
        if common.json {
            output::json_line(&checked_in_json(&file, &purpose.id, &compiled))?;
        } else {
            output::line(&checked_in_words(&purpose.id, &compiled))?;
        }
        unfit.extend(compiled.err().map(|_| purpose.id.0.as_str()));
    }
    if unfit.is_empty() {
        return Ok(ExitCode::Done);
    }
    let what = format!("{file}: does not fit what is asked for {}", unfit.join(", "));
    Err(CommandError::Refused(Reason::Malformed, what))
}

fn checked_in_json(file: &str, purpose: &PurposeId, compiled: &Result<Policy, PolicyError>) -> Value {
    let mut told = json!({ "file": file, "purpose": purpose, "fine": compiled.is_ok() });
    match compiled {
        Ok(policy) => told["rules"] = policy.rules().iter().map(rule_in_json).collect(),
        Err(error) => {
            told["line"] = json!(error.line);
            told["what"] = in_both(&error.what);
        }
    }
    told
}

/// Both languages: a policy is written by two people as often as not.
fn checked_in_words(purpose: &PurposeId, compiled: &Result<Policy, PolicyError>) -> String {
    let in_language = |language| match compiled {
        Ok(_) => message("verifier.policy_fine", language, &[("purpose", purpose.0.as_str())]),
        Err(error) => error.in_language(language),
    };
    Language::ALL.map(in_language).join("\n")
}

/// A purpose's policy in plain words.
fn show(args: &PolicyShowArgs, common: &Common, catalog: &Catalog) -> Result<ExitCode, CommandError> {
    let purpose = purpose_of(&args.purpose, catalog)?;
    let policy = policy_of(&purpose, catalog)?;
    if common.json {
        let rules: Vec<Value> = policy.iter().flat_map(|policy| policy.rules()).map(rule_in_json).collect();
        output::json_line(&json!({
            "purpose": purpose.id,
            "policy": policy.as_ref().map(Policy::id),
            "rules": rules,
            "shown_to_staff": purpose.shown_to_staff,
        }))?;
        return Ok(ExitCode::Done);
    }
    let language = match args.lang {
        Some(Lang::En) => Language::En,
        Some(Lang::Fr) => Language::Fr,
        None => portage_web::language_of_terminal(),
    };
    output::line(&in_words(&purpose, policy.as_ref(), catalog, language).join("\n"))?;
    Ok(ExitCode::Done)
}

/// What the rules of a purpose's policy may read.
fn schema(args: &PolicySchemaArgs, common: &Common, catalog: &Catalog) -> Result<ExitCode, CommandError> {
    let (of, schema) = match (&args.purpose, &args.r#type) {
        (Some(named), _) => {
            let purpose = purpose_of(named, catalog)?;
            let schema = schema_of(&purpose, catalog);
            let schema = schema.map_err(|what| CommandError::Refused(Reason::Malformed, what.en.clone()))?;
            (("purpose", purpose.id.0), schema)
        }
        (None, Some(id)) => {
            let known = catalog.credential_type(id);
            let known = known.ok_or_else(|| CommandError::Usage(format!("there is no type {id}")))?;
            (("type", known.id.clone()), schema_of_type(known))
        }
        (None, None) => return Err(CommandError::Usage("say a purpose, or --type and a type".to_owned())),
    };
    if common.json {
        let told = [(of.0.to_owned(), of.1.into()), ("schema".to_owned(), schema.into())];
        output::json_line(&Value::Object(Map::from_iter(told)))?;
    } else {
        output::line(schema.trim_end())?;
    }
    Ok(ExitCode::Done)
}

fn in_words(
    purpose: &Purpose,
    policy: Option<&Policy>,
    catalog: &Catalog,
    language: Language,
) -> Vec<String> {
    let say = |key: &str, values: &[(&str, &str)]| message(&format!("verifier.{key}"), language, values);
    let name = purpose.name.in_language(language);
    let mut lines = match policy {
        None => vec![say("policy_none", &[("purpose", name)])],
        Some(policy) => vec![say("policy_of", &[("policy", policy.id()), ("purpose", name)])],
    };
    for rule in policy.iter().flat_map(|policy| policy.rules()) {
        let key = match rule.effect {
            Effect::Permit => "policy_permits",
            Effect::Forbid => "policy_forbids",
        };
        lines.push(format!("- {}", say(key, &[("rule", rule.text.in_language(language))])));
        let reads: Vec<String> = rule.reads.iter().map(|read| of_which(read, language)).collect();
        lines.push(format!("  {}", say("policy_reads", &[("reads", &reads.join("; "))])));
    }
    if !purpose.shown_to_staff.is_empty() {
        let shown = purpose.shown_to_staff.iter().map(|shown| label_of(shown, purpose, catalog, language));
        let shown: Vec<String> = shown.collect();
        lines.push(say("policy_staff", &[("reads", &shown.join("; "))]));
    }
    lines
}

/// What is read, and where it stands: `Trade name (licence.claims.trade_name)`.
fn of_which(read: &Read, language: Language) -> String {
    format!("{} ({})", read.name.in_language(language), read.at)
}

/// A claim that staff read, `query.claim`, by its label.
fn label_of(shown: &str, purpose: &Purpose, catalog: &Catalog, language: Language) -> String {
    let claim = shown.split_once('.').map_or(shown, |(_, claim)| claim);
    let asked = purpose.asked(catalog).unwrap_or_default();
    let known = asked.into_iter().filter(|(_, claims)| claims.contains(&claim));
    let label =
        known.filter_map(|(ty, _)| ty.claim(claim)).map(|claim| claim.label.in_language(language)).next();
    label.map_or_else(|| shown.to_owned(), |label| format!("{label} ({shown})"))
}

fn rule_in_json(rule: &Rule) -> Value {
    let read = |read: &Read| json!({ "at": read.at, "name": in_both(&read.name) });
    json!({
        "id": rule.id,
        "effect": rule.effect.name(),
        "text": in_both(&rule.text),
        "read": rule.reads.iter().map(read).collect::<Vec<_>>(),
    })
}

fn in_both(text: &Text) -> Value {
    json!({ "en": text.en, "fr": text.fr })
}

/// The policy that a purpose names, held against what it asks; `None` when it names none.
fn policy_of(purpose: &Purpose, catalog: &Catalog) -> Result<Option<Policy>, CommandError> {
    let Some(id) = &purpose.policy else { return Ok(None) };
    // Nothing is decided here, and so no day is read.
    let policy = Policy::named(id, &purpose.id, &purpose.query, catalog, &TimeZone::UTC);
    policy.map(Some).map_err(|error| CommandError::Refused(Reason::Malformed, error.to_string()))
}

/// A purpose by its id, or by its file.
fn purpose_of(named: &str, catalog: &Catalog) -> Result<Purpose, CommandError> {
    if let Some(purpose) = catalog.purpose(&PurposeId(named.to_owned())) {
        return Ok(purpose.clone());
    }
    let path = Path::new(named);
    if path.extension().is_none_or(|extension| extension != "json") {
        return Err(CommandError::Usage(format!("there is no purpose {named}")));
    }
    let purpose = super::purpose::read(path)?;
    Purpose::from_value(&Value::Object(purpose)).map_err(|error| CommandError::Usage(error.to_string()))
}
