//! Types that are not in the box: a person adds them, and from then on their credentials arrive, are read and are shown in every format.
//!
//! They are sealed with the wallet, because a type says what a person reads before they agree: nobody rewrites it from outside.

use std::collections::BTreeMap;

use jiff::Timestamp;
use portage_catalog::{Catalog, CatalogError, Text};
use portage_keys::{Entropy, base64url};
use portage_reason::Reason;
use serde::{Deserialize, Serialize};

use crate::{
    credential::read_record,
    history::{Event, EventKind, Outcome},
    ports::{Batch, RecordId, RecordKind, StoreFailure, WalletStore},
};

const RECORD_VERSION: u32 = 1;

/// The files of a type's folder, by name.
pub type TypeFiles = BTreeMap<String, Vec<u8>>;

/// What became of a type that was to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypeAdded {
    /// It is new here.
    New,
    /// It was here, as it is.
    Unchanged,
    /// It was here under the same names with other words or claims: these hold now.
    Replaced,
}

/// Why a type was not added. Nothing was kept.
#[derive(Debug, thiserror::Error)]
pub enum AddTypeError {
    /// Its folder does not hold, or its names are those of a type that is here.
    #[error(transparent)]
    Invalid(#[from] CatalogError),
    /// A type of the box cannot be replaced.
    #[error("{0} is the name of a type in the box")]
    InTheBox(String),
    /// One of that id is here, and goes by other names or means something else: credentials of it would mean something else too.
    #[error("{0} is here already with other names or another context: a type that changed so gets a new id")]
    Changed(String),
    /// The wallet's own file.
    #[error(transparent)]
    Store(#[from] StoreFailure),
}

impl AddTypeError {
    /// The verdict, where it is one.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            AddTypeError::Invalid(error) => Some(error.reason()),
            AddTypeError::InTheBox(_) | AddTypeError::Changed(_) => Some(Reason::Malformed),
            AddTypeError::Store(failure) => failure.reason(),
        }
    }
}

/// A type as it is kept.
#[derive(Serialize, Deserialize)]
struct AddedType {
    version: u32,
    /// name → base64url.
    files: BTreeMap<String, String>,
}

impl AddedType {
    fn of(files: &TypeFiles) -> Self {
        // A wallet reads no register.
        let kept = files.iter().filter(|(name, _)| *name != "register.json");
        let files = kept.map(|(name, bytes)| (name.clone(), base64url::encode(bytes))).collect();
        AddedType { version: RECORD_VERSION, files }
    }

    fn read(bytes: &[u8]) -> Result<TypeFiles, StoreFailure> {
        let record: AddedType = read_record(bytes, RECORD_VERSION)?;
        let decode = |(name, text): (String, String)| {
            let bytes = base64url::decode(&text);
            bytes.map(|bytes| (name, bytes)).map_err(|_| StoreFailure::Unusable(Reason::VaultCorrupt))
        };
        record.files.into_iter().map(decode).collect()
    }
}

/// Whether a record of a type can be read, without whether the type holds here.
pub(crate) fn check_record(bytes: &[u8]) -> Result<(), StoreFailure> {
    AddedType::read(bytes).map(drop)
}

/// Adds the types of this wallet to the catalogue; those that no longer hold, with why. A program with more types in its box may be the cause:
/// the wallet opens all the same.
///
/// # Errors
/// [`StoreFailure`].
pub fn read_types(
    store: &impl WalletStore,
    catalog: &mut Catalog,
) -> Result<Vec<(String, CatalogError)>, StoreFailure> {
    let mut wrong = Vec::new();
    for id in added_types(store)? {
        let Some(bytes) = store.record(&RecordId::Type(id.clone()))? else { continue };
        if Catalog::bundled().credential_type(&id).is_some() {
            // The box has it now, and the box wins.
            continue;
        }
        if let Err(error) = catalog.add_type(&id, &AddedType::read(&bytes)?) {
            wrong.push((id, error));
        }
    }
    Ok(wrong)
}

/// The ids of the types that were added.
///
/// # Errors
/// [`StoreFailure`].
pub fn added_types(store: &impl WalletStore) -> Result<Vec<String>, StoreFailure> {
    let ids = store.ids(RecordKind::Type)?.into_iter();
    Ok(ids.filter_map(|id| if let RecordId::Type(id) = id { Some(id) } else { None }).collect())
}

/// Checks a type as any other folder of one, beside the types that are here, without keeping it.
///
/// # Errors
/// [`AddTypeError`].
pub fn check_type(
    catalog: &Catalog,
    id: &str,
    files: &TypeFiles,
) -> Result<(Catalog, TypeAdded), AddTypeError> {
    if Catalog::bundled().credential_type(id).is_some() {
        return Err(AddTypeError::InTheBox(id.to_owned()));
    }
    let mut with_it = catalog.clone();
    with_it.add_type(id, files)?;
    let added = match (catalog.credential_type(id), with_it.credential_type(id)) {
        (Some(before), Some(after)) => {
            let same = before.names() == after.names()
                && before.context_url == after.context_url
                && before.context_document == after.context_document;
            if !same {
                return Err(AddTypeError::Changed(id.to_owned()));
            }
            TypeAdded::Replaced
        }
        _ => TypeAdded::New,
    };
    Ok((with_it, added))
}

/// Keeps a type that [`check_type`] takes; the history knows of it, in the same write.
///
/// # Errors
/// [`AddTypeError`]; nothing was kept.
pub fn add_type(
    store: &impl WalletStore,
    catalog: &mut Catalog,
    id: &str,
    files: &TypeFiles,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<TypeAdded, AddTypeError> {
    let (with_it, added) = check_type(catalog, id, files)?;
    let record = serde_json::to_vec(&AddedType::of(files)).unwrap_or_default();
    let record_id = RecordId::Type(id.to_owned());
    if store.record(&record_id)?.is_some_and(|kept| *kept == record) {
        return Ok(TypeAdded::Unchanged);
    }
    let event = event(EventKind::TypeAdded, id, &with_it, now, entropy);
    store.commit(Batch::default().with(record_id, record).with(event.record_id(), event.to_record()))?;
    *catalog = with_it;
    Ok(added)
}

/// Forgets a type, by its name in the catalogue; the history knows of it, in the same write. Its credentials stay. Whether there was one.
///
/// # Errors
/// [`StoreFailure`].
pub fn remove_type(
    store: &impl WalletStore,
    catalog: &Catalog,
    id: &str,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<bool, StoreFailure> {
    let record_id = RecordId::Type(id.to_owned());
    if store.record(&record_id)?.is_none() {
        return Ok(false);
    }
    let event = event(EventKind::TypeRemoved, id, catalog, now, entropy);
    store.commit(Batch::default().without(record_id).with(event.record_id(), event.to_record()))?;
    Ok(true)
}

/// An entry of the history about a type, called as people call it; by its id where it no longer holds.
fn event(what: EventKind, id: &str, catalog: &Catalog, now: Timestamp, entropy: &dyn Entropy) -> Event {
    let name = catalog.credential_type(id).map(|known| known.name.clone());
    let by_id = || Text { en: id.to_owned(), fr: id.to_owned() };
    let mut event = Event::new(what, Outcome::Done, now, entropy);
    event.type_name = Some(name.unwrap_or_else(by_id));
    event
}
