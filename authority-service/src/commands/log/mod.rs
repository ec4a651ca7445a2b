//! The public log: what changed, and whether it keeps its word. Both for anyone, about any authority.

mod diff;
mod reader;
mod watch;

use portage_clock::Clock;
use portage_service::ExitCode;

use super::CommandError;
use crate::args::{Common, LogCommand};

/// Runs the command.
pub(crate) async fn run(
    command: &LogCommand,
    common: &Common,
    clock: &Clock,
) -> Result<ExitCode, CommandError> {
    match command {
        LogCommand::Diff(args) => diff::run(args, common, clock).await,
        LogCommand::Watch(args) => watch::run(args, common, clock).await,
    }
}
