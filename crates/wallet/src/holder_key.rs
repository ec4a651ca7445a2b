use portage_catalog::Format;
use portage_keys::Algorithm;
use portage_oid4vci::{CredentialConfiguration, KeyBindingForm};

/// How the holder's key is named in its proof, and what it signs with; `None` where the issuer takes nothing that this wallet has.
///
/// SD-JWTs are bound to a `jwk`, P-256 where the issuer takes it (the kind that secure hardware has); the other formats to the did:key of a
/// key, Ed25519 where the issuer takes it, which their presentations are signed with.
pub(crate) fn choose(format: Format, configuration: &CredentialConfiguration) -> Option<HolderKey> {
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
    let taken: Vec<Algorithm> = algorithms.iter().copied().filter(takes_algorithm).collect();
    Some(HolderKey { form, algorithm: *taken.first()?, taken })
}

/// The kind of key that a credential will be bound to.
#[derive(Debug, Clone)]
pub(crate) struct HolderKey {
    /// How the key proof names it.
    pub(crate) form: KeyBindingForm,
    /// What it signs with.
    pub(crate) algorithm: Algorithm,
    /// What the issuer takes of what this wallet has, the preferred one first.
    pub(crate) taken: Vec<Algorithm>,
}
