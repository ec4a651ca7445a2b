//! One file a command.

mod init;
mod key;
mod offer;
mod serve;
mod staff;
mod status;
mod types;

use portage_clock::Clock;
use portage_issuer::StoreFailure;
use portage_keys::OsEntropy;
pub(crate) use portage_service::CommandError;
use portage_service::{ExitCode, block_on};

use crate::args::{Args, Command};

/// The store, when it is used.
pub(crate) fn store_failure(failure: &StoreFailure) -> CommandError {
    match failure {
        StoreFailure::Unusable(reason) => CommandError::Store(*reason, failure.to_string()),
        StoreFailure::Environment(_) => CommandError::Fault(failure.to_string()),
    }
}

/// Runs the command.
pub(crate) fn dispatch(args: Args, clock: Clock) -> Result<ExitCode, CommandError> {
    let common = args.common;
    match args.command {
        Command::Init(init) => init::run(&init, &common, &clock, &OsEntropy),
        Command::Key(command) => key::run(&command, &common, &clock, &OsEntropy),
        Command::Serve(serve) => block_on(serve::run(&serve, &common, clock)),
        Command::Type(command) => types::run(&command, &common, &clock),
        Command::Offer(offer) => block_on(offer::run(&offer, &common, &clock)),
        Command::Status(status) => block_on(status::run(&status, &common, &clock)),
        Command::Staff(command) => block_on(staff::run(&command, &common, clock)),
    }
}
