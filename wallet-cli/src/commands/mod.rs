//! One file a command.

mod accept;
mod backup;
mod credentials;
mod explain;
mod history;
mod init;
mod open;
mod request;
mod trust;
mod types;

pub(crate) use accept::host_of;
pub(crate) use history::{beyond, claim_labels, history_line};

use crate::{args::Command, context::Context, refusal::Refusal};

/// Runs the command.
pub(crate) async fn dispatch(command: Command, context: &mut Context<'_, '_>) -> Result<(), Refusal> {
    match command {
        Command::Init(args) => init::init(args, context),
        Command::Accept(args) => accept::accept(args, context).await,
        Command::List => credentials::list(context),
        Command::Show(args) => credentials::show(&args, context),
        Command::Delete(args) => credentials::delete(&args, context),
        Command::Review(args) => request::review(&args, context).await,
        Command::Present(args) => request::present(&args, context).await,
        Command::Explain(args) => explain::explain(&args, context).await,
        Command::History => history::history(context),
        Command::Open(args) => open::open(args, context).await,
        Command::Export(args) => backup::export(&args, context),
        Command::Import(args) => backup::import(&args, context),
        Command::Trust(command) => trust::trust(command, context),
        Command::Type(command) => types::types(command, context),
    }
}
