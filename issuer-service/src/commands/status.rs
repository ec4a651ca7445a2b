use portage_clock::Clock;
use portage_issuer::{Reference, StatusError};
use serde_json::json;

use super::CommandError;
use crate::{
    args::{Common, StatusArgs},
    output::{self, ExitCode},
    wiring,
};

/// Changes a status; durable when it returns.
pub(crate) async fn run(args: &StatusArgs, common: &Common, clock: &Clock) -> Result<ExitCode, CommandError> {
    let issuer = wiring::open(&common.dir)?.issuer;
    let reference = Reference::new(&args.reference);
    let status = issuer.change_status(&reference, args.change.into(), clock.now()).await.map_err(explain)?;
    if common.json {
        output::json_line(&json!({ "ref": args.reference, "status": status.name() }))?;
    } else {
        output::line(status.name())?;
    }
    Ok(ExitCode::Done)
}

fn explain(error: StatusError) -> CommandError {
    match (error.reason(), &error) {
        (Some(reason), _) => CommandError::Refused(reason, error.to_string()),
        (None, StatusError::Store(failure)) => CommandError::store(failure),
        (None, _) => CommandError::fault(error),
    }
}
