use portage_catalog::Text;
use portage_clock::Clock;
use portage_service::ExitCode;
use portage_transparency_log::{Event, Suspension};

use super::{CommandError, agreed, changed, say};
use crate::{
    args::{Common, SuspendArgs},
    wiring,
};

/// Speaks for an entity no more, or again.
pub(crate) async fn run(
    args: &SuspendArgs,
    common: &Common,
    clock: &Clock,
) -> Result<ExitCode, CommandError> {
    let authority = wiring::open(&common.dir)?.authority;
    let values = [("entity", args.entity.as_str())];
    let (outcome, done) = match &args.reason {
        Some(en) if !args.end => {
            let why = Text { en: en.clone(), fr: args.reason_fr.clone().unwrap_or_else(|| en.clone()) };
            let event = Event::Suspension(Suspension { why: why.clone() });
            agreed(&authority, &args.entity, event, args.yes, clock.now()).await?;
            (authority.suspend(&args.entity, why, clock.now()).await, "authority.suspended")
        }
        _ => (authority.reinstate(&args.entity, clock.now()).await, "authority.reinstated"),
    };
    changed(outcome, &args.entity, &say(done, &values), common)
}
