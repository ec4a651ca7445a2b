use std::{sync::Arc, time::Duration};

use portage_clock::Clock;
use portage_issuer::{IssuanceStore, Issuer};
use portage_web::{Announce, Readiness};

use super::CommandError;
use crate::{
    args::{Common, ServeArgs},
    output::ExitCode,
    routes::{Service, routes},
    wiring,
};

/// How often what is over is deleted.
const RETENTION_INTERVAL: Duration = Duration::from_secs(30);

/// Answers until told to stop.
pub(crate) async fn run(args: &ServeArgs, common: &Common, clock: Clock) -> Result<ExitCode, CommandError> {
    let deployment = wiring::open(&common.dir)?;
    let config = deployment.config;
    let service = Arc::new(Service {
        issuer: deployment.issuer,
        clock: clock.clone(),
        did_document: deployment.did_document,
    });

    let stop = portage_web::shutdown_signal().map_err(CommandError::fault)?;
    let address = args.listen.unwrap_or(config.listen);
    let listener = portage_web::bind(address)
        .await
        .map_err(|error| CommandError::Fault(format!("{address} cannot be listened on: {error}")))?;
    let retention = tokio::spawn(keep_retention(service.clone(), clock));
    let how = if common.json { Announce::Json } else { Announce::Text };
    portage_web::announce(how, config.url.as_str().trim_end_matches('/')).map_err(CommandError::output)?;
    let readiness = Readiness::ready();
    let served = portage_web::serve(listener, routes(service, readiness.clone()), readiness, stop).await;
    retention.abort();
    served.map_err(CommandError::fault)?;
    Ok(ExitCode::Done)
}

/// The retention job: at the start and then again and again.
async fn keep_retention<S: IssuanceStore>(service: Arc<Service<S>>, clock: Clock) {
    let issuer: &Issuer<S> = &service.issuer;
    loop {
        match issuer.forget(clock.now()).await {
            Ok(forgotten) => tracing::info!(
                delivered = forgotten.delivered,
                undelivered = forgotten.undelivered,
                one_time_values = forgotten.one_time_values,
                "retention"
            ),
            Err(error) => tracing::error!(error = %error, "retention could not be kept"),
        }
        tokio::time::sleep(RETENTION_INTERVAL).await;
    }
}
