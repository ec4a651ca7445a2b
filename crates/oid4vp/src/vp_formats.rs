use serde_json::{Map, Value, json};

use crate::RequestError;

/// `client_metadata.vp_formats_supported` (§11.1): format identifier → what the verifier takes of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct VpFormats(Map<String, Value>);

impl VpFormats {
    /// What Portage verifies: `dc+sd-jwt`, `vc+sd-jwt`, `vc+jwt` with EdDSA, ES256 and ES384, `ldp_vc` with the EdDSA and the ECDSA suites.
    pub fn of_portage() -> Self {
        let algorithms = json!(["EdDSA", "ES256", "ES384"]);
        let sd_jwt = json!({ "sd-jwt_alg_values": algorithms, "kb-jwt_alg_values": algorithms });
        let formats = json!({
            "dc+sd-jwt": sd_jwt,
            "vc+sd-jwt": sd_jwt,
            "vc+jwt": { "alg_values": algorithms },
            "ldp_vc": {
                "proof_type_values": ["DataIntegrityProof"],
                "cryptosuite_values": ["eddsa-rdfc-2022", "eddsa-jcs-2022", "ecdsa-rdfc-2019", "ecdsa-jcs-2019"],
            },
        });
        match formats {
            Value::Object(formats) => VpFormats(formats),
            _ => VpFormats::default(),
        }
    }

    /// Of these what HAIP 1.0 has: `dc+sd-jwt` alone.
    pub fn of_haip() -> Self {
        let VpFormats(mut formats) = Self::of_portage();
        formats.retain(|name, _| name == "dc+sd-jwt");
        VpFormats(formats)
    }

    /// Reads `client_metadata`. Unknown members and formats are kept and ignored; no `vp_formats_supported` is an empty list.
    ///
    /// # Errors
    /// [`RequestError::Parameter`]: not an object, or `vp_formats_supported` is not an object of objects.
    pub fn of_client_metadata(client_metadata: &Value) -> Result<Self, RequestError> {
        let refused = RequestError::Parameter("client_metadata");
        let metadata = client_metadata.as_object().ok_or(refused.clone())?;
        match metadata.get("vp_formats_supported") {
            None => Ok(VpFormats::default()),
            Some(Value::Object(formats)) if formats.values().all(Value::is_object) => {
                Ok(VpFormats(formats.clone()))
            }
            Some(_) => Err(refused),
        }
    }

    /// `{"vp_formats_supported": …}`.
    pub fn to_client_metadata(&self) -> Value {
        json!({ "vp_formats_supported": self.0 })
    }

    /// Whether the verifier takes the format with this value of `member` (`kb-jwt_alg_values`, `alg_values`, `cryptosuite_values`):
    /// an absent member does not restrict. A verifier that lists nothing at all takes everything.
    pub fn allows(&self, format: &str, member: &str, value: &str) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let Some(format) = self.0.get(format) else { return false };
        match format.get(member).and_then(Value::as_array) {
            None => true,
            Some(values) => values.iter().any(|listed| listed.as_str() == Some(value)),
        }
    }

    /// Whether the verifier lists the format, or lists nothing at all.
    pub fn lists(&self, format: &str) -> bool {
        self.0.is_empty() || self.0.contains_key(format)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listed_is_allowed_and_nothing_else() {
        let formats = VpFormats::of_client_metadata(&VpFormats::of_portage().to_client_metadata()).unwrap();
        assert!(formats.allows("dc+sd-jwt", "kb-jwt_alg_values", "ES256"));
        assert!(!formats.allows("dc+sd-jwt", "kb-jwt_alg_values", "RS256"));
        assert!(!formats.lists("mso_mdoc"));
        assert!(VpFormats::default().allows("mso_mdoc", "alg_values", "ES256"));
        assert!(VpFormats::of_client_metadata(&json!({ "vp_formats_supported": [] })).is_err());
        assert!(VpFormats::of_client_metadata(&json!("x")).is_err());
    }
}
