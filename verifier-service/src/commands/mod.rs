//! One file a command.

pub(crate) mod check;
mod explain;
mod init;
mod policy;
mod purpose;
mod request;
mod result;
mod serve;
mod staff;

use portage_clock::Clock;
use portage_keys::OsEntropy;
pub(crate) use portage_service::CommandError;
use portage_service::{ExitCode, block_on};
use portage_verifier::ports::StoreFailure;

use crate::args::{Args, Command};

/// The store, when it is used.
pub(crate) fn store_failure(failure: StoreFailure) -> CommandError {
    match failure {
        StoreFailure::Unusable(reason) => CommandError::Store(reason, "the store cannot be used".to_owned()),
        StoreFailure::Environment(_) => CommandError::fault(failure),
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
        Command::Explain(args) => block_on(explain::run(args, common, clock)),
        Command::Check(args) => check::run(args, common, clock),
        Command::Staff(command) => block_on(staff::run(command, common, clock)),
        Command::Purpose(command) => purpose::run(command, common),
        Command::Policy(command) => policy::run(command, common),
    }
}
