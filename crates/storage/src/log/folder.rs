use std::{
    collections::BTreeSet,
    fs::{self, File, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use portage_reason::Reason;
use portage_transparency_log::{
    CHECKPOINT_PATH, Checkpoint, NoteError, NoteSigner, SignNoteError, SignedCheckpoint, TilePath, TreeHash,
    TreeHead, VerifierKey,
};

use super::{Growth, growth};
use crate::{
    Database, DatabaseError,
    owner_only::{open_lock_file, sync_folder},
};

/// What a file is written to before it has its name.
const UNFINISHED: &str = ".new";
/// What the file is called, after the folder, that a keeper holds.
const KEPT: &str = "kept.lock";

/// The folder with the log's static files: `checkpoint`, `tile/…`. Anything that serves files may serve it. Cheap to clone; one
/// process at a time holds it.
#[derive(Debug, Clone)]
pub struct LogFolder(Arc<Held>);

/// Held by a program that publishes for as long as it runs ([`LogFolder::keep`]).
#[derive(Debug)]
pub struct Keeper {
    _lock: File,
}

#[derive(Debug)]
struct Held {
    path: PathBuf,
    _lock: File,
    /// One publication at a time writes: they share the unfinished file, and the later one must not put back an older checkpoint.
    growing: Mutex<()>,
}

/// What [`LogFolder::publish`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The checkpoint that stands in the folder now.
    pub checkpoint: SignedCheckpoint,
    /// How many tiles and bundles were written.
    pub files: usize,
}

/// Why the log was not published. What was published before stands as it was.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The published log does not begin the one in the database: an old backup, or the folder of another log. Signing would fork the
    /// log.
    #[error("the database does not hold all that was published: publishing would fork the log")]
    WouldFork,
    /// The checkpoint in the folder is not signed by the key of this log.
    #[error("the checkpoint in the folder is not one of this log")]
    Foreign(#[source] NoteError),
    /// The key.
    #[error(transparent)]
    Sign(#[from] SignNoteError),
    /// Another process publishes.
    #[error("{0} is in use by another program")]
    InUse(PathBuf),
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

impl PublishError {
    /// The verdict on our own store, where it is one.
    pub const fn reason(&self) -> Option<Reason> {
        match self {
            PublishError::WouldFork | PublishError::Foreign(_) => Some(Reason::StoreCorrupt),
            PublishError::Database(error) => error.reason(),
            PublishError::Sign(_) | PublishError::InUse(_) | PublishError::Io { .. } => None,
        }
    }
}

/// What a publication is made of. The process may be killed before any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Create,
    Write,
    Sync,
    Rename,
    SyncFolder,
    Prune,
    Acknowledge,
}

impl LogFolder {
    /// Takes hold of the folder, and makes it if it is not there.
    ///
    /// # Errors
    /// [`PublishError::InUse`], [`PublishError::Io`].
    pub fn open(path: &Path) -> Result<Self, PublishError> {
        fs::create_dir_all(path).map_err(io_error("creating", path))?;
        let lock = locked(path, "lock", File::try_lock)?;
        Ok(LogFolder(Arc::new(Held { path: path.to_owned(), _lock: lock, growing: Mutex::default() })))
    }

    /// Says that the caller keeps publishing from now on, beside holding the folder: whoever finds the folder held learns by
    /// [`LogFolder::is_kept`] whether that is for a moment or for long. A keeper that ends lets go of this first, publishes a last time, and
    /// then lets go of the folder: what was in the database while it was kept is published.
    ///
    /// # Errors
    /// [`PublishError::InUse`]: somebody else keeps it; [`PublishError::Io`].
    pub fn keep(path: &Path) -> Result<Keeper, PublishError> {
        fs::create_dir_all(path).map_err(io_error("creating", path))?;
        Ok(Keeper { _lock: locked(path, KEPT, File::try_lock)? })
    }

    /// Whether somebody keeps publishing into the folder.
    ///
    /// # Errors
    /// [`PublishError::Io`].
    pub fn is_kept(path: &Path) -> Result<bool, PublishError> {
        match locked(path, KEPT, File::try_lock_shared) {
            Ok(_) => Ok(false),
            Err(PublishError::InUse(_)) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// The published checkpoint, if there is one yet.
    ///
    /// # Errors
    /// [`PublishError::Foreign`], [`PublishError::Io`].
    pub fn checkpoint(&self, log: &VerifierKey) -> Result<Option<SignedCheckpoint>, PublishError> {
        match self.read(CHECKPOINT_PATH)? {
            None => Ok(None),
            Some(note) => verified(&note, log).map(Some),
        }
    }

    /// The bytes of a file of the log by the path that a client asks for: `checkpoint`, or a tile. Everything else is not there.
    ///
    /// # Errors
    /// [`PublishError::Io`].
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>, PublishError> {
        if path != CHECKPOINT_PATH && path.parse::<TilePath>().is_err() {
            return Ok(None);
        }
        read_if_there(&self.0.path.join(path))
    }

    /// Makes the folder grow to what the database holds. When it returns, that is durable; run again, it writes nothing; run twice at the
    /// same time, one waits for the other. Killed in the middle, the folder serves the old log or the new one, whole, and the next run finishes.
    ///
    /// # Errors
    /// [`PublishError`].
    pub async fn publish(
        &self,
        database: &Database,
        signer: &NoteSigner<'_>,
    ) -> Result<Published, PublishError> {
        let mut files = 0;
        loop {
            let there = self.read(CHECKPOINT_PATH)?;
            let published = there.as_deref().map(|note| verified(note, signer.verifier_key())).transpose()?;
            let nothing = TreeHead { size: 0, root: TreeHash::EMPTY };
            let from = published.as_ref().map_or(nothing, SignedCheckpoint::head);
            let growth = database.read(move |tx| growth(tx, from.size)).await?;
            if growth.old != Some(from) {
                return Err(PublishError::WouldFork);
            }
            match published {
                Some(checkpoint) if growth.new == from => return Ok(Published { checkpoint, files }),
                _ => {}
            }
            let head = growth.new;
            let checkpoint =
                Checkpoint::new(signer.verifier_key().name(), head.size, head.root).sign(signer)?;
            let held = self.0.clone();
            let written =
                tokio::task::spawn_blocking(move || held.grow_from(there, &growth, checkpoint.note()));
            let stopped = |error: tokio::task::JoinError| io::Error::other(error);
            files += written.await.map_err(|error| io_error("writing", &self.0.path)(stopped(error)))??;
        }
    }
}

/// What is called before each step; a test stops it there.
type Before<'a> = &'a mut dyn FnMut(Step) -> io::Result<()>;

impl Held {
    /// How many files were written: none, when the checkpoint is not `before` any more. Somebody else published meanwhile; then it is
    /// looked again.
    fn grow_from(&self, before: Option<Vec<u8>>, growth: &Growth, note: &str) -> Result<usize, PublishError> {
        let _alone = self.growing.lock().unwrap_or_else(PoisonError::into_inner);
        if read_if_there(&self.path.join(CHECKPOINT_PATH))? != before {
            return Ok(0);
        }
        self.grow(growth, note, &mut |_| Ok(()))?;
        Ok(growth.files.len())
    }

    /// Tiles and bundles first; when all of them are durable, the checkpoint that speaks of them.
    fn grow(&self, growth: &Growth, note: &str, before: Before<'_>) -> Result<(), PublishError> {
        let mut touched = BTreeSet::from([self.path.clone()]);
        for (path, bytes) in &growth.files {
            let path = self.path.join(path.to_string());
            let folder = path.parent().unwrap_or(&self.path);
            fs::create_dir_all(folder).map_err(io_error("creating", folder))?;
            let above = folder.ancestors().take_while(|above| above.starts_with(&self.path));
            touched.extend(above.map(Path::to_owned));
            self.write(&path, bytes, before).map_err(io_error("writing", &path))?;
        }
        let sync = |folder: &Path, before: Before<'_>| {
            before(Step::SyncFolder).and_then(|()| sync_folder(folder)).map_err(io_error("writing", folder))
        };
        touched.iter().try_for_each(|folder| sync(folder, before))?;
        let checkpoint = self.path.join(CHECKPOINT_PATH);
        self.write(&checkpoint, note.as_bytes(), before).map_err(io_error("writing", &checkpoint))?;
        sync(&self.path, before)?;
        for (path, _) in growth.files.iter().filter(|(path, _)| !path.is_partial()) {
            self.prune(*path, before)?;
        }
        before(Step::Acknowledge).map_err(io_error("writing", &self.path))
    }

    /// One file, whole or not there. A run that was killed may have written it already, or left one unfinished.
    fn write(&self, path: &Path, bytes: &[u8], before: Before<'_>) -> io::Result<()> {
        if fs::read(path).is_ok_and(|there| there == bytes) {
            return Ok(());
        }
        let unfinished = self.path.join(UNFINISHED);
        before(Step::Create)?;
        let mut file = File::create(&unfinished)?;
        let (first, rest) = bytes.split_at(bytes.len() / 2);
        file.write_all(first)?;
        before(Step::Write)?;
        file.write_all(rest)?;
        before(Step::Sync)?;
        file.sync_all()?;
        before(Step::Rename)?;
        fs::rename(&unfinished, path)
    }

    /// "MAY delete any partial tile once the corresponding full tile is available": else they would be many times the log.
    fn prune(&self, full: TilePath, before: Before<'_>) -> Result<(), PublishError> {
        let partial = self.path.join(format!("{full}.p"));
        let removed = before(Step::Prune).and_then(|()| match fs::remove_dir_all(&partial) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        });
        removed.map_err(io_error("removing", &partial))
    }
}

fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, PublishError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        // `tile/0/001` may be asked for where only the folder `tile/0/001.p` is.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(source) => Err(io_error("reading", path)(source)),
    }
}

fn verified(note: &[u8], log: &VerifierKey) -> Result<SignedCheckpoint, PublishError> {
    SignedCheckpoint::verify(note, log).map_err(PublishError::Foreign)
}

/// The file beside the folder, locked.
fn locked(
    path: &Path,
    extension: &str,
    lock: impl FnOnce(&File) -> Result<(), TryLockError>,
) -> Result<File, PublishError> {
    let lock_path = path.with_added_extension(extension);
    let file = open_lock_file(&lock_path).map_err(io_error("opening", &lock_path))?;
    lock(&file).map_err(|error| match error {
        TryLockError::WouldBlock => PublishError::InUse(path.to_owned()),
        TryLockError::Error(source) => io_error("locking", &lock_path)(source),
    })?;
    Ok(file)
}

fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> PublishError {
    let path = path.to_owned();
    move |source| PublishError::Io { doing, path, source }
}

#[cfg(test)]
mod tests;
