//! `issuer type new`: a clerk makes a type, in a conversation or from a file of answers.

mod answers;
mod table;
mod walk;

use std::{
    fs::File,
    io::{self, BufRead, IsTerminal, Read, Write},
    path::Path,
};

use portage_catalog::{Catalog, Language, TypeDraft, message};
use portage_clock::Clock;
use portage_reason::Reason;
use portage_service::{ExitCode, output};
use portage_storage::type_folder::{Existing, TypeFolderError, write_type};
use portage_strict_json::Limits;
use portage_web::language_of_terminal;
use serde_json::json;

use self::{answers::Answers, walk::Walk};
use super::{CommandError, check, show};
use crate::{
    args::{Common, TypeNewArgs},
    config::{self, Config},
    wiring,
};

/// Longest file of answers.
const ANSWERS: Limits = Limits { max_bytes: 1 << 20, max_depth: 16 };

/// Asks or reads, makes the type, checks it as every type is checked, and only then writes: whoever stops before has written nothing.
pub(super) fn new(
    args: &TypeNewArgs,
    config: &Config,
    common: &Common,
    clock: &Clock,
) -> Result<ExitCode, CommandError> {
    let catalog = wiring::catalog(&config.types_folder)?;
    let answers = match &args.from {
        Some(file) => read(file)?,
        None if io::stdin().is_terminal() && io::stderr().is_terminal() => {
            let clerk = &mut Terminal;
            Walk::new(clerk, &catalog, config, language_of_terminal()).walk(|answers, say| {
                let (with_it, draft) = make(answers, &catalog, config)?;
                for line in show::preview(super::find(&with_it, &draft.id)?, clock, say.is_coloured()) {
                    say.tell(&line)?;
                }
                Ok(())
            })?
        }
        None => {
            let what = "there is nobody to ask: give the answers with --from answers.json, or run this on a terminal";
            return Err(CommandError::Usage(what.to_owned()));
        }
    };
    let (with_it, draft) = make(&answers, &catalog, config)?;
    let mut files = draft.files();
    files.extend(
        answers
            .register()
            .map(|register| ("register.json".to_owned(), format!("{register:#}\n").into_bytes())),
    );
    write_type(&config.types_folder, &draft.id, &files, Existing::Keep).map_err(|error| match error {
        TypeFolderError::Exists => CommandError::Usage(format!("there is a type {} already", draft.id)),
        error => CommandError::Fault(format!("{}: {error}", config.types_folder.display())),
    })?;
    let offered = match config::offering(&common.dir, &draft.id).filter(|_| !args.keep_config) {
        Some(text) => config::write(&common.dir, &text).map_err(CommandError::fault).map(|()| true)?,
        None => false,
    };
    done(super::find(&with_it, &draft.id)?, offered, answers.register().is_some(), config, common)
}

/// The type that the answers make, beside those that are here. Nothing is written.
fn make(answers: &Answers, catalog: &Catalog, config: &Config) -> Result<(Catalog, TypeDraft), CommandError> {
    let refused = |what: String| CommandError::Refused(Reason::Malformed, what);
    let draft = answers.draft(&config.url).map_err(refused)?;
    if catalog.credential_type(&draft.id).is_some() {
        return Err(CommandError::Usage(format!(
            "there is a type {} already: give yours another id",
            draft.id
        )));
    }
    let mut files = draft.files();
    files.extend(
        answers.register().map(|register| ("register.json".to_owned(), register.to_string().into_bytes())),
    );
    let mut with_it = catalog.clone();
    with_it
        .add_type(&draft.id, &files)
        .map_err(|error| CommandError::Refused(error.reason(), error.to_string()))?;
    Ok((with_it, draft))
}

fn read(file: &Path) -> Result<Answers, CommandError> {
    let fault = |error| CommandError::Fault(format!("{} could not be read: {error}", file.display()));
    let source: Box<dyn Read> = if file == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(file).map_err(fault)?)
    };
    let mut bytes = Vec::new();
    let limit = u64::try_from(ANSWERS.max_bytes).unwrap_or(u64::MAX) + 1;
    source.take(limit).read_to_end(&mut bytes).map_err(fault)?;
    let value = portage_strict_json::parse(&bytes, ANSWERS)
        .map_err(|error| CommandError::Refused(error.reason(), format!("{}: {error}", file.display())))?;
    serde_json::from_value(value)
        .map_err(|error| CommandError::Refused(Reason::Malformed, format!("{}: {error}", file.display())))
}

/// What was made, what to look at, what comes next.
fn done(
    made: &portage_catalog::CredentialType,
    offered: bool,
    from_table: bool,
    config: &Config,
    common: &Common,
) -> Result<ExitCode, CommandError> {
    let folder = config.types_folder.join(&made.id).display().to_string();
    let findings = made.findings();
    if common.json {
        let found: Vec<_> =
            findings.iter().map(|one| json!({ "finding": one.name(), "member": one.member() })).collect();
        output::json_line(
            &json!({ "type": made.id, "folder": folder, "offered": offered, "findings": found }),
        )?;
        return Ok(ExitCode::Done);
    }
    let language = language_of_terminal();
    let values = [("id", made.id.as_str()), ("folder", folder.as_str()), ("file", config::FILE)];
    let mut keys = vec!["issuer.new_written"];
    keys.push(if offered { "issuer.new_offered" } else { "issuer.new_offer_it" });
    keys.push(if from_table { "issuer.new_next_table" } else { "issuer.new_next" });
    output::line(&message("issuer.new_written", language, &values))?;
    for finding in &findings {
        output::line(&format!("  {}", check::in_words(finding, language)))?;
    }
    keys.iter().skip(1).try_for_each(|key| output::line(&message(key, language, &values)))?;
    Ok(ExitCode::Done)
}

/// Whoever answers the questions. Lines in, lines out: what a screen reader reads well, and what a terminal of any kind can do.
trait Clerk {
    /// Asks; `None`: they have gone.
    fn ask(&mut self, prompt: &str) -> io::Result<Option<String>>;
    /// Tells them something.
    fn tell(&mut self, line: &str) -> Result<(), CommandError>;
    /// Whether they see colours.
    fn is_coloured(&self) -> bool;
}

/// The terminal. What is asked and shown on the way goes to standard error; the answer of the program is on standard output.
struct Terminal;

impl Clerk for Terminal {
    fn ask(&mut self, prompt: &str) -> io::Result<Option<String>> {
        let mut err = io::stderr().lock();
        write!(err, "{prompt} ")?;
        err.flush()?;
        let mut line = String::new();
        let read = io::stdin().lock().take(16 << 10).read_line(&mut line)?;
        Ok((read > 0).then_some(line))
    }

    fn tell(&mut self, line: &str) -> Result<(), CommandError> {
        writeln!(io::stderr().lock(), "{line}").map_err(CommandError::output)
    }

    fn is_coloured(&self) -> bool {
        io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
    }
}

/// A message of this conversation.
fn say(key: &str, language: Language, values: &[(&str, &str)]) -> String {
    message(key, language, values)
}
