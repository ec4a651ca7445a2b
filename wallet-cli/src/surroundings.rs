use std::{io, path::PathBuf, sync::Arc};

use portage_catalog::Language;
use portage_clock::Clock;
use portage_keys::{Entropy, OsEntropy, vault::KdfParams};
use zeroize::Zeroizing;

/// What the program takes from the machine, once, when it starts.
pub struct Surroundings {
    /// The clock.
    pub clock: Clock,
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
        Surroundings {
            clock,
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
    /// Yes or no; no when the answer is anything else.
    ///
    /// # Errors
    /// The terminal went away.
    fn agrees(&mut self, question: &str) -> io::Result<bool>;

    /// A line that is not shown while it is typed.
    ///
    /// # Errors
    /// The terminal went away.
    fn secret(&mut self, prompt: &str) -> io::Result<Zeroizing<String>>;

    /// A line.
    ///
    /// # Errors
    /// The terminal went away.
    fn line(&mut self, prompt: &str) -> io::Result<String>;
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
    fn agrees(&mut self, question: &str) -> io::Result<bool> {
        dialoguer::Confirm::new()
            .with_prompt(question)
            .default(false)
            .show_default(true)
            .interact()
            .map_err(io_error)
    }

    fn secret(&mut self, prompt: &str) -> io::Result<Zeroizing<String>> {
        dialoguer::Password::new()
            .with_prompt(prompt)
            .allow_empty_password(true)
            .interact()
            .map(Zeroizing::new)
            .map_err(io_error)
    }

    fn line(&mut self, prompt: &str) -> io::Result<String> {
        dialoguer::Input::<String>::new().with_prompt(prompt).interact_text().map_err(io_error)
    }
}

fn io_error(error: dialoguer::Error) -> io::Error {
    let dialoguer::Error::IO(error) = error;
    error
}
