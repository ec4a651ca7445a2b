//! One file that is replaced as a whole and survives a kill at any moment: the wallet's.
//!
//! A replacement is written beside the file, made durable, and renamed over it: whoever looks, whenever, finds the
//! old bytes or the new ones. One process at a time holds the file, by a lock on `<file>.lock`, which stays where it is. What a
//! killed run left beside the file (`<file>.new`) was never acknowledged, and is removed by the next. What stands in the
//! file is none of this module's business, except that a file which is no longer what was read is not overwritten.

use std::{
    ffi::OsString,
    fs::{self, File, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};

use portage_keys::digest::sha256;
use portage_reason::Reason;

use crate::owner_only::{create_file, create_folder, open_lock_file, sync_folder};

/// A file held by this process, until it is dropped.
#[derive(Debug)]
pub struct VaultFile {
    path: PathBuf,
    _lock: File,
    /// The digest of what was last read or written.
    seen: [u8; 32],
    settled: bool,
}

/// Why the file was not created, read or replaced.
#[derive(Debug, thiserror::Error)]
pub enum VaultFileError {
    /// There is one already; it is never replaced by a new one.
    #[error("{0} is there already")]
    Exists(PathBuf),
    /// There is none.
    #[error("{0} is not there")]
    Absent(PathBuf),
    /// Another process holds it.
    #[error("{0} is in use by another program")]
    InUse(PathBuf),
    /// Somebody else wrote to it since it was read: it was left as it is.
    #[error("{0} was changed by something else since it was read; it was not overwritten")]
    Changed(PathBuf),
    /// An earlier replacement was made, but the machine did not say that it would last: the file has to be opened again.
    #[error("{0} has to be opened again after a failure of the disk")]
    Unsettled(PathBuf),
    /// The machine.
    #[error("{doing} {path} failed")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To which file or folder.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

impl VaultFileError {
    /// The verdict on the file, where it is one.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            VaultFileError::Changed(_) => Some(Reason::VaultCorrupt),
            _ => None,
        }
    }
}

/// What a replacement is made of. The process may be killed before any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Create,
    Write,
    WriteRest,
    Sync,
    Rename,
    SyncFolder,
    Acknowledge,
}

impl VaultFile {
    /// Creates the file, and the folder it is in, with these bytes.
    ///
    /// # Errors
    /// [`VaultFileError::Exists`], [`VaultFileError::InUse`], [`VaultFileError::Io`].
    pub fn create(path: &Path, bytes: &[u8]) -> Result<Self, VaultFileError> {
        Self::create_step_by_step(path, bytes, |_| Ok(()))
    }

    fn create_step_by_step(
        path: &Path,
        bytes: &[u8],
        before: impl FnMut(Step) -> io::Result<()>,
    ) -> Result<Self, VaultFileError> {
        let folder = folder_of(path);
        create_folder(folder).map_err(io_error("creating the folder", folder))?;
        let lock = lock(path)?;
        // A link counts, wherever it points.
        if fs::symlink_metadata(path).is_ok() {
            return Err(VaultFileError::Exists(path.to_owned()));
        }
        remove_leftover(path)?;
        replace(path, bytes, before).map_err(|(_, error)| error)?;
        Ok(VaultFile { path: path.to_owned(), _lock: lock, seen: sha256(bytes), settled: true })
    }

    /// Takes hold of the file and reads it.
    ///
    /// # Errors
    /// [`VaultFileError::Absent`], [`VaultFileError::InUse`], [`VaultFileError::Io`].
    pub fn open(path: &Path) -> Result<(Self, Vec<u8>), VaultFileError> {
        // Behind a link, the file is replaced and the link stays.
        let path = fs::canonicalize(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => VaultFileError::Absent(path.to_owned()),
            _ => io_error("finding", path)(source),
        })?;
        let lock = lock(&path)?;
        let bytes = fs::read(&path).map_err(io_error("reading", &path))?;
        remove_leftover(&path)?;
        Ok((VaultFile { seen: sha256(&bytes), path, _lock: lock, settled: true }, bytes))
    }

    /// Replaces the bytes of the file. When it returns, they are durable.
    ///
    /// # Errors
    /// [`VaultFileError::Changed`], [`VaultFileError::Unsettled`], [`VaultFileError::Io`]. The file has its old bytes, except after a failure of the
    /// very last step: then it may have the new ones, and this value does nothing more.
    pub fn commit(&mut self, bytes: &[u8]) -> Result<(), VaultFileError> {
        self.commit_step_by_step(bytes, |_| Ok(()))
    }

    fn commit_step_by_step(
        &mut self,
        bytes: &[u8],
        before: impl FnMut(Step) -> io::Result<()>,
    ) -> Result<(), VaultFileError> {
        if !self.settled {
            return Err(VaultFileError::Unsettled(self.path.clone()));
        }
        let there = fs::read(&self.path).map_err(io_error("reading", &self.path))?;
        if sha256(&there) != self.seen {
            return Err(VaultFileError::Changed(self.path.clone()));
        }
        match replace(&self.path, bytes, before) {
            Ok(()) => {
                self.seen = sha256(bytes);
                Ok(())
            }
            Err((step, error)) => {
                self.settled = step != Step::SyncFolder;
                Err(error)
            }
        }
    }
}

/// Writes a new file for its owner alone, durably: an export. One that is there is never overwritten.
///
/// # Errors
/// [`VaultFileError::Exists`], [`VaultFileError::Io`]; nothing is left behind.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), VaultFileError> {
    let mut file = create_file(path).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => VaultFileError::Exists(path.to_owned()),
        _ => io_error("creating", path)(source),
    })?;
    let written =
        file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| sync_folder(folder_of(path)));
    written.map_err(|source| {
        let _ = fs::remove_file(path);
        io_error("writing", path)(source)
    })
}

/// The replacement itself; says which step failed.
fn replace(
    path: &Path,
    bytes: &[u8],
    mut before: impl FnMut(Step) -> io::Result<()>,
) -> Result<(), (Step, VaultFileError)> {
    let beside = beside(path, ".new");
    let mut step = Step::Create;
    let mut reach = |next| {
        step = next;
        before(next)
    };
    let written = (|| {
        reach(Step::Create)?;
        let mut file = create_file(&beside)?;
        let (first, rest) = bytes.split_at(bytes.len() / 2);
        reach(Step::Write)?;
        file.write_all(first)?;
        reach(Step::WriteRest)?;
        file.write_all(rest)?;
        reach(Step::Sync)?;
        file.sync_all()?;
        reach(Step::Rename)?;
        fs::rename(&beside, path)?;
        reach(Step::SyncFolder)?;
        sync_folder(folder_of(path))?;
        reach(Step::Acknowledge)
    })();
    written.map_err(|source| {
        let _ = fs::remove_file(&beside);
        (step, io_error("writing", path)(source))
    })
}

fn lock(path: &Path) -> Result<File, VaultFileError> {
    let lock_path = beside(path, ".lock");
    let file = open_lock_file(&lock_path).map_err(io_error("opening", &lock_path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(VaultFileError::InUse(path.to_owned())),
        Err(TryLockError::Error(source)) => Err(io_error("locking", &lock_path)(source)),
    }
}

fn remove_leftover(path: &Path) -> Result<(), VaultFileError> {
    let beside = beside(path, ".new");
    match fs::remove_file(&beside) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(io_error("removing", &beside)(source)),
        _ => Ok(()),
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> VaultFileError {
    let path = path.to_owned();
    move |source| VaultFileError::Io { doing, path, source }
}

#[cfg(test)]
mod tests;
