//! `verifier staff …`, `issuer staff …`.

use std::{
    io::{self, BufRead, IsTerminal},
    path::Path,
};

use jiff::{SignedDuration, Timestamp};
use portage_clock::Clock;
use portage_keys::{Entropy, OsEntropy, PasswordHash, vault::KdfParams};
use portage_reason::Reason;
use serde_json::json;
use url::Url;
use zeroize::Zeroizing;

use super::{Role, StaffName, StaffStore};
use crate::{CommandError, ExitCode, output};

/// Fewest characters of a password.
pub(super) const SHORTEST_PASSWORD: usize = 10;
/// How long a one-time code is good.
const CODE_TIME: SignedDuration = SignedDuration::from_hours(24);

/// Who may use the service's own pages.
#[derive(Debug, clap::Subcommand)]
pub enum StaffCommand {
    /// Add an account. The password is asked at the terminal, or read as the first line of standard input.
    #[command(
        after_help = "The name is letters, digits, '.', '-' and '_'. With --code nobody but its owner ever knows the password."
    )]
    Add {
        /// The name somebody signs in with.
        name: String,
        /// What they may do [default: the one role there is].
        #[arg(long)]
        role: Option<String>,
        /// No password: print a code that signs in once, within 24 hours. Its owner then chooses a password.
        #[arg(long)]
        code: bool,
    },
    /// Print a new code that signs in once, within 24 hours: for somebody who forgot the password.
    Code {
        /// The account.
        name: String,
    },
    /// List the accounts.
    List,
    /// Remove an account. Whoever is signed in under it is out.
    Remove {
        /// The account.
        name: String,
    },
    /// Tell what happened at the door: who signed in and out, and when.
    Log,
}

/// Runs a command on the staff of the service in `dir`. `pages` is the address of its pages, such as `https://market.example/counter`; `roles` is what
/// it knows.
///
/// # Errors
/// [`CommandError`].
pub async fn run_command(
    command: &StaffCommand,
    (dir, pages): (&Path, &Url),
    roles: &[Role],
    clock: &Clock,
    is_json: bool,
) -> Result<ExitCode, CommandError> {
    let store = StaffStore::open(dir).map_err(CommandError::database)?;
    let now = clock.now();
    match command {
        StaffCommand::Add { name, role, code } => {
            let (name, role) = (read_name(name)?, read_role(role.as_deref(), roles)?);
            let password = if *code { None } else { Some(new_password()?) };
            if !store.add(&name, role, password.as_ref(), now).await.map_err(CommandError::database)? {
                return Err(CommandError::Usage(format!(
                    "{name} has an account already; it was left as it is"
                )));
            }
            if *code {
                return tell_code(&store, &name, pages, now, is_json).await;
            }
            if is_json {
                output::json_line(&json!({ "name": name.as_str(), "role": role.name() }))?;
            } else {
                output::line(&format!("{name}  {}\n{pages}", role.name()))?;
            }
        }
        StaffCommand::Code { name } => {
            return tell_code(&store, &read_name(name)?, pages, now, is_json).await;
        }
        StaffCommand::List => {
            for account in store.accounts().await.map_err(CommandError::database)? {
                let (name, role, has_password) = (account.name, account.role, account.password.is_some());
                let added = format!("{:.0}", account.added_at);
                if is_json {
                    let told = json!({ "name": name.as_str(), "role": role.name(), "has_password": has_password, "added_at": added });
                    output::json_line(&told)?;
                } else {
                    output::line(&format!("{name}  {}  {added}", role.name()))?;
                }
            }
        }
        StaffCommand::Remove { name } => {
            let name = read_name(name)?;
            if !store.remove(&name, now).await.map_err(CommandError::database)? {
                return Err(nobody(&name));
            }
            if is_json {
                output::json_line(&json!({ "name": name.as_str(), "removed": true }))?;
            } else {
                output::line(name.as_str())?;
            }
        }
        StaffCommand::Log => {
            for event in store.events().await.map_err(CommandError::database)? {
                let name = event.name.as_ref().map(StaffName::as_str);
                let at = format!("{:.0}", event.at);
                if is_json {
                    output::json_line(&json!({ "at": at, "name": name, "what": event.kind.name() }))?;
                } else {
                    output::line(&format!("{at}  {}  {}", name.unwrap_or("?"), event.kind.name()))?;
                }
            }
        }
    }
    Ok(ExitCode::Done)
}

fn read_name(text: &str) -> Result<StaffName, CommandError> {
    let wrong = || CommandError::Usage("NAME: letters, digits, '.', '-' and '_', at most 64".to_owned());
    StaffName::parse(text).ok_or_else(wrong)
}

fn read_role(given: Option<&str>, roles: &[Role]) -> Result<Role, CommandError> {
    let known = || roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(", ");
    match (given, roles) {
        (None, [only]) => Ok(*only),
        (None, _) => Err(CommandError::Usage(format!("--role: one of {}", known()))),
        (Some(name), _) => Role::from_name(name)
            .filter(|role| roles.contains(role))
            .ok_or_else(|| CommandError::Usage(format!("--role: one of {}", known()))),
    }
}

fn nobody(name: &StaffName) -> CommandError {
    CommandError::Refused(Reason::RequestInvalid, format!("{name} has no account here"))
}

/// Makes a one-time code and prints it, and the link that it is in.
async fn tell_code(
    store: &StaffStore,
    name: &StaffName,
    pages: &Url,
    now: Timestamp,
    is_json: bool,
) -> Result<ExitCode, CommandError> {
    let code = [OsEntropy.token(), OsEntropy.token()].concat();
    let until = now.checked_add(CODE_TIME).unwrap_or(Timestamp::MAX);
    if !store.keep_code(name, &code, until, now).await.map_err(CommandError::database)? {
        return Err(nobody(name));
    }
    let open = format!("{}/open/{code}", pages.as_str().trim_end_matches('/'));
    if is_json {
        let until = format!("{until:.0}");
        output::json_line(&json!({ "name": name.as_str(), "code": code, "open": open, "until": until }))?;
    } else {
        output::line(&format!("{code}\n{open}"))?;
    }
    Ok(ExitCode::Done)
}

/// A new password, asked twice at the terminal, else the first line of standard input.
fn new_password() -> Result<PasswordHash, CommandError> {
    let ask = |prompt: &str| -> Result<Zeroizing<String>, CommandError> {
        let asked = dialoguer::Password::new().with_prompt(prompt).allow_empty_password(true).interact();
        asked.map(Zeroizing::new).map_err(CommandError::fault)
    };
    let password = if io::stdin().is_terminal() {
        let password = ask("Password")?;
        if ask("The same again")? != password {
            return Err(CommandError::Usage("the two passwords are not the same".to_owned()));
        }
        password
    } else {
        let mut line = Zeroizing::new(String::new());
        io::stdin().lock().read_line(&mut line).map_err(CommandError::fault)?;
        Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned())
    };
    if password.chars().count() < SHORTEST_PASSWORD {
        return Err(CommandError::Usage(format!("a password has {SHORTEST_PASSWORD} characters or more")));
    }
    PasswordHash::of(&password, KdfParams::default(), &OsEntropy).map_err(CommandError::fault)
}
