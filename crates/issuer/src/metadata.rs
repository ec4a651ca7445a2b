use portage_catalog::{CredentialType, Format, Language, Logo, Text, message};
use portage_keys::Algorithm;
use portage_oid4vci::{
    AuthorizationServerMetadata, ClaimDescription, ClaimDisplay, ClaimPathStep, CredentialConfiguration,
    CredentialDefinition, CredentialDisplay, CredentialIssuerMetadata, CredentialMetadata, EndpointUrl,
    Image, IssuerDisplay, KeyBindingForm, ProofType,
};
use serde_json::Value;

use crate::{ClientAuthentication, Issuer};

const LANGUAGES: [(Language, &str); 2] = [(Language::En, "en-CA"), (Language::Fr, "fr-CA")];

/// `<type id>_<format>`.
pub fn configuration_id(credential_type: &str, format: Format) -> String {
    format!("{credential_type}_{}", format.name())
}

/// The algorithms a key proof for this format may use, the preferred one first.
pub(crate) const fn proof_algorithms(format: Format) -> &'static [Algorithm] {
    match format {
        Format::DcSdJwt | Format::VcSdJwt => &[Algorithm::Es256, Algorithm::EdDsa, Algorithm::Es384],
        Format::VcJwt | Format::LdpVc => &[Algorithm::EdDsa, Algorithm::Es256, Algorithm::Es384],
    }
}

/// How a key proof for this format may name its key, the preferred way first.
pub(crate) const fn key_forms(format: Format) -> &'static [KeyBindingForm] {
    match format {
        Format::DcSdJwt | Format::VcSdJwt => &[KeyBindingForm::Jwk],
        Format::VcJwt | Format::LdpVc => &[KeyBindingForm::DidKey, KeyBindingForm::Jwk],
    }
}

impl<S> Issuer<S> {
    /// The Credential Issuer Metadata (§12.2).
    pub fn metadata(&self) -> CredentialIssuerMetadata {
        let configurations =
            self.profile.types.iter().filter_map(|id| self.catalog.credential_type(id)).flat_map(
                |credential_type| {
                    credential_type.formats.iter().map(|format| {
                        (
                            configuration_id(&credential_type.id, *format),
                            self.configuration(credential_type, *format),
                        )
                    })
                },
            );
        CredentialIssuerMetadata {
            credential_issuer: self.profile.identifier.clone(),
            authorization_servers: Vec::new(),
            credential_endpoint: self.endpoint("credential"),
            nonce_endpoint: Some(self.endpoint("nonce")),
            deferred_credential_endpoint: None,
            notification_endpoint: self.profile.notification.then(|| self.endpoint("notification")),
            credential_request_encryption: None,
            credential_response_encryption: None,
            batch_credential_issuance: None,
            display: LANGUAGES
                .map(|(language, locale)| IssuerDisplay {
                    name: Some(self.profile.name.in_language(language).to_owned()),
                    locale: Some(locale.to_owned()),
                    logo: None,
                })
                .to_vec(),
            credential_configurations_supported: configurations.collect(),
        }
    }

    /// The metadata of the authorization server, which is the issuer itself (§12.3).
    pub fn authorization_server_metadata(&self) -> AuthorizationServerMetadata {
        let metadata = AuthorizationServerMetadata::anonymous_pre_authorized(
            self.profile.identifier.clone(),
            self.endpoint("token"),
        );
        match self.profile.clients {
            ClientAuthentication::None => metadata,
            ClientAuthentication::Optional(_) => metadata.with_private_key_jwt(true),
            ClientAuthentication::Required(_) => metadata.with_private_key_jwt(false),
        }
    }

    #[expect(clippy::expect_used, reason = "an issuer identifier is a URL")]
    fn endpoint(&self, path: &str) -> EndpointUrl {
        EndpointUrl::parse(&self.profile.identifier.endpoint(path))
            .expect("an address below an issuer identifier")
    }

    fn configuration(&self, credential_type: &CredentialType, format: Format) -> CredentialConfiguration {
        let is_w3c = format != Format::DcSdJwt;
        CredentialConfiguration {
            format: format.name().to_owned(),
            scope: None,
            credential_signing_alg_values_supported: vec![Value::from(match format {
                Format::LdpVc => self.profile.cryptosuite.name(),
                _ => self.profile.algorithm.jose_name(),
            })],
            cryptographic_binding_methods_supported: key_forms(format)
                .iter()
                .map(|form| form.name().to_owned())
                .collect(),
            proof_types_supported: [("jwt".to_owned(), jwt_proof_type(format))].into(),
            credential_metadata: Some(CredentialMetadata {
                display: LANGUAGES
                    .into_iter()
                    .filter(|(language, _)| is_there(&credential_type.name, *language))
                    .map(|language| self.display(credential_type, language))
                    .collect(),
                claims: claims(credential_type, is_w3c),
            }),
            vct: (!is_w3c).then(|| credential_type.vct.clone()),
            doctype: None,
            credential_definition: is_w3c.then(|| CredentialDefinition {
                context: (format == Format::LdpVc).then(|| {
                    vec![portage_vc::CONTEXT_V2.into(), credential_type.context_url.as_str().into()]
                }),
                types: vec!["VerifiableCredential".into(), credential_type.vc_type.clone()],
            }),
        }
    }

    fn display(
        &self,
        credential_type: &CredentialType,
        (language, locale): (Language, &str),
    ) -> CredentialDisplay {
        CredentialDisplay {
            name: credential_type.name.in_language(language).to_owned(),
            locale: Some(locale.to_owned()),
            description: is_there(&credential_type.description, language)
                .then(|| credential_type.description.in_language(language).to_owned()),
            logo: credential_type.logo.as_ref().map(|_| self.logo_image(credential_type, language)),
            background_color: Some(credential_type.colours.0.clone()),
            text_color: Some(credential_type.colours.1.clone()),
            ..CredentialDisplay::default()
        }
    }

    /// Where the service has the logo (`display.logo`, §12.2.4), and what it is, for those who do not see it.
    fn logo_image(&self, credential_type: &CredentialType, language: Language) -> Image {
        let name = credential_type.name.in_language(language);
        Image {
            uri: self.profile.identifier.endpoint(&format!("types/{}/logo", credential_type.id)),
            alt_text: Some(message("issuer.logo_alt", language, &[("name", name)])),
        }
    }

    /// The logo of a type that it offers.
    pub fn logo(&self, credential_type: &str) -> Option<&Logo> {
        let offered = self.profile.types.iter().find(|id| *id == credential_type)?;
        self.catalog.credential_type(offered)?.logo.as_ref()
    }
}

fn jwt_proof_type(format: Format) -> ProofType {
    ProofType {
        proof_signing_alg_values_supported: proof_algorithms(format)
            .iter()
            .map(|algorithm| algorithm.jose_name().to_owned())
            .collect(),
        key_attestations_required: None,
    }
}

/// A text that its publisher did not give in a language is not published under that language's name.
fn is_there(text: &Text, language: Language) -> bool {
    text.language_shown(language) == language
}

fn claims(credential_type: &CredentialType, is_w3c: bool) -> Vec<ClaimDescription> {
    let describe = |definition: &portage_catalog::ClaimDefinition| {
        let root = is_w3c.then(|| ClaimPathStep::Name("credentialSubject".into()));
        ClaimDescription {
            path: root.into_iter().chain([ClaimPathStep::Name(definition.name.clone())]).collect(),
            mandatory: definition.required,
            display: LANGUAGES
                .into_iter()
                .filter(|(language, _)| is_there(&definition.label, *language))
                .map(|(language, locale)| ClaimDisplay {
                    name: Some(definition.label.in_language(language).to_owned()),
                    locale: Some(locale.to_owned()),
                })
                .collect(),
        }
    };
    credential_type.claims.iter().map(describe).collect()
}
