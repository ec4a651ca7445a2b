use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use crate::{
    CatalogError, Contexts, CredentialType, GivenSchema, Purpose, PurposeId,
    contexts::SPECS,
    definition::{is_id, read_type},
    meanings::{Meanings, SecondTerm},
};

/// Types, purposes and contexts, checked. A clone shares everything.
#[derive(Debug, Clone)]
pub struct Catalog {
    entries: Arc<Entries>,
}

#[derive(Debug, Clone, Default)]
struct Entries {
    types: BTreeMap<String, Arc<CredentialType>>,
    purposes: BTreeMap<PurposeId, Arc<Purpose>>,
    schemas: BTreeMap<String, Arc<GivenSchema>>,
    /// The text of each policy, by its id. What it says is for `portage-policy` to read.
    policies: BTreeMap<String, Arc<str>>,
}

impl Catalog {
    /// The embedded catalogue, read once in a program. A test of this crate checks all of it, so it does not fail.
    #[expect(clippy::expect_used, reason = "the data is part of the program, and a test reads all of it")]
    pub fn bundled() -> Self {
        static BUNDLED: OnceLock<Catalog> = OnceLock::new();
        BUNDLED.get_or_init(|| read_bundled().expect("the bundled catalogue is sound")).clone()
    }

    /// Every type, by id.
    pub fn types(&self) -> impl Iterator<Item = &CredentialType> {
        self.entries.types.values().map(Arc::as_ref)
    }

    /// The type of that id.
    pub fn credential_type(&self, id: &str) -> Option<&CredentialType> {
        self.entries.types.get(id).map(Arc::as_ref)
    }

    /// The type that a right, or a log, names: by its `vct`, or by its id here.
    pub fn named(&self, name: &str) -> Option<&CredentialType> {
        self.by_vct(name).or_else(|| self.credential_type(name))
    }

    /// The type with that `vct`.
    pub fn by_vct(&self, vct: &str) -> Option<&CredentialType> {
        self.types().find(|ty| ty.vct == vct)
    }

    /// The type one of whose VCDM names (term or IRI) is among `types`.
    pub fn by_vc_types<'a>(&self, types: impl IntoIterator<Item = &'a str>) -> Option<&CredentialType> {
        types.into_iter().find_map(|name| self.types().find(|ty| ty.vc_type == name || ty.type_iri == name))
    }

    /// Every purpose, by id.
    pub fn purposes(&self) -> impl Iterator<Item = &Purpose> {
        self.entries.purposes.values().map(Arc::as_ref)
    }

    /// The purpose of that id.
    pub fn purpose(&self, id: &PurposeId) -> Option<&Purpose> {
        self.entries.purposes.get(id).map(Arc::as_ref)
    }

    /// The schema that was given under this address.
    pub fn schema(&self, url: &str) -> Option<&GivenSchema> {
        self.entries.schemas.get(url).map(Arc::as_ref)
    }

    /// Takes in a JSON Schema 2020-12 under the address by which credentials name it (`verifier check --schema URL=FILE`).
    ///
    /// # Errors
    /// [`CatalogError::Invalid`].
    pub fn add_schema(&mut self, url: &str, bytes: &[u8]) -> Result<(), CatalogError> {
        let schema = GivenSchema::read(url, bytes)?;
        Arc::make_mut(&mut self.entries).schemas.insert(url.to_owned(), Arc::new(schema));
        Ok(())
    }

    /// The text of a policy, as it stands in its file.
    pub fn policy(&self, id: &str) -> Option<&str> {
        self.entries.policies.get(id).map(Arc::as_ref)
    }

    /// The bundled contexts, and those of the types that were added.
    pub fn contexts(&self) -> Contexts {
        let mut contexts = Contexts::bundled();
        for ty in self.types() {
            // One that is in the box already is refused by `add` and stays: `add_type` saw that it is the same.
            let _ = contexts.add(&ty.context_url, ty.context_document.as_bytes());
        }
        contexts
    }

    /// Adds or replaces a type from the files of one folder (name → bytes), for types a department adds beside its configuration.
    ///
    /// # Errors
    /// [`CatalogError::Invalid`].
    pub fn add_type(&mut self, id: &str, files: &BTreeMap<String, Vec<u8>>) -> Result<(), CatalogError> {
        let files = files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        let ty = read_type(id, &files)?;
        if self.credential_type(id).is_some_and(|known| known.protected) && !ty.protected {
            let what = "protected: what takes the place of a protected type is protected, too";
            return Err(CatalogError::invalid(&format!("{id}/type.json"), what));
        }
        let bundled = Contexts::bundled();
        if bundled.document(&ty.context_url).is_some_and(|document| document != ty.context_document) {
            let what =
                "context_url is that of a context in the box, which never changes: give yours a new one";
            return Err(CatalogError::invalid(&format!("{id}/type.json"), what));
        }
        self.check_meanings(&ty, &bundled)
            .map_err(|what| CatalogError::invalid(&format!("{id}/context.jsonld"), what.to_string()))?;
        self.insert_type(ty)
    }

    /// What another context names already keeps its one name.
    fn check_meanings(&self, ty: &CredentialType, bundled: &Contexts) -> Result<(), SecondTerm> {
        let others =
            self.types().filter(|other| other.id != ty.id).map(|other| other.context_document.as_str());
        let documents = bundled.urls().filter_map(|url| bundled.document(url));
        let mut meanings = Meanings::default();
        for document in documents.chain(others).chain([ty.context_document.as_str()]) {
            // Read before, each of them.
            meanings.read(&serde_json::from_str(document).unwrap_or_default())?;
        }
        Ok(())
    }

    /// Adds or replaces a purpose from its file (`<id>.json`). What it asks must be claims of types that are here.
    ///
    /// # Errors
    /// [`CatalogError::Invalid`].
    pub fn add_purpose(&mut self, file: &str, bytes: &[u8]) -> Result<(), CatalogError> {
        let purpose = Purpose::read(file, bytes)?;
        purpose.check_query(self).map_err(|what| CatalogError::invalid(file, what))?;
        let entries = Arc::make_mut(&mut self.entries);
        entries.purposes.insert(purpose.id.clone(), Arc::new(purpose));
        Ok(())
    }

    /// Adds or replaces the text of a policy from its file (`<id>.cedar`). Whether it holds is seen when it is compiled for a purpose.
    ///
    /// # Errors
    /// [`CatalogError::Invalid`]: its name is none, or it is no text.
    pub fn add_policy(&mut self, file: &str, bytes: &[u8]) -> Result<(), CatalogError> {
        let invalid = |what: &str| CatalogError::invalid(file, what);
        let id = file.strip_suffix(".cedar").filter(|id| is_id(id));
        let id =
            id.ok_or_else(|| invalid("a policy is called by small letters, digits and hyphens, and .cedar"))?;
        let text = std::str::from_utf8(bytes).map_err(|_| invalid("is not UTF-8"))?;
        Arc::make_mut(&mut self.entries).policies.insert(id.to_owned(), text.into());
        Ok(())
    }

    /// Names tell types apart: each belongs to one type only.
    fn insert_type(&mut self, ty: CredentialType) -> Result<(), CatalogError> {
        let shares_a_name = |other: &&CredentialType| {
            let names = ty.names();
            // Under one name a trust list, a right or a request means one type, whichever of its names that is.
            other.id != ty.id
                && (other.names().iter().any(|name| names.contains(name))
                    || other.context_url == ty.context_url)
        };
        if let Some(other) = self.types().find(shares_a_name) {
            let what = format!(
                "id, vct, vc_type, type_iri and context_url must be its own: one of them is also a name of {}",
                other.id
            );
            return Err(CatalogError::invalid(&format!("{}/type.json", ty.id), what));
        }
        Arc::make_mut(&mut self.entries).types.insert(ty.id.clone(), Arc::new(ty));
        Ok(())
    }
}

fn read_bundled() -> Result<Catalog, CatalogError> {
    let mut catalog = Catalog { entries: Arc::default() };
    for folder in SPECS.get_dir("credentials").into_iter().flat_map(|folders| folders.dirs()) {
        let id = folder.path().file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let files = folder.files().filter_map(|file| {
            Some((file.path().file_name().and_then(|name| name.to_str())?, file.contents()))
        });
        catalog.insert_type(read_type(id, &files.collect())?)?;
    }
    for file in SPECS.get_dir("purposes").into_iter().flat_map(|folder| folder.files()) {
        let name = file.path().file_name().and_then(|name| name.to_str()).unwrap_or_default();
        catalog.add_purpose(name, file.contents())?;
    }
    for file in SPECS.get_dir("policies").into_iter().flat_map(|folder| folder.files()) {
        let name = file.path().file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // Beside them a README says how to write one.
        if name.ends_with(".cedar") {
            catalog.add_policy(name, file.contents())?;
        }
    }
    Ok(catalog)
}

/// The id in the name of a purpose's file.
pub(crate) fn id_of_file(file: &str) -> Option<&str> {
    let name = file.rsplit(['/', '\\']).next()?;
    name.strip_suffix(".json").filter(|id| is_id(id))
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::assert_french_typography;
