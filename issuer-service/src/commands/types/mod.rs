//! `issuer type`: the credential types of an issuer, those of the box and those of its folder `types/`.

mod check;
mod import;
mod new;
mod show;

use portage_catalog::{Catalog, CredentialType, Language};
use portage_clock::Clock;
use portage_service::{ExitCode, output};
use portage_web::language_of_terminal;
use serde_json::{Value, json};

use super::CommandError;
use crate::{
    args::{Common, TypeCommand},
    config::Config,
    wiring,
};

/// Lists, checks, shows, imports types. Needs neither keys nor store.
pub(crate) fn run(command: &TypeCommand, common: &Common, clock: &Clock) -> Result<ExitCode, CommandError> {
    let config = Config::read(&common.dir).map_err(CommandError::fault)?;
    match command {
        TypeCommand::List => list(&config, common),
        TypeCommand::Check(args) => check::check(args, &config, common),
        TypeCommand::Import(args) => import::import(args, &config, common),
        TypeCommand::New(args) => new::new(args, &config, common, clock),
        TypeCommand::Show(args) => {
            let catalog = wiring::catalog(&config.types_folder)?;
            show::show(find(&catalog, &args.id)?, common, clock)
        }
    }
}

fn list(config: &Config, common: &Common) -> Result<ExitCode, CommandError> {
    let catalog = wiring::catalog(&config.types_folder)?;
    let language = language_of_terminal();
    for id in &config.types {
        let credential_type = catalog
            .credential_type(id)
            .ok_or_else(|| CommandError::Fault(format!("types: there is no type {id}")))?;
        if common.json {
            output::json_line(&description(credential_type))?;
        } else {
            output::line(&line(credential_type, language))?;
        }
    }
    Ok(ExitCode::Done)
}

fn line(credential_type: &CredentialType, language: Language) -> String {
    let CredentialType { id, name, .. } = credential_type;
    format!("{id}\t{}\t{}", name.in_words(language), formats(credential_type).join(" "))
}

fn description(credential_type: &CredentialType) -> Value {
    json!({
        "type": credential_type.id,
        "name": credential_type.name,
        "formats": formats(credential_type),
        "claims": credential_type.claims.iter().map(|claim| claim.name.as_str()).collect::<Vec<_>>(),
    })
}

fn formats(credential_type: &CredentialType) -> Vec<&'static str> {
    credential_type.formats.iter().map(|format| format.name()).collect()
}

fn find<'c>(catalog: &'c Catalog, id: &str) -> Result<&'c CredentialType, CommandError> {
    catalog.credential_type(id).ok_or_else(|| CommandError::Usage(format!("there is no type {id}")))
}
