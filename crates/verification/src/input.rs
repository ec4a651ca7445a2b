//! What arrived: size, strict parse, `typ` and algorithm. Nothing here looks for a key.

use portage_data_integrity::UnverifiedProof;
use portage_jose::UnverifiedJwt;
use portage_reason::Reason;
use portage_sd_jwt::{UnverifiedSdJwt, vc};
use portage_strict_json::{Limits, parse_object};
use portage_vc::{Content, Envelope, PresentedCredential, jose, v1};
use serde_json::{Map, Value};

use crate::InputFormat;

/// One input, parsed and nothing more.
pub(crate) enum Input {
    Credential(UnverifiedCredential),
    Presentation(UnverifiedPresentation),
}

/// A credential as it arrived.
pub(crate) struct UnverifiedCredential {
    pub(crate) format: InputFormat,
    pub(crate) secured: Secured,
}

/// How it is secured.
pub(crate) enum Secured {
    SdJwt(Box<UnverifiedSdJwt>),
    Jwt(UnverifiedJwt),
    DataIntegrity { document: Map<String, Value>, proofs: Vec<UnverifiedProof> },
}

/// A presentation as it arrived.
pub(crate) enum UnverifiedPresentation {
    Jwt(UnverifiedJwt),
    /// Of VCDM 1.1, in the claim `vp`.
    JwtVpJson(UnverifiedJwt),
    DataIntegrity {
        document: Map<String, Value>,
        proofs: Vec<UnverifiedProof>,
    },
}

/// It could not be read; which format it set out to be, if that much could be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unreadable {
    pub(crate) format: Option<InputFormat>,
    pub(crate) reason: Reason,
}

impl Unreadable {
    const fn new(format: Option<InputFormat>, reason: Reason) -> Self {
        Unreadable { format, reason }
    }
}

impl Input {
    /// Reads compact text or JSON of at most 512 KiB.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        if bytes.len() > Limits::PRESENTATION.max_bytes {
            return Err(Unreadable::new(None, Reason::TooLarge));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| Unreadable::new(None, Reason::Malformed))?.trim();
        if text.starts_with('{') {
            read_json(text)
        } else if text.contains('~') {
            UnverifiedCredential::read_sd_jwt(text).map(Input::Credential)
        } else {
            read_compact(text)
        }
    }

    pub(crate) fn format(&self) -> InputFormat {
        match self {
            Input::Credential(credential) => credential.format,
            Input::Presentation(UnverifiedPresentation::Jwt(_)) => InputFormat::VpJwt,
            Input::Presentation(UnverifiedPresentation::JwtVpJson(_)) => InputFormat::JwtVpJson,
            Input::Presentation(UnverifiedPresentation::DataIntegrity { .. }) => InputFormat::LdpVp,
        }
    }

    /// Whether somebody presents it: a presentation, or an SD-JWT with key binding.
    pub(crate) fn is_presentation(&self) -> bool {
        match self {
            Input::Presentation(_) => true,
            Input::Credential(credential) => credential.has_key_binding(),
        }
    }
}

fn read_json(text: &str) -> Result<Input, Unreadable> {
    let document = parse_object(text.as_bytes(), Limits::PRESENTATION)
        .map_err(|error| Unreadable::new(None, error.reason()))?;
    if let Some(envelope) =
        Envelope::read(&document).map_err(|error| Unreadable::new(None, error.reason()))?
    {
        return read_envelope(envelope);
    }
    if !has_type(&document, "VerifiablePresentation") {
        return UnverifiedCredential::read_document(document).map(Input::Credential);
    }
    let proofs = UnverifiedProof::read_all(&document)
        .map_err(|error| Unreadable::new(Some(InputFormat::LdpVp), error.reason()))?;
    Ok(Input::Presentation(UnverifiedPresentation::DataIntegrity { document, proofs }))
}

/// VCDM 2.0 §4.14: what counts is the secured text; nothing around it is read.
fn read_envelope(envelope: Envelope) -> Result<Input, Unreadable> {
    let Envelope { content, media_type, text } = envelope;
    match (content, media_type.as_str()) {
        (Content::Credential, _) => {
            UnverifiedCredential::of_presented(PresentedCredential::Enveloped { media_type, text })
                .map(Input::Credential)
        }
        (Content::Presentation, "application/vp+jwt") => {
            let jwt = UnverifiedJwt::parse(&text).map_err(|error| Unreadable::new(None, error.reason()))?;
            if !jwt.header().typ_is_one_of(&[jose::VP_JWT]) {
                return Err(Unreadable::new(None, Reason::TypeMismatch));
            }
            Ok(Input::Presentation(UnverifiedPresentation::Jwt(jwt)))
        }
        (Content::Presentation, _) => Err(Unreadable::new(None, Reason::TypeMismatch)),
    }
}

fn read_compact(text: &str) -> Result<Input, Unreadable> {
    let jwt = UnverifiedJwt::parse(text).map_err(|error| Unreadable::new(None, error.reason()))?;
    if jwt.header().typ_is_one_of(&[jose::VP_JWT]) {
        Ok(Input::Presentation(UnverifiedPresentation::Jwt(jwt)))
    } else if jwt.header().typ_is_one_of(&[v1::JWT]) && has_vp_claim(&jwt) {
        Ok(Input::Presentation(UnverifiedPresentation::JwtVpJson(jwt)))
    } else if jwt.header().typ_is_one_of(vc::TYP) {
        // An SD-JWT without a single `~` is not one (RFC 9901 §4).
        Err(Unreadable::new(None, Reason::Malformed))
    } else {
        UnverifiedCredential::of_jwt(jwt).map(Input::Credential)
    }
}

impl UnverifiedCredential {
    /// An SD-JWT: `@context` makes it a VCDM 2.0 credential, else it is an SD-JWT VC. Each has its `typ`s, and `vc+sd-jwt` is one of both;
    /// with the `vct` of the other beside its `@context` it would be either, as the reader likes.
    fn read_sd_jwt(text: &str) -> Result<Self, Unreadable> {
        let sd_jwt = UnverifiedSdJwt::parse(text).map_err(|error| Unreadable::new(None, error.reason()))?;
        let payload = sd_jwt.jwt().unverified_claims();
        let (format, types) = if payload.contains_key("@context") {
            (InputFormat::VcSdJwt, &[jose::VC_SD_JWT][..])
        } else {
            (InputFormat::DcSdJwt, vc::TYP)
        };
        let is_either = format == InputFormat::VcSdJwt && payload.contains_key("vct");
        if is_either || !sd_jwt.jwt().header().typ_is_one_of(types) {
            return Err(Unreadable::new(Some(format), Reason::TypeMismatch));
        }
        Ok(UnverifiedCredential { format, secured: Secured::SdJwt(Box::new(sd_jwt)) })
    }

    /// A `vc+jwt`; or, with a claim `vc` and the `typ` of any JWT, a credential of VCDM 1.1.
    fn of_jwt(jwt: UnverifiedJwt) -> Result<Self, Unreadable> {
        if jwt.header().typ_is_one_of(&[v1::JWT]) && vc_claim(&jwt).is_some() {
            return Ok(UnverifiedCredential { format: InputFormat::JwtVcJson, secured: Secured::Jwt(jwt) });
        }
        if !jwt.header().typ_is_one_of(&[jose::VC_JWT]) {
            return Err(Unreadable::new(None, Reason::TypeMismatch));
        }
        Ok(UnverifiedCredential { format: InputFormat::VcJwt, secured: Secured::Jwt(jwt) })
    }

    fn read_document(document: Map<String, Value>) -> Result<Self, Unreadable> {
        if !has_type(&document, "VerifiableCredential") {
            return Err(Unreadable::new(None, Reason::Malformed));
        }
        let format = InputFormat::LdpVc;
        let proofs = UnverifiedProof::read_all(&document)
            .map_err(|error| Unreadable::new(Some(format), error.reason()))?;
        Ok(UnverifiedCredential { format, secured: Secured::DataIntegrity { document, proofs } })
    }

    /// A credential inside a presentation: embedded with its own proof, or the secured text of an envelope. Whatever else stands in the object
    /// around an enveloped credential is not read.
    pub(crate) fn of_presented(presented: PresentedCredential) -> Result<Self, Unreadable> {
        match presented {
            PresentedCredential::Embedded(document) => Self::read_document(document),
            PresentedCredential::Enveloped { media_type, text } => match media_type.as_str() {
                "application/vc+jwt" => match UnverifiedJwt::parse(&text) {
                    Ok(jwt) => Self::of_jwt(jwt),
                    Err(error) => Err(Unreadable::new(Some(InputFormat::VcJwt), error.reason())),
                },
                "application/vc+sd-jwt" => match Self::read_sd_jwt(&text)? {
                    // Bound by the presentation around it; a key binding of its own was made for another occasion.
                    credential
                        if credential.format == InputFormat::VcSdJwt && !credential.has_key_binding() =>
                    {
                        Ok(credential)
                    }
                    other => Err(Unreadable::new(Some(other.format), Reason::TypeMismatch)),
                },
                _ => Err(Unreadable::new(None, Reason::TypeMismatch)),
            },
        }
    }

    /// A status list credential: `vc+jwt` or a document with a proof, of at most 8 MiB.
    pub(crate) fn read_status_list(text: &str) -> Result<Self, Unreadable> {
        if text.starts_with('{') {
            let document = parse_object(text.as_bytes(), Limits::STATUS_LIST);
            Self::read_document(document.map_err(|error| Unreadable::new(None, error.reason()))?)
        } else {
            let jwt = UnverifiedJwt::parse_within(text, Limits::STATUS_LIST);
            Self::of_jwt(jwt.map_err(|error| Unreadable::new(None, error.reason()))?)
        }
    }

    pub(crate) fn has_key_binding(&self) -> bool {
        matches!(&self.secured, Secured::SdJwt(sd_jwt) if sd_jwt.has_key_binding())
    }

    /// The members as they stand, not yet verified: good for finding a key, for nothing else.
    pub(crate) fn unverified_members(&self) -> &Map<String, Value> {
        match &self.secured {
            Secured::SdJwt(sd_jwt) => sd_jwt.jwt().unverified_claims(),
            Secured::Jwt(jwt) => vc_claim(jwt)
                .filter(|_| self.format == InputFormat::JwtVcJson)
                .unwrap_or_else(|| jwt.unverified_claims()),
            Secured::DataIntegrity { document, .. } => document,
        }
    }

    /// Whom it names as issuer.
    pub(crate) fn unverified_issuer(&self) -> Option<&str> {
        let members = self.unverified_members();
        if let (Secured::Jwt(jwt), InputFormat::JwtVcJson) = (&self.secured, self.format) {
            let iss = jwt.unverified_claims().get("iss").and_then(Value::as_str);
            return iss.or_else(|| issuer_of(members));
        }
        match self.format {
            InputFormat::DcSdJwt => members.get("iss").and_then(Value::as_str),
            _ => issuer_of(members),
        }
    }

    /// The types it names: `vct`, or the values of `type`.
    pub(crate) fn unverified_types(&self) -> Vec<String> {
        let members = self.unverified_members();
        let name = if self.format == InputFormat::DcSdJwt { "vct" } else { "type" };
        strings(members.get(name)).map(str::to_owned).collect()
    }
}

/// Whether it is a presentation of VCDM 1.1 (§6.3.1): the claim `vp`, and no `vc` beside it.
fn has_vp_claim(jwt: &UnverifiedJwt) -> bool {
    let claims = jwt.unverified_claims();
    claims.get("vp").is_some_and(Value::is_object) && !claims.contains_key("vc")
}

/// The credential of a VCDM 1.1 JWT (§6.3.1).
fn vc_claim(jwt: &UnverifiedJwt) -> Option<&Map<String, Value>> {
    jwt.unverified_claims().get("vc").and_then(Value::as_object)
}

/// `issuer`, or its `id` (VCDM 2.0 §4.7).
pub(crate) fn issuer_of(members: &Map<String, Value>) -> Option<&str> {
    let issuer = members.get("issuer")?;
    issuer.as_str().or_else(|| issuer.get("id")?.as_str())
}

fn has_type(document: &Map<String, Value>, name: &str) -> bool {
    strings(document.get("type")).any(|text| text == name)
}

/// The strings of a member that is one or several.
pub(crate) fn strings(value: Option<&Value>) -> impl Iterator<Item = &str> {
    let (one, several) = match value {
        Some(Value::Array(values)) => (None, values.as_slice()),
        other => (other, &[][..]),
    };
    one.into_iter().chain(several).filter_map(Value::as_str)
}
