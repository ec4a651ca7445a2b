//! Types, purposes and policies of one's own: the folders `types/`, `purposes/` and `policies/` beside a service's configuration.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use portage_catalog::{Catalog, CatalogError};

/// Why a folder does not serve.
#[derive(Debug, thiserror::Error)]
pub enum CatalogFolderError {
    /// It, or a file in it, could not be read.
    #[error("{0} could not be read: {1}")]
    Unreadable(PathBuf, #[source] io::Error),
    /// It, or a file in it, is larger than a type is.
    #[error("{0} is larger than a credential type is")]
    TooLarge(PathBuf),
    /// What is in it does not hold.
    #[error(transparent)]
    Invalid(#[from] CatalogError),
}

/// Most files in the folder of a type; it has seven.
const MAX_FILES: usize = 16;
/// Most bytes of a file: what the catalogue would read, and more than a logo may have.
const MAX_FILE: u64 = 1 << 20;

/// The files of one type, by name.
pub type TypeFiles = BTreeMap<String, Vec<u8>>;

/// The types of a folder: for each folder in it the files, by the folder's name. Where there is no such folder there are none.
///
/// # Errors
/// [`CatalogFolderError::Unreadable`].
pub fn type_folders(folder: &Path) -> Result<BTreeMap<String, TypeFiles>, CatalogFolderError> {
    let mut types = BTreeMap::new();
    for path in entries(folder)?.into_iter().filter(|path| path.is_dir()) {
        types.insert(name(&path), type_files(&path)?);
    }
    Ok(types)
}

/// One folder of a type, whoever it comes from: its name, which is the id, and its files.
///
/// # Errors
/// [`CatalogFolderError::Unreadable`], [`CatalogFolderError::TooLarge`].
pub fn type_folder(folder: &Path) -> Result<(String, TypeFiles), CatalogFolderError> {
    // `.` and `types/card/` have a name too.
    let whole =
        fs::canonicalize(folder).map_err(|error| CatalogFolderError::Unreadable(folder.to_owned(), error))?;
    Ok((name(&whole), type_files(&whole)?))
}

fn type_files(folder: &Path) -> Result<TypeFiles, CatalogFolderError> {
    let mut files = TypeFiles::new();
    for file in entries(folder)?.into_iter().filter(|file| file.is_file()) {
        if files.len() == MAX_FILES {
            return Err(CatalogFolderError::TooLarge(folder.to_owned()));
        }
        files.insert(name(&file), read(&file)?);
    }
    Ok(files)
}

/// Adds every type of a folder to the catalogue.
///
/// # Errors
/// [`CatalogFolderError`].
pub fn add_types(catalog: &mut Catalog, folder: &Path) -> Result<(), CatalogFolderError> {
    for (id, files) in type_folders(folder)? {
        catalog.add_type(&id, &files)?;
    }
    Ok(())
}

/// Adds every purpose of a folder (`<id>.json`) to the catalogue, which has the types that they ask for.
///
/// # Errors
/// [`CatalogFolderError`].
pub fn add_purposes(catalog: &mut Catalog, folder: &Path) -> Result<(), CatalogFolderError> {
    let is_json = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "json");
    for path in entries(folder)?.into_iter().filter(is_json) {
        catalog.add_purpose(&name(&path), &read(&path)?)?;
    }
    Ok(())
}

/// Adds every policy of a folder (`<id>.cedar`) to the catalogue, as text.
///
/// # Errors
/// [`CatalogFolderError`].
pub fn add_policies(catalog: &mut Catalog, folder: &Path) -> Result<(), CatalogFolderError> {
    let is_cedar = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "cedar");
    for path in entries(folder)?.into_iter().filter(is_cedar) {
        catalog.add_policy(&name(&path), &read(&path)?)?;
    }
    Ok(())
}

/// What stands in a folder, in the order of the names.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, CatalogFolderError> {
    let unreadable = |error| CatalogFolderError::Unreadable(folder.to_owned(), error);
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(unreadable)?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(unreadable)?.path());
    }
    paths.sort();
    Ok(paths)
}

fn read(path: &Path) -> Result<Vec<u8>, CatalogFolderError> {
    let unreadable = |error| CatalogFolderError::Unreadable(path.to_owned(), error);
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(unreadable)?;
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_FILE {
        return Err(CatalogFolderError::TooLarge(path.to_owned()));
    }
    Ok(bytes)
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
