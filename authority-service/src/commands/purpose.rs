use std::{fs, path::Path};

use portage_authority::withdrawn;
use portage_catalog::{Catalog, Purpose, PurposeId};
use portage_clock::Clock;
use portage_reason::Reason;
use portage_service::{ExitCode, output};
use portage_strict_json::{Limits, parse};
use portage_transparency_log::{Event, RegisteredPurpose};
use serde_json::{Value, json};

use super::{CommandError, agreed, changed, explain, say, store_failure};
use crate::{
    args::{Common, PurposeArgs},
    wiring,
};

/// Lets a verifier ask for a purpose, or no more.
pub(crate) async fn run(
    args: &PurposeArgs,
    common: &Common,
    clock: &Clock,
) -> Result<ExitCode, CommandError> {
    let authority = wiring::open(&common.dir)?.authority;
    let entity = &args.entity;
    if let Some(id) = &args.withdraw {
        let known = authority.registration(entity).await.map_err(|failure| store_failure(&failure))?;
        let purpose = known.iter().flat_map(|known| &known.purposes).find(|purpose| purpose.id == *id);
        if let Some(purpose) = purpose {
            agreed(&authority, entity, withdrawn(purpose), args.yes, clock.now()).await?;
        }
        let outcome = authority.withdraw_purpose(entity, id, clock.now()).await;
        let done = say("authority.purpose_withdrawn", &[("entity", entity.as_str()), ("purpose", id)]);
        return changed(outcome, entity, &done, common);
    }
    let Some(path) = &args.file else { return Err(CommandError::Usage("FILE is missing".to_owned())) };
    let (purpose, file) = read(path, authority.catalog())?;
    let told = RegisteredPurpose::of(&purpose, authority.catalog())
        .map_err(|what| CommandError::Refused(Reason::ValueInvalid, what))?;
    agreed(&authority, entity, Event::Purpose(told), args.yes, clock.now()).await?;
    let outcome = authority.register_purpose(entity, &purpose, file, clock.now()).await;
    let done =
        say("authority.purpose_registered", &[("entity", entity.as_str()), ("purpose", &purpose.id.0)]);
    match outcome {
        Ok(registered) if common.json => {
            output::json_line(&json!({
                "entity": entity.as_str(), "done": "changed", "purpose": registered.id,
            }))?;
            Ok(ExitCode::Done)
        }
        Ok(_) => changed(Ok(()), entity, &done, common),
        Err(portage_authority::ChangeError::Unchanged) => {
            changed(Err(portage_authority::ChangeError::Unchanged), entity, &done, common)
        }
        Err(error) => Err(explain(&error, entity)),
    }
}

/// The purpose, checked against the catalogue as every service checks it, and the file as it is.
fn read(path: &Path, catalog: &Catalog) -> Result<(Purpose, Value), CommandError> {
    let shown = path.display();
    let bytes =
        fs::read(path).map_err(|error| CommandError::Usage(format!("{shown} could not be read: {error}")))?;
    let refused = |reason: Reason, what: String| CommandError::Refused(reason, format!("{shown}: {what}"));
    let file = parse(&bytes, Limits::METADATA).map_err(|error| refused(error.reason(), error.to_string()))?;
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let mut catalog = catalog.clone();
    catalog.add_purpose(name, &bytes).map_err(|error| refused(error.reason(), error.to_string()))?;
    let id = file.get("id").and_then(Value::as_str).unwrap_or_default();
    let purpose = catalog.purpose(&PurposeId(id.to_owned())).cloned();
    let purpose = purpose.ok_or_else(|| refused(Reason::Malformed, "id is missing".to_owned()))?;
    Ok((purpose, file))
}
