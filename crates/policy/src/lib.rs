//! Policies that read the claims: rules in [Cedar](https://docs.cedarpolicy.com), each decision with the rules that determined it and the
//! evidence that they read.
//!
//! A sound credential says who somebody is or what they hold. Whether that is enough for a purpose is for the department to say, and it says it
//! in a file that people can read: `specs/policies/<policy>.cedar`, named by the member `policy` of the purpose. Every rule carries its id and
//! its sentence in English and in French:
//!
//! ```cedar
//! @id("trade-name")
//! @en("The business licence shows the trade name under which you sell.")
//! @fr("Le permis d’exploitation indique le nom commercial sous lequel vous vendez.")
//! permit (principal, action, resource)
//! when { context.licence.claims.trade_name != "" };
//! ```
//!
//! - **What a rule may read** is what the purpose asks and what the verification found, and nothing else: [`Policy::compile`] makes a Cedar schema
//!   of the purpose's query and of the JSON Schemas of the types it asks for ([`schema_of`]), and refuses a policy that does not hold up to
//!   it. A claim that is not asked cannot be read; one that need not be there cannot be read without `has`; each claim is read by its name, so
//!   that [`Policy::reads`] tells all that a policy reads.
//! - **Nothing is permitted by accident.** What no rule permits is forbidden, one forbidding rule outweighs every permitting one (Cedar's own
//!   semantics), and a rule that cannot be evaluated makes the whole decision an [`PolicyOutcome::Failed`](portage_verification::PolicyOutcome::Failed): Cedar alone would pass over it.
//! - **What was found has its shape, or nothing is decided.** A claim of another kind than its type says fails the decision, whether or not it
//!   need be there: left out, it would pass by the rule that forbids.
//! - **No value leaves.** A [`PolicyDecision`] names rules and what they read, never what stood there.
//!
//! The crate verifies nothing: what is in [`PolicyFacts`](portage_verification::PolicyFacts) was verified and cut to what was asked before.

mod compile;
mod context;
mod decide;
mod reads;
mod schema;
mod shape;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use portage_catalog::{Catalog, Language, PurposeId, Text, message};

pub use decide::PolicyDecision;
pub use schema::{schema_of, schema_of_type};

/// The policies of the purposes that have one, ready to decide.
#[derive(Debug, Clone, Default)]
pub struct Policies {
    by_purpose: BTreeMap<PurposeId, Policy>,
}

/// The policy of one purpose, validated against what the purpose asks.
#[derive(Debug, Clone)]
pub struct Policy {
    id: String,
    purpose: PurposeId,
    rules: Vec<Rule>,
    set: cedar_policy::PolicySet,
    schema: cedar_policy::Schema,
    context: shape::Record,
    time_zone: TimeZone,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its `@id`.
    pub id: String,
    /// Whether it permits or forbids.
    pub effect: Effect,
    /// What it says, in both languages.
    pub text: Text,
    /// What it reads, in the order of the names.
    pub reads: Vec<Read>,
}

/// What a rule does when it applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Permits.
    Permit,
    /// Forbids, whatever else permits.
    Forbid,
}

impl Effect {
    /// `permit`, `forbid`.
    pub const fn name(self) -> &'static str {
        match self {
            Effect::Permit => "permit",
            Effect::Forbid => "forbid",
        }
    }
}

/// A place that a rule reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// The path below `context`: `licence.claims.trade_name`, `licence.issuer.jurisdiction`, `today`.
    pub at: String,
    /// What a person calls it: the label of the claim, or a few words.
    pub name: Text,
    /// The Credential Query it is of, and the claim, if it is one.
    pub(crate) of: Option<(String, Option<String>)>,
}

/// Why a policy does not serve.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.in_language(Language::En))]
pub struct PolicyError {
    /// The policy's id.
    pub policy: String,
    /// The line, where it is known.
    pub line: Option<usize>,
    /// What is wrong, in both languages.
    pub what: Text,
}

impl PolicyError {
    /// Where and what, for a person.
    pub fn in_language(&self, language: Language) -> String {
        let (policy, what) = (self.policy.as_str(), self.what.in_language(language));
        match self.line {
            Some(line) => {
                let values = [("policy", policy), ("line", &line.to_string()), ("what", what)];
                message("policy.wrong_at", language, &values)
            }
            None => message("policy.wrong_in", language, &[("policy", policy), ("what", what)]),
        }
    }
}

/// A message in both languages: what is wrong, under `policy.wrong`.
fn wrong(name: &str, values: &[(&str, &str)]) -> Text {
    let in_language = |language| message(&format!("policy.wrong.{name}"), language, values);
    Text { en: in_language(Language::En), fr: in_language(Language::Fr) }
}

impl Policies {
    /// The policy of every purpose that names one. `time_zone` says which day `today` is.
    ///
    /// # Errors
    /// [`PolicyError`], the first: a purpose names a policy that is not there, or one that does not fit what it asks.
    pub fn compile(catalog: &Catalog, time_zone: &TimeZone) -> Result<Self, PolicyError> {
        let mut by_purpose = BTreeMap::new();
        for purpose in catalog.purposes() {
            let Some(id) = &purpose.policy else { continue };
            by_purpose.insert(
                purpose.id.clone(),
                Policy::named(id, &purpose.id, &purpose.query, catalog, time_zone)?,
            );
        }
        Ok(Policies { by_purpose })
    }

    /// The policy of a purpose.
    pub fn of(&self, purpose: &PurposeId) -> Option<&Policy> {
        self.by_purpose.get(purpose)
    }
}

impl Policy {
    /// Its id: the name of its file.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The rules, as they stand in the file.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// What it reads of the answer, as `portage_catalog::lint_purpose` takes it: `query.claim`, or `query` for the credential alone.
    pub fn reads(&self) -> Vec<String> {
        let all = self.rules.iter().flat_map(|rule| &rule.reads).filter_map(|read| read.of.as_ref());
        let mut reads: Vec<String> = all
            .map(|(query, claim)| match claim {
                Some(claim) => format!("{query}.{claim}"),
                None => query.clone(),
            })
            .collect();
        reads.sort();
        reads.dedup();
        reads
    }
}
