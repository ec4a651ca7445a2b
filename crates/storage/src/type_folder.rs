//! Writes the folder of one type: whole or not at all.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
};

use portage_catalog::is_id;

/// What becomes of a type that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and nothing is written.
    Keep,
    /// The new one takes its place.
    Replace,
}

/// Why a type was not written.
#[derive(Debug, thiserror::Error)]
pub enum TypeFolderError {
    /// The id is none: small letters, digits and hyphens.
    #[error("the id of a type is small letters, digits and hyphens")]
    NotAnId,
    /// There is a type of that id.
    #[error("there is a type of that id already")]
    Exists,
    /// The disk.
    #[error("it could not be written: {0}")]
    Unwritable(#[from] io::Error),
}

/// Writes the files (name → bytes) of the type `id` into its folder in `types`.
///
/// They are written beside `types` and moved there when they are all on the disk, so that whoever reads `types` finds the type whole or not
/// at all. The caller has checked them ([`Catalog::add_type`](portage_catalog::Catalog::add_type)).
///
/// # Errors
/// [`TypeFolderError`]; what was there is then as it was.
pub fn write_type(
    types: &Path,
    id: &str,
    files: &BTreeMap<String, Vec<u8>>,
    existing: Existing,
) -> Result<(), TypeFolderError> {
    // An id is a folder's name, and never a way out of `types`.
    if !is_id(id) {
        return Err(TypeFolderError::NotAnId);
    }
    let place = types.join(id);
    if place.exists() && existing == Existing::Keep {
        return Err(TypeFolderError::Exists);
    }
    fs::create_dir_all(types)?;
    let beside = types.parent().unwrap_or(types);
    let new = beside.join(format!(".new-type-{id}"));
    let old = beside.join(format!(".old-type-{id}"));
    remove_if_there(&new)?;
    let written = write_files(&new, files).and_then(|()| move_into(&new, &place, &old));
    if written.is_err() {
        let _ = fs::remove_dir_all(&new);
    }
    written?;
    remove_if_there(&old)?;
    Ok(sync(types)?)
}

fn write_files(folder: &Path, files: &BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    fs::create_dir(folder)?;
    for (name, bytes) in files {
        let mut file = File::create_new(folder.join(name))?;
        file.write_all(bytes)?;
        file.sync_all()?;
    }
    sync(folder)
}

/// The old one steps aside first, and back if the new one cannot take its place.
fn move_into(new: &Path, place: &Path, old: &Path) -> io::Result<()> {
    if !place.exists() {
        return fs::rename(new, place);
    }
    remove_if_there(old)?;
    fs::rename(place, old)?;
    fs::rename(new, place).inspect_err(|_| {
        let _ = fs::rename(old, place);
    })
}

fn remove_if_there(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// So that the names are on the disk too.
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(text: &str) -> BTreeMap<String, Vec<u8>> {
        [("type.json".to_owned(), text.as_bytes().to_vec())].into()
    }

    #[test]
    fn a_type_is_written_once_and_replaced_when_that_is_asked() {
        let dir = tempfile::tempdir().unwrap();
        let types = dir.path().join("types");
        let read = || fs::read_to_string(types.join("card/type.json")).unwrap();
        write_type(&types, "card", &files("one"), Existing::Keep).unwrap();
        assert_eq!(read(), "one");
        let again = write_type(&types, "card", &files("two"), Existing::Keep);
        assert!(matches!(again, Err(TypeFolderError::Exists)));
        assert_eq!(read(), "one");
        write_type(&types, "card", &files("two"), Existing::Replace).unwrap();
        assert_eq!(read(), "two");
        let left: Vec<_> =
            fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["types"], "nothing lies about");
    }

    #[test]
    fn what_a_killed_run_left_is_in_nobodys_way() {
        let dir = tempfile::tempdir().unwrap();
        let types = dir.path().join("types");
        fs::create_dir_all(dir.path().join(".new-type-card")).unwrap();
        fs::write(dir.path().join(".new-type-card/type.json"), "half").unwrap();
        write_type(&types, "card", &files("whole"), Existing::Keep).unwrap();
        assert_eq!(fs::read_to_string(types.join("card/type.json")).unwrap(), "whole");
    }

    #[test]
    fn d07_an_id_that_is_a_path_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let types = dir.path().join("types");
        for id in ["../card", "..", "", "/etc", "a/b", "Card", "card\0"] {
            let result = write_type(&types, id, &files("x"), Existing::Replace);
            assert!(matches!(result, Err(TypeFolderError::NotAnId)), "{id:?}");
        }
        assert!(fs::read_dir(dir.path()).unwrap().next().is_none());
    }
}
