use portage_catalog::{Catalog, CatalogError, Finding, Language, message};
use portage_reason::Reason;
use portage_service::{ExitCode, output};
use portage_storage::catalog_folder::type_folders;
use portage_web::language_of_terminal;
use serde_json::{Value, json};

use super::{CommandError, find};
use crate::{
    args::{Common, TypeCheckArgs},
    config::Config,
};

/// Says of each type whether it holds, and what to look at in one that does: that is told, and refused with `--strict` alone.
pub(super) fn check(
    args: &TypeCheckArgs,
    config: &Config,
    common: &Common,
) -> Result<ExitCode, CommandError> {
    let (catalog, checked) = read_all(config)?;
    for id in args.types.iter().filter(|id| !checked.iter().any(|(known, _)| known == *id)) {
        find(&catalog, id)?;
    }
    let mut first_wrong = None;
    let mut first_lacking = None;
    for (id, result) in checked.iter().filter(|(id, _)| args.types.is_empty() || args.types.contains(id)) {
        let found = match (result, catalog.credential_type(id)) {
            (Ok(()), Some(credential_type)) => credential_type.findings(),
            _ => Vec::new(),
        };
        if common.json {
            output::json_line(&verdict(id, result, &found))?;
        } else {
            tell(id, result, &found)?;
        }
        first_wrong = first_wrong.or(result.as_ref().err());
        first_lacking = first_lacking.or(found.into_iter().find_map(|finding| lacking(id, &finding)));
    }
    match (first_wrong, first_lacking.filter(|_| args.strict)) {
        (Some(error), _) => Err(CommandError::Refused(error.reason(), error.to_string())),
        (None, Some((reason, what))) => Err(CommandError::Refused(reason, what)),
        (None, None) => Ok(ExitCode::Done),
    }
}

type Checked = Vec<(String, Result<(), CatalogError>)>;

/// Those of the box were checked when the catalogue was read; those of the folder one by one, so that each mistake is shown.
fn read_all(config: &Config) -> Result<(Catalog, Checked), CommandError> {
    let mut catalog = Catalog::bundled();
    let mut checked: Checked =
        catalog.types().map(|credential_type| (credential_type.id.clone(), Ok(()))).collect();
    for (id, files) in type_folders(&config.types_folder).map_err(CommandError::fault)? {
        let result = catalog.add_type(&id, &files);
        checked.retain(|(other, _)| *other != id);
        checked.push((id, result));
    }
    Ok((catalog, checked))
}

/// What a department that must be bilingual, and readable for everybody, cannot leave.
fn lacking(id: &str, finding: &Finding) -> Option<(Reason, String)> {
    let what = in_words(finding, Language::En);
    let what = format!("{id}/type.json: {}", what.trim_end_matches('.'));
    match finding {
        Finding::NoFrench { .. } => Some((Reason::ValueMissing, what)),
        Finding::LowContrast { .. } => Some((Reason::ValueInvalid, what)),
        Finding::NoDescription { .. } => None,
    }
}

fn tell(id: &str, result: &Result<(), CatalogError>, found: &[Finding]) -> Result<(), CommandError> {
    match result {
        Ok(()) => output::line(&format!("{id}\tok"))?,
        Err(error) => output::line(&format!("{id}\t{error}"))?,
    }
    found
        .iter()
        .try_for_each(|finding| output::line(&format!("  {}", in_words(finding, language_of_terminal()))))
}

/// A finding, for whoever writes the type.
pub(super) fn in_words(finding: &Finding, language: Language) -> String {
    let member = finding.member();
    match finding {
        Finding::NoFrench { english, .. } => {
            let english = portage_catalog::plain_up_to(english, 60);
            message("issuer.finding_no_french", language, &[("member", member), ("english", &english)])
        }
        Finding::NoDescription { .. } => {
            message("issuer.finding_no_description", language, &[("member", member)])
        }
        Finding::LowContrast { contrast } => {
            let contrast = ratio(*contrast, language);
            message("issuer.finding_low_contrast", language, &[("contrast", &contrast)])
        }
    }
}

/// `3.2` or `3,2`, never rounded up to what it does not reach.
pub(super) fn ratio(contrast: f64, language: Language) -> String {
    let text = format!("{:.1}", (contrast * 10.0).floor() / 10.0);
    match language {
        Language::En => text,
        Language::Fr => text.replace('.', ","),
    }
}

fn verdict(id: &str, result: &Result<(), CatalogError>, found: &[Finding]) -> Value {
    match result {
        Ok(()) => json!({ "type": id, "findings": found.iter().map(object).collect::<Value>() }),
        Err(error) => {
            json!({ "type": id, "refused": { "reason": error.reason(), "message": error.to_string() } })
        }
    }
}

fn object(finding: &Finding) -> Value {
    let mut object = json!({ "finding": finding.name(), "member": finding.member() });
    match finding {
        Finding::NoFrench { english, .. } => object["english"] = english.as_str().into(),
        Finding::LowContrast { contrast } => object["contrast"] = (*contrast).into(),
        Finding::NoDescription { .. } => {}
    }
    object
}
