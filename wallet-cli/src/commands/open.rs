use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use portage_web::{Readiness, bind, page::page_addresses, serve, shutdown_signal};
use serde_json::json;

use crate::{
    args::OpenArgs,
    context::Context,
    pages::{Desk, OpeningLink, PAGES, routes},
    refusal::Refusal,
};

/// How often it is looked whether anybody is still there.
const LOOK: Duration = Duration::from_secs(5);

/// `wallet open`: prints the one-time link and serves the pages until it is stopped.
pub(crate) async fn open(args: OpenArgs, context: &mut Context<'_, '_>) -> Result<(), Refusal> {
    let file = context.wallet_file()?;
    // With the passphrase at hand the wallet is unlocked already; without it, the page asks.
    let session = match context.passphrase_file() {
        Some(_) if file.exists() => Some(context.open()?),
        _ => None,
    };
    let fault = |error: std::io::Error| Refusal::fault(error.to_string());
    let stop = shutdown_signal().map_err(fault)?;
    let listener = bind((Ipv4Addr::LOCALHOST, args.port).into()).await.map_err(fault)?;
    let port = listener.local_addr().map_err(fault)?.port();
    let surroundings = context.surroundings.clone();
    let (link, secret) = OpeningLink::new(surroundings.entropy.as_ref(), (surroundings.since_start)());
    let desk = Arc::new(Desk::new(surroundings, file, port, link, args.link));
    if let Some(session) = session {
        desk.let_in(session);
    }
    let url = format!("http://127.0.0.1:{port}/open/{secret}");
    let lines = [context.words("wallet.open_link", &[("url", &url)]), context.words("wallet.open_stop", &[])];
    context.answer(&lines, &json!({ "open": url, "port": port, "pages": page_addresses(PAGES, &format!("http://127.0.0.1:{port}")) }));
    context.flush();

    let _locked_at_the_end = LockAtTheEnd(desk.clone());
    tokio::select! {
        served = serve(listener, routes(&desk, port), Readiness::ready(), stop) => served.map_err(fault),
        () = lock_when_idle(&desk) => Ok(()),
    }
}

/// However serving ends, the wallet is locked and its file free.
struct LockAtTheEnd(Arc<Desk>);

impl Drop for LockAtTheEnd {
    fn drop(&mut self) {
        self.0.lock();
    }
}

/// Never ends by itself.
async fn lock_when_idle(desk: &Desk) {
    let mut ticks = tokio::time::interval(LOOK);
    loop {
        ticks.tick().await;
        desk.lock_if_idle();
    }
}
