use portage_did::did_web;
use portage_keys::{Algorithm, Entropy, SigningKey};
use portage_service::{ExitCode, make_folder, must_be_new, output, public_url, write_private};
use portage_storage::{KeyFolder, verifier::SqliteSessions};
use serde_json::json;
use url::Url;
use zeroize::Zeroizing;

use super::CommandError;
use crate::{
    args::{Common, InitArgs},
    config::{self, Config},
    wiring,
};

/// Nobody is trusted until somebody writes them in.
const EMPTY_TRUST: &str = "{\n  \"issuers\": [],\n  \"verifiers\": []\n}\n";

/// Makes the folder of a new verifier. Nothing that is there already is touched.
pub(crate) fn run(args: &InitArgs, common: &Common, entropy: &dyn Entropy) -> Result<ExitCode, CommandError> {
    let dir = common.dir.as_path();
    let path = dir.join(config::FILE);
    must_be_new(&path)?;
    let url = public_url(args.url.as_ref(), args.listen)?;
    let did = did_web(&url).map_err(|error| CommandError::Usage(format!("--url: {error}")))?;
    let token = [entropy.token(), entropy.token()].concat();
    let refetch_seconds = if args.demo { 1 } else { 60 };
    let text = config::Template {
        url: &url,
        listen: args.listen,
        token: &token,
        allow: &allowed(args, &url),
        refetch_seconds,
        superiors: &args.superior,
        client_id_prefix: args.client_id_prefix,
    }
    .text();
    // Before anything is written: what would not start is not made.
    Config::parse(dir, &text).map_err(CommandError::Usage)?;
    make_folder(dir)?;
    make_keys(&KeyFolder::at(dir.join(wiring::KEYS)), entropy)?;
    let trust = dir.join("trust.json");
    if !trust.exists() {
        write_private(&trust, EMPTY_TRUST)?;
    }
    SqliteSessions::create(&dir.join(wiring::STORE)).map_err(CommandError::database)?;
    // Last: a folder with a configuration is a whole one.
    write_private(&path, &text)?;

    let address = url.as_str().trim_end_matches('/');
    if common.json {
        output::json_line(
            &json!({ "id": did.as_str(), "url": address, "config": path.display().to_string() }),
        )?;
    } else {
        output::line(&format!("{}\n{did}\n{address}", path.display()))?;
    }
    Ok(ExitCode::Done)
}

/// The origins that use http: those named, and the service's own when it is one.
fn allowed(args: &InitArgs, url: &Url) -> Vec<String> {
    let own = (url.scheme() == "http").then(|| url.origin().ascii_serialization());
    let mut allow: Vec<String> = own.into_iter().collect();
    for origin in &args.allow {
        let origin = origin.trim_end_matches('/').to_owned();
        if !allow.contains(&origin) {
            allow.push(origin);
        }
    }
    allow
}

fn make_keys(keys: &KeyFolder, entropy: &dyn Entropy) -> Result<(), CommandError> {
    let key = SigningKey::generate(Algorithm::EdDsa, entropy);
    keys.write_signing_key(wiring::SIGNING_KEY, &key).map_err(CommandError::fault)?;
    let mut secret = Zeroizing::new([0; 32]);
    entropy.fill(&mut *secret);
    keys.write_secret(wiring::ONE_TIME_SECRET, &secret).map_err(CommandError::fault)
}
