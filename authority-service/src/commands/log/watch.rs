use std::{fs, io, path::Path, time::Duration};

use portage_clock::Clock;
use portage_service::{ExitCode, output, replace_file};
use portage_transparency_log::{Monitor, SeenEntry};
use portage_web::language_of_terminal;
use serde_json::json;

use super::{
    super::CommandError,
    reader::{LogReader, LookError},
};
use crate::args::{Common, LogWatchArgs};

/// Longest file of a monitor.
const MAX_STATE: u64 = 1 << 20;

/// Watches the log of an authority, whoever runs it: reads every entry and remembers what it saw.
pub(super) async fn run(
    args: &LogWatchArgs,
    common: &Common,
    clock: &Clock,
) -> Result<ExitCode, CommandError> {
    let mut monitor = args.state.as_deref().map(kept).transpose()?.flatten();
    // A log whose key was seen before is held to that key.
    let known = args.key.clone().or_else(|| monitor.as_ref().map(|monitor| monitor.log().clone()));
    let reader = match (&args.key, known) {
        (None, Some(known)) => {
            let mut reader = LogReader::open(&args.url, None, clock.now()).await?;
            reader.address.key = known;
            reader
        }
        (key, _) => LogReader::open(&args.url, key.as_ref(), clock.now()).await?,
    };
    loop {
        let before = monitor.take().unwrap_or_else(|| Monitor::new(reader.address.key.clone()));
        match reader.look(&before).await {
            Ok((after, seen)) => {
                tell(&after, &seen, common)?;
                if let Some(path) = &args.state {
                    keep(path, &after)?;
                }
                monitor = Some(after);
            }
            Err(LookError::Caught(error, evidence)) => {
                if let Some(evidence) = evidence {
                    show(&evidence, common)?;
                }
                return Err(error);
            }
            Err(LookError::Failed(error)) if args.once => return Err(error),
            Err(LookError::Failed(error)) => {
                tracing::warn!(error = %error, "the log could not be read");
                monitor = Some(before);
            }
        }
        if args.once {
            return Ok(ExitCode::Done);
        }
        tokio::time::sleep(Duration::from_secs(args.every)).await;
    }
}

fn tell(monitor: &Monitor, seen: &[SeenEntry], common: &Common) -> Result<(), CommandError> {
    for one in seen {
        let sentence = one.entry.sentence(one.index, language_of_terminal());
        if common.json {
            output::json_line(&json!({ "log_index": one.index, "entry": sentence }))?;
        } else {
            output::line(&sentence)?;
        }
    }
    if common.json {
        output::json_line(&json!({ "size": monitor.size() }))?;
    }
    Ok(())
}

/// Both checkpoints, as the log signed them.
fn show(evidence: &serde_json::Value, common: &Common) -> Result<(), CommandError> {
    if common.json {
        return output::json_line(evidence);
    }
    for name in ["known", "seen"] {
        output::line(evidence.get(name).and_then(serde_json::Value::as_str).unwrap_or_default())?;
    }
    Ok(())
}

fn kept(path: &Path) -> Result<Option<Monitor>, CommandError> {
    let unusable = |what: &dyn std::fmt::Display| CommandError::Fault(format!("{}: {what}", path.display()));
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unusable(&error)),
        Ok(metadata) if metadata.len() > MAX_STATE => return Err(unusable(&"too large")),
        Ok(_) => {}
    }
    let bytes = fs::read(path).map_err(|error| unusable(&error))?;
    Monitor::restored(&bytes).map(Some).map_err(|error| unusable(&error))
}

/// Whole or not at all: a monitor that forgot is fooled once.
fn keep(path: &Path, monitor: &Monitor) -> Result<(), CommandError> {
    let written = replace_file(path, &monitor.to_json());
    written.map_err(|error| CommandError::Fault(format!("{} could not be written: {error}", path.display())))
}
