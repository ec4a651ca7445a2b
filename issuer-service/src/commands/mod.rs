//! One file a command.

mod init;
mod offer;
mod serve;
mod status;
mod types;

use std::{future::Future, io};

use portage_clock::Clock;
use portage_issuer::StoreFailure;
use portage_keys::OsEntropy;
use portage_reason::Reason;
use portage_storage::DatabaseError;

use crate::{
    args::{Args, Command},
    output::ExitCode,
};

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// Wrong usage.
    #[error("{0}")]
    Usage(String),
    /// Refused by a check.
    #[error("{1}")]
    Refused(Reason, String),
    /// The machine, the configuration or the store.
    #[error("{0}")]
    Fault(String),
    /// The store says something is wrong with it.
    #[error("{1}")]
    Store(Reason, String),
}

impl CommandError {
    /// A fault with its causes.
    pub(crate) fn fault(error: impl std::error::Error) -> Self {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            text.push_str(&format!(": {error}"));
            cause = error.source();
        }
        CommandError::Fault(text)
    }

    /// The store, when it is opened.
    pub(crate) fn database(error: DatabaseError) -> Self {
        match error.reason() {
            Some(Reason::StoreCorrupt) => CommandError::Store(
                Reason::StoreCorrupt,
                format!("{error}; it was left as it is: put a backup in its place"),
            ),
            Some(reason) => CommandError::Store(reason, error.to_string()),
            None => CommandError::fault(error),
        }
    }

    /// The store, when it is used.
    pub(crate) fn store(failure: &StoreFailure) -> Self {
        match failure {
            StoreFailure::Unusable(reason) => CommandError::Store(*reason, failure.to_string()),
            StoreFailure::Environment(_) => CommandError::Fault(failure.to_string()),
        }
    }

    /// Standard output that nobody reads any more.
    pub(crate) fn output(error: io::Error) -> Self {
        CommandError::Fault(format!("the output could not be written: {error}"))
    }

    /// The last word on standard error.
    pub(crate) fn reason(&self) -> Option<Reason> {
        match self {
            CommandError::Refused(reason, _) | CommandError::Store(reason, _) => Some(*reason),
            CommandError::Usage(_) | CommandError::Fault(_) => None,
        }
    }

    /// How the program ends.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            CommandError::Usage(_) => ExitCode::Usage,
            CommandError::Refused(..) => ExitCode::Refused,
            CommandError::Fault(_) | CommandError::Store(..) => ExitCode::Fault,
        }
    }
}

/// Runs the command.
pub(crate) fn dispatch(args: Args, clock: Clock) -> Result<ExitCode, CommandError> {
    let common = args.common;
    match args.command {
        Command::Init(init) => init::run(&init, &common, &OsEntropy),
        Command::Serve(serve) => block_on(serve::run(&serve, &common, clock)),
        Command::Type(command) => types::run(&command, &common),
        Command::Offer(offer) => block_on(offer::run(&offer, &common, &clock)),
        Command::Status(status) => block_on(status::run(&status, &common, &clock)),
    }
}

fn block_on(command: impl Future<Output = Result<ExitCode, CommandError>>) -> Result<ExitCode, CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| CommandError::Fault(format!("the runtime could not be started: {error}")))?;
    runtime.block_on(command)
}
