use std::collections::BTreeSet;

use cedar_policy::{
    PolicyId, PolicySet, Schema, ValidationError, ValidationMode, ValidationWarning, Validator,
};
use jiff::tz::TimeZone;
use miette::Diagnostic;
use portage_catalog::{Catalog, Purpose, PurposeId, Text, is_id};
use serde_json::Value;

use crate::{
    Effect, Policy, PolicyError, Rule,
    reads::{places_of, read_at},
    schema::{Asked, context_of, json_of},
    wrong,
};

/// Most bytes of a policy.
const MAX_BYTES: usize = 64 << 10;
/// Most rules of a policy.
const MAX_RULES: usize = 64;
/// The annotations that a rule has, all of them.
const ANNOTATIONS: [&str; 3] = ["id", "en", "fr"];

/// What is wrong, and on which line.
type Wrong = (Option<usize>, Text);

impl Policy {
    /// Reads the policy `id` for a purpose: parses it, and holds it against what the purpose asks.
    ///
    /// # Errors
    /// [`PolicyError`]: where it is no Cedar, lacks a sentence, reads what is not asked, can never apply, or permits nothing.
    pub fn compile(
        id: &str,
        text: &str,
        purpose: &Purpose,
        catalog: &Catalog,
        time_zone: &TimeZone,
    ) -> Result<Self, PolicyError> {
        Self::for_query(id, text, &purpose.id, &purpose.query, catalog, time_zone)
    }

    /// The same for a policy of the catalogue and for a purpose of which only id and query are known: one that is being written.
    ///
    /// # Errors
    /// [`PolicyError`], and where the catalogue has no such policy.
    pub fn named(
        id: &str,
        purpose: &PurposeId,
        query: &Value,
        catalog: &Catalog,
        time_zone: &TimeZone,
    ) -> Result<Self, PolicyError> {
        let text = catalog.policy(id).ok_or_else(|| PolicyError {
            policy: id.to_owned(),
            line: None,
            what: wrong("missing", &[("purpose", &purpose.0)]),
        })?;
        Self::for_query(id, text, purpose, query, catalog, time_zone)
    }

    fn for_query(
        id: &str,
        text: &str,
        purpose: &PurposeId,
        query: &Value,
        catalog: &Catalog,
        time_zone: &TimeZone,
    ) -> Result<Self, PolicyError> {
        let compiled = Asked::of(purpose, query, catalog)
            .map_err(|what| (None, what))
            .and_then(|asked| compile(id, text, &asked, time_zone));
        compiled.map_err(|(line, what)| PolicyError { policy: id.to_owned(), line, what })
    }
}

fn compile(id: &str, text: &str, asked: &Asked<'_>, time_zone: &TimeZone) -> Result<Policy, Wrong> {
    if text.len() > MAX_BYTES {
        return Err((None, wrong("too_large", &[("most", &MAX_BYTES.to_string())])));
    }
    let context = context_of(asked).map_err(|what| (None, what))?;
    let schema = Schema::from_json_value(json_of(&context))
        .map_err(|error| (None, wrong("schema", &[("error", &error.to_string())])))?;
    let parsed: PolicySet = text.parse().map_err(|errors: cedar_policy::ParseErrors| {
        (line_of(&errors, text), wrong("cedar", &[("error", &errors.to_string())]))
    })?;
    if parsed.templates().next().is_some() {
        return Err((None, wrong("slot", &[])));
    }
    let rules = named(&parsed).map_err(|(position, what)| (line_of_rule(text, position), what))?;
    if rules.is_empty() || rules.len() > MAX_RULES {
        let (count, most) = (rules.len().to_string(), MAX_RULES.to_string());
        return Err((None, wrong("rules", &[("count", &count), ("most", &most)])));
    }
    let mut set = PolicySet::new();
    let mut read = Vec::new();
    for (position, (mut rule, policy)) in rules.into_iter().enumerate() {
        rule.reads =
            reads_of(&policy, &rule.id, asked).map_err(|what| (line_of_rule(text, position), what))?;
        read.push(rule);
        set.add(policy).map_err(|error| (None, wrong("cedar", &[("error", &error.to_string())])))?;
    }
    if !read.iter().any(|rule| rule.effect == Effect::Permit) {
        return Err((None, wrong("no_permit", &[])));
    }
    let found = Validator::new(schema.clone()).validate(&set, ValidationMode::Strict);
    if let Some(error) = found.validation_errors().next() {
        return Err((line_of(error, text), unfit(error)));
    }
    // What Cedar only warns of is a rule that can never apply, or a text that is not what it looks like.
    if let Some(warning) = found.validation_warnings().next() {
        return Err((line_of(warning, text), misleading(warning)));
    }
    let purpose = asked.purpose.clone();
    Ok(Policy { id: id.to_owned(), purpose, rules: read, set, schema, context, time_zone: time_zone.clone() })
}

/// All that a rule reads, each place under its name.
fn reads_of(policy: &cedar_policy::Policy, rule: &str, asked: &Asked<'_>) -> Result<Vec<crate::Read>, Text> {
    let json = policy.to_json().map_err(|error| wrong("cedar", &[("error", &error.to_string())]))?;
    let places = places_of(&json);
    if places.is_empty() {
        return Err(wrong("reads_nothing", &[("rule", rule)]));
    }
    let reads: Result<Vec<_>, _> = places.iter().map(|place| read_at(place, rule, asked)).collect();
    let mut reads = reads?;
    // Asked for with `has`, and then read.
    reads.dedup_by(|one, other| one.at == other.at);
    Ok(reads)
}

/// The rules under the ids that they give themselves, in the order of the file.
fn named(parsed: &PolicySet) -> Result<Vec<(Rule, cedar_policy::Policy)>, (usize, Text)> {
    // Cedar calls them policy0, policy1, …
    let number = |policy: &cedar_policy::Policy| {
        policy.id().to_string().trim_start_matches("policy").parse::<usize>().unwrap_or(usize::MAX)
    };
    let mut policies: Vec<_> = parsed.policies().collect();
    policies.sort_by_key(|policy| number(policy));
    let mut ids = BTreeSet::new();
    let mut rules = Vec::new();
    for (position, policy) in policies.into_iter().enumerate() {
        let refuse = |name: &str, values: &[(&str, &str)]| (position, wrong(name, values));
        if let Some((unknown, _)) = policy.annotations().find(|(name, _)| !ANNOTATIONS.contains(name)) {
            return Err(refuse("annotation", &[("name", unknown)]));
        }
        let annotation = |name: &str| policy.annotation(name).map(str::trim).filter(|text| !text.is_empty());
        let id = annotation("id").filter(|id| is_id(id)).ok_or_else(|| refuse("no_id", &[]))?;
        if !ids.insert(id.to_owned()) {
            return Err(refuse("id_twice", &[("id", id)]));
        }
        let (Some(en), Some(fr)) = (annotation("en"), annotation("fr")) else {
            return Err(refuse("sentence", &[("rule", id)]));
        };
        let effect = match policy.effect() {
            cedar_policy::Effect::Permit => Effect::Permit,
            cedar_policy::Effect::Forbid => Effect::Forbid,
        };
        let text = Text { en: en.to_owned(), fr: fr.to_owned() };
        let rule = Rule { id: id.to_owned(), effect, text, reads: Vec::new() };
        rules.push((rule, policy.new_id(PolicyId::new(id))));
    }
    Ok(rules)
}

/// What the schema says no to, in plain words, with Cedar's own behind them.
fn unfit(error: &ValidationError) -> Text {
    let name = match error {
        ValidationError::UnexpectedType(_) | ValidationError::IncompatibleTypes(_) => "kind",
        ValidationError::UnsafeAttributeAccess(_) => "unknown",
        ValidationError::UnsafeOptionalAttributeAccess(_) => "optional",
        _ => "unfit",
    };
    let (rule, said) = (error.policy_id().to_string(), error.to_string());
    wrong(name, &[("rule", &rule), ("error", &said)])
}

fn misleading(warning: &ValidationWarning) -> Text {
    let name = match warning {
        ValidationWarning::ImpossiblePolicy(_) | ValidationWarning::InvalidActionApplication(_) => "never",
        _ => "misleading",
    };
    let (rule, said) = (warning.policy_id().to_string(), warning.to_string());
    wrong(name, &[("rule", &rule), ("error", &said)])
}

/// The line of the first mistake.
fn line_of(error: &dyn Diagnostic, text: &str) -> Option<usize> {
    let offset = error.labels()?.next()?.offset();
    Some(text.get(..offset)?.matches('\n').count() + 1)
}

/// The line on which the rule at this position has its effect.
fn line_of_rule(text: &str, position: usize) -> Option<usize> {
    let begins = |line: &&(usize, &str)| {
        let line = line.1.trim_start();
        line.starts_with("permit") || line.starts_with("forbid")
    };
    let lines: Vec<(usize, &str)> = text.lines().enumerate().collect();
    lines.iter().filter(begins).nth(position).map(|(line, _)| line + 1)
}

#[cfg(test)]
mod tests;
