//! Who watches over privacy, and where: `specs/commissioners.json`.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::{Catalog, Text, contexts::SPECS};

/// An authority that people can complain to about what was done with what they showed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commissioner {
    /// The code of the jurisdiction: `CA`, `CA-BC`.
    pub place: String,
    /// Its name.
    pub name: Text,
    /// Its website.
    pub web: String,
    /// Whom it watches over, in a few words.
    pub covers: Text,
}

impl Commissioner {
    /// The message that names its jurisdiction: `place.ca_bc`.
    pub fn place_key(&self) -> String {
        format!("place.{}", self.place.to_lowercase().replace('-', "_"))
    }
}

impl Catalog {
    /// All of them, the federal one first.
    pub fn commissioners(&self) -> &'static [Commissioner] {
        static READ: OnceLock<Vec<Commissioner>> = OnceLock::new();
        READ.get_or_init(|| {
            let file = SPECS.get_file("commissioners.json");
            // A test of this crate reads all of it.
            file.and_then(|file| serde_json::from_slice(file.contents()).ok()).unwrap_or_default()
        })
    }

    /// The one of a jurisdiction, or of the province that it lies in: `CA-BC-5915022` is British Columbia’s.
    pub fn commissioner(&self, jurisdiction: &str) -> Option<&'static Commissioner> {
        let is_in = |place: &str| {
            jurisdiction
                .strip_prefix(place)
                .is_some_and(|rest| rest.is_empty() || (place != "CA" && rest.starts_with('-')))
        };
        self.commissioners().iter().find(|commissioner| is_in(&commissioner.place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::has_message;

    #[test]
    fn every_province_and_territory_has_its_commissioner() {
        let catalog = Catalog::bundled();
        let all = catalog.commissioners();
        assert_eq!(all.len(), 14);
        for commissioner in all {
            assert!(has_message(&commissioner.place_key()), "{}", commissioner.place);
            assert!(commissioner.web.starts_with("https://"), "{}", commissioner.web);
            for text in [&commissioner.name, &commissioner.covers] {
                assert!(!text.en.is_empty());
                crate::catalog::assert_french_typography(&commissioner.place, &text.fr);
            }
        }
        let place = |code: &str| catalog.commissioner(code).map(|found| found.place.as_str());
        assert_eq!(place("CA"), Some("CA"));
        assert_eq!(place("CA-BC-5915022"), Some("CA-BC"));
        assert_eq!(place("CA-QC"), Some("CA-QC"));
        for unknown in ["CA-XX", "US", ""] {
            assert_eq!(place(unknown), None);
        }
    }
}
