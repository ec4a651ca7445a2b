/// The credential formats Portage issues (OpenID4VCI 1.0 Appendix A; `vc+jwt` and `vc+sd-jwt` are ours, see `docs/divergences.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// SD-JWT VC.
    DcSdJwt,
    /// VCDM 2.0 secured with SD-JWT.
    VcSdJwt,
    /// VCDM 2.0 secured with JOSE.
    VcJwt,
    /// VCDM 2.0 with Data Integrity.
    LdpVc,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 4] = [Format::DcSdJwt, Format::VcSdJwt, Format::VcJwt, Format::LdpVc];

    /// The identifier on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Format::DcSdJwt => "dc+sd-jwt",
            Format::VcSdJwt => "vc+sd-jwt",
            Format::VcJwt => "vc+jwt",
            Format::LdpVc => "ldp_vc",
        }
    }

    /// Reads the identifier.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Whether single claims can be withheld.
    pub const fn is_selective(self) -> bool {
        matches!(self, Format::DcSdJwt | Format::VcSdJwt)
    }

    /// Whether it holds a credential of the W3C data model, whose claims stand in `credentialSubject`.
    pub const fn is_w3c(self) -> bool {
        !matches!(self, Format::DcSdJwt)
    }
}
