use portage_catalog::message;
use portage_clock::Clock;
use portage_issuer::{ChangeBy, Reference, StatusChange, StatusError};
use portage_reason::Reason;
use portage_service::{ExitCode, output};
use portage_web::language_of_terminal;
use serde_json::json;

use super::{CommandError, offer::COMMAND_LINE};
use crate::{
    args::{Common, StatusArgs},
    wiring,
};

/// Changes a status; durable when it returns.
pub(crate) async fn run(args: &StatusArgs, common: &Common, clock: &Clock) -> Result<ExitCode, CommandError> {
    let issuer = wiring::open(&common.dir, clock.now())?.issuer;
    let reference = Reference::new(&args.reference);
    let change = StatusChange::from(args.change);
    let by = ChangeBy { reference, change, why: None, who: COMMAND_LINE.to_owned() };
    let changed = issuer.change_status_by(by, clock.now()).await;
    let status = changed.map_err(|error| explain(&error, &args.reference))?;
    if common.json {
        output::json_line(&json!({ "ref": args.reference, "status": status.name() }))?;
    } else {
        output::line(&words(change, &args.reference))?;
    }
    Ok(ExitCode::Done)
}

fn words(change: StatusChange, reference: &str) -> String {
    let values = [("ref", reference)];
    match change {
        StatusChange::Revoke => message("issuer.revoked", language_of_terminal(), &values),
        StatusChange::Suspend => message("issuer.suspended", language_of_terminal(), &values),
        StatusChange::Reinstate => message("issuer.reinstated", language_of_terminal(), &values),
    }
}

fn explain(error: &StatusError, reference: &str) -> CommandError {
    let values = [("ref", reference)];
    let refused = |reason, text| CommandError::Refused(reason, text);
    match error {
        StatusError::Absent => {
            refused(Reason::ValueInvalid, message("issuer.no_reference", language_of_terminal(), &values))
        }
        StatusError::RevokedForEver => {
            refused(Reason::Revoked, message("issuer.revoked", language_of_terminal(), &values))
        }
        StatusError::NotIssued => {
            refused(Reason::Unsupported, message("issuer.not_collected", language_of_terminal(), &values))
        }
        StatusError::Store(failure) => super::store_failure(failure),
        StatusError::Entry | StatusError::Signing(_) => CommandError::fault(error),
    }
}
