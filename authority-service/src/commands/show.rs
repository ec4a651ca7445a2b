use portage_authority::{Authority, Registration, RegistryStore as _, Standing};
use portage_clock::Clock;
use portage_federation::PurposeStatement;
use portage_reason::Reason;
use portage_service::{ExitCode, output};
use portage_transparency_log::{CHECKPOINT_PATH, SignedCheckpoint};
use portage_web::language_of_terminal;
use serde_json::{Value, json};

use super::{CommandError, say, store_failure};
use crate::{
    args::{Common, ShowArgs},
    public_log, wiring, words,
};

/// What is said of an entity.
pub(crate) async fn run(args: &ShowArgs, common: &Common, clock: &Clock) -> Result<ExitCode, CommandError> {
    let authority = wiring::open(&common.dir)?.authority;
    let found = authority.registration(&args.entity).await.map_err(|failure| store_failure(&failure))?;
    let absent = || say("authority.absent", &[("entity", args.entity.as_str())]);
    let registration = found.ok_or_else(|| CommandError::Refused(Reason::ValueInvalid, absent()))?;
    if common.json {
        let mut shown = json_of(&registration);
        if let Some(published) = published(common, &authority)? {
            if let Some(entry) = registration.rights_entry {
                let evidence = authority.store().evidence(entry, &published).await;
                let evidence = evidence.map_err(|failure| store_failure(&failure))?;
                shown["log_evidence"] = evidence.map_or(Value::Null, |evidence| evidence.to_value());
            }
            let statements = authority.purpose_statements(&registration.id, &published, clock.now()).await;
            let statements = statements.map_err(CommandError::fault)?.unwrap_or_default();
            for (said, compact) in statements
                .iter()
                .filter_map(|compact| Some((PurposeStatement::unverified(compact).ok()?, compact)))
            {
                let of = |purpose: &&mut Value| purpose.get("id") == said.purpose.get("id");
                if let Some(purpose) =
                    shown["purposes"].as_array_mut().and_then(|all| all.iter_mut().find(of))
                {
                    purpose["statement"] = compact.as_str().into();
                    purpose["statement_until"] = said.expires_at.to_string().into();
                }
            }
        }
        output::json_line(&shown)?;
    } else {
        for line in words::lines(&registration, authority.catalog(), language_of_terminal()) {
            output::line(&line)?;
        }
    }
    Ok(ExitCode::Done)
}

/// The checkpoint that everybody sees; none before anything was published.
fn published<S>(common: &Common, authority: &Authority<S>) -> Result<Option<SignedCheckpoint>, CommandError> {
    let path = common.dir.join(public_log::FOLDER).join(CHECKPOINT_PATH);
    let note = match std::fs::read(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        note => note.map_err(|error| CommandError::Fault(format!("{}: {error}", path.display())))?,
    };
    SignedCheckpoint::verify(&note, &authority.profile().log.key).map(Some).map_err(CommandError::fault)
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
        .map(|purpose| json!({ "id": purpose.id, "log_index": purpose.entry }))
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
