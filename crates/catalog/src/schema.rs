use jsonschema::Validator;
use portage_strict_json::Limits;
use serde_json::Value;

use crate::{CatalogError, definition::compile};

/// A JSON Schema 2020-12 that somebody gave by hand under the address by which credentials name it (VCDM 2.0 §4.11).
#[derive(Debug)]
pub struct GivenSchema {
    bytes: Vec<u8>,
    validator: Validator,
}

impl GivenSchema {
    /// Reads one. A `$ref` that leads out of it is an error: nothing is fetched.
    ///
    /// # Errors
    /// [`CatalogError::Invalid`].
    pub(crate) fn read(url: &str, bytes: &[u8]) -> Result<Self, CatalogError> {
        let invalid = |what: String| CatalogError::invalid(url, what);
        let schema = portage_strict_json::parse(bytes, Limits::METADATA)
            .map_err(|error| invalid(error.to_string()))?;
        let validator = compile(&schema).map_err(invalid)?;
        Ok(GivenSchema { bytes: bytes.to_vec(), validator })
    }

    /// As it was given, for its digest.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether it holds for this value.
    pub fn fits(&self, value: &Value) -> bool {
        self.validator.is_valid(value)
    }
}
