//! `verifier check`: credentials and presentations in files, offline.

use std::path::PathBuf;

use portage_clock::Clock;

use super::CommandError;
use crate::{args::Common, output::ExitCode};

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub(crate) struct CheckArgs {
    /// Credentials and presentations; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) inputs: Vec<PathBuf>,
}

/// Checks each input.
pub(crate) fn run(args: &CheckArgs, common: &Common, clock: Clock) -> Result<ExitCode, CommandError> {
    let _ = (&args.inputs, common, clock);
    Err(CommandError::Fault("check is not there yet".to_owned()))
}
