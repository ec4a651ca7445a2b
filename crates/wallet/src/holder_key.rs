use portage_catalog::Format;
use portage_keys::Algorithm;
use portage_oid4vci::{CredentialConfiguration, KeyBindingForm};

/// How the holder's key is named in its proof, and what it signs with; `None` where the issuer takes nothing that this wallet has.
///
/// SD-JWTs are bound to a `jwk`, P-256 where the issuer takes it (the kind that secure hardware has); the other formats to the did:key of a
/// key, Ed25519 where the issuer takes it, which their presentations are signed with.
pub(crate) fn choose(
    format: Format,
    configuration: &CredentialConfiguration,
) -> Option<(KeyBindingForm, Algorithm)> {
    let (forms, algorithms): (&[KeyBindingForm], &[Algorithm]) = if format.is_selective() {
        (
            &[KeyBindingForm::Jwk, KeyBindingForm::DidKey],
            &[Algorithm::Es256, Algorithm::EdDsa, Algorithm::Es384],
        )
    } else {
        (&[KeyBindingForm::DidKey], &[Algorithm::EdDsa, Algorithm::Es256, Algorithm::Es384])
    };
    let takes_form = |form: &KeyBindingForm| {
        configuration.cryptographic_binding_methods_supported.iter().any(|method| method == form.name())
    };
    let takes_algorithm = |algorithm: &Algorithm| {
        let listed = configuration.jwt_proof_algorithms();
        listed.iter().any(|name| Algorithm::from_jose_name(name) == Some(*algorithm))
    };
    let jwt = configuration.proof_types_supported.get("jwt")?;
    if jwt.key_attestations_required.is_some() {
        return None;
    }
    let form = forms.iter().copied().find(takes_form)?;
    let algorithm = algorithms.iter().copied().find(takes_algorithm)?;
    Some((form, algorithm))
}
