use serde_json::Value;

use crate::{
    Catalog, CatalogError, CredentialType, Format, Text, catalog::id_of_file, definition::is_id,
    error::read_file,
};

/// The id of a purpose: the name of its file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct PurposeId(pub String);

impl std::fmt::Display for PurposeId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why somebody asks: a file of `specs/purposes/`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purpose {
    /// Its id.
    pub id: PurposeId,
    /// A few words.
    pub name: Text,
    /// What for, in plain words.
    pub text: Text,
    /// By what law.
    pub law: Text,
    /// How to do it without a wallet.
    pub alternative: Text,
    /// What is asked: DCQL (OpenID4VP 1.0 §6).
    pub query: Value,
    /// How long answers are kept, in days; 0 is not at all.
    pub retention_days: u32,
    /// Whom to ask: an address of mail or web.
    pub contact: String,
    /// How old a status list may be, in seconds.
    pub max_status_age: u64,
    /// Whether a credential on paper serves.
    pub paper: bool,
    /// Whether every credential must be shown by one holder key or one subject.
    #[serde(default)]
    pub same_holder: bool,
    /// The policy that decides about the answer: the name of a file of `specs/policies/`, without its ending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// What staff read with their own eyes, as `query.claim`: asked for though no policy reads it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shown_to_staff: Vec<String>,
}

/// See [`Purpose::asked_by_name`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedByName {
    /// `vct_values`; none in the W3C data model.
    pub vcts: Vec<String>,
    /// The claims that are read.
    pub claims: Vec<String>,
}

impl Purpose {
    /// Reads what a file of `specs/purposes/` holds, wherever it comes from: a statement of an authority. The types it asks for need not be known
    /// here.
    ///
    /// # Errors
    /// [`CatalogError`].
    pub fn from_value(value: &Value) -> Result<Self, CatalogError> {
        let id = value.get("id").and_then(Value::as_str).unwrap_or_default();
        Self::read(&format!("{id}.json"), value.to_string().as_bytes())
    }

    /// Reads `<id>.json`. People decide by these texts, so each must be there in both languages.
    pub(crate) fn read(file: &str, bytes: &[u8]) -> Result<Self, CatalogError> {
        let purpose: Purpose = read_file(file, bytes)?;
        let invalid = |what: &str| Err(CatalogError::invalid(file, what));
        if id_of_file(file) != Some(&purpose.id.0) {
            return invalid("id must be the name of the file: small letters, digits and hyphens");
        }
        for (member, text) in [
            ("name", &purpose.name),
            ("text", &purpose.text),
            ("law", &purpose.law),
            ("alternative", &purpose.alternative),
        ] {
            if text.en.trim().is_empty() || text.fr.trim().is_empty() {
                return invalid(&format!("{member} must be there in English and in French"));
            }
        }
        if !purpose.contact.starts_with("mailto:") && !purpose.contact.starts_with("https://") {
            return invalid("contact must be a mailto: or https: address");
        }
        if purpose.policy.as_deref().is_some_and(|policy| !is_id(policy)) {
            return invalid("policy must be the name of a file in policies/, without .cedar");
        }
        Ok(purpose)
    }

    /// What the query asks for: each type that may answer it, with the claims that are read. A type comes once for each
    /// credential query that it may answer.
    ///
    /// # Errors
    /// What is wrong with the query, as for a purpose file.
    pub fn asked<'c>(&self, catalog: &'c Catalog) -> Result<Vec<(&'c CredentialType, Vec<&str>)>, String> {
        self.check_query(catalog)?;
        let mut asked = Vec::new();
        for query in self.query.get("credentials").and_then(Value::as_array).into_iter().flatten() {
            let format = query.get("format").and_then(Value::as_str).and_then(Format::from_name);
            let format = format.ok_or("format is not one that Portage has")?;
            let claims = query.get("claims").and_then(Value::as_array).into_iter().flatten();
            let paths = claims.filter_map(|claim| claim.get("path").and_then(Value::as_array));
            let names: Vec<_> = paths.filter_map(|path| claim_named(path, format)).collect();
            asked.extend(types_asked(query, format, catalog)?.into_iter().map(|ty| (ty, names.clone())));
        }
        Ok(asked)
    }

    /// What each Credential Query asks for, by the names that the query itself uses: for whoever has no catalogue that knows its types. `None` when
    /// it is no query of the formats that there are.
    pub fn asked_by_name(&self) -> Option<Vec<AskedByName>> {
        let asked = |query: &Value| {
            let format = query.get("format").and_then(Value::as_str).and_then(Format::from_name)?;
            let claims = query.get("claims").and_then(Value::as_array).into_iter().flatten();
            let named =
                |claim: &Value| claim_named(claim.get("path")?.as_array()?, format).map(str::to_owned);
            let claims = claims.map(named).collect::<Option<Vec<_>>>()?;
            let vcts = query.pointer("/meta/vct_values").and_then(Value::as_array).into_iter().flatten();
            let vcts = vcts.filter_map(Value::as_str).map(str::to_owned).collect();
            Some(AskedByName { vcts, claims })
        };
        self.query.get("credentials")?.as_array()?.iter().map(asked).collect()
    }

    /// Checks that the query asks only claims that exist, of types that are in the catalogue, in formats they have.
    pub(crate) fn check_query(&self, catalog: &Catalog) -> Result<(), String> {
        let credentials = self.query.get("credentials").and_then(Value::as_array);
        let credentials = credentials.filter(|credentials| !credentials.is_empty());
        for credential in credentials.ok_or("query.credentials must not be empty")? {
            let id = credential.get("id").and_then(Value::as_str).ok_or("a credential query has no id")?;
            check_credential_query(credential, catalog).map_err(|what| format!("query {id}: {what}"))?;
        }
        let asked = self.claims_asked();
        match self.shown_to_staff.iter().find(|shown| !asked.contains(shown)) {
            Some(shown) => Err(format!("shown_to_staff: {shown} is not asked")),
            None => Ok(()),
        }
    }

    /// The claims of the query, as `query.claim`.
    fn claims_asked(&self) -> Vec<String> {
        let credentials = self.query.get("credentials").and_then(Value::as_array).into_iter().flatten();
        let claims_of = |credential: &Value| -> Option<Vec<String>> {
            let id = credential.get("id")?.as_str()?;
            let format = Format::from_name(credential.get("format")?.as_str()?)?;
            let paths = credential
                .get("claims")?
                .as_array()?
                .iter()
                .filter_map(|claim| claim.get("path")?.as_array());
            Some(paths.filter_map(|path| Some(format!("{id}.{}", claim_named(path, format)?))).collect())
        };
        credentials.filter_map(claims_of).flatten().collect()
    }
}

fn check_credential_query(query: &Value, catalog: &Catalog) -> Result<(), String> {
    let format = query.get("format").and_then(Value::as_str).and_then(Format::from_name);
    let format = format.ok_or("format is not one that Portage has")?;
    let types = types_asked(query, format, catalog)?;
    if types.iter().any(|ty| !ty.formats.contains(&format)) {
        return Err("the type is not issued in this format".to_owned());
    }
    let claims = match query.get("claims") {
        None => return Ok(()),
        Some(claims) => claims.as_array().ok_or("claims must be an array")?,
    };
    for claim in claims {
        let path = claim.get("path").and_then(Value::as_array).ok_or("a claim has no path")?;
        let name = claim_named(path, format).ok_or("a path does not lead to a claim")?;
        if types.iter().any(|ty| ty.claim(name).is_none()) {
            return Err(format!("asks for {name}, which the type does not have"));
        }
    }
    Ok(())
}

/// The types that `meta` names: every one must be known.
pub(crate) fn types_asked<'c>(
    query: &Value,
    format: Format,
    catalog: &'c Catalog,
) -> Result<Vec<&'c CredentialType>, String> {
    let member = if format.is_w3c() { "type_values" } else { "vct_values" };
    let named = query.get("meta").and_then(|meta| meta.get(member)).and_then(Value::as_array);
    let named =
        named.filter(|named| !named.is_empty()).ok_or_else(|| format!("meta.{member} must name a type"))?;
    named
        .iter()
        .map(|name| match name {
            Value::String(vct) if !format.is_w3c() => catalog.by_vct(vct),
            Value::Array(types) if format.is_w3c() => {
                catalog.by_vc_types(types.iter().filter_map(Value::as_str))
            }
            _ => None,
        })
        .collect::<Option<_>>()
        .ok_or_else(|| format!("meta.{member} names a type that is not in the catalogue"))
}

/// The claim a path leads into: its first step, or the second in the W3C data model.
pub(crate) fn claim_named(path: &[Value], format: Format) -> Option<&str> {
    match path {
        [subject, claim, ..] if format.is_w3c() && subject == "credentialSubject" => claim.as_str(),
        [claim, ..] if !format.is_w3c() => claim.as_str(),
        _ => None,
    }
}
