use std::sync::Arc;

use portage_clock::Clock;
use portage_fetch::{CacheSettings, HttpSources};
use portage_service::{ExitCode, serve_until_stopped};
use portage_web::Announce;

use super::CommandError;
use crate::{
    args::{Common, ServeArgs},
    routes::{Service, routes},
    wiring,
};

/// Answers until told to stop.
pub(crate) async fn run(args: &ServeArgs, common: &Common, clock: Clock) -> Result<ExitCode, CommandError> {
    let deployment = wiring::open(&common.dir)?;
    let config = deployment.config;
    let fetcher = wiring::fetcher(&config)?;
    let sources = HttpSources::new(fetcher, clock.clone(), CacheSettings::default());
    let service = Arc::new(Service { authority: deployment.authority, sources, clock });
    let how = if common.json { Announce::Json } else { Announce::Text };
    let address = args.listen.unwrap_or(config.listen);
    serve_until_stopped(
        address,
        &config.url,
        how,
        |readiness| routes(service, readiness),
        std::future::pending(),
    )
    .await
}
