use jiff::tz::TimeZone;
use portage_authority::RegistryStore;
use portage_clock::Clock;
use portage_service::{ExitCode, output};
use portage_transparency_log::{Monitor, ReadEntry, diff_since};
use portage_web::language_of_terminal;
use serde_json::json;

use super::{
    super::{CommandError, say, store_failure},
    reader::{LogReader, LookError},
};
use crate::{
    args::{Common, LogDiffArgs},
    wiring,
};

/// What each service became allowed to ask since a day.
pub(super) async fn run(
    args: &LogDiffArgs,
    common: &Common,
    clock: &Clock,
) -> Result<ExitCode, CommandError> {
    let entries = entries(args, common, clock).await?;
    let since = TimeZone::UTC.to_timestamp(args.since.at(0, 0, 0, 0)).map_err(CommandError::fault)?;
    let services = diff_since(&entries, since, language_of_terminal());
    if services.is_empty() && !common.json {
        output::line(&say("authority.no_change", &[]))?;
    }
    for service in services {
        if common.json {
            let changes = service
                .changes
                .iter()
                .map(|(index, sentence)| json!({ "log_index": index, "change": sentence }));
            output::json_line(&json!({
                "service": service.service, "name": service.name, "changes": changes.collect::<Vec<_>>(),
            }))?;
            continue;
        }
        output::line(&format!("{} ({})", service.name, service.service))?;
        for (_, sentence) in service.changes {
            output::line(&format!("  {sentence}"))?;
        }
    }
    Ok(ExitCode::Done)
}

/// The log of the folder, as the store has it; or that of an authority elsewhere, checked against its checkpoint.
async fn entries(args: &LogDiffArgs, common: &Common, clock: &Clock) -> Result<Vec<ReadEntry>, CommandError> {
    let Some(url) = &args.url else {
        let authority = wiring::open(&common.dir)?.authority;
        let log = authority.store().log(0).await.map_err(|failure| store_failure(&failure))?;
        return Ok(log.iter().map(|bytes| ReadEntry::read(bytes)).collect());
    };
    let reader = LogReader::open(url, args.key.as_ref(), clock.now()).await?;
    match reader.look(&Monitor::new(reader.address.key.clone())).await {
        Ok((_, seen)) => Ok(seen.into_iter().map(|seen| seen.entry).collect()),
        Err(LookError::Caught(error, _) | LookError::Failed(error)) => Err(error),
    }
}
