//! `verifier check`: credentials and presentations of any format, offline.
//!
//! The same pipeline as everywhere. What it needs from outside is answered from [`Files`] and from nothing else: this module knows no way to
//! open a connection, so it opens none.

mod files;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use portage_catalog::{Catalog, Contexts, Language, reason_hint, reason_sentence};
use portage_clock::Clock;
use portage_did::LoopbackOrigins;
use portage_jose::Jwk;
use portage_keys::VerificationKey;
use portage_reason::Reason;
use portage_service::ExitCode;
use portage_trust::{AnyIssuer, Authorities, Authority, RequiringMarks};
use portage_verification::{
    Decision, Expectations, HolderExpectation, Outcome, StatusPolicy, Step, begin, is_presentation,
};
use portage_web::language_of_terminal;
use serde_json::Value;

use super::CommandError;
use crate::{args::Common, config::Config, vouched, wiring};
use files::Files;

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub(crate) struct CheckArgs {
    /// Credentials and presentations, one a file; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    inputs: Vec<PathBuf>,
    /// Whom to trust: `any` skips the trust list and nothing else; a file in the form of trust.json [default: the folder's own].
    #[arg(long, value_name = "any|FILE")]
    trust: Option<PathBuf>,
    /// What an anchor of that file says about an issuer: its answer, or a JSON array of the statements. May be given several times.
    #[arg(long, value_name = "FILE")]
    trust_chain: Vec<PathBuf>,
    /// A trust mark that the issuer's chain must show, by its type. May be given several times.
    #[arg(long, value_name = "TYPE")]
    trust_mark: Vec<String>,
    /// Check as of this instant, like 2025-10-01T12:00:00Z, or of the beginning of this day, in UTC [default: now].
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<Timestamp>,
    /// The public key of a did:web, did:webvh or https issuer: a JWK, or a file that holds one.
    #[arg(long, value_name = "JWK")]
    key: Option<String>,
    /// The DID document, the log (did.jsonl), the controlled identifier document, or the jwt-vc-issuer metadata, of an issuer. May be given several times.
    #[arg(long, value_name = "FILE")]
    did_document: Vec<PathBuf>,
    /// The proofs of witnesses (did-witness.json) of a log. May be given several times.
    #[arg(long, value_name = "FILE")]
    did_witness: Vec<PathBuf>,
    /// A status list that a credential names. May be given several times.
    #[arg(long, value_name = "FILE", conflicts_with = "no_status")]
    status: Vec<PathBuf>,
    /// Do not check the status; the evidence says so.
    #[arg(long)]
    no_status: bool,
    /// The nonce of the session that a presentation was made for.
    #[arg(long, requires = "audience")]
    nonce: Option<String>,
    /// The client identifier that a presentation was made for.
    #[arg(long, requires = "nonce")]
    audience: Option<String>,
    /// A JSON-LD context that is not in the box. May be given several times.
    #[arg(long, value_name = "URL=FILE")]
    context: Vec<String>,
    /// A JSON Schema that credentials name by this address. None is ever fetched. May be given several times.
    #[arg(long, value_name = "URL=FILE")]
    schema: Vec<String>,
}

/// Longest input that is read: what is longer is refused by the pipeline, whatever comes after.
const MAX_INPUT: u64 = 1 << 20;

/// Checks each input: one line of JSON for each.
pub(crate) fn run(args: &CheckArgs, common: &Common, clock: Clock) -> Result<ExitCode, CommandError> {
    let now = args.at.unwrap_or_else(|| clock.now());
    let (out, err) = (&mut io::stdout().lock(), &mut io::stderr().lock());
    check(args, &common.dir, now, &mut io::stdin().lock(), out, err)
}

/// `run` with everything from outside as an argument.
fn check(
    args: &CheckArgs,
    dir: &Path,
    now: Timestamp,
    stdin: &mut dyn Read,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<ExitCode, CommandError> {
    let bench = Bench::set_up(args, dir, now)?;
    let mut inputs = Vec::with_capacity(args.inputs.len());
    for path in &args.inputs {
        let bytes = if path.as_os_str() == "-" { read_all(stdin, path)? } else { read_file(path)? };
        if args.nonce.is_none() && is_presentation(&bytes) {
            let text = format!("{} is a presentation: it needs --nonce and --audience", path.display());
            return Err(CommandError::Usage(text));
        }
        inputs.push((path, bytes));
    }
    let mut code = ExitCode::Done;
    for (path, bytes) in inputs {
        let outcome = bench.check(&bytes, args);
        let input = path.display().to_string();
        if !matches!(outcome.decision, Decision::Accepted(_)) {
            code = ExitCode::Refused;
            say_why(&input, &outcome, language_of_terminal(), err)?;
        }
        let mut line = serde_json::Map::from_iter([("input".to_owned(), Value::String(input))]);
        line.extend(outcome.to_json());
        writeln!(out, "{}", Value::Object(line)).map_err(CommandError::output)?;
    }
    out.flush().map_err(CommandError::output)?;
    Ok(code)
}

/// What every input is checked against.
struct Bench {
    now: Timestamp,
    catalog: Catalog,
    contexts: Contexts,
    authority: Box<dyn Authority>,
    key: Option<VerificationKey>,
    files: Files,
    /// An address is a name here, and demonstrations name loopback origins.
    loopback: LoopbackOrigins,
}

impl Bench {
    fn set_up(args: &CheckArgs, dir: &Path, now: Timestamp) -> Result<Self, CommandError> {
        // The service's own types, where there is a service; purposes are not asked for here.
        let is_service = dir.join(crate::config::FILE).exists();
        let mut catalog = if is_service { wiring::catalog(dir)? } else { Catalog::bundled() };
        let mut contexts = catalog.contexts();
        for text in &args.context {
            let (url, file) = text.split_once('=').ok_or_else(|| usage("--context", &"not URL=FILE"))?;
            contexts.add(url, &read_file(Path::new(file))?).map_err(|error| usage("--context", &error))?;
        }
        for text in &args.schema {
            let (url, file) = text.split_once('=').ok_or_else(|| usage("--schema", &"not URL=FILE"))?;
            catalog
                .add_schema(url, &read_file(Path::new(file))?)
                .map_err(|error| usage("--schema", &error))?;
        }
        Ok(Bench {
            now,
            catalog,
            contexts,
            authority: authority(args, dir, now)?,
            key: args.key.as_deref().map(issuer_key).transpose()?,
            files: Files::read(&args.did_document, &args.did_witness, &args.status)?,
            loopback: LoopbackOrigins::dangerous_every_for_offline_use(),
        })
    }

    fn check(&self, input: &[u8], args: &CheckArgs) -> Outcome {
        let holder = match (&args.audience, &args.nonce) {
            (Some(audience), Some(nonce)) => HolderExpectation::Presented { audience, nonce },
            _ => HolderExpectation::NotAsked,
        };
        let status = if args.no_status {
            StatusPolicy::NotChecked
        } else {
            // A file has no age: it is what the caller says it is.
            StatusPolicy::Required { max_age: SignedDuration::ZERO }
        };
        let expectations = Expectations {
            now: self.now,
            catalog: &self.catalog,
            contexts: &self.contexts,
            authority: &*self.authority,
            loopback: &self.loopback,
            issuer_key: self.key.as_ref(),
            holder,
            query: None,
            status,
            format: None,
        };
        let mut step = begin(input, &expectations);
        loop {
            step = match step {
                Step::Done(outcome) => return outcome,
                // No connection, ever: what the authority does not know yet it does not learn here.
                Step::NeedTrust(pending) => pending.supply(Vec::new(), &expectations),
                Step::NeedKeys(pending) => {
                    let answers = self.files.keys(pending.wanted());
                    pending.supply(answers, &expectations)
                }
                Step::NeedStatus(pending) => {
                    let answers = self.files.lists(pending.wanted());
                    pending.supply(answers, &expectations)
                }
            };
        }
    }
}

/// `any`, a file, or the list of the service's folder, which may be no folder of a service at all; with the chains that were given.
fn authority(args: &CheckArgs, dir: &Path, now: Timestamp) -> Result<Box<dyn Authority>, CommandError> {
    let list = match args.trust.as_deref() {
        Some(any) if any.as_os_str() == "any" => return Ok(Box::new(AnyIssuer)),
        Some(file) if !file.exists() => {
            return Err(CommandError::Fault(format!("{} is not there", file.display())));
        }
        Some(file) => wiring::trust_list(file)?,
        None if dir.join(crate::config::FILE).exists() => {
            wiring::trust_list(&Config::read(dir).map_err(CommandError::fault)?.trust)?
        }
        None => wiring::trust_list(&dir.join("trust.json"))?,
    };
    let authorities = Authorities::new(list, move || now);
    for file in &args.trust_chain {
        let refused = |reason, what: &dyn std::fmt::Display| {
            CommandError::Refused(reason, format!("--trust-chain {}: {what}", file.display()))
        };
        let statements = vouched::trust_chain(&read_file(file)?)
            .ok_or_else(|| refused(Reason::Malformed, &"no trust chain"))?;
        authorities.learn_chain(&statements, now).map_err(|error| refused(error.reason(), &error))?;
    }
    if args.trust_mark.is_empty() {
        return Ok(Box::new(authorities));
    }
    Ok(Box::new(RequiringMarks::new(authorities, args.trust_mark.clone())))
}

/// An instant, or a day.
fn instant(text: &str) -> Result<Timestamp, String> {
    let day = || TimeZone::UTC.to_timestamp(text.parse::<Date>().ok()?.at(0, 0, 0, 0)).ok();
    text.parse().ok().or_else(day).ok_or_else(|| "not a time".to_owned())
}

/// A public JWK, written out or in a file.
fn issuer_key(text: &str) -> Result<VerificationKey, CommandError> {
    let written_out = text.trim_start().starts_with('{');
    let bytes = if written_out { text.as_bytes().to_vec() } else { read_file(Path::new(text))? };
    let value = portage_strict_json::parse(&bytes, portage_strict_json::Limits::METADATA)
        .map_err(|error| usage("--key", &error))?;
    let jwk = Jwk::from_value(&value).map_err(|error| usage("--key", &error))?;
    Ok(jwk.key().clone())
}

/// On standard error, in words, the first reason's name as the last word.
fn say_why(
    input: &str,
    outcome: &Outcome,
    language: Language,
    err: &mut dyn Write,
) -> Result<(), CommandError> {
    for reason in outcome.decision.reasons() {
        let (sentence, hint) = (reason_sentence(*reason, language), reason_hint(*reason, language));
        writeln!(err, "verifier: {input}: {sentence} {hint} {reason}").map_err(CommandError::output)?;
    }
    Ok(())
}

fn read_file(path: &Path) -> Result<Vec<u8>, CommandError> {
    let mut file = std::fs::File::open(path).map_err(|error| wiring::unreadable(path, &error))?;
    read_all(&mut file, path)
}

fn read_all(source: &mut dyn Read, path: &Path) -> Result<Vec<u8>, CommandError> {
    let mut bytes = Vec::new();
    source.take(MAX_INPUT).read_to_end(&mut bytes).map_err(|error| wiring::unreadable(path, &error))?;
    Ok(bytes)
}

fn usage(argument: &str, what: &dyn fmt::Display) -> CommandError {
    CommandError::Usage(format!("{argument}: {what}"))
}
