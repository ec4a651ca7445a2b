use std::{
    fs, io,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use portage_catalog::{Catalog, CatalogError, Language, message, plain};
use portage_reason::Reason;
use portage_storage::{vault_file::VaultFileError, wallet::SealedWalletError};
use portage_wallet::ports::StoreFailure;
use serde_json::Value;
use zeroize::Zeroizing;

pub(crate) use crate::open_wallet::Session;
use crate::{
    Io, Surroundings,
    args::{Common, Lang},
    open_wallet::OpenError,
    refusal::Refusal,
};

/// The wallet's one file, in its folder.
const FILE: &str = "wallet.vault";
/// Fewest characters of a passphrase.
pub(crate) const SHORTEST_PASSPHRASE: usize = 8;

/// One run of a command: what was given, and who is there.
pub(crate) struct Context<'c, 'io> {
    pub(crate) language: Language,
    pub(crate) catalog: Catalog,
    pub(crate) surroundings: &'c Surroundings,
    common: Common,
    io: &'c mut Io<'io>,
}

impl<'c, 'io> Context<'c, 'io> {
    pub(crate) fn new(common: Common, surroundings: &'c Surroundings, io: &'c mut Io<'io>) -> Self {
        let language = match common.lang {
            Some(Lang::En) => Language::En,
            Some(Lang::Fr) => Language::Fr,
            None => surroundings.language,
        };
        Context { language, catalog: Catalog::bundled(), surroundings, common, io }
    }

    /// Now.
    pub(crate) fn now(&self) -> Timestamp {
        self.surroundings.clock.now()
    }

    /// A message in the person's language.
    pub(crate) fn words(&self, key: &str, values: &[(&str, &str)]) -> String {
        message(key, self.language, values)
    }

    /// A verdict in the person's language.
    pub(crate) fn refusal(&self, reason: Reason) -> Refusal {
        Refusal::of(reason, self.language)
    }

    /// Writes a refusal; the exit code.
    pub(crate) fn tell(&mut self, refusal: &Refusal) -> u8 {
        refusal.tell(self.io.err, self.language)
    }

    /// What a person has to see before a question: where the person looks, which is standard error when standard output goes into a file
    /// or a script.
    pub(crate) fn show(&mut self, lines: &[String]) {
        let place: &mut dyn io::Write = match (self.common.json, &self.io.person) {
            (false, None) => self.io.out,
            (false, Some(person)) if person.sees_output() => self.io.out,
            (_, Some(_)) => self.io.err,
            (true, None) => return,
        };
        for line in lines {
            let _ = writeln!(place, "{line}");
        }
    }

    /// What was asked for, in words: on standard output, wherever that goes.
    pub(crate) fn print(&mut self, lines: &[String]) {
        for line in lines {
            let _ = writeln!(self.io.out, "{line}");
        }
    }

    /// The result: words for a person, or one JSON object on a line.
    pub(crate) fn answer(&mut self, lines: &[String], object: &Value) {
        if self.common.json {
            let _ = writeln!(self.io.out, "{object}");
        } else {
            self.print(lines);
        }
    }

    /// Lets what was printed be read now: the program goes on.
    pub(crate) fn flush(&mut self) {
        let _ = self.io.out.flush();
    }

    /// Whether a script reads the answer.
    pub(crate) fn is_json(&self) -> bool {
        self.common.json
    }

    /// Asks, unless the answer was given with the command: yes in either language, and everything else is no. Without anybody to ask it is
    /// `consent_required`.
    pub(crate) fn agrees(&mut self, given: bool, question: &str) -> Result<bool, Refusal> {
        if given {
            return Ok(true);
        }
        let prompt = format!("{question} {}", self.words("wallet.yes_or_no", &[]));
        match self.ask(&prompt)? {
            Some(answer) => Ok(["y", "yes", "o", "oui"].contains(&answer.trim().to_lowercase().as_str())),
            None => Err(self.refusal(Reason::ConsentRequired)),
        }
    }

    /// Asks for a line; `None` without anybody to ask.
    pub(crate) fn ask(&mut self, prompt: &str) -> Result<Option<String>, Refusal> {
        match &mut self.io.person {
            Some(person) => person.line(prompt).map(Some).map_err(|error| Refusal::fault(error.to_string())),
            None => Ok(None),
        }
    }

    /// The passphrase of something that exists: from the file, or asked.
    pub(crate) fn passphrase(
        &mut self,
        file: Option<&Path>,
        prompt: &str,
    ) -> Result<Zeroizing<String>, Refusal> {
        match (file, &mut self.io.person) {
            (Some(file), _) => first_line(file),
            (None, Some(person)) => person.secret(prompt).map_err(|error| Refusal::fault(error.to_string())),
            (None, None) => Err(Refusal::usage(self.words("wallet.no_passphrase", &[]))),
        }
    }

    /// The passphrase of something new: long enough, and asked twice.
    pub(crate) fn new_passphrase(
        &mut self,
        file: Option<&Path>,
        prompt: &str,
    ) -> Result<Zeroizing<String>, Refusal> {
        let passphrase = self.passphrase(file, prompt)?;
        if passphrase.chars().count() < SHORTEST_PASSPHRASE {
            let count = SHORTEST_PASSPHRASE.to_string();
            return Err(Refusal::usage(self.words("wallet.passphrase_short", &[("characters", &count)])));
        }
        if file.is_none() {
            let prompt = self.words("wallet.passphrase_again", &[]);
            if self.passphrase(None, &prompt)? != passphrase {
                return Err(Refusal::usage(self.words("wallet.passphrase_differs", &[])));
            }
        }
        Ok(passphrase)
    }

    /// `--passphrase-file`.
    pub(crate) fn passphrase_file(&self) -> Option<PathBuf> {
        self.common.passphrase_file.clone()
    }

    /// Where the wallet's file is, or will be.
    pub(crate) fn wallet_file(&self) -> Result<PathBuf, Refusal> {
        let folder =
            self.common.dir.clone().or_else(|| self.surroundings.wallet_folder.clone()).or_else(|| {
                let folders = directories::ProjectDirs::from("", "", "portage-wallet");
                folders.map(|folders| folders.data_dir().to_owned())
            });
        folder
            .map(|folder| folder.join(FILE))
            .ok_or_else(|| Refusal::usage(self.words("wallet.no_folder", &[])))
    }

    /// Opens the wallet.
    pub(crate) fn open(&mut self) -> Result<Session, Refusal> {
        let path = self.wallet_file()?;
        if fs::symlink_metadata(&path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            return Err(self.file_refusal(&VaultFileError::Absent(path).into()));
        }
        let prompt = self.words("wallet.passphrase", &[]);
        let passphrase = self.passphrase(self.passphrase_file().as_deref(), &prompt)?;
        let opened = Session::open(&path, &passphrase, &Catalog::bundled(), self.surroundings);
        let (session, wrong) = opened.map_err(|error| match error {
            OpenError::File(error) => self.file_refusal(&error),
            OpenError::Store(failure) => self.store_refusal(&failure),
            OpenError::Machine(what) => Refusal::fault(what),
        })?;
        self.catalog = session.catalog.clone();
        self.tell_of_types(&wrong);
        Ok(session)
    }

    /// A type of the person's own that no longer holds is told, and the wallet opens all the same.
    fn tell_of_types(&mut self, wrong: &[(String, CatalogError)]) {
        for (id, error) in wrong {
            let values = [("id", plain(id)), ("what", plain(&error.to_string()))];
            let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
            let line = self.words("wallet.type_no_longer", &values);
            let _ = writeln!(self.io.err, "{line}");
        }
    }

    /// Why the wallet's file was not made or opened.
    pub(crate) fn file_refusal(&self, error: &SealedWalletError) -> Refusal {
        let at = |path: &Path, key| {
            let path = path.display().to_string();
            self.words(key, &[("path", &path)])
        };
        match error {
            SealedWalletError::File(VaultFileError::Absent(path)) => {
                Refusal::fault(at(path, "wallet.not_found"))
            }
            SealedWalletError::File(VaultFileError::Exists(path)) => {
                Refusal::usage(at(path, "wallet.exists"))
            }
            SealedWalletError::File(VaultFileError::InUse(path)) => Refusal::fault(at(path, "wallet.in_use")),
            other => match other.reason() {
                Some(reason) => self.refusal(reason),
                None => Refusal::fault(with_causes(other)),
            },
        }
    }

    /// Why the wallet's file did not take or give a record.
    pub(crate) fn store_refusal(&self, failure: &StoreFailure) -> Refusal {
        match failure.reason() {
            Some(reason) => self.refusal(reason),
            None => Refusal::fault(failure.to_string()),
        }
    }
}

/// The first line of a passphrase file, without its line end.
fn first_line(file: &Path) -> Result<Zeroizing<String>, Refusal> {
    let unreadable = |error: io::Error| Refusal::usage(format!("{}: {error}", file.display()));
    let text = Zeroizing::new(fs::read_to_string(file).map_err(unreadable)?);
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
}

/// An error and what caused it, in one line.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
