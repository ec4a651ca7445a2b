//! The ways to secure a credential, and to present it: a row is translated to each where it means something.

use portage_catalog::Format;
use portage_data_integrity::Cryptosuite;
use portage_keys::{Algorithm, Signer, SigningKey};
use portage_testkit::world::{Draft, TestIssuer, VpDraft, World};

/// A way to secure a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) format: Format,
    pub(crate) type_id: &'static str,
    suite: Cryptosuite,
    /// Of the issuer's key.
    pub(crate) algorithm: Algorithm,
    /// Of the holder's key.
    holder: Algorithm,
}

const fn kind(name: &'static str, format: Format, type_id: &'static str) -> Kind {
    let holder = if format.is_selective() { Algorithm::Es256 } else { Algorithm::EdDsa };
    Kind { name, format, type_id, suite: Cryptosuite::EddsaRdfc2022, algorithm: Algorithm::EdDsa, holder }
}

/// Issuer and holder have keys of this algorithm.
const fn with_keys(name: &'static str, kind: Kind, algorithm: Algorithm) -> Kind {
    Kind { name, algorithm, holder: algorithm, ..kind }
}

const fn ldp_vc(name: &'static str, suite: Cryptosuite, algorithm: Algorithm) -> Kind {
    with_keys(name, Kind { suite, ..RDFC }, algorithm)
}

pub(crate) const DC_SD_JWT: Kind = kind("dc+sd-jwt", Format::DcSdJwt, "person");
pub(crate) const VC_SD_JWT: Kind = kind("vc+sd-jwt", Format::VcSdJwt, "business-licence");
pub(crate) const VC_JWT: Kind = kind("vc+jwt", Format::VcJwt, "business-licence");
pub(crate) const RDFC: Kind = kind("ldp_vc", Format::LdpVc, "operator-card");
pub(crate) const JCS: Kind = ldp_vc("ldp_vc (eddsa-jcs-2022)", Cryptosuite::EddsaJcs2022, Algorithm::EdDsa);

const DC_SD_JWT_P384: Kind = with_keys("dc+sd-jwt (ES384)", DC_SD_JWT, Algorithm::Es384);
const VC_SD_JWT_P256: Kind = with_keys("vc+sd-jwt (ES256)", VC_SD_JWT, Algorithm::Es256);
const VC_SD_JWT_P384: Kind = with_keys("vc+sd-jwt (ES384)", VC_SD_JWT, Algorithm::Es384);
const VC_JWT_P256: Kind = with_keys("vc+jwt (ES256)", VC_JWT, Algorithm::Es256);
const VC_JWT_P384: Kind = with_keys("vc+jwt (ES384)", VC_JWT, Algorithm::Es384);
const RDFC_P256: Kind =
    ldp_vc("ldp_vc (ecdsa-rdfc-2019, P-256)", Cryptosuite::EcdsaRdfc2019, Algorithm::Es256);
const RDFC_P384: Kind =
    ldp_vc("ldp_vc (ecdsa-rdfc-2019, P-384)", Cryptosuite::EcdsaRdfc2019, Algorithm::Es384);
const JCS_P256: Kind = ldp_vc("ldp_vc (ecdsa-jcs-2019, P-256)", Cryptosuite::EcdsaJcs2019, Algorithm::Es256);
const JCS_P384: Kind = ldp_vc("ldp_vc (ecdsa-jcs-2019, P-384)", Cryptosuite::EcdsaJcs2019, Algorithm::Es384);

/// Every way.
pub(crate) const KINDS: [Kind; 14] = [
    DC_SD_JWT,
    VC_SD_JWT,
    VC_JWT,
    RDFC,
    JCS,
    DC_SD_JWT_P384,
    VC_SD_JWT_P256,
    VC_SD_JWT_P384,
    VC_JWT_P256,
    VC_JWT_P384,
    RDFC_P256,
    RDFC_P384,
    JCS_P256,
    JCS_P384,
];
/// Those whose issuer signs a JWT.
pub(crate) const JOSE: [Kind; 8] =
    [DC_SD_JWT, VC_SD_JWT, VC_JWT, DC_SD_JWT_P384, VC_SD_JWT_P256, VC_SD_JWT_P384, VC_JWT_P256, VC_JWT_P384];
/// SD-JWTs.
pub(crate) const SD_JWT: [Kind; 5] = [DC_SD_JWT, VC_SD_JWT, DC_SD_JWT_P384, VC_SD_JWT_P256, VC_SD_JWT_P384];
/// Documents with a Data Integrity proof.
pub(crate) const DATA_INTEGRITY: [Kind; 6] = [RDFC, JCS, RDFC_P256, RDFC_P384, JCS_P256, JCS_P384];
/// Those of them that sign quads.
pub(crate) const OVER_QUADS: [Kind; 3] = [RDFC, RDFC_P256, RDFC_P384];
/// Those of them that sign JSON.
pub(crate) const OVER_JSON: [Kind; 3] = [JCS, JCS_P256, JCS_P384];
/// Those that a presentation (`vp+jwt`, `ldp_vp`) goes around.
pub(crate) const PRESENTED_WHOLE: [Kind; 9] =
    [VC_JWT, RDFC, JCS, VC_JWT_P256, VC_JWT_P384, RDFC_P256, RDFC_P384, JCS_P256, JCS_P384];

impl Kind {
    /// Whether it is of the same format as `other`, whatever the keys.
    pub(crate) fn is_like(self, other: Kind) -> bool {
        self.format == other.format
    }

    pub(crate) fn issuer(self, world: &World) -> &TestIssuer {
        world.issuer_of(self.type_id)
    }

    /// The issuer's key.
    pub(crate) fn key(self, world: &World) -> &SigningKey {
        self.key_of(self.issuer(world))
    }

    /// The key of this kind that any issuer has.
    pub(crate) fn key_of(self, issuer: &TestIssuer) -> &SigningKey {
        issuer.signing_key(self.algorithm).0
    }

    /// The DID URL of the key of this kind that any issuer has.
    pub(crate) fn method_of(self, issuer: &TestIssuer) -> String {
        issuer.method(issuer.signing_key(self.algorithm).1)
    }

    /// The holder's key.
    pub(crate) fn holder(self, world: &World) -> &SigningKey {
        match self.holder {
            Algorithm::EdDsa => &world.holder,
            Algorithm::Es256 => &world.holder_p256,
            Algorithm::Es384 => &world.holder_p384,
        }
    }

    pub(crate) fn draft(self, world: &World) -> Draft {
        let mut draft = world.draft(self.type_id, self.format, self.holder(world).verification_key());
        let method = self.method_of(self.issuer(world));
        draft.header.insert("kid".into(), method.as_str().into());
        draft.proof.verification_method = method;
        draft.proof.cryptosuite = self.suite;
        draft
    }

    /// A credential that is accepted.
    pub(crate) fn issue(self, world: &World) -> String {
        self.issue_with(world, |_| {})
    }

    /// The same with a change, signed by its issuer.
    pub(crate) fn issue_with(self, world: &World, change: impl FnOnce(&mut Draft)) -> String {
        let mut draft = self.draft(world);
        change(&mut draft);
        world.sign(&draft, self.key(world))
    }

    /// Presents a credential as its holder.
    pub(crate) fn present(self, world: &World, credential: &str) -> String {
        if self.format.is_selective() {
            return world.bind(credential, self.holder(world));
        }
        self.present_with(world, credential, |_| {})
    }

    /// The presentation around a credential.
    pub(crate) fn presentation(self, world: &World, credential: &str) -> VpDraft {
        let mut draft = world.vp_draft(&[credential], self.format, self.holder(world));
        draft.proof.cryptosuite = self.suite;
        draft
    }

    /// The presentation around a credential with a change, signed by its holder.
    pub(crate) fn present_with(
        self,
        world: &World,
        credential: &str,
        change: impl FnOnce(&mut VpDraft),
    ) -> String {
        let mut draft = self.presentation(world, credential);
        change(&mut draft);
        world.sign_vp(&draft, self.holder(world))
    }
}
