use std::io;

use portage_reason::Reason;
use portage_storage::DatabaseError;

use crate::ExitCode;

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
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
    pub fn fault(error: impl std::error::Error) -> Self {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            text.push_str(&format!(": {error}"));
            cause = error.source();
        }
        CommandError::Fault(text)
    }

    /// The store, when it is opened.
    pub fn database(error: DatabaseError) -> Self {
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
    pub fn output(error: io::Error) -> Self {
        CommandError::Fault(format!("standard output could not be written: {error}"))
    }

    /// The last word on standard error.
    pub const fn reason(&self) -> Option<Reason> {
        match self {
            CommandError::Refused(reason, _) | CommandError::Store(reason, _) => Some(*reason),
            CommandError::Usage(_) | CommandError::Fault(_) => None,
        }
    }

    /// How the program ends.
    pub const fn exit_code(&self) -> ExitCode {
        match self {
            CommandError::Usage(_) => ExitCode::Usage,
            CommandError::Refused(..) => ExitCode::Refused,
            CommandError::Fault(_) | CommandError::Store(..) => ExitCode::Fault,
        }
    }
}
