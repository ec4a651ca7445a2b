use portage_catalog::{Catalog, CredentialType};
use portage_service::{ExitCode, output};
use portage_storage::catalog_folder::type_folders;
use serde_json::{Value, json};

use super::CommandError;
use crate::{
    args::{Common, TypeCommand},
    config::Config,
    wiring,
};

/// Lists or checks types. Needs neither keys nor store.
pub(crate) fn run(command: &TypeCommand, common: &Common) -> Result<ExitCode, CommandError> {
    let config = Config::read(&common.dir).map_err(CommandError::fault)?;
    match command {
        TypeCommand::List => list(&config, common),
        TypeCommand::Check => check(&config, common),
    }
}

fn list(config: &Config, common: &Common) -> Result<ExitCode, CommandError> {
    let catalog = wiring::catalog(&config.types_folder)?;
    for id in &config.types {
        let credential_type = catalog
            .credential_type(id)
            .ok_or_else(|| CommandError::Fault(format!("types: there is no type {id}")))?;
        if common.json {
            output::json_line(&description(credential_type))?;
        } else {
            output::line(&format!(
                "{id}\t{}\t{}",
                credential_type.name.en,
                formats(credential_type).join(" ")
            ))?;
        }
    }
    Ok(ExitCode::Done)
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

/// Those of the box were checked when the catalogue was read; those of the folder one by one, so that each mistake is shown.
fn check(config: &Config, common: &Common) -> Result<ExitCode, CommandError> {
    let mut catalog = Catalog::bundled();
    let mut checked: Vec<(String, Result<(), portage_catalog::CatalogError>)> =
        catalog.types().map(|credential_type| (credential_type.id.clone(), Ok(()))).collect();
    for (id, files) in type_folders(&config.types_folder).map_err(CommandError::fault)? {
        let result = catalog.add_type(&id, &files);
        checked.retain(|(other, _)| *other != id);
        checked.push((id, result));
    }
    let mut first_wrong = None;
    for (id, result) in checked {
        match &result {
            _ if common.json => output::json_line(&verdict(&id, &result))?,
            Ok(()) => output::line(&format!("{id}\tok"))?,
            Err(error) => output::line(&format!("{id}\t{error}"))?,
        }
        first_wrong = first_wrong.or(result.err());
    }
    match first_wrong {
        None => Ok(ExitCode::Done),
        Some(error) => Err(CommandError::Refused(error.reason(), error.to_string())),
    }
}

fn verdict(id: &str, result: &Result<(), portage_catalog::CatalogError>) -> Value {
    match result {
        Ok(()) => json!({ "type": id }),
        Err(error) => {
            json!({ "type": id, "refused": { "reason": error.reason(), "message": error.to_string() } })
        }
    }
}
