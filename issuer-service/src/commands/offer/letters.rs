//! The letters of a run: a file each, the codes in a folder of their own.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use portage_catalog::{Addressee, CredentialType};
use portage_issuer::CreatedOffer;
use portage_letter::Office;
use portage_service::{make_folder, write_private};

use super::CommandError;
use crate::paper::{Paper, Posted, zone_of};

/// Where letters go, and what is the same on all of them.
pub(super) struct Letters {
    letters: PathBuf,
    codes: PathBuf,
    office: Office,
    credential_type: CredentialType,
}

/// The files of one offer.
pub(super) struct Written {
    pub(super) letter: PathBuf,
    /// `None`: no code is told now.
    pub(super) code_sheet: Option<PathBuf>,
}

impl Letters {
    /// Makes the folders, unless it is only to be said what would be written.
    pub(super) fn open(
        folder: &Path,
        office: Office,
        of: &CredentialType,
        only_check: bool,
    ) -> Result<Self, CommandError> {
        if office.ask.en.is_empty() {
            let what = "--letter: issuer.toml does not say whom people ask; fill in ask below [office]";
            return Err(CommandError::Usage(what.to_owned()));
        }
        let (letters, codes) = (folder.join("letters"), folder.join("codes"));
        if !only_check {
            make_folder(&letters)?;
            make_folder(&codes)?;
        }
        Ok(Letters { letters, codes, office, credential_type: of.clone() })
    }

    /// Writes the letter of an offer and the sheet with its code. `None`: the offer was collected or withdrawn, and there is nothing to post.
    pub(super) fn write(
        &self,
        row: u64,
        offer: &CreatedOffer,
        addressee: Option<Addressee>,
        now: Timestamp,
    ) -> Result<Option<Written>, CommandError> {
        let Some(posted) = Posted::new(offer, addressee, &zone_of(&self.credential_type)) else {
            return Ok(None);
        };
        let name = format!("{row:06}-{}.pdf", posted.short());
        let posted = [posted];
        let paper = Paper { office: &self.office, credential_type: &self.credential_type, now };
        let letter = self.letters.join(&name);
        put(&letter, &paper.letters(&posted).map_err(CommandError::fault)?)?;
        let code = paper.code_sheets(&posted).map_err(CommandError::fault)?;
        let code_sheet = code.as_ref().map(|_| self.codes.join(&name));
        if let (Some(path), Some(pdf)) = (&code_sheet, code) {
            put(path, &pdf)?;
        }
        Ok(Some(Written { letter, code_sheet }))
    }
}

/// In the place of the one that a run before this one wrote.
fn put(path: &Path, pdf: &[u8]) -> Result<(), CommandError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(CommandError::fault(error)),
        _ => write_private(path, pdf),
    }
}
