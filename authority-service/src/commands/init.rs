use portage_catalog::Text;
use portage_keys::{Algorithm, Entropy, SigningKey};
use portage_service::{ExitCode, make_folder, must_be_new, output, public_url, write_private};
use portage_storage::{KeyFolder, authority::SqliteRegistry};
use serde_json::json;
use url::Url;

use super::{CommandError, say};
use crate::{
    args::{Common, InitArgs},
    config::{self, Config, Template},
    wiring,
};

/// Makes the folder of a new authority. Nothing that is there already is touched.
pub(crate) fn run(args: &InitArgs, common: &Common, entropy: &dyn Entropy) -> Result<ExitCode, CommandError> {
    let dir = common.dir.as_path();
    let path = dir.join(config::FILE);
    must_be_new(&path)?;
    let url = public_url(args.url.as_ref(), args.listen)?;
    let text = Template {
        url: &url,
        listen: args.listen,
        name: &Text { en: args.name_en.clone(), fr: args.name_fr.clone() },
        jurisdiction: &args.jurisdiction,
        tier: args.tier.unwrap_or(args.jurisdiction.tier()),
        superiors: &args.superior,
        allow: &allowed(args, &url),
        demo: args.demo,
    }
    .text();
    // Before anything is written: what would not start is not made.
    Config::parse(dir, &text).map_err(CommandError::Usage)?;

    make_folder(dir)?;
    let keys = KeyFolder::at(dir.join(wiring::KEYS));
    for name in [wiring::FEDERATION_KEY, wiring::LOG_KEY] {
        let key = SigningKey::generate(Algorithm::EdDsa, entropy);
        keys.write_signing_key(name, &key).map_err(CommandError::fault)?;
    }
    SqliteRegistry::create(&dir.join(wiring::STORE)).map_err(CommandError::database)?;
    // Last: a folder with a configuration is a whole one.
    write_private(&path, &text)?;

    let address = url.as_str().trim_end_matches('/');
    let path = path.display().to_string();
    if common.json {
        output::json_line(&json!({ "id": address, "url": address, "config": path }))?;
    } else {
        output::line(&format!("{}\n{address}", say("authority.ready", &[("path", &path)])))?;
    }
    Ok(ExitCode::Done)
}

/// The origins that use http: those named, the service's own and its superiors' when they are such.
fn allowed(args: &InitArgs, url: &Url) -> Vec<String> {
    let superiors = args.superior.iter().filter_map(|superior| Url::parse(superior.as_str()).ok());
    let plain = [url.clone()].into_iter().chain(superiors).filter(|url| url.scheme() == "http");
    let mut allow: Vec<String> = Vec::new();
    let named = args.allow.iter().map(|origin| origin.trim_end_matches('/').to_owned());
    for origin in plain.map(|url| url.origin().ascii_serialization()).chain(named) {
        if !allow.contains(&origin) {
            allow.push(origin);
        }
    }
    allow
}
