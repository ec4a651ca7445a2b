use std::{sync::Arc, time::Duration};

use portage_clock::Clock;
use portage_fetch::{CacheSettings, HttpSources};
use portage_service::{ExitCode, serve_until_stopped};
use portage_web::Announce;

use super::CommandError;
use crate::{
    args::{Common, ServeArgs},
    public_log::{PublicLog, publish_failure},
    routes::{Service, routes},
    wiring,
};

/// How often what commands wrote is published when nobody asks.
const PUBLISH_INTERVAL: Duration = Duration::from_secs(5);

/// Answers until told to stop.
pub(crate) async fn run(args: &ServeArgs, common: &Common, clock: Clock) -> Result<ExitCode, CommandError> {
    let deployment = wiring::open(&common.dir)?;
    let config = deployment.config;
    let fetcher = wiring::fetcher(&config)?;
    let sources = HttpSources::new(fetcher, clock.clone(), CacheSettings::default());
    let opened = PublicLog::open_to_keep(&common.dir, deployment.log).await;
    let (log, keeper) = opened.map_err(publish_failure)?;
    let service = Arc::new(Service::new(deployment.authority, log, sources, clock));
    // A log that would fork stops the start: better silent than two-faced.
    service.publish().await.map_err(publish_failure)?;
    let how = if common.json { Announce::Json } else { Announce::Text };
    let address = args.listen.unwrap_or(config.listen);
    let (publishing, last) = (keep_publishing(service.clone()), service.clone());
    let ended = serve_until_stopped(
        address,
        &config.url,
        (how, "", &[]),
        |readiness| routes(service, readiness),
        publishing,
    )
    .await;
    // From here on commands publish themselves; what they left to this process is published before it lets go of the folder.
    drop(keeper);
    last.publish().await.map_err(publish_failure)?;
    ended
}

async fn keep_publishing(service: Arc<Service>) {
    loop {
        if let Err(error) = service.publish().await {
            tracing::error!(error = %error, "the log could not be published");
        }
        tokio::time::sleep(PUBLISH_INTERVAL).await;
    }
}
