//! What a program prints, and how it ends.

use std::io::{self, Write};

use serde_json::Value;

use crate::CommandError;

/// How the program ends (0 done, 1 refused by a check, 2 wrong usage, 3 environment or store fault).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitCode {
    /// Done.
    Done,
    /// Refused by a check.
    Refused,
    /// Wrong usage.
    Usage,
    /// Environment or store fault.
    Fault,
}

impl ExitCode {
    /// The number.
    pub const fn code(self) -> u8 {
        match self {
            ExitCode::Done => 0,
            ExitCode::Refused => 1,
            ExitCode::Usage => 2,
            ExitCode::Fault => 3,
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        std::process::ExitCode::from(code.code())
    }
}

/// One JSON object on a line of standard output.
///
/// # Errors
/// [`CommandError::Fault`].
pub fn json_line(value: &Value) -> Result<(), CommandError> {
    line(&value.to_string())
}

/// One line of standard output.
///
/// # Errors
/// [`CommandError::Fault`].
pub fn line(text: &str) -> Result<(), CommandError> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(CommandError::output)
}

/// What clap found: help and version are no error.
pub fn usage(error: &clap::Error) -> ExitCode {
    // Err: nobody reads the terminal any more, and there is nobody left to tell.
    let _ = error.print();
    if error.use_stderr() { ExitCode::Usage } else { ExitCode::Done }
}

/// Says on standard error why the command failed, the reason's name as the last word.
pub fn failed(program: &str, error: &CommandError) -> ExitCode {
    let text = match error.reason() {
        Some(reason) => format!("{program}: {error}: {reason}"),
        None => format!("{program}: {error}"),
    };
    // Err: nobody reads standard error any more.
    let _ = writeln!(io::stderr().lock(), "{text}");
    error.exit_code()
}
