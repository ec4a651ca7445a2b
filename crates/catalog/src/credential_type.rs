use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use jsonschema::Validator;
use portage_reason::Reason;
use serde_json::{Map, Value};

use crate::{
    CatalogError, ClaimDefinition, DerivedClaim, Format, Language, Logo, RegisterMapping, Text,
    claim::is_claim_name, definition::base_iri, is_reserved_claim_name,
};

/// A credential type: a folder of `specs/credentials/`.
#[derive(Debug, Clone)]
pub struct CredentialType {
    /// The folder's name: `person`, `business-licence`.
    pub id: String,
    /// What a person reads.
    pub name: Text,
    /// One sentence.
    pub description: Text,
    /// `vct` of the SD-JWT VC form.
    pub vct: String,
    /// The VCDM type (`BusinessLicenceCredential`), beside `VerifiableCredential`.
    pub vc_type: String,
    /// Its fully expanded IRI.
    pub type_iri: String,
    /// URL of its JSON-LD context.
    pub context_url: String,
    /// That context, whole (`{"@context": …}`).
    pub context_document: String,
    /// What the IRI of every claim begins with ([`CredentialType::claim_iri`]).
    pub vocabulary: String,
    /// The formats it may be issued in, the preferred one first.
    pub formats: Vec<Format>,
    /// Its claims, in the order they are shown; derived ones included.
    pub claims: Vec<ClaimDefinition>,
    /// Claims computed when issued.
    pub derived: Vec<DerivedClaim>,
    /// Days it is valid when nothing else says.
    pub default_validity_days: u32,
    /// The claim that names its last valid day, if any: no credential outlives it.
    pub last_day: Option<LastDay>,
    /// Protected (health, Indigenous status, …): never released without a registered purpose.
    pub protected: bool,
    /// JSON Schema 2020-12 of the claims object.
    pub schema: Value,
    /// From a register.
    pub register: Option<RegisterMapping>,
    /// An example claims object.
    pub example: Map<String, Value>,
    /// Colours `#rrggbb`: background and text.
    pub colours: (String, String),
    /// What to ask for, and what need not be shown. Every type in the box says it.
    pub disclosure: Option<Text>,
    /// The picture on its card.
    pub logo: Option<Logo>,
    /// What a department should know about the type, such as what it does not cover.
    pub note: Option<Text>,
    /// Changes of status that a second person agrees to.
    pub second_person: Vec<SecondPerson>,
    pub(crate) validators: Arc<Validators>,
}

/// A change of status for which one person is not enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondPerson {
    /// Putting it on hold.
    Suspend,
    /// Ending a hold.
    Reinstate,
    /// Revoking it for ever.
    Revoke,
}

impl SecondPerson {
    /// Its name, as in the data of a type.
    pub const fn name(self) -> &'static str {
        match self {
            SecondPerson::Suspend => "suspend",
            SecondPerson::Reinstate => "reinstate",
            SecondPerson::Revoke => "revoke",
        }
    }
}

/// The claim that holds the last valid day, and the time zone in which that day ends.
#[derive(Debug, Clone)]
pub struct LastDay {
    /// The claim: a date.
    pub claim: String,
    /// Where the day ends.
    pub time_zone: TimeZone,
}

/// The type's schema, compiled once: for all of the claims, and for those that a holder chose to show.
#[derive(Debug)]
pub(crate) struct Validators {
    pub(crate) whole: Validator,
    pub(crate) part: Validator,
}

impl CredentialType {
    /// Every name it goes by, each its own.
    pub fn names(&self) -> [&str; 4] {
        [&self.id, &self.vct, &self.vc_type, &self.type_iri]
    }

    /// Checks a claims object: reserved names (`iss`, `exp`, `cnf`, `vct`, `status`, `_sd`, `...`, `@context`, …), required claims,
    /// kinds, the JSON Schema.
    ///
    /// # Errors
    /// [`CatalogError::Claim`], the first found in the order of the definition.
    pub fn check_claims(&self, claims: &Map<String, Value>) -> Result<(), CatalogError> {
        self.check_names(claims)?;
        for definition in self.claims.iter().filter(|definition| definition.required) {
            if !claims.contains_key(&definition.name) {
                return Err(CatalogError::claim(&definition.name, Reason::ValueMissing, "is required"));
            }
        }
        self.check_kinds(claims)?;
        self.check_schema(&self.validators.whole, claims)
    }

    /// Checks what a holder disclosed of a credential of this type: kinds and the JSON Schema. A required claim may be
    /// withheld; members that the type does not define are left alone, the format's own (`iss`, `id`) among them.
    ///
    /// # Errors
    /// [`CatalogError::Claim`].
    pub fn check_disclosed(&self, members: &Map<String, Value>) -> Result<(), CatalogError> {
        let known = members.iter().filter(|(name, _)| self.claim(name).is_some());
        let claims: Map<String, Value> = known.map(|(name, value)| (name.clone(), value.clone())).collect();
        self.check_kinds(&claims)?;
        self.check_schema(&self.validators.part, &claims)
    }

    /// The claims with the derived ones added, computed for `today`. A derived claim given by hand is refused.
    ///
    /// # Errors
    /// [`CatalogError::Claim`].
    pub fn with_derived(
        &self,
        claims: &Map<String, Value>,
        today: Date,
    ) -> Result<Map<String, Value>, CatalogError> {
        for derived in &self.derived {
            if claims.contains_key(&derived.claim) {
                let what = format!("is computed from {} when issued and cannot be given", derived.from);
                return Err(CatalogError::claim(&derived.claim, Reason::ValueInvalid, what));
            }
        }
        self.check_claims(claims)?;
        let mut all = claims.clone();
        for derived in &self.derived {
            let Some(day) = self.day_of(claims, &derived.from) else { continue };
            let value = derived.rule.apply(day, today).ok_or_else(|| {
                CatalogError::claim(&derived.from, Reason::ValueInvalid, "is a day that has not come yet")
            })?;
            all.insert(derived.claim.clone(), Value::Bool(value));
        }
        Ok(all)
    }

    /// The last second of the last valid day that the claims themselves name; a credential must not outlive it.
    pub fn valid_until(&self, claims: &Map<String, Value>) -> Option<Timestamp> {
        let last_day = self.last_day.as_ref()?;
        end_of_day(self.day_of(claims, &last_day.claim)?, &last_day.time_zone)
    }

    /// The label of a claim; a claim the type does not know is shown by its own name.
    pub fn label<'a>(&'a self, claim: &'a str, language: Language) -> &'a str {
        self.claim(claim).map_or(claim, |definition| definition.label.in_language(language))
    }

    /// The definition of a claim.
    pub fn claim(&self, name: &str) -> Option<&ClaimDefinition> {
        self.claims.iter().find(|definition| definition.name == name)
    }

    /// Whether the claim is computed when issued.
    pub fn is_derived(&self, name: &str) -> bool {
        self.derived.iter().any(|derived| derived.claim == name)
    }

    /// The IRI that the type's context gives a claim; `name` and `description` have theirs from the base context.
    pub fn claim_iri(&self, name: &str) -> String {
        base_iri(name).map_or_else(|| format!("{}{name}", self.vocabulary), str::to_owned)
    }

    fn check_names(&self, claims: &Map<String, Value>) -> Result<(), CatalogError> {
        for name in claims.keys() {
            if is_reserved_claim_name(name) {
                return Err(CatalogError::claim(name, Reason::SchemaMismatch, "is a reserved name"));
            }
            if self.claim(name).is_none() {
                // A misspelt name is told; what is no name at all may be anything, a person's own data included.
                let shown = if is_claim_name(name) { name.as_str() } else { "(not a name)" };
                let what = format!("is no claim of the type {}", self.id);
                return Err(CatalogError::claim(shown, Reason::SchemaMismatch, what));
            }
        }
        Ok(())
    }

    fn check_kinds(&self, claims: &Map<String, Value>) -> Result<(), CatalogError> {
        for definition in &self.claims {
            let fits = claims.get(&definition.name).is_none_or(|value| definition.kind.admits(value));
            if !fits {
                let what = definition.kind.what();
                return Err(CatalogError::claim(&definition.name, Reason::ValueInvalid, what));
            }
        }
        Ok(())
    }

    fn check_schema(&self, validator: &Validator, claims: &Map<String, Value>) -> Result<(), CatalogError> {
        let instance = Value::Object(claims.clone());
        let first =
            validator.iter_errors(&instance).map(|error| self.place(&error)).min_by_key(|found| found.0);
        match first {
            None => Ok(()),
            Some((_, claim, keyword)) => {
                let what = format!("does not fit the schema ({keyword})");
                Err(CatalogError::claim(&claim, Reason::SchemaMismatch, what))
            }
        }
    }

    /// Where an error of the schema stands: rank in the definition, claim, keyword. Never the value.
    fn place(&self, error: &jsonschema::ValidationError<'_>) -> (usize, String, String) {
        let path = error.instance_path().as_str();
        let claim = path.split('/').nth(1).unwrap_or_default();
        let rank = self.claims.iter().position(|definition| definition.name == claim).unwrap_or(usize::MAX);
        let claim = if rank == usize::MAX { "(all)" } else { claim };
        (rank, claim.to_owned(), error.kind().keyword().to_owned())
    }

    fn day_of(&self, claims: &Map<String, Value>, name: &str) -> Option<Date> {
        self.claim(name)?.kind.day_of(claims.get(name)?)
    }
}

/// The first instant of a day in that zone.
pub(crate) fn start_of_day(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    Some(day.to_zoned_datetime(zone.clone()).ok()?.timestamp())
}

/// The last whole second of a day in that zone.
pub(crate) fn end_of_day(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    start_of_day(day.tomorrow().ok()?, zone)?.checked_sub(SignedDuration::from_secs(1)).ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::json;

    use super::*;
    use crate::Catalog;

    fn reason_of(result: Result<impl Sized, CatalogError>) -> (String, Reason) {
        match result.map(|_| ()).unwrap_err() {
            CatalogError::Claim { claim, reason, .. } => (claim, reason),
            CatalogError::Invalid { what, .. } => panic!("{what}"),
        }
    }

    fn with(id: &str, name: &str, value: Value) -> (CredentialType, Map<String, Value>) {
        let ty = Catalog::bundled().credential_type(id).unwrap().clone();
        let mut claims = ty.example.clone();
        claims.insert(name.to_owned(), value);
        (ty, claims)
    }

    #[test]
    fn i17_a_reserved_name_is_refused_in_the_data_of_an_offer() {
        for name in
            ["iss", "exp", "cnf", "vct", "status", "_sd", "...", "@context", "sub", "nbf", "iat", "_sd_alg"]
        {
            let (ty, claims) = with("person", name, json!("x"));
            assert_eq!(
                reason_of(ty.check_claims(&claims)),
                (name.to_owned(), Reason::SchemaMismatch),
                "{name}"
            );
            assert_eq!(ty.check_claims(&ty.example), Ok(()));
        }
    }

    #[test]
    fn a_claim_outside_the_schema_is_refused_without_repeating_it() {
        let (ty, claims) = with("person", "Secret Name", json!(true));
        let error = ty.check_claims(&claims).unwrap_err();
        assert_eq!(error.reason(), Reason::SchemaMismatch);
        assert!(!error.to_string().contains("Secret"), "{error}");
        let (ty, claims) = with("person", "familly_name", json!("x"));
        assert_eq!(reason_of(ty.check_claims(&claims)), ("familly_name".to_owned(), Reason::SchemaMismatch));
    }

    #[test]
    fn a_required_claim_that_is_missing_is_named() {
        let (ty, mut claims) = with("person", "country", json!("CA"));
        claims.remove("birthdate_dateint");
        assert_eq!(
            reason_of(ty.check_claims(&claims)),
            ("birthdate_dateint".to_owned(), Reason::ValueMissing)
        );
        assert_eq!(ty.check_disclosed(&claims), Ok(()), "a holder may withhold it");
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_value_invalid_and_one_outside_the_schema_schema_mismatch() {
        let (ty, claims) = with("person", "birthdate_dateint", json!(19_900_231));
        assert_eq!(
            reason_of(ty.check_claims(&claims)),
            ("birthdate_dateint".to_owned(), Reason::ValueInvalid)
        );
        assert_eq!(
            reason_of(ty.check_disclosed(&claims)),
            ("birthdate_dateint".to_owned(), Reason::ValueInvalid)
        );
        let (ty, claims) = with("person", "region", json!("British Columbia"));
        let error = ty.check_claims(&claims).unwrap_err();
        assert_eq!(error.to_string(), "claim region: does not fit the schema (pattern)");
        assert_eq!(reason_of(ty.check_claims(&claims)), ("region".to_owned(), Reason::SchemaMismatch));
    }

    #[test]
    fn the_first_claim_in_the_order_of_the_definition_is_the_one_named() {
        let (ty, mut claims) = with("person", "country", json!("Canada"));
        claims.insert("region".to_owned(), json!("British Columbia"));
        assert_eq!(reason_of(ty.check_claims(&claims)).0, "region");
    }

    #[test]
    fn a_derived_claim_is_computed_for_the_day_and_never_taken_from_the_data() {
        let (ty, claims) = with("person", "birthdate_dateint", json!(20_071_124));
        let before = ty.with_derived(&claims, date(2026, 11, 23)).unwrap();
        assert_eq!(before.get("age_over_19"), Some(&json!(false)));
        let after = ty.with_derived(&claims, date(2026, 11, 24)).unwrap();
        assert_eq!(after.get("age_over_19"), Some(&json!(true)));
        assert_eq!(ty.check_claims(&after), Ok(()), "the schema knows derived claims");

        let (ty, claims) = with("person", "age_over_19", json!(true));
        assert_eq!(
            reason_of(ty.with_derived(&claims, date(2026, 11, 24))),
            ("age_over_19".to_owned(), Reason::ValueInvalid)
        );
    }

    #[test]
    fn a_birth_that_has_not_happened_is_refused() {
        let (ty, claims) = with("person", "birthdate_dateint", json!(20_270_101));
        assert_eq!(
            reason_of(ty.with_derived(&claims, date(2026, 11, 24))),
            ("birthdate_dateint".to_owned(), Reason::ValueInvalid)
        );
    }

    #[test]
    fn a_credential_ends_with_the_last_second_of_the_day_its_claims_name() {
        let (ty, claims) = with("business-licence", "expiry_date", json!("2025-12-31"));
        assert_eq!(ty.valid_until(&claims), "2026-01-01T07:59:59Z".parse().ok());
        let (ty, claims) = with("person", "expiry_date_dateint", json!(20_300_701));
        assert_eq!(ty.valid_until(&claims), "2030-07-02T06:59:59Z".parse().ok());
        let (ty, claims) = with("operator-card", "card_class", json!("Any"));
        assert_eq!(ty.valid_until(&claims), None);
    }
}
