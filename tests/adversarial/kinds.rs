//! The ways to secure a credential, and to present it: a row is translated to each where it means something.

use portage_catalog::Format;
use portage_data_integrity::Cryptosuite;
use portage_keys::{Signer, SigningKey};
use portage_testkit::world::{Draft, TestIssuer, VpDraft, World};

/// A way to secure a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) format: Format,
    pub(crate) type_id: &'static str,
    suite: Cryptosuite,
}

const fn kind(name: &'static str, format: Format, type_id: &'static str) -> Kind {
    Kind { name, format, type_id, suite: Cryptosuite::EddsaRdfc2022 }
}

pub(crate) const DC_SD_JWT: Kind = kind("dc+sd-jwt", Format::DcSdJwt, "person");
pub(crate) const VC_SD_JWT: Kind = kind("vc+sd-jwt", Format::VcSdJwt, "business-licence");
pub(crate) const VC_JWT: Kind = kind("vc+jwt", Format::VcJwt, "business-licence");
pub(crate) const RDFC: Kind = kind("ldp_vc", Format::LdpVc, "operator-card");
pub(crate) const JCS: Kind = Kind {
    suite: Cryptosuite::EddsaJcs2022,
    ..kind("ldp_vc (eddsa-jcs-2022)", Format::LdpVc, "operator-card")
};

/// Every way.
pub(crate) const KINDS: [Kind; 5] = [DC_SD_JWT, VC_SD_JWT, VC_JWT, RDFC, JCS];
/// Those whose issuer signs a JWT.
pub(crate) const JOSE: [Kind; 3] = [DC_SD_JWT, VC_SD_JWT, VC_JWT];
/// SD-JWTs.
pub(crate) const SD_JWT: [Kind; 2] = [DC_SD_JWT, VC_SD_JWT];
/// Documents with a Data Integrity proof.
pub(crate) const DATA_INTEGRITY: [Kind; 2] = [RDFC, JCS];
/// Those that a presentation (`vp+jwt`, `ldp_vp`) goes around.
pub(crate) const PRESENTED_WHOLE: [Kind; 3] = [VC_JWT, RDFC, JCS];

impl Kind {
    pub(crate) fn issuer(self, world: &World) -> &TestIssuer {
        world.issuer_of(self.type_id)
    }

    /// The holder's key.
    pub(crate) fn holder(self, world: &World) -> &SigningKey {
        world.holder_key(self.format)
    }

    pub(crate) fn draft(self, world: &World) -> Draft {
        let mut draft = world.draft(self.type_id, self.format, self.holder(world).verification_key());
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
        world.sign(&draft, &self.issuer(world).key)
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
