use portage_service::{ExitCode, output};
use serde_json::{Value, json};

use super::CommandError;
use crate::{args::Common, wiring};

/// An entry for the `anchors` of somebody's `trust.json`: what is believed of this authority when its own configuration says it.
pub(crate) async fn run(common: &Common) -> Result<ExitCode, CommandError> {
    let deployment = wiring::open(&common.dir)?;
    let (config, authority) = (deployment.config, deployment.authority);
    let (_, keys) = authority.own_keys().await.map_err(CommandError::fault)?;
    let types: Vec<_> = config.own.types.iter().map(|name| name.as_str()).collect();
    let anchor = json!({
        "id": config.id.as_str(),
        "name": config.name,
        "jurisdiction": config.own.jurisdiction.as_str(),
        "types": types,
        "jwks": keys.published().to_value(),
        "log": authority.profile().log.to_value(),
    });
    let list: Value = json!({ "issuers": [], "verifiers": [], "anchors": [anchor] });
    if common.json {
        output::json_line(&list)?;
    } else {
        output::line(&serde_json::to_string_pretty(&list).map_err(CommandError::fault)?)?;
    }
    Ok(ExitCode::Done)
}
