use portage_authority::{Registration, Standing};
use portage_reason::Reason;
use portage_service::{ExitCode, output};
use portage_web::language_of_terminal;
use serde_json::{Value, json};

use super::{CommandError, say, store_failure};
use crate::{
    args::{Common, ShowArgs},
    wiring, words,
};

/// What is said of an entity.
pub(crate) async fn run(args: &ShowArgs, common: &Common) -> Result<ExitCode, CommandError> {
    let authority = wiring::open(&common.dir)?.authority;
    let found = authority.registration(&args.entity).await.map_err(|failure| store_failure(&failure))?;
    let absent = || say("authority.absent", &[("entity", args.entity.as_str())]);
    let registration = found.ok_or_else(|| CommandError::Refused(Reason::ValueInvalid, absent()))?;
    if common.json {
        output::json_line(&json_of(&registration))?;
    } else {
        for line in words::lines(&registration, authority.catalog(), language_of_terminal()) {
            output::line(&line)?;
        }
    }
    Ok(ExitCode::Done)
}

/// For machines.
pub(super) fn json_of(registration: &Registration) -> Value {
    let suspended = match &registration.standing {
        Standing::Active => Value::Null,
        Standing::Suspended { since, why } => {
            json!({ "since": since.to_string(), "why": { "en": why.en, "fr": why.fr } })
        }
    };
    let purposes: Vec<_> = registration
        .purposes
        .iter()
        .map(
            |purpose| json!({ "id": purpose.id, "statement": purpose.statement, "log_index": purpose.entry }),
        )
        .collect();
    json!({
        "entity": registration.id.as_str(),
        "name": { "en": registration.name.en, "fr": registration.name.fr },
        "keys": registration.keys.iter().map(portage_jose::Jwk::thumbprint).collect::<Vec<_>>(),
        "rights": registration.rights.to_value(),
        "suspended": suspended,
        "purposes": purposes,
        "marks": registration.marks.iter().map(|mark| &mark.trust_mark_type).collect::<Vec<_>>(),
        "log_index": registration.rights_entry,
    })
}
