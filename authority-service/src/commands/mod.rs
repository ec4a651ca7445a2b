//! One file a command.

mod anchor;
mod candidate;
mod clerk;
mod init;
mod key;
mod list;
mod log;
mod mark;
mod purpose;
mod recognise;
mod register;
mod rotate;
mod serve;
mod show;
mod superiors;
mod suspend;

use jiff::Timestamp;
use portage_authority::{Authority, ChangeError, RecordFailure, RegistryStore, StoreFailure};
use portage_catalog::message;
use portage_clock::Clock;
use portage_federation::EntityId;
use portage_keys::OsEntropy;
use portage_reason::Reason;
pub(crate) use portage_service::CommandError;
use portage_service::{ExitCode, block_on, output};
use portage_transparency_log::Event;
use portage_web::language_of_terminal;
use serde_json::json;

use crate::{
    PublicLog,
    args::{Args, Command, Common},
    public_log::publish_failure,
    wiring,
};

/// Runs the command.
pub(crate) fn dispatch(args: Args, clock: Clock) -> Result<ExitCode, CommandError> {
    let common = args.common;
    match args.command {
        Command::Init(init) => init::run(&init, &common, &OsEntropy),
        Command::Serve(serve) => block_on(serve::run(&serve, &common, clock)),
        Command::Anchor => block_on(anchor::run(&common)),
        Command::List => block_on(list::run(&common)),
        Command::Show(show) => block_on(show::run(&show, &common, &clock)),
        Command::Log(log) => block_on(log::run(&log, &common, &clock)),
        change => block_on(async {
            let done = run_change(&change, &common, &clock).await?;
            publish(&common).await?;
            Ok(done)
        }),
    }
}

/// The commands that write into the log.
async fn run_change(command: &Command, common: &Common, clock: &Clock) -> Result<ExitCode, CommandError> {
    match command {
        Command::Register(register) => register::run(register, common, clock).await,
        Command::Recognise(recognise) => recognise::run(recognise, common, clock).await,
        Command::Purpose(purpose) => purpose::run(purpose, common, clock).await,
        Command::Suspend(suspend) => suspend::run(suspend, common, clock).await,
        Command::Key(key) => key::run(key, common, clock).await,
        Command::Mark(mark) => mark::run(mark, common, clock).await,
        Command::Rotate(rotate) => rotate::run(rotate, common, clock, &OsEntropy).await,
        Command::Init(_)
        | Command::Serve(_)
        | Command::Anchor
        | Command::List
        | Command::Show(_)
        | Command::Log(_) => Ok(ExitCode::Done),
    }
}

/// Publishes what was written, unless `serve` runs and does it.
async fn publish(common: &Common) -> Result<(), CommandError> {
    let deployment = wiring::open(&common.dir)?;
    let log = PublicLog::open_after_a_change(&common.dir, deployment.log).await.map_err(publish_failure)?;
    let Some(log) = log else { return Ok(()) };
    log.publish(deployment.authority.store()).await.map(drop).map_err(publish_failure)
}

/// The store, when it is used.
pub(crate) fn store_failure(failure: &StoreFailure) -> CommandError {
    match failure {
        StoreFailure::Unusable(reason) => CommandError::Store(*reason, failure.to_string()),
        StoreFailure::Environment(_) => CommandError::Fault(failure.to_string()),
    }
}

/// A change that was not recorded.
pub(crate) fn record_failure(failure: &RecordFailure) -> CommandError {
    match failure {
        RecordFailure::Store(failure) => store_failure(failure),
        RecordFailure::Entry(error) => CommandError::Refused(Reason::ValueInvalid, error.to_string()),
        RecordFailure::Overtaken => CommandError::Fault(failure.to_string()),
    }
}

/// Shows a person what the log will say, and asks whether to go ahead.
pub(crate) async fn agreed<S: RegistryStore>(
    authority: &Authority<S>,
    entity: &EntityId,
    event: Event,
    yes: bool,
    now: Timestamp,
) -> Result<(), CommandError> {
    let known = authority.registration(entity).await.map_err(|failure| store_failure(&failure))?;
    let Some(known) = known else { return Err(explain(&ChangeError::Absent, entity)) };
    clerk::agrees(yes, &authority.foretold(&known, event, now, language_of_terminal()))
}

/// Says what came of a change: the same again is no error.
pub(crate) fn changed(
    outcome: Result<(), ChangeError>,
    entity: &EntityId,
    done: &str,
    common: &Common,
) -> Result<ExitCode, CommandError> {
    let (word, text) = match outcome {
        Ok(()) => ("changed", done.to_owned()),
        Err(ChangeError::Unchanged) => {
            ("unchanged", say("authority.unchanged", &[("entity", entity.as_str())]))
        }
        Err(error) => return Err(explain(&error, entity)),
    };
    if common.json {
        output::json_line(&json!({ "entity": entity.as_str(), "done": word }))?;
    } else {
        output::line(&text)?;
    }
    Ok(ExitCode::Done)
}

/// Why a known entity was not changed.
pub(crate) fn explain(error: &ChangeError, entity: &EntityId) -> CommandError {
    let values = [("entity", entity.as_str())];
    let refused = |reason, key| CommandError::Refused(reason, say(key, &values));
    match error {
        ChangeError::Absent => refused(Reason::ValueInvalid, "authority.absent"),
        ChangeError::NotAVerifier => refused(Reason::PurposeNotRegistered, "authority.not_a_verifier"),
        ChangeError::NotRestated => refused(Reason::KeyNotFound, "authority.not_restated"),
        ChangeError::LastKey => refused(Reason::Unsupported, "authority.last_key"),
        ChangeError::Query(what) => CommandError::Refused(Reason::ValueInvalid, what.clone()),
        ChangeError::Record(failure) => record_failure(failure),
        ChangeError::Unchanged | ChangeError::Signing(_) | ChangeError::Time => CommandError::fault(error),
    }
}

/// A message in the language of the terminal.
pub(crate) fn say(key: &str, values: &[(&str, &str)]) -> String {
    message(key, language_of_terminal(), values)
}
