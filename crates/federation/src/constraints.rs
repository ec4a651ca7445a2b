//! Constraints (§6.2): how long a chain may be, how its entities may be named, which entity types they may have.

use serde_json::{Map, Value, json};

use crate::EntityId;

/// `constraints` of a Subordinate Statement: for its subject and all below. What is not known here is ignored, as §6.2 says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Constraints {
    /// `max_path_length`: how many intermediates may stand between whoever sets it and the subject of the chain.
    pub max_path_length: Option<u64>,
    /// `naming_constraints`.
    pub naming: Option<NamingConstraints>,
    /// `allowed_entity_types`; `federation_entity` is always allowed.
    pub allowed_entity_types: Option<Vec<String>>,
}

/// `naming_constraints` (§6.2.2): names of hosts (`city.example`), or of all that lies below one (`.example`), as RFC 5280 §4.2.1.10 has
/// them for URIs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NamingConstraints {
    /// One of these must fit, when it is there at all.
    pub permitted: Option<Vec<String>>,
    /// None of these may fit, whatever is permitted.
    pub excluded: Vec<String>,
}

impl Constraints {
    /// Reads the claim.
    ///
    /// # Errors
    /// What is wrong.
    pub fn from_value(value: &Value) -> Result<Self, &'static str> {
        let members = value.as_object().ok_or("constraints is not an object")?;
        let max_path_length = match members.get("max_path_length") {
            None => None,
            Some(length) => Some(length.as_u64().ok_or("max_path_length is not a number of intermediates")?),
        };
        let naming = members.get("naming_constraints").map(NamingConstraints::from_value).transpose()?;
        let allowed_entity_types = strings(members, "allowed_entity_types")
            .map_err(|()| "allowed_entity_types is not an array of strings")?;
        Ok(Constraints { max_path_length, naming, allowed_entity_types })
    }

    /// The claim.
    pub fn to_value(&self) -> Value {
        let mut members = Map::new();
        if let Some(length) = self.max_path_length {
            members.insert("max_path_length".into(), length.into());
        }
        if let Some(naming) = &self.naming {
            let permitted = naming.permitted.as_ref().map(|names| ("permitted".to_owned(), json!(names)));
            let excluded =
                (!naming.excluded.is_empty()).then(|| ("excluded".to_owned(), json!(naming.excluded)));
            members.insert(
                "naming_constraints".into(),
                Value::Object(permitted.into_iter().chain(excluded).collect()),
            );
        }
        if let Some(types) = &self.allowed_entity_types {
            members.insert("allowed_entity_types".into(), json!(types));
        }
        Value::Object(members)
    }

    /// Whether an entity type may be there.
    pub fn allows_entity_type(&self, entity_type: &str) -> bool {
        self.allowed_entity_types
            .as_ref()
            .is_none_or(|allowed| allowed.iter().any(|name| name == entity_type))
    }

    /// Whether a chain may have so many intermediates below whoever set this.
    pub fn allows_path_length(&self, intermediates: usize) -> bool {
        let intermediates = u64::try_from(intermediates).unwrap_or(u64::MAX);
        self.max_path_length.is_none_or(|most| intermediates <= most)
    }

    /// Whether an entity may be called so.
    pub fn allows_name(&self, id: &EntityId) -> bool {
        self.naming.as_ref().is_none_or(|naming| naming.allows(id))
    }
}

impl NamingConstraints {
    fn from_value(value: &Value) -> Result<Self, &'static str> {
        let members = value.as_object().ok_or("naming_constraints is not an object")?;
        let names = |name| strings(members, name).map_err(|()| "naming_constraints holds no arrays of names");
        Ok(NamingConstraints {
            permitted: names("permitted")?,
            excluded: names("excluded")?.unwrap_or_default(),
        })
    }

    /// Excluded wins. An IP address has no name that could be permitted, and is refused, as RFC 5280 says.
    pub fn allows(&self, id: &EntityId) -> bool {
        let Some(domain) = id.domain() else { return false };
        let fits = |name: &String| name_fits(name, &domain);
        !self.excluded.iter().any(fits) && self.permitted.as_ref().is_none_or(|names| names.iter().any(fits))
    }
}

/// `.example` fits every host below `example` and not `example` itself; `example` fits that host alone.
fn name_fits(constraint: &str, domain: &str) -> bool {
    let constraint = constraint.to_ascii_lowercase();
    match constraint.strip_prefix('.') {
        None => constraint == domain,
        Some("") => false,
        Some(parent) => domain
            .strip_suffix(parent)
            .and_then(|labels| labels.strip_suffix('.'))
            .is_some_and(|labels| !labels.is_empty()),
    }
}

fn strings(members: &Map<String, Value>, name: &str) -> Result<Option<Vec<String>>, ()> {
    let Some(value) = members.get(name) else { return Ok(None) };
    let names = value.as_array().ok_or(())?.iter();
    names.map(|name| name.as_str().map(str::to_owned).ok_or(())).collect::<Result<_, _>>().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(host: &str) -> EntityId {
        EntityId::parse(&format!("https://{host}/licences")).unwrap()
    }

    fn naming(permitted: Option<&[&str]>, excluded: &[&str]) -> NamingConstraints {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        NamingConstraints { permitted: permitted.map(owned), excluded: owned(excluded) }
    }

    #[test]
    fn t02_names_are_hosts_or_all_below_one_and_excluded_wins() {
        let below = naming(Some(&[".gov.bc.example"]), &[]);
        assert!(below.allows(&id("city.gov.bc.example")));
        assert!(below.allows(&id("a.CITY.gov.bc.example")));
        for outside in
            ["gov.bc.example", "evilgov.bc.example", "city.gov.bc.example.evil.example", "192.0.2.1"]
        {
            assert!(!below.allows(&id(outside)), "{outside}");
        }
        let host = naming(Some(&["city.example"]), &[]);
        assert!(host.allows(&id("City.example.")) && !host.allows(&id("a.city.example")));
        let both = naming(Some(&[".example"]), &["city.example", ".evil.example"]);
        assert!(both.allows(&id("town.example")));
        assert!(!both.allows(&id("city.example")) && !both.allows(&id("a.evil.example")));
        assert!(both.allows(&id("evil.example")), "a period stands for what lies below");
        assert!(!naming(Some(&[]), &[]).allows(&id("city.example")), "nothing is permitted");
        assert!(!naming(Some(&["."]), &[]).allows(&id("city.example")));
        assert!(naming(None, &["other.example"]).allows(&id("city.example")));
    }

    #[test]
    fn the_claim_is_read_and_written_and_what_is_unknown_is_ignored() {
        let claim = json!({
            "max_path_length": 2,
            "naming_constraints": {"permitted": ["https.example"], "excluded": ["east.example"]},
            "allowed_entity_types": [],
        });
        let constraints = Constraints::from_value(&claim).unwrap();
        assert_eq!(constraints.to_value(), claim);
        assert!(!constraints.allows_entity_type("openid_credential_issuer"));
        assert!(constraints.allows_path_length(2) && !constraints.allows_path_length(3));
        assert_eq!(Constraints::from_value(&json!({"x": 1})), Ok(Constraints::default()));
        for refused in [
            json!([]),
            json!({"max_path_length": -1}),
            json!({"max_path_length": "1"}),
            json!({"naming_constraints": []}),
            json!({"naming_constraints": {"permitted": "city.example"}}),
            json!({"allowed_entity_types": [1]}),
        ] {
            assert!(Constraints::from_value(&refused).is_err(), "{refused}");
        }
    }
}
