use portage_authority::Registration;
use portage_service::{ExitCode, output};
use portage_web::language_of_terminal;

use super::{CommandError, say, show, store_failure};
use crate::{args::Common, wiring, words};

/// Everybody, a line each.
pub(crate) async fn run(common: &Common) -> Result<ExitCode, CommandError> {
    let authority = wiring::open(&common.dir)?.authority;
    let registrations = authority.registrations().await.map_err(|failure| store_failure(&failure))?;
    if registrations.is_empty() && !common.json {
        output::line(&say("authority.nobody", &[]))?;
    }
    for registration in &registrations {
        if common.json {
            output::json_line(&show::json_of(registration))?;
        } else {
            output::line(&line(registration))?;
        }
    }
    Ok(ExitCode::Done)
}

fn line(registration: &Registration) -> String {
    let language = language_of_terminal();
    let roles = words::roles(registration, language);
    let suspended =
        if registration.is_active() { String::new() } else { say("authority.suspended_mark", &[]) };
    let name = registration.name.in_words(language);
    format!("{}  {name}  ({roles}) {suspended}", registration.id).trim_end().to_owned()
}
