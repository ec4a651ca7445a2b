use portage_clock::Clock;
use portage_service::{
    ExitCode,
    staff::{Role, StaffCommand, run_command},
};

use super::CommandError;
use crate::{args::Common, config::Config};

/// Where the pages of the staff stand.
pub(crate) const PAGES: &str = "/clerk";
/// What an account may do there.
const ROLES: &[Role] = &[Role::Clerk, Role::Approver, Role::Auditor];

/// Works on the accounts of the clerks.
pub(crate) async fn run(
    command: &StaffCommand,
    common: &Common,
    clock: Clock,
) -> Result<ExitCode, CommandError> {
    let mut pages = Config::read(&common.dir).map_err(CommandError::fault)?.url;
    pages.set_path(PAGES);
    run_command(command, (&common.dir, &pages), ROLES, &clock, common.json).await
}
