//! The stall's own software: `verifier` would not start with a statement of another purpose than it asks for, so somebody who asks for more
//! does not use it as it is.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use portage_jose::{Header, UnverifiedJwt};
use portage_storage::KeyFolder;
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

/// The request behind `uri` with the birth date in its query, signed again with the key in `folder`, as a link that brings it along.
pub(crate) async fn with_birth_date(folder: &Path, uri: &str) -> Result<String> {
    let parameters = |name: &str| -> Result<String> {
        let (_, query) = uri.split_once('?').context("a request link")?;
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let found = pairs.find(|(key, _)| key == name);
        Ok(found.with_context(|| format!("a {name}"))?.1.into_owned())
    };
    let address: Url = parameters("request_uri")?.parse()?;
    let client = reqwest::Client::builder().no_proxy().build()?;
    let object = client.get(address).send().await?.text().await?;
    let request = UnverifiedJwt::parse(object.trim())?;
    let mut claims = Value::Object(request.unverified_claims().clone());
    let person = claims["dcql_query"]["credentials"]
        .as_array_mut()
        .and_then(|credentials| credentials.iter_mut().find(|credential| credential["id"] == "person"));
    let asked = person.and_then(|person| person["claims"].as_array_mut());
    let asked = asked.context("a request for claims about a person")?;
    ensure!(
        !asked.iter().any(|claim| claim["path"] == json!(["birthdate_dateint"])),
        "the birth date is not asked"
    );
    asked.push(json!({ "path": ["birthdate_dateint"] }));

    let signer = KeyFolder::at(folder.join("keys")).signing_key("key-1")?;
    let mut header = Header::new(request.header().typ().context("a typ")?);
    for name in ["kid", "trust_chain"] {
        if let Some(value) = request.header().member(name) {
            header = header.with(name, value.clone());
        }
    }
    let request = portage_jose::sign(header, claims.as_object().context("claims")?, &signer)?;
    let link = [("client_id", parameters("client_id")?), ("request", request)];
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(link).finish();
    Ok(format!("openid4vp://?{query}"))
}
