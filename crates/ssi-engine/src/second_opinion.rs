//! What `ssi` thinks of a document, for tests. **Never our verdict**: see the crate's `tests/traps.rs`.
//!
//! Keys are found for `did:key` and `did:jwk` only, so nothing is fetched; dates are compared with `ssi`'s own clock.

use ssi::{
    claims::{
        Jws, VerificationParameters,
        data_integrity::{AnySuite, DataIntegrity, from_json_str},
        sd_jwt::SdJwt,
        vc::v2::JsonCredential,
        vc_jose_cose::JoseVc,
    },
    dids::{AnyDidMethod, DIDResolver as _, VerificationMethodDIDResolver},
    json_ld::{
        BlankIdBuf, CompactJsonLd, Expandable as _, IriBuf,
        rdf_types::{self, LiteralType},
        syntax::Parse as _,
    },
    rdf::{AnyLdEnvironment as _, LdEnvironment, urdna2015},
    verification_methods::{AnyJwkMethod, AnyMethod},
};

use crate::{
    ContextDocuments,
    context::{Documents, at_once},
    rdf::{Quad, Term},
};

/// Held or not; why not, in the words of `ssi`.
pub type Opinion = Result<(), String>;

/// A credential with a Data Integrity proof, with contexts of the closed set only.
///
/// # Errors
/// What `ssi` says against it.
pub fn data_integrity(credential: &str, contexts: ContextDocuments<'_>) -> Opinion {
    let resolver: VerificationMethodDIDResolver<_, AnyMethod> = AnyDidMethod::default().into_vm_resolver();
    let parameters =
        VerificationParameters::from_resolver(resolver).with_json_ld_loader(Documents::of(contexts));
    let credential: DataIntegrity<JsonCredential, AnySuite> = from_json_str(credential).map_err(told)?;
    let verified = at_once(credential.verify(parameters)).ok_or("it waits")?;
    verified.map_err(told)?.map_err(told)
}

/// A VCDM 2.0 credential as a JWT.
///
/// # Errors
/// What `ssi` says against it.
pub fn vc_jwt(compact: &str) -> Opinion {
    let jws = Jws::new(compact.as_bytes()).map_err(told)?;
    let decoded = JoseVc::<JsonCredential>::decode(jws).map_err(told)?;
    let verified = at_once(decoded.verify(jwk_parameters())).ok_or("it waits")?;
    verified.map_err(told)?.map_err(told)
}

/// An SD-JWT, with key binding or without.
///
/// # Errors
/// What `ssi` says against it.
pub fn sd_jwt(compact: &str) -> Opinion {
    let sd_jwt = SdJwt::new(compact).map_err(told)?;
    let verified = at_once(sd_jwt.decode_reveal_verify_any(jwk_parameters())).ok_or("it waits")?;
    verified.map_err(told)?.1.map_err(told)
}

fn jwk_parameters() -> VerificationParameters<VerificationMethodDIDResolver<AnyDidMethod, AnyJwkMethod>> {
    VerificationParameters::from_resolver(AnyDidMethod::default().into_vm_resolver())
}

/// The canonical N-Quads of a document by `ssi` alone: its own expansion, conversion and canonicalization.
///
/// # Errors
/// What `ssi` says against it.
pub fn canonical_form(document: &str, contexts: ContextDocuments<'_>) -> Result<String, String> {
    let (document, _) = ssi::json_ld::syntax::Value::parse_str(document).map_err(told)?;
    let mut environment = LdEnvironment::default();
    let document = CompactJsonLd(document);
    let expanded =
        at_once(document.expand_with(&mut environment, &Documents::of(contexts))).ok_or("it waits")?;
    let lines = environment.canonical_form_of(&expanded.map_err(told)?).map_err(told)?;
    Ok(lines.concat())
}

/// The canonical N-Quads of a dataset by `ssi`. Has no limit of work.
///
/// # Errors
/// A term that `ssi` does not take.
pub fn canonicalize(quads: &[Quad]) -> Result<String, String> {
    let quads: Vec<ssi::rdf::LexicalQuad> = quads.iter().map(lexical).collect::<Result<_, _>>()?;
    Ok(urdna2015::normalize(quads.iter().map(|quad| quad.as_lexical_quad_ref())).into_nquads())
}

fn lexical(quad: &Quad) -> Result<ssi::rdf::LexicalQuad, String> {
    let predicate = IriBuf::new(quad.predicate.clone()).map_err(told)?;
    let graph = quad.graph.as_ref().map(resource).transpose()?;
    Ok(rdf_types::Quad(resource(&quad.subject)?, predicate, object(&quad.object)?, graph))
}

fn resource(term: &Term) -> Result<rdf_types::Id, String> {
    match term {
        Term::Iri(iri) => IriBuf::new(iri.clone()).map(rdf_types::Id::Iri).map_err(told),
        Term::Blank(label) => {
            BlankIdBuf::from_suffix(label).map(rdf_types::Id::Blank).map_err(|_| "a blank node label".into())
        }
        Term::Literal(_) => Err("a literal where a node belongs".into()),
    }
}

fn object(term: &Term) -> Result<rdf_types::Term, String> {
    let Term::Literal(literal) = term else { return resource(term).map(rdf_types::Term::Id) };
    let kind = match &literal.language {
        Some(tag) => LiteralType::LangString(tag.parse().map_err(|_| "a language tag")?),
        None => LiteralType::Any(IriBuf::new(literal.datatype.clone()).map_err(told)?),
    };
    Ok(rdf_types::Term::Literal(rdf_types::Literal::new(literal.lexical.clone(), kind)))
}

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}
