//! A did:web beside the did:webvh, for those who read no logs (§ Publishing a Parallel did:web DID).

use serde_json::{Value, json};

use super::{Log, LogError, VersionQuery, log::scid_of};
use crate::{LoopbackOrigins, web};

impl Log {
    /// The document of the did:web of the same address: what its host says today, with the did:webvh under `alsoKnownAs`. `loopback` as for
    /// [`crate::Did::resolution`].
    ///
    /// # Errors
    /// [`LogError`]: deactivated, or an address that must not be contacted.
    pub fn did_web_document(&self, loopback: &LoopbackOrigins) -> Result<Value, LogError> {
        let last = self.version(VersionQuery::Latest).ok_or(LogError::NotWebVh)?;
        if last.parameters().deactivated {
            return Err(LogError::Deactivated);
        }
        let scid = scid_of(last.did())?;
        let prefix = format!("did:webvh:{scid}:");
        let location = last.did().web_location().ok_or(LogError::NotWebVh)?;
        let mut document = Value::Object(last.state().clone());
        add_services(&mut document, location, loopback)?;
        let text = document.to_string().replace(&prefix, "did:web:");
        let mut document: Value = serde_json::from_str(&text)
            .map_err(|_| LogError::Malformed { entry: last.number(), what: "not a DID document" })?;
        let (web, webvh) = (format!("did:web:{location}"), last.did().as_str());
        let mut names: Vec<Value> = vec![webvh.into()];
        for name in document.get("alsoKnownAs").and_then(Value::as_array).into_iter().flatten() {
            if name.as_str() != Some(&web) && !names.contains(name) {
                names.push(name.clone());
            }
        }
        document["alsoKnownAs"] = names.into();
        Ok(document)
    }
}

/// The services that every did:webvh has, where the document does not say otherwise.
fn add_services(document: &mut Value, location: &str, loopback: &LoopbackOrigins) -> Result<(), LogError> {
    let url = web::address(location, loopback).map_err(|_| LogError::NotWebVh)?;
    let address = url.as_str().replace("/.well-known/", "/").trim_end_matches("did.json").to_owned();
    let id = document.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut services = document.get("service").and_then(Value::as_array).cloned().unwrap_or_default();
    for (fragment, service) in [
        ("#files", json!({"type": "relativeRef", "serviceEndpoint": address})),
        (
            "#whois",
            json!({
                "@context": "https://identity.foundation/linked-vp/contexts/v1",
                "type": "LinkedVerifiablePresentation",
                "serviceEndpoint": format!("{address}whois.vp"),
            }),
        ),
    ] {
        let absolute = format!("{id}{fragment}");
        let is_it = |service: &Value| {
            let id = service.get("id").and_then(Value::as_str);
            id == Some(fragment) || id == Some(&absolute)
        };
        if !services.iter().any(is_it) {
            let mut service = service;
            service["id"] = absolute.into();
            services.push(service);
        }
    }
    document["service"] = services.into();
    Ok(())
}
