use portage_clock::Clock;
use portage_service::{
    ExitCode,
    staff::{Role, StaffCommand, run_command},
};

use super::CommandError;
use crate::{args::Common, config::Config, counter};

/// Works on the accounts of the counter.
pub(crate) async fn run(
    command: &StaffCommand,
    common: &Common,
    clock: Clock,
) -> Result<ExitCode, CommandError> {
    let mut pages = Config::read(&common.dir).map_err(CommandError::fault)?.url;
    pages.set_path(counter::BASE);
    run_command(command, (&common.dir, &pages), &[Role::Counter], &clock, common.json).await
}
