use portage_catalog::PurposeId;
use portage_clock::Clock;
use portage_verifier::Device;

use super::CommandError;
use crate::{
    args::{Common, RequestArgs},
    output::{self, ExitCode},
    qr, wiring,
};

/// Makes a request on the service's store: the same as `POST /api/requests`, whether or not `serve` runs.
pub(crate) async fn run(args: &RequestArgs, common: &Common, clock: Clock) -> Result<ExitCode, CommandError> {
    let deployment = wiring::open(&common.dir)?;
    let device = if args.same_device { Device::Same } else { Device::Cross };
    let purpose = PurposeId(args.purpose.clone());
    let created = deployment.verifier.create_request(&purpose, device, clock.now()).await?;
    if common.json {
        output::json_line(&created.to_value(&qr::svg(&created.request_uri)))?;
    } else {
        output::line(&qr::terminal(&created.request_uri))?;
        output::line(&created.request_uri)?;
        output::line(&format!("{}  ({:.0})", created.transaction, created.expires))?;
    }
    Ok(ExitCode::Done)
}
