//! Files and folders that are their owner's alone.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::Path,
};

/// Creates a folder, and those above it, that nobody else may enter; one that is there stays as it is.
#[cfg(unix)]
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// Creates a new file that nobody else may read; one that is there, or a link, is an error.
pub(crate) fn create_file(path: &Path) -> io::Result<File> {
    owner_only(OpenOptions::new().write(true).create_new(true)).open(path)
}

/// Opens a file to hold a lock on, creating it if need be.
pub(crate) fn open_lock_file(path: &Path) -> io::Result<File> {
    owner_only(OpenOptions::new().write(true).create(true).truncate(false)).open(path)
}

fn owner_only(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Whether others than its owner may read or write it.
#[cfg(unix)]
pub(crate) fn is_exposed(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(file.metadata()?.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
pub(crate) fn is_exposed(_file: &File) -> io::Result<bool> {
    Ok(false)
}

/// Makes what was created or renamed in a folder survive a power cut.
#[cfg(unix)]
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(not(unix))]
pub(crate) fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}
