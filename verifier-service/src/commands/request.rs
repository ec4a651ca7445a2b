use portage_catalog::PurposeId;
use portage_clock::Clock;
use portage_reason::Reason;
use portage_service::{ExitCode, output};
use portage_verifier::{CreateError, Device};

use super::CommandError;
use crate::{
    args::{Common, RequestArgs},
    qr, wiring,
};

/// Makes a request on the service's store: the same as `POST /api/requests`, whether or not `serve` runs.
pub(crate) async fn run(args: &RequestArgs, common: &Common, clock: Clock) -> Result<ExitCode, CommandError> {
    let deployment = wiring::open(&common.dir, &clock)?;
    let device = if args.same_device { Device::Same } else { Device::Cross };
    let purpose = PurposeId(args.purpose.clone());
    let created = deployment.verifier.create_request(&purpose, device, clock.now()).await.map_err(refusal)?;
    if common.json {
        output::json_line(&created.to_value(&qr::svg(&created.request_uri)))?;
    } else {
        output::line(&qr::terminal(&created.request_uri))?;
        output::line(&created.request_uri)?;
        output::line(&format!("{}  ({:.0})", created.transaction, created.expires))?;
    }
    Ok(ExitCode::Done)
}

fn refusal(error: CreateError) -> CommandError {
    match error {
        CreateError::Request(error) => CommandError::fault(error),
        CreateError::Store(failure) => super::store_failure(failure),
        CreateError::PurposeNotRegistered => {
            CommandError::Refused(Reason::PurposeNotRegistered, error.to_string())
        }
        CreateError::PurposeUnsupported(_) => CommandError::Refused(Reason::Unsupported, error.to_string()),
    }
}
