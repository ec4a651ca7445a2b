use portage_catalog::{Catalog, Text, message};
use portage_clock::Clock;
use portage_did::{did_key, did_web};
use portage_keys::{Algorithm, Entropy, Signer, SigningKey};
use portage_service::{ExitCode, make_folder, must_be_new, output, public_url, write_private};
use portage_storage::{KeyFolder, issuer::SqliteIssuances};
use portage_web::language_of_terminal;
use serde_json::json;
use zeroize::Zeroizing;

use super::CommandError;
use crate::{
    args::{Common, InitArgs},
    config::{self, Config, DidMethod, Template},
    did_log, wiring,
};

/// Makes the folder of a new issuer. Nothing that is there already is touched.
pub(crate) fn run(
    args: &InitArgs,
    common: &Common,
    clock: &Clock,
    entropy: &dyn Entropy,
) -> Result<ExitCode, CommandError> {
    let dir = common.dir.as_path();
    let path = dir.join(config::FILE);
    must_be_new(&path)?;
    let url = public_url(args.url.as_ref(), args.listen)?;
    did_web(&url).map_err(|error| CommandError::Usage(format!("--url: {error}")))?;
    let types = types(args)?;
    let name = Text { en: args.name_en.clone(), fr: args.name_fr.clone() };
    let text = Template {
        url: &url,
        listen: args.listen,
        name: &name,
        types: &types,
        superiors: &args.superior,
        did: args.did,
        algorithm: args.algorithm,
        demo: args.demo,
    }
    .text();
    // Before anything is written: what would not start is not made.
    Config::parse(dir, &text).map_err(CommandError::Usage)?;

    make_folder(dir)?;
    let keys = KeyFolder::at(dir.join(wiring::KEYS));
    write_keys(&keys, entropy)?;
    SqliteIssuances::create(&dir.join(wiring::STORE)).map_err(CommandError::database)?;
    let did = match args.did {
        DidMethod::Web => did_web(&url).map_err(CommandError::fault)?,
        DidMethod::Key => {
            did_key(
                keys.signing_key(wiring::key_name(args.algorithm))
                    .map_err(CommandError::fault)?
                    .verification_key(),
            )
            .0
        }
        DidMethod::WebVh => did_log::create(dir, &url, &keys, entropy, clock.now())?.did().clone(),
    };
    // Last: a folder with a configuration is a whole one.
    write_private(&path, &text)?;

    let address = url.as_str().trim_end_matches('/');
    if common.json {
        output::json_line(
            &json!({ "id": did.as_str(), "url": address, "config": path.display().to_string() }),
        )?;
    } else {
        let path = path.display().to_string();
        let ready = message("issuer.ready", language_of_terminal(), &[("path", &path)]);
        output::line(&format!("{ready}\n{did}\n{address}"))?;
    }
    Ok(ExitCode::Done)
}

/// Those named, each in the box; else all in the box.
fn types(args: &InitArgs) -> Result<Vec<String>, CommandError> {
    let catalog = Catalog::bundled();
    if let Some(unknown) = args.types.iter().find(|id| catalog.credential_type(id).is_none()) {
        return Err(CommandError::Usage(format!("--types: there is no type {unknown} in the box")));
    }
    if args.types.is_empty() {
        Ok(catalog.types().map(|credential_type| credential_type.id.clone()).collect())
    } else {
        Ok(args.types.clone())
    }
}

fn write_keys(keys: &KeyFolder, entropy: &dyn Entropy) -> Result<(), CommandError> {
    for algorithm in Algorithm::ALL {
        let name = wiring::key_name(algorithm);
        keys.write_signing_key(name, &SigningKey::generate(algorithm, entropy))
            .map_err(CommandError::fault)?;
    }
    let mut secret = Zeroizing::new([0; 32]);
    entropy.fill(&mut *secret);
    keys.write_secret(wiring::ONE_TIME_SECRET, &secret).map_err(CommandError::fault)
}
