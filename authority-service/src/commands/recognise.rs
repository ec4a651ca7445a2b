use portage_clock::Clock;
use portage_federation::{Relation, Rights};
use portage_reason::Reason;
use portage_service::ExitCode;

use super::{CommandError, candidate, say};
use crate::{
    args::{Common, RecogniseArgs},
    wiring,
};

/// Takes the word of an authority beside. It counts for those who pin this authority, and nowhere below another one: so only one without
/// superiors may do it.
pub(crate) async fn run(
    args: &RecogniseArgs,
    common: &Common,
    clock: &Clock,
) -> Result<ExitCode, CommandError> {
    let deployment = wiring::open(&common.dir)?;
    let (authority, fetcher) = (deployment.authority, wiring::fetcher(&deployment.config)?);
    if !authority.profile().superiors.is_empty() {
        tracing::warn!("{}", say("authority.recognises_as_anchor", &[]));
    }
    let own = &authority.profile().own;
    let every = ["*".to_owned()];
    let names = if args.types.is_empty() { &every[..] } else { &args.types };
    let rights = Rights {
        types: candidate::type_names(names, authority.catalog())?,
        until: args.until.map(candidate::end_of).transpose()?,
        tier: Some(args.jurisdiction.tier()),
        relation: Relation::Peer,
        ..Rights::none_in(args.jurisdiction.clone())
    }
    .acting_as(own.roles.iter().copied());
    if own.jurisdiction.contains(&args.jurisdiction) {
        return Err(CommandError::Refused(
            Reason::ValueInvalid,
            say("authority.not_beside", &[("entity", args.entity.as_str())]),
        ));
    }
    let now = clock.now();
    let held = [authority.held_by_itself()];
    let introduced = candidate::introduced(&args.keys, &args.entity, &fetcher, now).await?;
    candidate::register(&authority, introduced, rights, &held, common, now).await
}
