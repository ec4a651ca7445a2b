use std::collections::BTreeMap;

use portage_catalog::Text;
use serde_json::{Map, Value};
use url::Url;

/// `metadata`: Entity Type Identifier → its parameters (§5). No parameter is `null`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Metadata(BTreeMap<String, Map<String, Value>>);

/// Every entity may have it; it is never removed by a constraint (§5.1.1, §6.2.3).
pub const FEDERATION_ENTITY: &str = "federation_entity";
/// What issues credentials (OpenID4VCI 1.0 §12.2).
pub const OPENID_CREDENTIAL_ISSUER: &str = "openid_credential_issuer";
/// What asks for presentations (OpenID4VP 1.0 §5.9.3).
pub const OPENID_CREDENTIAL_VERIFIER: &str = "openid_credential_verifier";

impl Metadata {
    /// Of no entity type.
    pub fn new() -> Self {
        Self::default()
    }

    /// With these parameters for an entity type; what stood under the same names is replaced.
    #[must_use]
    pub fn with(
        mut self,
        entity_type: &str,
        parameters: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Self {
        let known = self.0.entry(entity_type.to_owned()).or_default();
        known.extend(parameters.into_iter().map(|(name, value)| (name.to_owned(), value)));
        self
    }

    /// Reads the claim.
    ///
    /// # Errors
    /// What is wrong: not an object of objects, a parameter that is `null`.
    pub fn from_value(value: &Value) -> Result<Self, &'static str> {
        let types = value.as_object().ok_or("metadata is not an object")?;
        let mut metadata = BTreeMap::new();
        for (name, parameters) in types {
            let parameters =
                parameters.as_object().ok_or("the metadata of an entity type is not an object")?;
            if parameters.values().any(Value::is_null) {
                return Err("a metadata parameter is null");
            }
            metadata.insert(name.clone(), parameters.clone());
        }
        Ok(Metadata(metadata))
    }

    /// The claim.
    pub fn to_value(&self) -> Value {
        let types = self.0.iter().map(|(name, parameters)| (name.clone(), Value::Object(parameters.clone())));
        Value::Object(types.collect())
    }

    /// The parameters of an entity type.
    pub fn of(&self, entity_type: &str) -> Option<&Map<String, Value>> {
        self.0.get(entity_type)
    }

    /// The entity types.
    pub fn entity_types(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A URL among the parameters of `federation_entity` (`federation_fetch_endpoint`, …): https, or http on `localhost`, no fragment.
    pub fn federation_endpoint(&self, name: &str) -> Option<Url> {
        let url = Url::parse(self.of(FEDERATION_ENTITY)?.get(name)?.as_str()?).ok()?;
        let scheme =
            url.scheme() == "https" || (url.scheme() == "http" && url.host_str() == Some("localhost"));
        (scheme && url.fragment().is_none()).then_some(url)
    }

    /// `organization_name` (§5.2.2) with its language tags: the untagged one stands for whichever language has none.
    pub fn organization_name(&self) -> Option<Text> {
        let parameters = self.of(FEDERATION_ENTITY)?;
        let name =
            |tag: &str| parameters.get(&format!("organization_name{tag}"))?.as_str().map(str::to_owned);
        let en = name("#en").or_else(|| name("#en-CA")).or_else(|| name(""))?;
        let fr = name("#fr").or_else(|| name("#fr-CA")).unwrap_or_default();
        Some(Text { en, fr })
    }

    /// What the immediate superior says of the same entity takes the place of what the entity says, for the types the entity has (§3.1.1).
    #[must_use]
    pub fn overridden_by(mut self, superior: &Metadata) -> Self {
        for (entity_type, parameters) in &mut self.0 {
            let said = superior.of(entity_type).into_iter().flatten();
            parameters.extend(said.map(|(name, value)| (name.clone(), value.clone())));
        }
        self
    }

    /// Without the types for which `keep` says no; `federation_entity` stays (§6.2.3).
    #[must_use]
    pub fn limited_to(mut self, keep: impl Fn(&str) -> bool) -> Self {
        self.0.retain(|entity_type, _| entity_type == FEDERATION_ENTITY || keep(entity_type));
        self
    }

    pub(crate) fn of_mut(&mut self, entity_type: &str) -> Option<&mut Map<String, Value>> {
        self.0.get_mut(entity_type)
    }
}
