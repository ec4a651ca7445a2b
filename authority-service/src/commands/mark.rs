use portage_authority::{ChangeError, TRUST_MARK_PATH};
use portage_clock::Clock;
use portage_reason::Reason;
use portage_service::{ExitCode, output};
use portage_web::language_of_terminal;
use serde_json::json;
use url::Url;

use super::{CommandError, candidate::end_of, changed, explain, say};
use crate::{
    args::{Common, MarkArgs},
    wiring,
};

/// Gives a mark, or takes it back.
pub(crate) async fn run(args: &MarkArgs, common: &Common, clock: &Clock) -> Result<ExitCode, CommandError> {
    let authority = wiring::open(&common.dir)?.authority;
    let (entity, now) = (&args.entity, clock.now());
    let unknown = || say("authority.unknown_mark", &[("mark", &args.mark)]);
    let profile = authority.profile();
    let may_give =
        |issuers: &[portage_federation::EntityId]| issuers.is_empty() || issuers.contains(&profile.id);
    let mark = authority.mark_type(&args.mark).filter(|mark| may_give(&mark.issuers));
    let mark = mark.ok_or_else(|| CommandError::Refused(Reason::TrustMarkInvalid, unknown()))?;
    let name = mark.name.in_words(language_of_terminal());
    let values = [("entity", entity.as_str()), ("mark", name.as_str())];
    if args.withdraw {
        let outcome = authority.withdraw_mark(entity, mark, now).await;
        return changed(outcome, entity, &say("authority.unmarked", &values), common);
    }
    let until = args.until.map(end_of).transpose()?;
    match authority.give_mark(entity, mark, until, now).await {
        Ok(()) | Err(ChangeError::Unchanged) => {}
        Err(error) => return Err(explain(&error, entity)),
    }
    let signed = authority.trust_mark(&mark.id, entity, now).await.map_err(CommandError::fault)?;
    let absent = || CommandError::Refused(Reason::Suspended, say("authority.is_suspended", &values));
    let signed = signed.ok_or_else(absent)?;
    let address = format!("{}{TRUST_MARK_PATH}", profile.id.as_str().trim_end_matches('/'));
    let mut address = Url::parse(&address).map_err(CommandError::fault)?;
    address.query_pairs_mut().append_pair("trust_mark_type", &mark.id).append_pair("sub", entity.as_str());
    let end = portage_federation::TrustMark::unverified_end(&signed);
    let end = end.map(|end| format!("{end:.0}")).unwrap_or_default();
    if common.json {
        output::json_line(&json!({
            "entity": entity.as_str(), "done": "changed", "mark": mark.id, "until": end, "trust_mark": signed, "endpoint": address.as_str(),
        }))?;
        return Ok(ExitCode::Done);
    }
    let file = mark.id.rsplit('/').next().unwrap_or("mark");
    let values = [&values[..], &[("file", file), ("until", &end), ("address", address.as_str())]].concat();
    output::line(&format!("{signed}\n\n{}", say("authority.marked", &values)))?;
    Ok(ExitCode::Done)
}
