use std::{sync::Arc, time::Duration};

use portage_clock::Clock;
use portage_fetch::{CacheSettings, Fetcher, HttpSources};
use portage_verifier::{Verifier, ports::SessionStore};
use portage_web::{Announce, Readiness};

use super::CommandError;
use crate::{
    args::{Common, ServeArgs},
    output::ExitCode,
    routes::{ApiToken, Service, routes},
    wiring,
};

/// How often what is over is ended and what is due is deleted.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

/// Answers until told to stop.
pub(crate) async fn run(args: &ServeArgs, common: &Common, clock: Clock) -> Result<ExitCode, CommandError> {
    let deployment = wiring::open(&common.dir)?;
    let config = deployment.config;
    let fetcher = Fetcher::new(config.loopback.clone()).map_err(CommandError::fault)?;
    let settings = CacheSettings { list_interval: config.refetch, ..CacheSettings::default() };
    let sources = HttpSources::new(fetcher, clock.clone(), settings);
    let readiness = Readiness::ready();
    let service = Arc::new(Service {
        verifier: deployment.verifier,
        sources,
        clock: clock.clone(),
        api_token: ApiToken::new(config.api_token),
        did_document: deployment.did_document,
    });

    let stop = portage_web::shutdown_signal().map_err(CommandError::fault)?;
    let address = args.listen.unwrap_or(config.listen);
    let listener = portage_web::bind(address)
        .await
        .map_err(|error| CommandError::Fault(format!("{address} cannot be listened on: {error}")))?;
    let sweeping = tokio::spawn(sweep(service.clone(), clock));
    let how = if common.json { Announce::Json } else { Announce::Text };
    portage_web::announce(how, config.url.as_str().trim_end_matches('/')).map_err(CommandError::output)?;
    let served = portage_web::serve(listener, routes(service, readiness.clone()), readiness, stop).await;
    sweeping.abort();
    served.map_err(CommandError::fault)?;
    Ok(ExitCode::Done)
}

/// The retention job: at the start and then every minute.
async fn sweep<S: SessionStore, Q>(service: Arc<Service<S, Q>>, clock: Clock) {
    let verifier: &Verifier<S> = &service.verifier;
    loop {
        match verifier.sweep(clock.now()).await {
            Ok(swept) => tracing::info!(
                expired = swept.expired,
                deleted = swept.deleted,
                events = swept.events,
                "retention"
            ),
            Err(error) => tracing::error!(error = %error, "retention could not be kept"),
        }
        tokio::time::sleep(SWEEP_INTERVAL).await;
    }
}
