use portage_authority::retired;
use portage_clock::Clock;
use portage_federation::{RetiredKey, RetiredReason};
use portage_keys::base64url;
use portage_service::ExitCode;

use super::{CommandError, agreed, changed, say};
use crate::{
    args::{Common, KeyArgs},
    wiring,
};

/// Says that a key no longer counts.
pub(crate) async fn run(args: &KeyArgs, common: &Common, clock: &Clock) -> Result<ExitCode, CommandError> {
    let authority = wiring::open(&common.dir)?.authority;
    if base64url::decode(&args.thumbprint).map_or(0, |bytes| bytes.len()) != 32 {
        return Err(CommandError::Usage("THUMBPRINT: 43 characters, SHA-256 in base64url".to_owned()));
    }
    let now = clock.now();
    let reason = if args.compromised { RetiredReason::Compromised } else { RetiredReason::Superseded };
    let key = RetiredKey { thumbprint: args.thumbprint.clone(), at: args.since.unwrap_or(now), reason };
    agreed(&authority, &args.entity, retired(&key), args.yes, now).await?;
    let outcome = authority.retire_key(&args.entity, key, now).await;
    let values = [("entity", args.entity.as_str()), ("key", args.thumbprint.as_str())];
    changed(outcome, &args.entity, &say("authority.key_retired", &values), common)
}
