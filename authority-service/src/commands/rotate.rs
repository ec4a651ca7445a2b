use portage_authority::{ChangeError, OwnKeys};
use portage_clock::Clock;
use portage_federation::RetiredReason;
use portage_keys::{Algorithm, Entropy, Signer as _};
use portage_reason::Reason;
use portage_service::{ExitCode, output};
use portage_storage::KeyFolder;
use serde_json::json;

use super::{CommandError, explain, say, superiors};
use crate::{
    args::{Common, RotateArgs},
    wiring,
};

/// Announces a new key of the authority, or signs with the one that was announced.
pub(crate) async fn run(
    args: &RotateArgs,
    common: &Common,
    clock: &Clock,
    entropy: &dyn Entropy,
) -> Result<ExitCode, CommandError> {
    let deployment = wiring::open(&common.dir)?;
    let (authority, now) = (&deployment.authority, clock.now());
    let own = authority.profile().id.clone();
    if args.finish {
        let fetcher = wiring::fetcher(&deployment.config)?;
        let mut restated = Vec::new();
        for superior in &authority.profile().superiors {
            let said = superiors::said_of(&fetcher, superior, &own, now).await?;
            restated.push(said.map(|statement| statement.keys).unwrap_or_default());
        }
        let reason = if args.compromised { RetiredReason::Compromised } else { RetiredReason::Superseded };
        return match authority.change_over(&restated, reason, now).await {
            Ok(keys) => told("finished", "authority.rotated", &keys, common),
            Err(ChangeError::Absent) => {
                Err(CommandError::Refused(Reason::KeyNotFound, say("authority.nothing_announced", &[])))
            }
            Err(error) => Err(explain(&error, &own)),
        };
    }
    let (_, known) = authority.own_keys().await.map_err(CommandError::fault)?;
    let file = known.free_name();
    // Killed between this and the store, it is found here again.
    let key = KeyFolder::at(common.dir.join(wiring::KEYS))
        .signing_key_or_new(&file, Algorithm::EdDsa, entropy)
        .map_err(CommandError::fault)?;
    match authority.announce_key(&file, key.verification_key().clone(), now).await {
        Ok(keys) => told("announced", "authority.announced", &keys, common),
        Err(ChangeError::Unchanged) => told("unchanged", "authority.announced", &known, common),
        Err(error) => Err(explain(&error, &own)),
    }
}

fn told(done: &str, key: &str, keys: &OwnKeys, common: &Common) -> Result<ExitCode, CommandError> {
    let [current, next] =
        [keys.current(), keys.next()].map(|key| key.map(|key| key.jwk.thumbprint()).unwrap_or_default());
    if common.json {
        output::json_line(&json!({ "done": done, "signs": current, "next": next }))?;
    } else {
        output::line(&say(key, &[("current", &current), ("next", &next)]))?;
    }
    Ok(ExitCode::Done)
}
