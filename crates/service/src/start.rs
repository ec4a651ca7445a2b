use std::{ffi::OsString, future::Future};

use portage_clock::Clock;
use portage_web::log_to_stderr;

use crate::{CommandError, ExitCode, output};

/// Runs `program` with its arguments, the program's own name first: reads them, starts the log and the one clock, and does what `dispatch` says.
pub fn run<A: clap::Parser>(
    program: &str,
    arguments: impl IntoIterator<Item = OsString>,
    dispatch: impl FnOnce(A, Clock) -> Result<ExitCode, CommandError>,
) -> ExitCode {
    let args = match A::try_parse_from(arguments) {
        Ok(args) => args,
        Err(error) => return output::usage(&error),
    };
    log_to_stderr();
    let clock = match Clock::from_environment() {
        Ok((clock, false)) => clock,
        Ok((clock, true)) => {
            tracing::warn!("PORTAGE_CLOCK is set: this program does not use the machine's time");
            clock
        }
        Err(error) => return output::failed(program, &CommandError::Usage(error.to_string())),
    };
    dispatch(args, clock).unwrap_or_else(|error| output::failed(program, &error))
}

/// Runs a command to its end on a runtime of its own.
///
/// # Errors
/// The command's; [`CommandError::Fault`] when the runtime cannot be started.
pub fn block_on(
    command: impl Future<Output = Result<ExitCode, CommandError>>,
) -> Result<ExitCode, CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| CommandError::Fault(format!("the runtime could not be started: {error}")))?;
    runtime.block_on(command)
}
