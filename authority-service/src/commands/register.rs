use portage_clock::Clock;
use portage_federation::{Relation, Rights, Role};
use portage_service::ExitCode;

use super::{CommandError, candidate, superiors};
use crate::{
    args::{Common, RegisterArgs},
    wiring,
};

/// Vouches for an entity below.
pub(crate) async fn run(
    args: &RegisterArgs,
    common: &Common,
    clock: &Clock,
) -> Result<ExitCode, CommandError> {
    let deployment = wiring::open(&common.dir)?;
    let (authority, fetcher) = (deployment.authority, wiring::fetcher(&deployment.config)?);
    let own = &authority.profile().own;
    let jurisdiction = args.jurisdiction.clone().unwrap_or_else(|| own.jurisdiction.clone());
    let mut rights = Rights {
        types: candidate::type_names(&args.may_issue, authority.catalog())?,
        until: args.until.map(candidate::end_of).transpose()?,
        tier: Some(args.tier.unwrap_or(jurisdiction.tier())),
        relation: Relation::Below,
        ..Rights::none_in(jurisdiction)
    }
    .acting_as(args.roles.iter().copied());
    if rights.roles.contains(&Role::Authority) {
        // Whoever lets others ask or issue must hold what it hands on.
        let issues = (!rights.types.is_empty()).then_some(Role::Issuer);
        rights = rights.acting_as([Role::Verifier].into_iter().chain(issues));
    }
    if !rights.types.is_empty() && !rights.roles.contains(&Role::Issuer) {
        return Err(CommandError::Usage("--may-issue: for an issuer or an authority".to_owned()));
    }
    let now = clock.now();
    let held = superiors::held(&authority, &fetcher, now).await?;
    let introduced = candidate::introduced(&args.keys, &args.entity, &fetcher, now).await?;
    candidate::register(&authority, introduced, rights, &held, common, now).await
}
