use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;
use portage_clock::Clock;
use portage_fetch::{CacheSettings, Fetcher, HttpSources};
use portage_service::{ExitCode, serve_until_stopped};
use portage_storage::DatabaseError;
use portage_verifier::{Verifier, ports::SessionStore};
use portage_web::Announce;

use super::CommandError;
use crate::{
    args::{Common, ServeArgs},
    chain_renewal::Renewal,
    counter,
    purpose_renewal::PurposeRenewal,
    renewal::keep,
    routes::{ApiToken, Service, routes},
    wiring,
};

/// How often what is over is ended and what is due is deleted.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

/// Answers until told to stop.
pub(crate) async fn run(args: &ServeArgs, common: &Common, clock: Clock) -> Result<ExitCode, CommandError> {
    let deployment = wiring::open(&common.dir, &clock)?;
    let config = deployment.config;
    let fetcher = Fetcher::new(config.loopback.clone()).map_err(CommandError::fault)?;
    let settings = CacheSettings { list_interval: config.refetch, ..CacheSettings::default() };
    // What is renewed is asked for anew.
    let anew = CacheSettings { document_age: SignedDuration::ZERO, ..settings };
    let fresh = HttpSources::new(fetcher.clone(), clock.clone(), anew);
    let sources = HttpSources::new(fetcher, clock.clone(), settings);
    let service = Arc::new(Service {
        verifier: deployment.verifier,
        sources,
        clock: clock.clone(),
        api_token: ApiToken::new(config.api_token),
        did_document: deployment.did_document,
        federation: deployment.federation,
        counter: Some(Arc::new(deployment.counter)),
    });

    let how = if common.json { Announce::Json } else { Announce::Text };
    let address = args.listen.unwrap_or(config.listen);
    let beside = {
        let (service, dir, anchors) = (service.clone(), common.dir.clone(), deployment.anchors);
        async move {
            let renewal = Renewal {
                chain: service.verifier.vouched.trust_chain.clone(),
                dir: &dir,
                member: service.federation.as_ref(),
                anchors: &anchors,
                loopback: &service.verifier.loopback,
                sources: &fresh,
                clock: &clock,
            };
            let purposes = PurposeRenewal {
                statements: service.verifier.vouched.statements.clone(),
                catalog: &service.verifier.catalog,
                member: service.federation.as_ref(),
                sources: &fresh,
                clock: &clock,
            };
            tokio::join!(
                sweep(service.clone(), clock.clone()),
                keep(&renewal, &clock),
                keep(&purposes, &clock)
            );
        }
    };
    let pages = (how, counter::BASE, counter::PAGES);
    serve_until_stopped(address, &config.url, pages, |readiness| routes(service, readiness), beside).await
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
        if let Some(Err(error)) = sweep_door(&service).await {
            tracing::error!(error = %error, "retention could not be kept");
        }
        tokio::time::sleep(SWEEP_INTERVAL).await;
    }
}

async fn sweep_door<S, Q>(service: &Service<S, Q>) -> Option<Result<(), DatabaseError>> {
    Some(service.counter.as_ref()?.door().sweep().await)
}
