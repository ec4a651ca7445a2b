use std::{sync::Arc, time::Duration};

use jiff::tz::TimeZone;
use portage_catalog::message;
use portage_clock::Clock;
use portage_issuer::{ClerkStore, Issuer};
use portage_service::{ExitCode, serve_until_stopped, staff::StaffStore};
use portage_web::{Announce, language_of_terminal};

use super::CommandError;
use crate::{
    args::{Common, ServeArgs},
    clerk::{self, Clerk},
    config::DidMethod,
    did_log::LiveLog,
    paper,
    routes::{Service, routes},
    wiring,
};

/// How often what is over is deleted.
const RETENTION_INTERVAL: Duration = Duration::from_secs(30);

/// Answers until told to stop.
pub(crate) async fn run(args: &ServeArgs, common: &Common, clock: Clock) -> Result<ExitCode, CommandError> {
    let deployment = wiring::open(&common.dir, clock.now())?;
    let config = deployment.config;
    let staff = StaffStore::open(&common.dir).map_err(CommandError::database)?;
    let types = config.types.iter().filter_map(|id| deployment.issuer.catalog().credential_type(id));
    // Days are told where the registers count them.
    let zone = types.map(paper::zone_of).find(|zone| *zone != TimeZone::UTC).unwrap_or(TimeZone::UTC);
    let clerk = Clerk::new(staff, &config.url, (clock.clone(), zone), config.office);
    if deployment.issuer.has_ended() {
        for key in ["issuer.did_ended", "issuer.did_ended_serves"] {
            eprintln!("{}", message(key, language_of_terminal(), &[]));
        }
    }
    let service = Arc::new(Service {
        issuer: deployment.issuer,
        clock: clock.clone(),
        did_document: deployment.did_document,
        did_log: (config.did == DidMethod::WebVh)
            .then(|| LiveLog::at(common.dir.clone(), config.url.clone(), config.loopback.clone())),
        federation: deployment.federation,
        clerk: Some(Arc::new(clerk)),
    });

    let how = if common.json { Announce::Json } else { Announce::Text };
    let address = args.listen.unwrap_or(config.listen);
    let retention = keep_retention(service.clone(), clock);
    serve_until_stopped(
        address,
        &config.url,
        (how, clerk::BASE, clerk::PAGES),
        |readiness| routes(service, readiness),
        retention,
    )
    .await
}

/// The retention job: at the start and then again and again.
async fn keep_retention<S: ClerkStore>(service: Arc<Service<S>>, clock: Clock) {
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
        if let Some(clerk) = &service.clerk
            && let Err(error) = clerk.door().sweep().await
        {
            tracing::error!(error = %error, "retention could not be kept");
        }
        tokio::time::sleep(RETENTION_INTERVAL).await;
    }
}
