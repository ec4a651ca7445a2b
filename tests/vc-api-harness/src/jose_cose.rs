//! `jose-cose issue|verify`: the command that the VC-JOSE-COSE suite starts, over the crates `vc`, `jose` and `sd-jwt`.
//!
//! The suite names the key beside the input, so that no issuer is resolved; and it signed its credentials with an `iat` of text, which is not
//! looked at here (RFC 7519 §4.1.6 wants a number; the pipeline refuses it).

use std::{fs, path::PathBuf};

use clap::{Subcommand, ValueEnum};
use jiff::Timestamp;
use portage_catalog::{Catalog, Contexts};
use portage_jose::{Header, Jwk, NumericDate, UnverifiedJwt, signing_key_from_private_jwk};
use portage_keys::{OsEntropy, SigningKey};
use portage_reason::Reason;
use portage_sd_jwt::{ClaimPath, PathStep, SdJwtBuilder, UnverifiedSdJwt};
use portage_strict_json::{Limits, parse_object};
use portage_vc::{Credential, Presentation, PresentedCredential, jose};
use serde_json::{Map, Value, json};

use crate::contexts;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Secure the input.
    Issue(Files),
    /// Verify the input.
    Verify(Files),
}

/// With what.
#[derive(Debug, clap::Args)]
pub(crate) struct Files {
    /// The credential or presentation.
    #[arg(long)]
    input: PathBuf,
    /// A verification method of the type JsonWebKey, with its secret key where something is issued.
    #[arg(long)]
    key: PathBuf,
    /// Which form.
    #[arg(long, value_enum)]
    feature: Feature,
    /// What to make selectively disclosable: a JSON array of paths such as `credentialSubject.phoneNumbers[0]`.
    #[arg(long)]
    sd: Option<String>,
    /// Where the result goes.
    #[arg(long)]
    output: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Feature {
    CredentialJose,
    PresentationJose,
    CredentialSdjwt,
    PresentationSdjwt,
}

/// `typ` of a presentation as SD-JWT. The product neither makes nor reads one: what is presented is bound by a key binding.
const VP_SD_JWT: &str = "vp+sd-jwt";

/// Runs the command and writes `{result, data}`.
///
/// # Errors
/// A file that cannot be read or written.
pub(crate) fn run(command: &Command, now: Timestamp) -> Result<(), Box<dyn std::error::Error>> {
    let (Command::Issue(files) | Command::Verify(files)) = command;
    let input = fs::read_to_string(&files.input)?;
    let method = parse_object(fs::read_to_string(&files.key)?.as_bytes(), Limits::METADATA)?;
    let outcome = match command {
        Command::Issue(_) => issue(files, &input, &method),
        Command::Verify(_) => verify(files.feature, input.trim(), &method, now),
    };
    let line = match outcome {
        Ok(data) => json!({ "result": "success", "data": data }),
        Err(reason) => json!({ "result": "failure", "data": reason.name() }),
    };
    fs::write(&files.output, line.to_string())?;
    Ok(())
}

fn issue(files: &Files, input: &str, method: &Map<String, Value>) -> Result<Value, Reason> {
    let document = parse_object(input.as_bytes(), Limits::MESSAGE).map_err(|error| error.reason())?;
    let contexts = contexts::of_the_suites(&Catalog::bundled());
    let signer = signing_key(method)?;
    let kid = method.get("id").and_then(Value::as_str).ok_or(Reason::Malformed)?;
    check_meaning(&document, &contexts)?;
    let is_credential = matches!(files.feature, Feature::CredentialJose | Feature::CredentialSdjwt);
    if is_credential {
        Credential::parse(document.clone()).map_err(|error| error.reason())?;
    } else {
        only_enveloped(&document)?;
    }
    let header = |typ: &str, cty: &str| Header::new(typ).with("cty", cty).with("kid", kid);
    let secured = match files.feature {
        Feature::CredentialJose => {
            jose::sign_credential(&document, kid, &signer).map_err(|_| Reason::Unsupported)?
        }
        Feature::PresentationJose => portage_jose::sign(header(jose::VP_JWT, "vp"), &document, &signer)
            .map_err(|_| Reason::Unsupported)?,
        Feature::CredentialSdjwt | Feature::PresentationSdjwt => {
            let header = if is_credential { jose::sd_jwt_header(kid) } else { header(VP_SD_JWT, "vp") };
            let disclosable = paths(files.sd.as_deref())?;
            let builder = SdJwtBuilder { claims: document, disclosable, decoys: 0, decoys_at: Vec::new() };
            portage_sd_jwt::issue(&builder, header, &signer, &OsEntropy).map_err(|_| Reason::Malformed)?
        }
    };
    Ok(secured.into())
}

fn verify(
    feature: Feature,
    input: &str,
    method: &Map<String, Value>,
    now: Timestamp,
) -> Result<Value, Reason> {
    let contexts = contexts::of_the_suites(&Catalog::bundled());
    let key = method.get("publicKeyJwk").ok_or(Reason::Malformed)?;
    let key = Jwk::from_value(key).map_err(|error| error.reason());
    let jwt = |typ: &str| -> Result<Map<String, Value>, Reason> {
        let jwt = UnverifiedJwt::parse(input).map_err(|error| error.reason())?;
        let verified = jwt.verify(key.clone()?.key(), &[typ]).map_err(|error| error.reason())?;
        Ok(verified.into_claims())
    };
    let sd_jwt = |typ: &str| {
        let sd_jwt = UnverifiedSdJwt::parse(input).map_err(|error| error.reason())?;
        sd_jwt.verify(key.clone()?.key(), &[typ]).map_err(|error| error.reason())
    };
    let claims = match feature {
        Feature::CredentialJose => {
            let claims = without_text_dates(jwt(jose::VC_JWT)?);
            jose::credential_of_claims(&claims).map_err(|error| error.reason())?;
            claims
        }
        Feature::CredentialSdjwt => {
            let verified = sd_jwt(jose::VC_SD_JWT)?;
            let issued = without_text_dates(verified.issuer_payload().clone());
            let claims = without_text_dates(verified.claims().clone());
            jose::credential_of_sd_jwt(&issued, &claims).map_err(|error| error.reason())?;
            claims
        }
        Feature::PresentationJose => jwt(jose::VP_JWT)?,
        Feature::PresentationSdjwt => sd_jwt(VP_SD_JWT)?.claims().clone(),
    };
    if matches!(feature, Feature::PresentationJose | Feature::PresentationSdjwt) {
        only_enveloped(&claims)?;
    }
    check_meaning(&claims, &contexts)?;
    check_time(&claims, now)?;
    Ok(Value::Object(claims))
}

/// The key, if the product signs with its kind.
fn signing_key(method: &Map<String, Value>) -> Result<SigningKey, Reason> {
    let jwk = method.get("secretKeyJwk").ok_or(Reason::Malformed)?.to_string();
    signing_key_from_private_jwk(&jwk).map_err(|error| error.reason())
}

/// Every context is one that is known here.
fn check_meaning(document: &Map<String, Value>, contexts: &Contexts) -> Result<(), Reason> {
    portage_data_integrity::expanded_types(document, contexts).map(drop).map_err(|error| error.reason())
}

/// VC-JOSE-COSE §3.1.2: every credential of a presentation is enveloped, and each envelope is one that can be read.
fn only_enveloped(document: &Map<String, Value>) -> Result<(), Reason> {
    let presentation = Presentation::parse(document.clone()).map_err(|error| error.reason())?;
    let enveloped = |entry: &PresentedCredential| matches!(entry, PresentedCredential::Enveloped { .. });
    if presentation.credentials().iter().all(enveloped) { Ok(()) } else { Err(Reason::ProofMissing) }
}

/// The exception that the suite forces.
fn without_text_dates(mut claims: Map<String, Value>) -> Map<String, Value> {
    if claims.get("iat").is_some_and(Value::is_string) {
        claims.shift_remove("iat");
    }
    claims
}

fn check_time(claims: &Map<String, Value>, now: Timestamp) -> Result<(), Reason> {
    let date = |name| NumericDate::from_claim(claims, name).map_err(|error| error.reason());
    if date("exp")?.is_some_and(|exp| exp.0 < now) {
        return Err(Reason::Expired);
    }
    if date("nbf")?.is_some_and(|nbf| nbf.0 > now) {
        return Err(Reason::NotYetValid);
    }
    Ok(())
}

/// `a.b[0]` for each.
fn paths(text: Option<&str>) -> Result<Vec<ClaimPath>, Reason> {
    let texts: Vec<String> = serde_json::from_str(text.unwrap_or("[]")).map_err(|_| Reason::Malformed)?;
    texts.iter().map(|text| path(text).ok_or(Reason::Malformed)).collect()
}

fn path(text: &str) -> Option<ClaimPath> {
    let mut path = ClaimPath::new();
    for step in text.split('.') {
        let (name, indexes) = step.split_once('[').unwrap_or((step, ""));
        path.push(PathStep::Name(name.to_owned()));
        for index in indexes.split('[').filter(|index| !index.is_empty()) {
            path.push(PathStep::Index(index.strip_suffix(']')?.parse().ok()?));
        }
    }
    Some(path)
}
