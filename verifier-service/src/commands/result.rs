use portage_catalog::{Language, message, reason_hint, reason_sentence};
use portage_clock::Clock;
use portage_reason::Reason;
use portage_service::{ExitCode, output};
use portage_verifier::{TransactionResult, Verdict};
use portage_web::language_of_terminal;
use serde_json::Value;

use super::CommandError;
use crate::{
    args::{Common, ResultArgs},
    wiring,
};

/// Shows a result from the service's store: the same as `GET /api/requests/{transaction}`.
pub(crate) async fn run(args: &ResultArgs, common: &Common, clock: Clock) -> Result<ExitCode, CommandError> {
    let deployment = wiring::open(&common.dir, &clock)?;
    let code = args.response_code.as_deref();
    let result = deployment
        .verifier
        .result(&args.transaction, code, clock.now())
        .await
        .map_err(super::store_failure)?;
    let Some(result) = result else {
        return Err(CommandError::Refused(
            Reason::RequestInvalid,
            "no such transaction, or it needs the response code that the person brings back".to_owned(),
        ));
    };
    if common.json {
        output::json_line(&result.to_value())?;
    } else {
        output::line(&in_words(&result, language_of_terminal()))?;
    }
    Ok(ExitCode::Done)
}

fn in_words(result: &TransactionResult, language: Language) -> String {
    let Some(verdict) = &result.verdict else {
        let key = if result.state == "expired" { "verifier.expired" } else { "verifier.waiting" };
        return message(key, language, &[]);
    };
    let mut lines = vec![message(&format!("decision.{}", verdict.decision()), language, &[])];
    for reason in verdict.reasons() {
        let sentence = reason_sentence(*reason, language);
        lines.push(message("decision.because", language, &[("sentence", sentence)]));
        lines.push(message("decision.todo", language, &[("hint", reason_hint(*reason, language))]));
    }
    if let Verdict::Accepted { claims, .. } = verdict {
        lines.push(Value::Object(claims.clone()).to_string());
    }
    lines.join("\n")
}
