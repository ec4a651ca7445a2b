//! Reads the log of an authority over HTTP.

use jiff::Timestamp;
use portage_did::LoopbackOrigins;
use portage_federation::{EntityId, LogAddress};
use portage_fetch::Fetcher;
use portage_reason::Reason;
use portage_transparency_log::{
    CHECKPOINT_PATH, Monitor, MonitorError, ProofInvalid, SeenEntry, VerifierKey,
};
use serde_json::json;
use url::Url;

use super::super::{CommandError, say, superiors};

/// A log to read: where it is, and the way there.
pub(super) struct LogReader {
    fetcher: Fetcher,
    pub(super) address: LogAddress,
}

/// Why a look gave nothing.
pub(super) enum LookError {
    /// The log did what a log must not do.
    Caught(CommandError, Option<serde_json::Value>),
    /// It could not be reached, or the like: try again.
    Failed(CommandError),
}

impl LogReader {
    /// The log of the authority at `url`, whose key is what the authority says of itself now; with `key`, the log at `url` itself.
    pub(super) async fn open(
        url: &str,
        key: Option<&VerifierKey>,
        now: Timestamp,
    ) -> Result<Self, CommandError> {
        let address = Url::parse(url).map_err(|error| CommandError::Usage(format!("URL: {error}")))?;
        // Somebody typed a loopback address: that is who may allow it.
        let origin = (address.scheme() == "http").then(|| address.origin().ascii_serialization());
        let loopback = LoopbackOrigins::parse(origin.as_deref())
            .map_err(|_| CommandError::Usage("URL: https, or http on this machine".to_owned()))?;
        let fetcher = Fetcher::new(loopback).map_err(CommandError::fault)?;
        let address = match key {
            Some(key) => LogAddress { url: url.trim_end_matches('/').to_owned(), key: key.clone() },
            None => announced(&fetcher, url, now).await?,
        };
        Ok(LogReader { fetcher, address })
    }

    /// Everything that is new for the monitor.
    pub(super) async fn look(&self, monitor: &Monitor) -> Result<(Monitor, Vec<SeenEntry>), LookError> {
        let checkpoint = self.get(CHECKPOINT_PATH, 256 << 10).await.map_err(LookError::Failed)?;
        let mut look = monitor.look(&checkpoint).map_err(caught)?;
        while let Some(bundle) = look.next_bundle() {
            let path = bundle.to_string();
            let bytes = match self.get(&path, bundle.max_bytes()).await {
                Ok(bytes) => bytes,
                Err(error) if !bundle.is_partial() => return Err(LookError::Failed(error)),
                // "… where a log has deleted the partial one, the full one serves".
                Err(_) => {
                    let full = bundle.full();
                    self.get(&full.to_string(), full.max_bytes()).await.map_err(LookError::Failed)?
                }
            };
            look.take(&bytes).map_err(|error| caught(error.into()))?;
        }
        look.finish().map_err(caught)
    }

    async fn get(&self, path: &str, max_bytes: usize) -> Result<Vec<u8>, CommandError> {
        let url = format!("{}/{path}", self.address.url);
        let parsed = Url::parse(&url).map_err(CommandError::fault)?;
        let answer = self.fetcher.get(&parsed, "*/*", max_bytes).await;
        let answer = answer.map_err(|failure| CommandError::Fault(format!("{url}: {failure}")))?;
        if answer.is_success() {
            Ok(answer.body)
        } else {
            Err(CommandError::Fault(format!("{url}: answered with status {}", answer.status)))
        }
    }
}

async fn announced(fetcher: &Fetcher, url: &str, now: Timestamp) -> Result<LogAddress, CommandError> {
    let id = EntityId::parse(url.trim_end_matches('/'))
        .map_err(|error| CommandError::Usage(format!("URL: {error}")))?;
    let configuration = superiors::configuration(fetcher, &id, now).await?;
    configuration.metadata.log().ok_or_else(|| {
        CommandError::Refused(Reason::LogProofInvalid, say("authority.no_log", &[("entity", id.as_str())]))
    })
}

/// What cannot be had by accident is a verdict; the two checkpoints are for those who have to know.
fn caught(error: MonitorError) -> LookError {
    let text = error.to_string();
    let evidence = match &error {
        MonitorError::State(_) => return LookError::Failed(CommandError::Fault(text)),
        MonitorError::Misbehaviour(misbehaviour) => Some(json!({
            "broken": format!("{:?}", misbehaviour.broken).to_lowercase(),
            "known": misbehaviour.evidence.known,
            "seen": misbehaviour.evidence.seen,
        })),
        MonitorError::Checkpoint(_) | MonitorError::Bundle(ProofInvalid(_)) => None,
    };
    LookError::Caught(CommandError::Refused(Reason::LogProofInvalid, text), evidence)
}
