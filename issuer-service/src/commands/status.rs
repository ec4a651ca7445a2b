use portage_catalog::message;
use portage_clock::Clock;
use portage_issuer::{ChangeBy, Issuer, NoticeChange, Reference, StatusChange, StatusError};
use portage_reason::Reason;
use portage_service::{ExitCode, output};
use portage_storage::issuer::SqliteIssuances;
use portage_web::language_of_terminal;
use serde_json::{Value, json};

use super::{CommandError, offer::COMMAND_LINE};
use crate::{
    args::{Change, Common, StatusArgs},
    wiring,
};

/// Changes a status; durable when it returns.
pub(crate) async fn run(args: &StatusArgs, common: &Common, clock: &Clock) -> Result<ExitCode, CommandError> {
    let issuer = wiring::open(&common.dir, clock.now())?.issuer;
    let reference = Reference::new(&args.reference);
    let changed = match args.change {
        Change::Revoke => change(&issuer, &reference, StatusChange::Revoke, clock).await,
        Change::Suspend => change(&issuer, &reference, StatusChange::Suspend, clock).await,
        Change::Reinstate => change(&issuer, &reference, StatusChange::Reinstate, clock).await,
        Change::Refresh => tell(&issuer, &reference, NoticeChange::Refresh(true)).await,
        Change::Refreshed => tell(&issuer, &reference, NoticeChange::Refresh(false)).await,
        Change::Message => {
            tell(&issuer, &reference, NoticeChange::Message(args.value.unwrap_or_default())).await
        }
    };
    let changed = changed.map_err(|error| explain(&error, &args.reference))?;
    if common.json {
        let mut line = json!({ "ref": args.reference });
        line.as_object_mut().into_iter().for_each(|line| line.extend(changed.members.clone()));
        output::json_line(&line)?;
    } else {
        let values = [("ref", args.reference.as_str()), ("message", changed.text.as_str())];
        output::line(&message(changed.key, language_of_terminal(), &values))?;
    }
    Ok(ExitCode::Done)
}

/// What was done, for people and for programs.
struct Done {
    key: &'static str,
    /// The text of a message.
    text: String,
    members: serde_json::Map<String, Value>,
}

async fn change(
    issuer: &Issuer<SqliteIssuances>,
    reference: &Reference,
    change: StatusChange,
    clock: &Clock,
) -> Result<Done, StatusError> {
    let by = ChangeBy { reference: reference.clone(), change, why: None, who: COMMAND_LINE.to_owned() };
    let status = issuer.change_status_by(by, clock.now()).await?;
    let key = match change {
        StatusChange::Revoke => "issuer.revoked",
        StatusChange::Suspend => "issuer.suspended",
        StatusChange::Reinstate => "issuer.reinstated",
    };
    let members = [("status".to_owned(), status.name().into())].into_iter().collect();
    Ok(Done { key, text: String::new(), members })
}

async fn tell(
    issuer: &Issuer<SqliteIssuances>,
    reference: &Reference,
    change: NoticeChange,
) -> Result<Done, StatusError> {
    let notices = issuer.change_notice(reference, change).await?;
    let text = |value: u8| issuer.told().messages.as_ref().and_then(|messages| messages.text(value));
    let text = text(notices.message).unwrap_or_default().to_owned();
    let (key, member) = match change {
        NoticeChange::Refresh(true) => {
            ("issuer.refresh_told", ("refresh".to_owned(), notices.refresh.into()))
        }
        NoticeChange::Refresh(false) => {
            ("issuer.refresh_taken_back", ("refresh".to_owned(), notices.refresh.into()))
        }
        NoticeChange::Message(_) => ("issuer.message_told", ("message".to_owned(), notices.message.into())),
    };
    Ok(Done { key, text, members: [member].into_iter().collect() })
}

fn explain(error: &StatusError, reference: &str) -> CommandError {
    let values = [("ref", reference)];
    let refused = |reason, key| CommandError::Refused(reason, message(key, language_of_terminal(), &values));
    match error {
        StatusError::Absent => refused(Reason::ValueInvalid, "issuer.no_reference"),
        StatusError::RevokedForEver => refused(Reason::Revoked, "issuer.revoked"),
        StatusError::NotIssued => refused(Reason::Unsupported, "issuer.not_collected"),
        StatusError::NotTold => CommandError::Refused(
            Reason::Unsupported,
            message("issuer.not_told", language_of_terminal(), &[]),
        ),
        StatusError::Store(failure) => super::store_failure(failure),
        StatusError::Entry | StatusError::Signing(_) => CommandError::fault(error),
    }
}
