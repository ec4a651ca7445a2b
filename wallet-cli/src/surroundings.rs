use std::{
    io::{self, Write},
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::tz::TimeZone;
use portage_catalog::Language;
use portage_clock::Clock;
use portage_keys::{Entropy, OsEntropy, vault::KdfParams};
use zeroize::Zeroizing;

/// What the program takes from the machine, once, when it starts.
#[derive(Clone)]
pub struct Surroundings {
    /// The clock.
    pub clock: Clock,
    /// Time since the program started: it runs forward only, whatever anybody does to the clock.
    pub since_start: Arc<dyn Fn() -> Duration + Send + Sync>,
    /// The time zone that people are told times in.
    pub zone: TimeZone,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// What a new file's key derivation costs.
    pub kdf: KdfParams,
    /// `$PORTAGE_WALLET`.
    pub wallet_folder: Option<PathBuf>,
    /// The language of this computer.
    pub language: Language,
}

impl Surroundings {
    /// This machine's, with `clock`.
    pub fn of_machine(clock: Clock) -> Self {
        let started = Instant::now();
        Surroundings {
            clock,
            since_start: Arc::new(move || started.elapsed()),
            zone: TimeZone::try_system().unwrap_or(TimeZone::UTC),
            entropy: Arc::new(OsEntropy),
            kdf: KdfParams::default(),
            wallet_folder: std::env::var_os("PORTAGE_WALLET")
                .filter(|dir| !dir.is_empty())
                .map(PathBuf::from),
            language: language_of_machine(),
        }
    }
}

/// The first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is set decides, as everywhere.
fn language_of_machine() -> Language {
    ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty())
        .and_then(|tag| Language::from_tag(&tag))
        .unwrap_or_default()
}

/// Somebody at a terminal, who can be asked.
pub trait Person {
    /// Whether standard output is in front of them.
    fn sees_output(&self) -> bool;

    /// A line, as it was typed.
    ///
    /// # Errors
    /// The terminal went away.
    fn line(&mut self, prompt: &str) -> io::Result<String>;

    /// A line that is not shown while it is typed.
    ///
    /// # Errors
    /// The terminal went away.
    fn secret(&mut self, prompt: &str) -> io::Result<Zeroizing<String>>;
}

/// Where words go, and who can be asked.
pub struct Io<'io> {
    /// Standard output.
    pub out: &'io mut dyn io::Write,
    /// Standard error.
    pub err: &'io mut dyn io::Write,
    /// Somebody at a terminal; `None`: nobody can be asked.
    pub person: Option<&'io mut dyn Person>,
}

/// The terminal that the program was started in.
pub struct Console;

impl Console {
    /// The console, if both questions and answers have one.
    pub fn if_there() -> Option<Self> {
        use io::IsTerminal;
        (io::stdin().is_terminal() && io::stderr().is_terminal()).then_some(Console)
    }
}

impl Person for Console {
    fn sees_output(&self) -> bool {
        io::IsTerminal::is_terminal(&io::stdout())
    }

    fn line(&mut self, prompt: &str) -> io::Result<String> {
        let mut err = io::stderr();
        write!(err, "{prompt} ")?;
        err.flush()?;
        let mut line = String::new();
        match io::stdin().read_line(&mut line)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(line.trim().to_owned()),
        }
    }

    fn secret(&mut self, prompt: &str) -> io::Result<Zeroizing<String>> {
        // The prompt gets its own colon.
        let prompt = prompt.trim_end_matches(|end: char| end == ':' || end.is_whitespace());
        let answer = dialoguer::Password::new().with_prompt(prompt).allow_empty_password(true).interact();
        answer.map(Zeroizing::new).map_err(|dialoguer::Error::IO(error)| error)
    }
}
