use std::{sync::Arc, time::Duration};

use portage_clock::Clock;
use portage_issuer::{IssuanceStore, Issuer};
use portage_service::{ExitCode, serve_until_stopped};
use portage_web::Announce;

use super::CommandError;
use crate::{
    args::{Common, ServeArgs},
    config::DidMethod,
    did_log,
    routes::{Service, routes},
    wiring,
};

/// How often what is over is deleted.
const RETENTION_INTERVAL: Duration = Duration::from_secs(30);

/// Answers until told to stop.
pub(crate) async fn run(args: &ServeArgs, common: &Common, clock: Clock) -> Result<ExitCode, CommandError> {
    let deployment = wiring::open(&common.dir, clock.now())?;
    let config = deployment.config;
    let service = Arc::new(Service {
        issuer: deployment.issuer,
        clock: clock.clone(),
        did_document: deployment.did_document,
        did_log: (config.did == DidMethod::WebVh).then(|| common.dir.clone()),
        federation: deployment.federation,
    });

    let how = if common.json { Announce::Json } else { Announce::Text };
    let address = args.listen.unwrap_or(config.listen);
    let retention = keep_retention(service.clone(), clock);
    serve_until_stopped(
        address,
        &config.url,
        (how, "", &[]),
        |readiness| routes(service, readiness),
        retention,
    )
    .await
}

/// The retention job: at the start and then again and again.
async fn keep_retention<S: IssuanceStore>(service: Arc<Service<S>>, clock: Clock) {
    let issuer: &Issuer<S> = &service.issuer;
    let log =
        || service.did_log.as_ref().map(|dir| std::fs::read(dir.join(did_log::LOG)).unwrap_or_default());
    let log_at_start = log();
    loop {
        if log() != log_at_start {
            tracing::warn!(
                "did.jsonl has another entry: start the service again, so that it signs with the keys in it"
            );
        }
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
