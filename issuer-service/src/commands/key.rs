//! `issuer key`: the keys of a did:webvh.

use portage_catalog::message;
use portage_clock::Clock;
use portage_keys::Entropy;
use portage_reason::Reason;
use portage_service::{ExitCode, output};
use portage_storage::KeyFolder;
use portage_web::language_of_terminal;
use serde_json::json;

use super::CommandError;
use crate::{
    args::{Common, KeyCommand},
    config::{Config, DidMethod},
    did_log::{self, OldKeys},
    wiring,
};

/// Lists the keys, puts new ones in their place, or ends the DID.
pub(crate) fn run(
    command: &KeyCommand,
    common: &Common,
    clock: &Clock,
    entropy: &dyn Entropy,
) -> Result<ExitCode, CommandError> {
    let dir = common.dir.as_path();
    let config = Config::read(dir).map_err(CommandError::fault)?;
    if config.did != DidMethod::WebVh {
        let text = message("issuer.key_no_log", language_of_terminal(), &[]);
        return Err(CommandError::Refused(Reason::Unsupported, text));
    }
    let keys = KeyFolder::at(dir.join(wiring::KEYS));
    let (log, said) = match command {
        KeyCommand::List => (did_log::read(dir, &config.url, clock.now())?, None),
        KeyCommand::Rotate { drop_old } => {
            let old = if *drop_old { OldKeys::Drop } else { OldKeys::Keep };
            let log = did_log::rotate(dir, &config.url, &keys, old, entropy, clock.now())?;
            (log, Some(if *drop_old { "issuer.key_rotated_dropped" } else { "issuer.key_rotated" }))
        }
        KeyCommand::Deactivate { yes } => {
            if !yes {
                let text = message("issuer.key_deactivate_asks", language_of_terminal(), &[]);
                return Err(CommandError::Refused(Reason::ConsentRequired, text));
            }
            (did_log::deactivate(dir, &config.url, &keys, clock.now())?, Some("issuer.key_deactivated"))
        }
    };
    tell(&log, said, common)
}

fn tell(
    log: &portage_did::webvh::Log,
    said: Option<&'static str>,
    common: &Common,
) -> Result<ExitCode, CommandError> {
    let deactivated = log.versions().last().is_some_and(|version| version.parameters().deactivated);
    let named = if deactivated { Vec::new() } else { did_log::named_keys(log)? };
    if common.json {
        let keys: Vec<_> = named
            .iter()
            .map(|named| json!({ "id": named.method.to_string(), "alg": named.key.algorithm().jose_name() }))
            .collect();
        let line = json!({
            "id": log.did().as_str(), "versionId": log.last_version_id(), "deactivated": deactivated, "keys": keys,
        });
        output::json_line(&line)?;
        return Ok(ExitCode::Done);
    }
    let mut text = format!("{}\n{}", log.did(), log.last_version_id());
    for named in &named {
        text.push_str(&format!("\n{}  {}", named.method.fragment(), named.key.algorithm().jose_name()));
    }
    if let Some(key) = said {
        text = format!("{}\n{text}", message(key, language_of_terminal(), &[]));
    }
    output::line(&text)?;
    Ok(ExitCode::Done)
}
