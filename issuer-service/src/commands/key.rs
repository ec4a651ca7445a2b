//! `issuer key`: the keys that an issuer signs with.

use portage_catalog::message;
use portage_clock::Clock;
use portage_did::{Did, webvh::Log};
use portage_keys::{Algorithm, Entropy};
use portage_reason::Reason;
use portage_service::{ExitCode, output};
use portage_storage::KeyFolder;
use portage_web::language_of_terminal;
use serde_json::{Value, json};

use super::CommandError;
use crate::{
    args::{Common, KeyCommand},
    config::{Config, DidMethod},
    did_log::{self, OldKeys},
    wiring,
};

/// Lists the keys, adds one, puts new ones in their place, or ends the DID.
pub(crate) fn run(
    command: &KeyCommand,
    common: &Common,
    clock: &Clock,
    entropy: &dyn Entropy,
) -> Result<ExitCode, CommandError> {
    let config = Config::read(&common.dir).map_err(CommandError::fault)?;
    let folder = KeyFolder::at(common.dir.join(wiring::KEYS));
    if config.did == DidMethod::WebVh {
        return of_log(command, common, &config, &folder, clock, entropy);
    }
    let said = match command {
        KeyCommand::List => None,
        KeyCommand::Add { .. } if config.did == DidMethod::Key => return Err(refused("issuer.key_only_one")),
        KeyCommand::Add { algorithm } => {
            let made = folder.signing_key_or_new(wiring::key_name(*algorithm), *algorithm, entropy);
            made.map_err(CommandError::fault)?;
            Some("issuer.key_added")
        }
        KeyCommand::Rotate { .. } | KeyCommand::Deactivate { .. } => {
            return Err(refused("issuer.key_no_log"));
        }
    };
    let (did, keys) = wiring::keys_of_folder(&config, &folder)?;
    let keys: Vec<_> =
        keys.iter().map(|key| (key.kid.clone(), key.signer.verification_key().algorithm())).collect();
    tell(&Told { did: &did, version: None, deactivated: false, keys }, said, common)
}

fn of_log(
    command: &KeyCommand,
    common: &Common,
    config: &Config,
    keys: &KeyFolder,
    clock: &Clock,
    entropy: &dyn Entropy,
) -> Result<ExitCode, CommandError> {
    let (dir, now) = (common.dir.as_path(), clock.now());
    let (log, said) = match command {
        KeyCommand::List => (did_log::read(dir, &config.url, now)?, None),
        KeyCommand::Add { algorithm } => {
            let log = did_log::add(dir, &config.url, keys, *algorithm, entropy, now)?;
            (log, Some("issuer.key_added"))
        }
        KeyCommand::Rotate { drop_old } => {
            let old = if *drop_old { OldKeys::Drop } else { OldKeys::Keep };
            let log = did_log::rotate(dir, &config.url, keys, old, entropy, now)?;
            (log, Some(if *drop_old { "issuer.key_rotated_dropped" } else { "issuer.key_rotated" }))
        }
        KeyCommand::Deactivate { yes } => {
            if !yes {
                let text = message("issuer.key_deactivate_asks", language_of_terminal(), &[]);
                return Err(CommandError::Refused(Reason::ConsentRequired, text));
            }
            (did_log::deactivate(dir, &config.url, keys, now)?, Some("issuer.key_deactivated"))
        }
    };
    tell_log(&log, said, common)
}

fn refused(key: &'static str) -> CommandError {
    CommandError::Refused(Reason::Unsupported, message(key, language_of_terminal(), &[]))
}

fn tell_log(log: &Log, said: Option<&'static str>, common: &Common) -> Result<ExitCode, CommandError> {
    let deactivated = did_log::has_ended(log);
    let named = if deactivated { Vec::new() } else { did_log::named_keys(log)? };
    let keys = named.iter().map(|named| (named.method.to_string(), named.key.algorithm())).collect();
    let told = Told { did: log.did(), version: Some(log.last_version_id()), deactivated, keys };
    tell(&told, said, common)
}

/// What is told of the keys.
struct Told<'t> {
    did: &'t Did,
    /// Of its log, where there is one.
    version: Option<&'t str>,
    deactivated: bool,
    /// DID URL and algorithm.
    keys: Vec<(String, Algorithm)>,
}

fn tell(told: &Told<'_>, said: Option<&'static str>, common: &Common) -> Result<ExitCode, CommandError> {
    if common.json {
        let key = |(id, algorithm): &(String, Algorithm)| json!({ "id": id, "alg": algorithm.jose_name() });
        let keys: Vec<Value> = told.keys.iter().map(key).collect();
        let mut line = json!({ "id": told.did.as_str(), "deactivated": told.deactivated, "keys": keys });
        if let Some(version) = told.version {
            line["versionId"] = version.into();
        }
        output::json_line(&line)?;
        return Ok(ExitCode::Done);
    }
    let mut text = told.did.to_string();
    if let Some(version) = told.version {
        text.push_str(&format!("\n{version}"));
    }
    for (id, algorithm) in &told.keys {
        let fragment = id.rsplit_once('#').map_or(id.as_str(), |(_, fragment)| fragment);
        text.push_str(&format!("\n{fragment}  {}", algorithm.jose_name()));
    }
    if told.deactivated && said.is_none() {
        text = format!("{}\n{text}", message("issuer.did_ended", language_of_terminal(), &[]));
    }
    if let Some(key) = said {
        text = format!("{}\n{text}", message(key, language_of_terminal(), &[]));
    }
    output::line(&text)?;
    Ok(ExitCode::Done)
}
