//! One file a command.

pub(crate) mod check;
mod init;
mod request;
mod result;
mod serve;

use std::{future::Future, io};

use portage_clock::Clock;
use portage_keys::OsEntropy;
use portage_reason::Reason;
use portage_storage::DatabaseError;
use portage_verifier::{CreateError, ports::StoreFailure};

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

    /// Standard output cannot be written.
    pub(crate) fn output(error: io::Error) -> Self {
        CommandError::Fault(format!("standard output could not be written: {error}"))
    }

    pub(crate) const fn reason(&self) -> Option<Reason> {
        match self {
            CommandError::Refused(reason, _) | CommandError::Store(reason, _) => Some(*reason),
            CommandError::Usage(_) | CommandError::Fault(_) => None,
        }
    }

    pub(crate) const fn exit_code(&self) -> ExitCode {
        match self {
            CommandError::Usage(_) => ExitCode::Usage,
            CommandError::Refused(..) => ExitCode::Refused,
            CommandError::Fault(_) | CommandError::Store(..) => ExitCode::Fault,
        }
    }
}

impl From<StoreFailure> for CommandError {
    fn from(failure: StoreFailure) -> Self {
        match failure {
            StoreFailure::Unusable(reason) => {
                CommandError::Store(reason, "the store cannot be used".to_owned())
            }
            StoreFailure::Environment(_) => CommandError::fault(failure),
        }
    }
}

impl From<CreateError> for CommandError {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Store(failure) => failure.into(),
            CreateError::PurposeNotRegistered => {
                CommandError::Refused(Reason::PurposeNotRegistered, error.to_string())
            }
            CreateError::PurposeUnsupported(_) => {
                CommandError::Refused(Reason::Unsupported, error.to_string())
            }
        }
    }
}

/// Runs the command.
pub(crate) fn dispatch(args: Args, clock: Clock) -> Result<ExitCode, CommandError> {
    let common = &args.common;
    match &args.command {
        Command::Init(args) => init::run(args, common, &OsEntropy),
        Command::Serve(args) => block_on(serve::run(args, common, clock)),
        Command::Request(args) => block_on(request::run(args, common, clock)),
        Command::Result(args) => block_on(result::run(args, common, clock)),
        Command::Check(args) => check::run(args, common, clock),
    }
}

fn block_on(command: impl Future<Output = Result<ExitCode, CommandError>>) -> Result<ExitCode, CommandError> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(CommandError::fault)?;
    runtime.block_on(command)
}
