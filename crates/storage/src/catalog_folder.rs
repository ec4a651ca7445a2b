//! Types and purposes of one's own: the folders `types/` and `purposes/` beside a service's configuration.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use portage_catalog::{Catalog, CatalogError};

/// Why a folder does not serve.
#[derive(Debug, thiserror::Error)]
pub enum CatalogFolderError {
    /// It, or a file in it, could not be read.
    #[error("{0} could not be read: {1}")]
    Unreadable(PathBuf, #[source] io::Error),
    /// What is in it does not hold.
    #[error(transparent)]
    Invalid(#[from] CatalogError),
}

/// The files of one type, by name.
pub type TypeFiles = BTreeMap<String, Vec<u8>>;

/// The types of a folder: for each folder in it the files, by the folder's name. Where there is no such folder there are none.
///
/// # Errors
/// [`CatalogFolderError::Unreadable`].
pub fn type_folders(folder: &Path) -> Result<BTreeMap<String, TypeFiles>, CatalogFolderError> {
    let mut types = BTreeMap::new();
    for path in entries(folder)?.into_iter().filter(|path| path.is_dir()) {
        let mut files = TypeFiles::new();
        for file in entries(&path)?.into_iter().filter(|file| file.is_file()) {
            files.insert(name(&file), read(&file)?);
        }
        types.insert(name(&path), files);
    }
    Ok(types)
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
    fs::read(path).map_err(|error| CatalogFolderError::Unreadable(path.to_owned(), error))
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
