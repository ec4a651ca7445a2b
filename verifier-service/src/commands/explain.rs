use portage_catalog::Language;
use portage_clock::Clock;
use portage_reason::Reason;
use portage_service::{ExitCode, output};
use portage_web::language_of_terminal;
use serde_json::json;

use super::CommandError;
use crate::{
    args::{Common, ExplainArgs, Lang},
    wiring,
};

/// Tells a transaction in plain words, from what the service's store keeps of it.
pub(crate) async fn run(args: &ExplainArgs, common: &Common, clock: Clock) -> Result<ExitCode, CommandError> {
    let deployment = wiring::open(&common.dir, &clock)?;
    let explained = deployment.verifier.explain(&args.transaction, clock.now()).await;
    let Some(explained) = explained.map_err(super::store_failure)? else {
        return Err(CommandError::Refused(
            Reason::RequestInvalid,
            "no such transaction, or what was kept of it is deleted".to_owned(),
        ));
    };
    let language = match args.lang {
        Some(Lang::En) => Language::En,
        Some(Lang::Fr) => Language::Fr,
        None => language_of_terminal(),
    };
    if common.json {
        output::json_line(&json!({ "explanation": explained.to_json(language) }))?;
    } else {
        output::line(&explained.lines(language).join("\n"))?;
    }
    Ok(ExitCode::Done)
}
